'use strict';

/** The bar at the top: not running, not paired, not of the same version. Nothing where all is well. */

const { el, show, setText, enable, button } = require('./dom.js');
const { failureTitle, t } = require('../texts.js');

/**
 * @param {import('../panel.js').Panel} panel
 * @returns {{node: any, update: (state: import('../state.js').State) => void}}
 */
function createBar(panel) {
  const title = el('div', { class: 'noticetitle' });
  const text = el('div', { class: 'noticetext' });
  const code = el('input', { id: 'code', type: 'text', class: 'code', placeholder: 'ABCD-EFGH' });
  const pairButton = button(t('pair'), () => go(), { kind: 'primary', id: 'pair' });
  const pairRow = el('div', { class: 'row' }, code, pairButton);
  const again = button(t('checkAgain'), () => checkAgain());
  const how = button(t('settings'), () => panel.store.dispatch({ type: 'set', values: { view: 'settings' } }), {
    kind: 'quiet',
  });
  const buttons = el('div', { class: 'row wrap' }, again, how);
  const node = el('div', { class: 'notice warning' }, title, text, pairRow, buttons);
  const long = () => code.value.trim().length >= 4;

  async function checkAgain() {
    enable(again, false);
    await panel.connect();
    enable(again, true);
  }

  async function go() {
    if (!long()) return;
    await panel.pair(code.value);
    if (panel.session.connection.phase === 'connected') code.value = '';
  }

  code.addEventListener('input', () => enable(pairButton, long()));
  code.addEventListener('keydown', (/** @type {any} */ event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    event.stopPropagation();
    go();
  });
  enable(pairButton, false);
  return {
    node,
    update({ connection }) {
      const { phase } = connection;
      show(node, phase !== 'connected' && phase !== 'looking');
      show(pairRow, phase === 'unpaired');
      show(buttons, phase !== 'unpaired');
      setText(
        title,
        phase === 'unpaired' && connection.code === 'unauthorized'
          ? t('pairTitle')
          : failureTitle(connection.code || 'unreachable'),
      );
      const asks = phase === 'unpaired' && connection.code === 'unauthorized' && !connection.lost;
      setText(text, asks ? t('pairText') : connection.message);
    },
  };
}

module.exports = { createBar };
