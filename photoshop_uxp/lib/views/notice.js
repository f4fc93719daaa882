'use strict';

/** A notice with its choices: a failure, a question or a remark. */

const { el, show, setText, clear, button } = require('./dom.js');

/**
 * @param {(choice: string) => void} onChoice
 * @returns {{node: any, update: (notice: import('../state.js').Notice | null) => void}}
 */
function createNotice(onChoice) {
  const title = el('div', { class: 'noticetitle' });
  const text = el('div', { class: 'noticetext' });
  const choices = el('div', { class: 'row wrap' });
  const node = el('div', { class: 'notice' }, title, text, choices);
  /** @type {import('../state.js').Notice | null | undefined} */
  let shown;
  return {
    node,
    update(notice) {
      if (notice === shown) return;
      shown = notice;
      show(node, Boolean(notice));
      if (!notice) return;
      node.className = `notice ${notice.tone}`;
      show(title, Boolean(notice.title));
      setText(title, notice.title);
      setText(text, notice.text);
      clear(choices);
      for (const { id, label } of notice.choices) choices.appendChild(button(label, () => onChoice(id)));
      show(choices, notice.choices.length > 0);
    },
  };
}

module.exports = { createNotice };
