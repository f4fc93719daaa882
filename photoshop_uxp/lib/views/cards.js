'use strict';

/**
 * The jobs of the Paint view: progress while they run, thumbnails and what can be done with them afterwards.
 *
 * @typedef {import('../state.js').State['pictures']} Pictures
 */

const { el, show, setText, enable, button, clickable } = require('./dom.js');
const { createNotice } = require('./notice.js');
const { createPreview } = require('./preview.js');
const { listenKeys } = require('./keys.js');
const { etaText } = require('../follow.js');
const { applyResults } = require('../apply.js');
const { optionsFor } = require('../apply_options.js');
const { isUsed, resultKey } = require('../state.js');
const { applyText, hasSeed, isApplied } = require('../parts.js');
const { createWords } = require('./words.js');
const { stop, resubmit } = require('../jobs.js');
const { t } = require('../texts.js');

/**
 * @param {import('../panel.js').Panel} panel
 * @returns {{node: any, update: (state: import('../state.js').State) => void}}
 */
function createCards(panel) {
  const node = el('div', { class: 'cards' });
  /** @type {Map<number, {node: any, update: (card: import('../state.js').Card, pictures: Pictures) => void}>} */
  const views = new Map();
  return {
    node,
    update(state) {
      for (const [key, view] of views) {
        if (state.cards.some((card) => card.key === key)) continue;
        node.removeChild(view.node);
        views.delete(key);
      }
      for (let i = state.cards.length - 1; i >= 0; i--) {
        const card = state.cards[i];
        let view = views.get(card.key);
        if (!view) {
          view = createCard(panel, card.key);
          views.set(card.key, view);
          node.insertBefore(view.node, node.firstChild);
        }
        view.update(card, state.pictures);
      }
    },
  };
}

/** @param {import('../panel.js').Panel} panel @param {number} key */
function createCard(panel, key) {
  const title = el('div', { class: 'cardtitle' });
  const preview = createPreview();
  const bar = el('div', { class: 'fill' });
  const text = el('div', { class: 'dim cardtext' });
  const stopButton = button(t('stop'), () => stop(panel, key), { title: t('stopTip') });
  const running = el('div', {}, preview.node, el('div', { class: 'bar' }, bar), el('div', { class: 'row' }, text, stopButton));
  const notice = createNotice((choice) => answer(panel, key, choice));
  const thumbnails = createThumbnails(panel, key);
  const words = createWords(panel);
  const endText = el('div', { class: 'dim cardtext' });
  const placeButton = button(t('place'), () => put(panel, key, 'place'));
  const replaceButton = button(t('replace'), () => put(panel, key, 'replace'));
  const allButton = button(t('placeAll'), () => put(panel, key, 'all'));
  const dismiss = button('✕', () => drop(panel, key), { kind: 'quiet', title: t('dismiss') });
  const actions = el('div', { class: 'row wrap' }, placeButton, replaceButton, allButton);
  const node = el(
    'div',
    { class: 'card' },
    el('div', { class: 'row' }, title, dismiss),
    running,
    thumbnails.node,
    endText,
    words.node,
    actions,
    notice.node,
  );
  listenKeys(panel, node);
  /** @type {import('../state.js').Card | null} */
  let shown = null;
  /** @type {Pictures | null} */
  let seen = null;
  return {
    node,
    /** @param {import('../state.js').Card} card @param {Pictures} pictures */
    update(card, pictures) {
      if (card === shown && pictures === seen) return;
      [shown, seen] = [card, pictures];
      const ended = card.stage === 'ended';
      const any = card.variations.length > 0;
      setText(title, card.title);
      show(dismiss, ended);
      show(running, !ended);
      show(preview.node, Boolean(card.preview));
      if (card.preview) preview.update('data:image/jpeg;base64,' + card.preview);
      bar.style.width = `${Math.round(card.fraction * 100)}%`;
      setText(text, [card.text, card.lost ? '' : etaText(card.eta)].filter(Boolean).join(' · '));
      enable(stopButton, !card.stopping);
      thumbnails.update(card, pictures);
      setText(endText, card.busy ? card.text : variationText(card));
      show(endText, ended && any);
      words.update(card.variations[card.chosen]?.text ?? null);
      show(actions, any && isApplied(card.request));
      if (any) setText(placeButton, applyText(card.request));
      show(replaceButton, Boolean(optionsFor(card, 'replace')));
      show(allButton, Boolean(optionsFor(card, 'all')));
      for (const control of [placeButton, replaceButton, allButton]) enable(control, !card.busy);
      notice.update(card.notice);
    },
  };
}

/** @param {import('../panel.js').Panel} panel @param {number} key */
function createThumbnails(panel, key) {
  const node = el('div', { class: 'thumbs' });
  /** @type {any[]} */
  const boxes = [];
  return {
    node,
    /** @param {import('../state.js').Card} card @param {Pictures} pictures */
    update(card, pictures) {
      show(node, card.variations.length > 0);
      while (boxes.length < card.variations.length) {
        const position = boxes.length;
        const picture = el('img', { class: 'thumb' });
        const mark = el('div', { class: 'mark' }, t('placedMark'));
        const box = clickable(el('div', { class: 'thumbbox' }, picture, mark), () => choose(panel, key, position));
        box.addEventListener('dblclick', () => put(panel, key, 'best'));
        boxes.push({ box, picture, mark });
        node.appendChild(box);
      }
      card.variations.forEach((variation, position) => {
        const { box, picture, mark } = boxes[position];
        const address = pictures[resultKey(card.job, variation.index)];
        if (address) setSource(picture, address);
        show(picture, Boolean(address));
        show(mark, isUsed(variation));
        setText(mark, markOf(variation));
        const several = card.variations.length > 1;
        box.className = `thumbbox${several ? '' : ' single'}${several && position === card.chosen ? ' chosen' : ''}`;
        box.setAttribute('title', nameOf(card, variation, position));
      });
    },
  };
}

/** @param {any} image @param {string} address */
function setSource(image, address) {
  if (image.getAttribute('src') !== address) image.setAttribute('src', address);
}

/** @param {import('../state.js').Card} card @returns {string} */
function variationText(card) {
  const chosen = card.variations[card.chosen];
  if (!chosen) return '';
  return nameOf(card, chosen, card.chosen) + (isUsed(chosen) ? ` · ${markOf(chosen)}` : '');
}

/**
 * @param {import('../state.js').Card} card @param {import('../state.js').Variation} variation @param {number} position
 * @returns {string}
 */
function nameOf({ request }, { seed }, position) {
  const number = position + 1;
  return hasSeed(request) ? t('variation', { number, seed }) : t('variationPlain', { number });
}

/** @param {import('../state.js').Variation} variation @returns {string} */
function markOf({ placed }) {
  return t(placed ? 'placedMark' : 'appliedMark');
}

/** @param {import('../panel.js').Panel} panel @param {number} key @param {number} position */
function choose(panel, key, position) {
  const card = panel.card(key);
  if (card && card.chosen === position && card.variations.length > 1) return;
  panel.change(key, { chosen: position });
}

/** @param {import('../panel.js').Panel} panel @param {number} key @param {'place' | 'replace' | 'all' | 'best'} what */
function put(panel, key, what) {
  const card = panel.card(key);
  const options = card && optionsFor(card, what);
  if (options) applyResults(panel, key, options);
}

/** @param {import('../panel.js').Panel} panel @param {number} key @param {string} choice */
function answer(panel, key, choice) {
  const card = panel.card(key);
  if (!card) return;
  const options = panel.pending.get(key);
  panel.change(key, { notice: null });
  if (choice === 'again') {
    drop(panel, key);
    resubmit(panel, { id: card.job, request: card.request }, card.documentId);
  } else if (choice !== 'later' && options) applyResults(panel, key, { ...options, choice });
}

/** @param {import('../panel.js').Panel} panel @param {number} key */
function drop(panel, key) {
  panel.store.dispatch({ type: 'drop', key });
  panel.keepOpen();
}

module.exports = { createCards };
