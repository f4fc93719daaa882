'use strict';

/**
 * Placing variations of a job: where they can go today, what the painter is asked, and what is remembered of it.
 *
 * @typedef {import('./panel.js').Panel} Panel
 * @typedef {import('./state.js').Card} Card
 * @typedef {import('./goal.js').Goal} Goal
 * @typedef {{indices: number[], replace: boolean, layer?: number} & import('./goal.js').Answer} Wish `layer`: the one that gives
 *   way, where it is a result of the job
 * @typedef {import('./place.js').Aim & {scene: import('./scene.js').Scene, remarks: string[]}} Chosen
 * @typedef {Map<number, import('./host.js').PsLayer>} Standing layers of a document that bear variations of the job, by index
 */

const host = require('./host.js');
const { look, findLayer } = require('./look.js');
const { placeResults } = require('./place.js');
const { readResult, madeOf } = require('./results.js');
const { targetOf } = require('./target.js');
const { goalOf } = require('./goal.js');
const { placedVariations } = require('./state.js');
const { readNotes } = require('./again.js');
const { documentId } = require('./scene.js');
const { areaOf } = require('./area.js');
const { originOf } = require('./origin.js');
const { checkTogether } = require('./memory.js');
const { fromRequest, titleOf } = require('./parameters.js');
const { noticeOf, infoOf, questionOf } = require('./notices.js');
const { createFor } = require('./new_document.js');
const { BridgeError } = require('./failures.js');
const { t } = require('./texts.js');

/**
 * Place what is chosen. Never throws: what goes wrong, or must be asked first, is shown with the job.
 * @param {Panel} panel @param {number} key @param {Wish} wish
 */
async function place(panel, key, wish) {
  const card = panel.card(key);
  if (!card || card.busy || !card.request) return;
  panel.change(key, { busy: true, notice: null });
  try {
    if (!goalNow(panel, card, wish)) return; // asked before anything is fetched
    panel.change(key, { text: t('placing') });
    const pieces = await fetched(panel, card, wish);
    await placePieces(panel, card, wish, pieces);
  } catch (error) {
    panel.change(key, { notice: noticeOf(error) });
  } finally {
    panel.change(key, { busy: false, ...(panel.card(key)?.stage === 'ended' ? { text: t('finished') } : {}) });
  }
}

/** The first variation, once its job has ended. @param {Panel} panel @param {number} key */
async function placeFirst(panel, key) {
  const card = panel.card(key);
  if (!card || !card.variations.length || placedVariations(card).length) return;
  await place(panel, key, { indices: [card.variations[0].index], replace: false, choice: '', about: '' });
}

/**
 * Where to, as things are now; null where the painter is asked first.
 * @param {Panel} panel @param {Card} card @param {Wish} wish
 * @returns {Goal | null}
 */
function goalNow(panel, card, wish) {
  panel.noticeDocuments();
  const open = host.documents().map((document) => /** @type {import('./scene.js').Scene} */ (look(document)));
  const target = targetOf(card.request, card.documentId, open, look(), panel.remembered);
  const found = goalOf(card.request, target, wish);
  if ('goal' in found) return found.goal;
  const { text, choices, about } = found.question;
  panel.change(card.key, { notice: questionOf(text, choices) });
  panel.pending.set(card.key, { ...wish, choice: '', about });
  return null;
}

/**
 * @param {Panel} panel @param {Card} card @param {Wish} wish
 * @returns {Promise<import('./place.js').Piece[]>}
 */
async function fetched(panel, card, wish) {
  const pieces = [];
  let bytes = 0;
  for (const index of wish.indices) {
    const frame = await panel.session.call((client) => client.result(card.job, index));
    bytes += frame.length;
    checkTogether(bytes, wish.indices.length);
    pieces.push(pieceOf(card, readResult(frame), pieces.length + 1, wish.indices.length));
  }
  return pieces;
}

/**
 * @param {Panel} panel @param {Card} card @param {Wish} wish
 * @param {import('./place.js').Piece[]} pieces
 */
async function placePieces(panel, card, wish, pieces) {
  const notes = card.request.client_data || {};
  const order = {
    pieces,
    title: titleOf(fromRequest(card.request)),
    profile: notes.profile || undefined,
    depth: /** @type {import('./depth.js').Depth} */ (Number(notes.depth) || 8),
    masks: panel.masks,
  };
  await placeResults(
    order,
    (context) => aimNow(panel, card, wish, context),
    (aim, placed) => remember(panel, card, wish, aim, placed, pieces),
    (waiting) => panel.change(card.key, { text: t(waiting ? 'waitingForPhotoshop' : 'placing') }),
  );
}

/**
 * Within the modal scope, where nothing changes any more by another hand.
 * @param {Panel} panel @param {Card} card @param {Wish} wish
 * @param {import('./host.js').ModalContext} context
 * @returns {Promise<Chosen | null>} null: the painter is asked
 */
async function aimNow(panel, card, wish, context) {
  const goal = goalNow(panel, card, wish);
  if (!goal) return null;
  const { document, keep } = goal.documentId
    ? { document: host.findDocument(goal.documentId), keep: async () => {} }
    : await createFor(context, card.request);
  const scene = look(document);
  if (!document || !scene) throw new BridgeError('gone', t('docClosed', { name: card.title }));
  const notes = card.request.client_data || {};
  const above = goal.own ? originOf(card.request).layer : null;
  const gone = above !== null && !findLayer(document, above);
  const standing = await standingIn(panel, card, document, scene);
  const replaced = wish.replace ? replacedOf(standing, wish, document) : null;
  const remarks = [
    gone ? t('layerGoneTop') : '',
    scene.artboards && above === null ? t('artboardsPlaced') : '',
    wish.replace && !replaced ? t('nothingReplaced') : '',
  ].filter(Boolean);
  return {
    document,
    above,
    hide: notes.hide ? above : null,
    replace: replaced ? replaced.id : null,
    standing: wish.indices.map((index) => (wish.indices.length > 1 && standing.get(index)?.id) || null),
    moved: goal.moved,
    scene,
    remarks,
    keep,
  };
}

/**
 * Where the panel remembers to have placed them and the layer itself says so: a layer's number alone may be another's.
 * @param {Panel} panel @param {Card} card
 * @param {import('./host.js').PsDocument} document @param {import('./scene.js').Scene} scene
 * @returns {Promise<Standing>}
 */
async function standingIn(panel, card, document, scene) {
  const marked = placedVariations(panel.card(card.key) || card).flatMap(({ index, placed }) => {
    const layer = placed.document === document.id ? findLayer(document, placed.layer) : null;
    return layer ? [{ index, layer }] : [];
  });
  const layers = marked.map(({ layer }) => layer);
  const notes = layers.length ? await readNotes(document, layers, documentId(scene), panel.remembered) : [];
  const own = marked.filter((_known, i) => notes[i]?.job === card.job);
  return new Map(own.map(({ index, layer }) => [index, layer]));
}

/**
 * @param {Standing} standing @param {Wish} wish @param {import('./host.js').PsDocument} document
 * @returns {import('./host.js').PsLayer | null} the earlier result that gives way: one that is selected, else the last
 */
function replacedOf(standing, wish, document) {
  const earlier = [...standing].filter(([index]) => !wish.indices.includes(index)).map(([, layer]) => layer);
  const selected = Array.from(document.activeLayers, (layer) => layer.id);
  const meant = earlier.find((layer) => layer.id === wish.layer);
  if (meant) return meant;
  return earlier.find((layer) => selected.includes(layer.id)) || earlier[earlier.length - 1] || null;
}

/**
 * @param {Panel} panel
 * @param {Card} card
 * @param {Wish} wish
 * @param {Chosen} aim
 * @param {import('./place.js').Placed} placed
 * @param {import('./place.js').Piece[]} pieces
 */
function remember(panel, card, wish, { scene, replace, remarks }, placed, pieces) {
  const { key } = card;
  const document = documentId(scene);
  if (placed.move) panel.remembered.keepMove(document, placed.move);
  placed.named.forEach((layer, i) => panel.remembered.keepNote(document, layer, (pieces[i] || pieces[0]).note));
  for (const { index, placed: spot } of placedVariations(panel.card(key) || card)) {
    const gone = spot.document === scene.id && spot.layer === replace;
    if (gone) panel.store.dispatch({ type: 'variation', key, index, values: { placed: null } });
  }
  wish.indices.forEach((index, position) => {
    const spot = { document: scene.id, layer: placed.layers[position] };
    panel.store.dispatch({ type: 'variation', key, index, values: { placed: spot } });
  });
  const told = placed.faithful ? remarks : [...remarks, t('maskDiffers')];
  panel.change(key, { notice: told.length ? infoOf(told.join('\n')) : null });
  panel.keepOpen();
}

/** @param {Card} card @param {import('./results.js').Result} result @param {number} number @param {number} count */
function pieceOf(card, result, number, count) {
  const { request, job, first } = card;
  const title = titleOf(fromRequest(request));
  const { selected, selection, size } = card.area || areaOf(request);
  return {
    result,
    name: count > 1 ? t('layerNumber', { title, number }) : title,
    note: {
      version: 1,
      job,
      first: first || job,
      parameters: { ...fromRequest(request), seed: result.message.seed },
      origin: originOf(request),
      size,
      selected,
      selection,
      result: madeOf(result.message),
    },
  };
}

module.exports = { place, placeFirst };
