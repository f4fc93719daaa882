'use strict';

/** The panel's beginning: entry points first, since Photoshop waits for them only a moment. */

const host = require('./lib/host.js');
const { entries } = require('./lib/entries.js');
const { useLanguage } = require('./lib/texts.js');

/** @type {(given: import('./lib/entries.js').Ready) => void} */
let begin = () => {};
useLanguage(host.locale());
host.setup(entries(new Promise((resolve) => (begin = resolve))));

const { Panel } = require('./lib/panel.js');
const { createView } = require('./lib/views/main.js');
const commands = require('./lib/commands.js');
const { reasonOf } = require('./lib/failures.js');

/** @type {(state: import('./lib/state.js').State) => void} */
let render = () => {};
const root = /** @type {HTMLElement} */ (document.getElementById('root'));
const panel = new Panel(
  (state) => render(state),
  () => root.clientWidth > 0,
);
const view = createView(panel);
root.appendChild(view.node);
render = view.update;
render(panel.store.get());
panel.start().catch((error) => {
  console.error(`Layerbridge: ${reasonOf(error)}`);
  panel.fail(error);
});
window[commands.STEP] = (/** @type {any} */ _context, /** @type {any} */ info) => commands.playStep(panel, info);
begin({ commands, panel });
