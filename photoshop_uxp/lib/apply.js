'use strict';

/**
 * Variations of a job, applied: where they can go today, what the user is asked, and what is remembered of it.
 *
 * @typedef {import('./panel.js').Panel} Panel
 * @typedef {import('./state.js').Card} Card
 * @typedef {import('./apply_options.js').ApplyOptions} ApplyOptions
 * @typedef {import('./parts.js').Part} Part
 * @typedef {import('./insert_layers.js').Position & {scene: import('./scene.js').Scene, remarks: string[]}} Chosen
 * @typedef {Map<number, import('./host.js').PsLayer>} Standing layers of a document that bear variations of the job, by index
 */

const host = require('./host.js');
const { findLayer } = require('./read_scene.js');
const { insertLayers } = require('./insert_layers.js');
const { madeOf } = require('./note.js');
const { destinationNow, documentFor } = require('./find_destination.js');
const { applyPart, keepApplied } = require('./apply_part.js');
const { asLayer, readFlat, readLayer } = require('./artifacts.js');
const { partsOf, stackOf } = require('./parts.js');
const { isUsed, placedVariations } = require('./state.js');
const { readNotes } = require('./again.js');
const { documentId } = require('./scene.js');
const { areaOf } = require('./area.js');
const { sourceLayerOf } = require('./source_layer.js');
const { sourceDocument } = require('./source_document.js');
const { checkTogether } = require('./memory.js');
const { fromRequest, titleOf } = require('./parameters.js');
const { noticeOf, infoOf } = require('./notices.js');
const { t } = require('./texts.js');

/**
 * Place what is chosen. Never throws: what goes wrong, or must be asked first, is shown with the job.
 * @param {Panel} panel @param {number} key @param {ApplyOptions} options
 */
async function applyResults(panel, key, options) {
  const card = panel.card(key);
  if (!card || card.busy || !card.request) return;
  panel.change(key, { busy: true, notice: null });
  try {
    await applyParts(panel, card, options);
  } catch (error) {
    panel.change(key, { notice: noticeOf(error) });
  } finally {
    panel.change(key, { busy: false, ...(panel.card(key)?.stage === 'ended' ? { text: t('finished') } : {}) });
  }
}

/** The first variation, once its job has ended. @param {Panel} panel @param {number} key */
async function applyFirst(panel, key) {
  const card = panel.card(key);
  if (!card || !card.variations.length || card.variations.some(isUsed)) return;
  await applyResults(panel, key, { indices: [card.variations[0].index], replace: false, choice: '', about: '' });
}

/**
 * The layers first, then what is applied in other ways, each in a history state of its own; it ends where the user is asked. All
 * of it goes into one document, also where that is made for it.
 * @param {Panel} panel @param {Card} card @param {ApplyOptions} options
 */
async function applyParts(panel, card, options) {
  const { layers, others } = partsOf(card.request, card.variations, options.indices, options.rest || null);
  const inDocument = layers.length > 0 || others.some(({ way }) => way !== 'document');
  const pixels = layers.length > 0 || others.some(({ way }) => way === 'layer');
  if (inDocument && !destinationNow(panel, card, options, pixels)) return; // asked before anything is fetched
  panel.change(card.key, { text: t('placing') });
  let further = options;
  for (const [i, round] of roundsOf(card.request, layers).entries()) {
    const indices = [...new Set(round.map(({ index }) => index))];
    const stack = !stackOf(card.request) ? '' : i ? 'hidden' : 'shown';
    const used = await insertPieces(panel, card, { ...further, indices }, await fetched(panel, card, round), stack);
    if (used === null) {
      const left = i ? options.indices.filter((index) => index >= indices[0]) : options.indices;
      panel.pending.set(card.key, { ...(panel.pending.get(card.key) || options), indices: left });
      return;
    }
    further = afterUse(further, used);
  }
  for (const [i, part] of others.entries()) {
    const left = { ...further, rest: others.slice(i).map(({ index, output }) => ({ index, role: output.role })) };
    try {
      const apply = part.way === 'layer' ? insertFurther : applyPart;
      const used = await apply(panel, card, left, part);
      if (used === null) return;
      if (part.way !== 'document') further = afterUse(further, used);
    } catch (error) {
      const notice = noticeOf(error);
      panel.pending.set(card.key, left);
      panel.change(card.key, { notice: { ...notice, choices: [...notice.choices, { id: 'rest', label: t('applyRest') }] } });
      return;
    }
  }
}

/**
 * @param {any} request @param {Part[]} layers
 * @returns {Part[][]} what is placed in one step, from the top: all of them, or of each variation those that belong together
 */
function roundsOf(request, layers) {
  if (!stackOf(request)) return layers.length ? [layers] : [];
  const indices = [...new Set(layers.map(({ index }) => index))];
  return indices.map((wanted) => layers.filter(({ index }) => index === wanted).reverse());
}

/**
 * @param {ApplyOptions} options
 * @param {number} documentId of the document that was used
 * @returns {ApplyOptions} for what is applied next
 */
function afterUse(options, documentId) {
  return options.choice === 'new' ? { ...options, choice: '', about: '', documentId } : options;
}

/**
 * @param {Panel} panel @param {Card} card @param {Part[]} parts
 * @returns {Promise<import('./insert_layers.js').Piece[]>}
 */
async function fetched(panel, card, parts) {
  const pieces = [];
  let bytes = 0;
  for (const { index, output } of parts) {
    const frame = await panel.session.call((client) => client.artifact(card.job, output.role, index));
    bytes += frame.length;
    checkTogether(bytes, parts.length);
    const result = output.kind === 'document' ? asLayer(readFlat(frame)) : readLayer(frame);
    pieces.push(pieceOf(card, output, result, pieces.length + 1, parts.length));
  }
  return pieces;
}

/**
 * @param {Panel} panel @param {Card} card @param {ApplyOptions} options
 * @param {import('./insert_layers.js').Piece[]} pieces
 * @param {import('./insert_layers.js').Insertion['stack']} stack
 * @returns {Promise<number | null>} Photoshop's number of the document that was used; null: the user is asked
 */
function insertPieces(panel, card, options, pieces, stack) {
  const onPlaced = (/** @type {Chosen} */ position, /** @type {import('./insert_layers.js').Placed} */ placed) =>
    remember(panel, card, options, position, placed, pieces);
  return insertAs(panel, card, options, pieces, titleOf(fromRequest(card.request)), onPlaced, stack);
}

/**
 * A layer beside those that stand for the job.
 * @param {Panel} panel @param {Card} card @param {ApplyOptions} options @param {Part} part
 * @returns {Promise<number | null>} Photoshop's number of the document that was used; null: the user is asked
 */
async function insertFurther(panel, card, options, part) {
  const pieces = await fetched(panel, card, [part]);
  return insertAs(panel, card, { ...options, indices: [part.index], replace: false }, pieces, pieces[0].name, (_position, { faithful }) =>
    keepApplied(panel, card, part, faithful ? [] : [t('maskDiffers')]),
  );
}

/**
 * @param {Panel} panel @param {Card} card @param {ApplyOptions} options
 * @param {import('./insert_layers.js').Piece[]} pieces
 * @param {string} title of the history state
 * @param {(position: Chosen, placed: import('./insert_layers.js').Placed) => void} onPlaced
 * @param {import('./insert_layers.js').Insertion['stack']} [stack]
 * @returns {Promise<number | null>} Photoshop's number of the document that was used; null: the user is asked
 */
async function insertAs(panel, card, options, pieces, title, onPlaced, stack = '') {
  const { profile, depth } = sourceDocument(card.request);
  const insertion = {
    pieces,
    title,
    stack,
    profile: profile || undefined,
    depth: depth || 8,
    masks: panel.masks,
  };
  /** @type {number | null} */
  let used = null;
  await insertLayers(
    insertion,
    (context) => positionNow(panel, card, options, context),
    (position, placed) => {
      used = position.document.id;
      onPlaced(position, placed);
    },
    (waiting) => panel.change(card.key, { text: t(waiting ? 'waitingForPhotoshop' : 'placing') }),
  );
  return used;
}

/**
 * Within the modal scope, where nothing changes any more by another hand.
 * @param {Panel} panel @param {Card} card @param {ApplyOptions} options
 * @param {import('./host.js').ModalContext} context
 * @returns {Promise<Chosen | null>} null: the user is asked
 */
async function positionNow(panel, card, options, context) {
  const destination = destinationNow(panel, card, options);
  if (!destination) return null;
  const { document, scene, keep } = await documentFor(context, card, destination);
  const clientData = card.request.client_data || {};
  const above = destination.own ? sourceLayerOf(card.request).layer : null;
  const gone = above !== null && !findLayer(document, above);
  const standing = await standingIn(panel, card, document, scene);
  const replaced = options.replace ? replacedOf(standing, options, document) : null;
  const remarks = [
    gone ? t('layerGoneTop') : '',
    scene.artboards && above === null ? t('artboardsPlaced') : '',
    options.replace && !replaced ? t('nothingReplaced') : '',
  ].filter(Boolean);
  return {
    document,
    above,
    hide: clientData.hide ? above : null,
    replace: replaced ? replaced.id : null,
    standing: options.indices.map((index) => (options.indices.length > 1 && standing.get(index)?.id) || null),
    moved: destination.moved,
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
 * @param {Standing} standing @param {ApplyOptions} options @param {import('./host.js').PsDocument} document
 * @returns {import('./host.js').PsLayer | null} the earlier result that gives way: one that is selected, else the last
 */
function replacedOf(standing, options, document) {
  const earlier = [...standing].filter(([index]) => !options.indices.includes(index)).map(([, layer]) => layer);
  const selected = Array.from(document.activeLayers, (layer) => layer.id);
  const meant = earlier.find((layer) => layer.id === options.layer);
  if (meant) return meant;
  return earlier.find((layer) => selected.includes(layer.id)) || earlier[earlier.length - 1] || null;
}

/**
 * @param {Panel} panel
 * @param {Card} card
 * @param {ApplyOptions} options
 * @param {Chosen} position
 * @param {import('./insert_layers.js').Placed} placed
 * @param {import('./insert_layers.js').Piece[]} pieces
 */
function remember(panel, card, options, { scene, replace, remarks }, placed, pieces) {
  const { key } = card;
  const document = documentId(scene);
  if (placed.move) panel.remembered.keepMove(document, placed.move);
  placed.named.forEach((layer, i) => panel.remembered.keepNote(document, layer, (pieces[i] || pieces[0]).note));
  for (const { index, placed: spot } of placedVariations(panel.card(key) || card)) {
    const gone = spot.document === scene.id && spot.layer === replace;
    if (gone) panel.store.dispatch({ type: 'variation', key, index, values: { placed: null } });
  }
  options.indices.forEach((index, position) => {
    const spot = { document: scene.id, layer: placed.layers[position] };
    panel.store.dispatch({ type: 'variation', key, index, values: { placed: spot } });
  });
  const told = placed.faithful ? remarks : [...remarks, t('maskDiffers')];
  panel.change(key, { notice: told.length ? infoOf(told.join('\n')) : null });
  panel.keepOpen();
}

/**
 * @param {Card} card @param {import('./operations.js').Output} output
 * @param {import('./artifacts.js').LayerResult} result @param {number} number @param {number} count
 */
function pieceOf(card, output, result, number, count) {
  const { request, job, first } = card;
  const title = titleOf(fromRequest(request), output);
  const { selected, selection, size } = card.area || areaOf(request);
  return {
    result,
    name: output.stack ? t(output.title) : count > 1 ? t('layerNumber', { title, number }) : title,
    note: {
      version: 1,
      job,
      first: first || job,
      parameters: { ...fromRequest(request), seed: result.message.seed },
      sourceLayer: sourceLayerOf(request),
      size,
      selected,
      selection,
      result: madeOf(result.message),
    },
  };
}

module.exports = { applyResults, applyFirst };
