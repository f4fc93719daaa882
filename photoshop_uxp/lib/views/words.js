'use strict';

/** A result that is a text: shown, and copied by a button. */

const { el, show, setText, button } = require('./dom.js');
const host = require('../host.js');
const { t } = require('../texts.js');

/** @param {import('../panel.js').Panel} panel */
function createWords(panel) {
  const text = el('div', { class: 'words' });
  let shown = '';
  const copy = button(t('copy'), async () => {
    try {
      await host.copyText(shown);
      setText(copy, t('copied'));
    } catch (error) {
      panel.fail(error);
    }
  });
  const node = el('div', { class: 'wordbox' }, text, el('div', { class: 'row' }, copy));
  return {
    node,
    /** @param {string | null} given null: there is none */
    update(given) {
      show(node, given !== null);
      if (given === null || given === shown) return;
      shown = given;
      setText(text, given);
      setText(copy, t('copy'));
    },
  };
}

module.exports = { createWords };
