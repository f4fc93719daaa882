'use strict';

/** The panel's frame: tabs, the bar for the connection, the three views, and the keys that work everywhere. */

const { el, show, button } = require('./dom.js');
const { listenKeys, onKey } = require('./keys.js');
const { createBar } = require('./pairing.js');
const { createPaint } = require('./paint.js');
const { createHistory } = require('./history.js');
const { createSettings } = require('./settings.js');
const { loadHistory } = require('../history.js');
const { t } = require('../texts.js');

const VIEWS = /** @type {Array<'paint' | 'history' | 'settings'>} */ (['paint', 'history', 'settings']);

/**
 * @param {import('../panel.js').Panel} panel
 * @returns {{node: any, update: (state: import('../state.js').State) => void}}
 */
function createView(panel) {
  const tabs = VIEWS.map((view) => button(t(view), () => open(panel, view), { kind: 'quiet', id: `tab-${view}` }));
  const dot = el('div', { class: 'dot' });
  const bar = createBar(panel);
  const views = [createPaint(panel), createHistory(panel), createSettings(panel)];
  const node = el(
    'div',
    { class: 'panel' },
    el('div', { class: 'tabs' }, ...tabs, el('div', { class: 'grow' }), dot),
    bar.node,
    ...views.map((view) => view.node),
  );
  node.addEventListener('mouseenter', () => panel.refreshScene());
  listenKeys(panel, node);
  node.addEventListener('keydown', (/** @type {any} */ event) => onKey(panel, event));
  return {
    node,
    update(state) {
      VIEWS.forEach((name, i) => {
        tabs[i].className = `button tab${state.view === name ? ' open' : ''}`;
        show(views[i].node, state.view === name);
      });
      dot.className = `dot ${state.connection.phase}`;
      const words = state.connection.phase === 'connected' ? t('connected') : state.connection.message;
      dot.setAttribute('title', `${state.connection.address} ${words}`.trim());
      bar.update(state);
      views.forEach((view) => view.update(state));
    },
  };
}

/** @param {import('../panel.js').Panel} panel @param {'paint' | 'history' | 'settings'} view */
function open(panel, view) {
  panel.store.dispatch({ type: 'set', values: { view, notice: null } });
  if (view === 'history') loadHistory(panel, true);
  if (view === 'paint') panel.refreshScene();
}

module.exports = { createView };
