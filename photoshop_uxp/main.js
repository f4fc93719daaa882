'use strict';

/** The panel's beginning: entry points first, since Photoshop waits for them only a moment. */

const host = require('./lib/host.js');

host.setup({ panels: { layerbridge: { create() {}, show() {} } } });

const { useLanguage } = require('./lib/texts.js');
const { Panel } = require('./lib/panel.js');
const { createView } = require('./lib/views/main.js');
const { reasonOf } = require('./lib/failures.js');

useLanguage(host.locale());
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
