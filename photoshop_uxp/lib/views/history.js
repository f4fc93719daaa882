'use strict';

/** The History view: finished results with thumbnails, placed, run again, or deleted. */

const { el, show, setText, clear, enable, button } = require('./dom.js');
const { choiceField, searchField } = require('./fields.js');
const { createNotice } = require('./notice.js');
const history = require('../history.js');
const { deletionText, itemsOf, itemText, itemTitle, itemWhen } = require('../history_items.js');
const { applyText, goesIntoDocument, isApplied } = require('../parts.js');
const { resultKey } = require('../state.js');
const { FINAL_STATES } = require('../wire.js');
const { t } = require('../texts.js');

/**
 * @param {import('../panel.js').Panel} panel
 * @returns {{node: any, update: (state: import('../state.js').State) => void}}
 */
function createHistory(panel) {
  const filter = choiceField({
    id: 'historyfilter',
    choices: [
      ['this', t('thisDocument')],
      ['all', t('allDocuments')],
    ],
    onChange: (value) => {
      panel.store.dispatch({ type: 'history', values: { all: value === 'all' } });
      history.loadHistory(panel, true);
    },
  });
  const words = searchField({
    id: 'historywords',
    hint: t('historySearch'),
    onSearch: (text) => history.search(panel, text),
  });
  const refresh = button(t('refresh'), () => history.loadHistory(panel, true));
  const more = button(t('more'), () => history.loadHistory(panel, false));
  const empty = el('div', { class: 'dim empty' }, emptyText(''));
  const list = el('div', { class: 'list' });
  const notice = createNotice(() => {});
  const node = el(
    'div',
    { class: 'view', id: 'history' },
    el('div', { class: 'row filter' }, filter.node, refresh),
    words.node,
    notice.node,
    empty,
    list,
    more,
  );
  /** @type {any[]} */
  let shown = [];
  /** @type {Array<{item: import('../history_items.js').Item, update: (state: import('../state.js').State) => void}>} */
  let rows = [];
  return {
    node,
    update(state) {
      if (state.view !== 'history') return;
      filter.set(state.history.all || !state.scene ? 'all' : 'this');
      words.set(state.history.words);
      enable(refresh, !state.history.loading);
      notice.update(state.notice);
      if (shown !== state.history.jobs) {
        shown = state.history.jobs;
        clear(list);
        rows = itemsOf(shown).map((item) => {
          const row = createRow(panel, item);
          list.appendChild(row.node);
          return { item, update: row.update };
        });
      }
      rows.forEach((row) => row.update(state));
      setText(empty, emptyText(state.history.words));
      show(empty, !shown.length && !state.history.loading);
      show(more, Boolean(state.history.next));
    },
  };
}

/** @param {string} words @returns {string} what stands there where no job is */
function emptyText(words) {
  return words ? t('historyNothing', { words }) : t('historyEmpty');
}

/** @param {import('../panel.js').Panel} panel @param {import('../history_items.js').Item} item */
function createRow(panel, item) {
  const { job, index } = item;
  const picture = el('img', { class: 'small' });
  const pictureBox = el('div', { class: 'smallbox' }, picture);
  const remove = button(t('delete'), () => history.deleteItem(panel, item), { kind: 'quiet' });
  const actions = el('div', { class: 'row wrap' });
  if (index !== null && isApplied(job.request)) {
    actions.appendChild(button(applyText(job.request), () => history.applyItem(panel, item, '')));
    if (goesIntoDocument(job.request))
      actions.appendChild(button(t('openNew'), () => history.applyItem(panel, item, 'new'), { kind: 'quiet' }));
  }
  actions.appendChild(button(t('useSettings'), () => history.useSettings(panel, item), { kind: 'quiet' }));
  if (FINAL_STATES.includes(job.state)) {
    actions.appendChild(button(t('runAgain'), () => history.runAgain(panel, item), { kind: 'quiet' }));
    actions.appendChild(remove);
  }
  const ask = el('div', { class: 'hint strong' }, deletionText(item));
  const node = el(
    'div',
    { class: 'item' },
    el(
      'div',
      { class: 'row top' },
      pictureBox,
      el(
        'div',
        { class: 'grow' },
        el('div', { class: 'cardtitle' }, itemTitle(item)),
        el('div', { class: 'cardtext' }, itemText(item)),
        el('div', { class: 'dim cardtext' }, itemWhen(item)),
      ),
    ),
    ask,
    actions,
  );
  return {
    node,
    /** @param {import('../state.js').State} state */
    update(state) {
      const key = resultKey(job.id, index);
      const address = state.pictures[key];
      if (address && picture.getAttribute('src') !== address) picture.setAttribute('src', address);
      show(picture, Boolean(address));
      const asking = state.history.deleting === key;
      show(ask, asking);
      setText(remove, t(asking ? 'deleteNow' : 'delete'));
    },
  };
}

module.exports = { createHistory };
