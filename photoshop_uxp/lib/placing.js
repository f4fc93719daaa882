'use strict';

/**
 * Placing variations of a job: where they can go today, what the painter is asked, and what is remembered of it.
 *
 * @typedef {import('./panel.js').Panel} Panel
 * @typedef {import('./state.js').Card} Card
 * @typedef {{indices: number[], replace: boolean, choice: string}} Wish `choice`: what the painter answered, or ''
 */

const host = require('./host.js');
const { look, findLayer } = require('./look.js');
const { placeResults } = require('./place.js');
const { readResult, madeOf } = require('./results.js');
const { targetOf } = require('./target.js');
const { placedLayers } = require('./state.js');
const { documentId } = require('./scene.js');
const { shiftBetween } = require('./geometry.js');
const { fromRequest, titleOf } = require('./parameters.js');
const { noticeOf, infoOf, questionOf } = require('./notices.js');
const { createFor } = require('./new_document.js');
const { t } = require('./texts.js');

const NO_SHIFT = Object.freeze({ x: 0, y: 0 });

/**
 * Place what is chosen. Never throws: what goes wrong, or must be asked first, is shown with the job.
 * @param {Panel} panel @param {number} key @param {Wish} wish
 */
async function place(panel, key, wish) {
  const card = panel.card(key);
  if (!card || card.busy || !card.request) return;
  panel.change(key, { busy: true, notice: null });
  try {
    const goal = await decide(panel, card, wish);
    if (goal) await placeAt(panel, card, wish, goal);
  } catch (error) {
    panel.change(key, { notice: noticeOf(error) });
  } finally {
    panel.change(key, { busy: false, ...(panel.card(key)?.stage === 'ended' ? { text: t('finished') } : {}) });
  }
}

/** The first variation, once its job has ended. @param {Panel} panel @param {number} key */
async function placeFirst(panel, key) {
  const card = panel.card(key);
  if (!card || !card.variations.length || placedLayers(card).length) return;
  await place(panel, key, { indices: [card.variations[0].index], replace: false, choice: '' });
}

/**
 * Where to, or null where the painter is asked first.
 * @param {Panel} panel @param {Card} card @param {Wish} wish
 * @returns {Promise<{documentId: number, moved: import('./geometry.js').Shift, own: boolean} | null>}
 */
async function decide(panel, card, wish) {
  const { request } = card;
  if (wish.choice === 'new') {
    panel.change(card.key, { text: t('placing') });
    return { documentId: await createFor(request), moved: NO_SHIFT, own: false };
  }
  const open = host.documents().map((document) => /** @type {import('./scene.js').Scene} */ (look(document)));
  const moves = (/** @type {string} */ document) => panel.remembered.moves(document);
  const target = targetOf(request, card.documentId, open, look(), moves);
  const { width, height } = target.kind === 'resized' ? target.scene : request.document;
  const values = { oldWidth: request.document.width, oldHeight: request.document.height, width, height };
  const ask = (/** @type {string} */ text, /** @type {string[]} */ ids) => {
    panel.change(card.key, { notice: questionOf(text, ids) });
    panel.pending.set(card.key, wish);
    return null;
  };
  switch (target.kind) {
    case 'ok':
      return { documentId: target.scene.id, moved: target.moved, own: true };
    case 'behind': {
      if (wish.choice !== 'switch') return ask(t('docNotInFront', { name: target.scene.name }), ['switch', 'later']);
      const moved = shiftBetween(moves(documentId(target.scene)), request.document, target.scene);
      if (moved) return { documentId: target.scene.id, moved, own: true };
      const size = { width: target.scene.width, height: target.scene.height };
      return ask(t('docResized', { ...values, ...size, name: target.scene.name }), ['anyway', 'new', 'later']);
    }
    case 'resized':
      if (wish.choice === 'anyway') return { documentId: target.scene.id, moved: NO_SHIFT, own: true };
      return ask(t('docResized', { ...values, name: target.name }), ['anyway', 'new', 'later']);
    case 'mode':
      return ask(t('docMode', { name: target.name }), ['new', 'later']);
    case 'other':
      if (wish.choice === 'anyway') return { documentId: target.scene.id, moved: NO_SHIFT, own: false };
      return ask(t('docOther', { ...values, name: target.name }), ['anyway', 'new', 'later']);
    default:
      return ask(t('docClosed', { name: target.name }), ['new', 'later']);
  }
}

/**
 * @param {Panel} panel @param {Card} card @param {Wish} wish
 * @param {{documentId: number, moved: import('./geometry.js').Shift, own: boolean}} goal
 */
async function placeAt(panel, card, wish, goal) {
  panel.change(card.key, { text: t('placing') });
  const { job, request } = card;
  const frames = [];
  for (const index of wish.indices) frames.push(await panel.session.call((client) => client.result(job, index)));
  const scene = look(host.findDocument(goal.documentId));
  const notes = request.client_data || {};
  const above = goal.own && notes.source === 'layer' ? Number(notes.layer) || 0 : 0;
  const gone = above > 0 && !findLayer(host.findDocument(goal.documentId), above);
  const pieces = frames.map((frame, position) => pieceOf(card, readResult(frame), position + 1, frames.length));
  const earlier = wish.replace ? placedLayers(card).pop() || 0 : 0;
  const placed = await placeResults(
    {
      documentId: goal.documentId,
      pieces,
      title: titleOf(fromRequest(request)),
      above,
      hide: goal.own && notes.hide ? above : 0,
      replace: findLayer(host.findDocument(goal.documentId), earlier) ? earlier : 0,
      moved: goal.moved,
      profile: notes.profile || undefined,
    },
    (waiting) => panel.change(card.key, { text: t(waiting ? 'waitingForPhotoshop' : 'placing') }),
  );
  const document = scene ? documentId(scene) : '';
  if (placed.move) panel.remembered.keepMove(document, placed.move);
  placed.without.forEach((layer) => keepNote(panel, document, layer, placed.layers, pieces));
  remember(panel, card, wish, placed, earlier);
  const remarks = [
    gone ? t('layerGoneTop') : '',
    scene && scene.artboards && !above ? t('artboardsPlaced') : '',
  ].filter(Boolean);
  panel.change(card.key, { documentId: goal.documentId, notice: remarks.length ? infoOf(remarks.join('\n')) : null });
}

/**
 * @param {Panel} panel
 * @param {string} document
 * @param {number} layer
 * @param {number[]} layers
 * @param {import('./place.js').Piece[]} pieces
 */
function keepNote(panel, document, layer, layers, pieces) {
  panel.remembered.keepNote(document, layer, pieces[layers.indexOf(layer)].note);
}

/**
 * @param {Panel} panel
 * @param {Card} card
 * @param {Wish} wish
 * @param {import('./place.js').Placed} placed
 * @param {number} earlier
 */
function remember(panel, card, wish, placed, earlier) {
  const { key } = card;
  for (const { index, layer } of card.variations) {
    if (earlier && layer === earlier) panel.store.dispatch({ type: 'variation', key, index, values: { layer: 0 } });
  }
  wish.indices.forEach((index, position) =>
    panel.store.dispatch({ type: 'variation', key, index, values: { layer: placed.layers[position] } }),
  );
  panel.keepOpen();
}

/** @param {Card} card @param {import('./results.js').Result} result @param {number} number @param {number} count */
function pieceOf(card, result, number, count) {
  const { request, job, first, selection } = card;
  const notes = request.client_data || {};
  const title = titleOf(fromRequest(request));
  const seed = result.message.seed;
  return {
    result,
    name: count > 1 ? t('layerNumber', { title, number }) : title,
    note: {
      version: 1,
      job,
      first: first || job,
      parameters: { ...fromRequest(request), seed },
      layer: notes.source === 'layer' ? Number(notes.layer) || 0 : 0,
      size: { width: request.document.width, height: request.document.height },
      selection,
      result: madeOf(result.message),
    },
  };
}

module.exports = { place, placeFirst };
