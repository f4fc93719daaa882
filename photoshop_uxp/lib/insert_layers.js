'use strict';

/**
 * Putting results into a document: pixel layers with masks at their place, in one short modal scope and one history state.
 * Nothing of the user's is written to; the layers that were selected stay selected.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./geometry.js').Shift} Shift
 * @typedef {import('./geometry.js').Move} Move
 * @typedef {import('./note.js').Note} Note
 * @typedef {{result: import('./artifacts.js').LayerResult, name: string, note: Note}} Piece
 * @typedef {object} Insertion
 * @property {Piece[]} pieces from the top; several go into a group of which the first is visible
 * @property {'' | 'shown' | 'hidden'} [stack] they belong together: all are visible, in a group that is shown or hidden
 * @property {string} title of the history state and of a group
 * @property {string | undefined} profile Photoshop's name of the profile that the pixels are in
 * @property {Depth} depth in which they will most likely be written: converted beforehand
 * @property {import('./masks.js').Masks} masks how this Photoshop takes them
 * @typedef {object} Position
 * @property {PsDocument} document
 * @property {number | null} above id of the layer that they go directly above; null: on top of all
 * @property {number | null} hide id of a layer that the result stands in for; null: none
 * @property {number | null} replace id of an earlier result that is taken away; null: none
 * @property {Array<number | null>} standing ids of layers that bear a piece already, in the order of the pieces; null: made now
 * @property {Shift} moved how far the picture has moved since the job was sent
 * @property {() => Promise<void>} keep called once all is placed: a document that was made for it stays open
 * @typedef {import('./depth.js').Depth} Depth
 * @typedef {import('./host.js').PsDocument} PsDocument
 * @typedef {object} Placed
 * @property {number[]} layers ids in the order of the pieces; of those that belong together that of their group
 * @property {number} group its id; 0: none
 * @property {Move | null} move of the canvas
 * @property {Array<{id: number, name: string}>} named the layers in that order, then their group
 * @property {boolean} faithful false: Photoshop keeps masks with other values
 * @typedef {import('./fill.js').Converted} Converted
 */

const host = require('./host.js');
const { placementOf, union } = require('./geometry.js');
const { converter, fill, keepNote } = require('./fill.js');
const { findLayer, sizeOf } = require('./read_scene.js');
const { seatFor, moveAbove, takePlace, lockedBy, select } = require('./layers.js');
const { BridgeError, CancelError, reasonOf } = require('./failures.js');
const { t } = require('./texts.js');

const QUIET_MILLISECONDS = 1500; // a value shows the progress bar, which is a modal dialog, at once

/**
 * @template {Position} A
 * @param {Insertion} insertion
 * @param {(context: import('./host.js').ModalContext) => Promise<A | null>} positionNow asked first within the scope, when nobody
 *   else can change a document any more; null: the user is to be asked first
 * @param {(position: A, placed: Placed) => void} onPlaced called within the scope: the next one already knows of it
 * @param {(waiting: boolean) => void} onWait
 * @returns {Promise<boolean>} whether they were placed
 * @throws {BridgeError} and then nothing was changed
 */
async function insertLayers(insertion, positionNow, onPlaced, onWait) {
  const converted = insertion.pieces.map(({ result }) => converter(result.image, insertion.depth));
  const work = async (/** @type {import('./host.js').ModalContext} */ context) => {
    const began = Date.now();
    const position = await positionNow(context);
    if (!position) return false;
    const placed = await inOneStep(context, insertion, position, converted, began);
    await position.keep();
    onPlaced(position, placed);
    return true;
  };
  return inScope(insertion.title, work, onWait);
}

/**
 * @template T
 * @param {string} title @param {(context: import('./host.js').ModalContext) => Promise<T>} work @param {(waiting: boolean) => void} onWait
 * @returns {Promise<T>}
 * @throws {BridgeError} and then nothing was changed
 */
async function inScope(title, work, onWait) {
  try {
    return await host.modal(title, work, onWait);
  } catch (error) {
    if (error instanceof BridgeError) throw error;
    if (error instanceof CancelError) throw new BridgeError('gone', t('escaped'));
    throw new BridgeError('gone', t('photoshopFailed', { reason: reasonOf(error) }), reasonOf(error));
  }
}

/**
 * @param {import('./host.js').ModalContext} context
 * @param {number} began when the modal scope did, in milliseconds
 * @param {number} done of the pieces
 * @param {number} count of all
 */
function report(context, began, done, count) {
  if (done > 0 && Date.now() - began >= QUIET_MILLISECONDS) context.reportProgress({ value: done / count });
}

/**
 * @param {import('./host.js').ModalContext} context
 * @param {Insertion} insertion
 * @param {Position} position
 * @param {Converted[]} converted
 * @param {number} began when the modal scope did, in milliseconds
 * @returns {Promise<Placed>}
 */
async function inOneStep(context, insertion, position, converted, began) {
  const { document } = position;
  host.bringToFront(document);
  const old = findLayer(document, position.replace);
  const anchor = old || findLayer(document, position.above);
  checkUnlocked(old, anchor);
  const selected = Array.from(document.activeLayers, (layer) => layer.id);
  const suspension = await context.hostControl.suspendHistory({ documentID: document.id, name: insertion.title });
  const { placements, move } = await makeRoom(position, insertion.pieces);
  await select([seatFor(document, anchor).id]);
  const earlier = position.standing.map((id) => findLayer(document, id));
  /** @type {import('./host.js').PsLayer[]} */
  const layers = [];
  /** @type {import('./host.js').PsLayer[]} */
  const fresh = [];
  let below = anchor;
  let faithful = true;
  for (let i = insertion.pieces.length - 1; i >= 0; i--) {
    report(context, began, insertion.pieces.length - 1 - i, insertion.pieces.length);
    const before = earlier[i];
    if (before) layers.unshift(before);
    if (before) continue;
    const layer = made(await document.createPixelLayer({ name: insertion.pieces[i].name }));
    moveAbove(document, layer, below);
    below = layer;
    const filled = await fill(document, layer, insertion, insertion.pieces[i], converted[i], placements[i].bounds);
    faithful = faithful && filled;
    await keepNote(document, layer, insertion.pieces[i].note);
    layers.unshift(layer);
    fresh.unshift(layer);
  }
  const members = layers.filter((layer) => fresh.includes(layer) || isBeside(layer, anchor));
  const { stack } = insertion;
  const group = members.length > 1 || stack ? await grouped(document, insertion.title, members) : null;
  if (group) moveAbove(document, group, anchor);
  const shown = earlier.some((layer) => layer?.visible) ? null : fresh[0];
  for (const layer of fresh) if (layer !== shown && !stack) layer.visible = false;
  if (group && stack === 'hidden') group.visible = false;
  if (group) await keepNote(document, group, insertion.pieces[0].note);
  const standing = group && stack ? [group] : layers;
  if (old) takeOver(old, standing[0]);
  const source = findLayer(document, position.hide);
  if (source) source.visible = false;
  if (old) await takePlace(document, old, group || layers[0]);
  const kept = selected.map((id) => (old && id === position.replace ? standing[0].id : id));
  await select(kept.filter((id) => host.hasLayer(document.id, id)));
  await context.hostControl.resumeHistory(suspension, true);
  await host.redraw(document.id);
  const named = [...layers, ...(group ? [group] : [])].map(({ id, name }) => ({ id, name }));
  return { layers: standing.map((layer) => layer.id), group: group ? group.id : 0, move, named, faithful };
}

/**
 * @param {import('./host.js').PsLayer | null} old which is to be taken away
 * @param {import('./host.js').PsLayer | null} anchor above which, in its group, the result is to lie
 * @throws {BridgeError} refused
 */
function checkUnlocked(old, anchor) {
  const group = lockedBy(anchor && anchor.parent);
  if (group) throw new BridgeError('refused', t('lockedGroup', { name: group.name }));
  if (old && lockedBy(old)) throw new BridgeError('refused', t('lockedResult', { name: old.name }));
}

/** @param {import('./host.js').PsLayer | null} layer @returns {import('./host.js').PsLayer} */
function made(layer) {
  if (!layer) throw new Error('no layer could be made');
  return layer;
}

/**
 * @param {import('./host.js').PsLayer} layer
 * @param {import('./host.js').PsLayer | null} anchor
 * @returns {boolean} whether a layer lies where the group comes, and not in a group that it is to stay in
 */
function isBeside(layer, anchor) {
  return !layer.parent || layer.parent.id === anchor?.parent?.id;
}

/**
 * @param {import('./host.js').PsDocument} document
 * @param {string} name
 * @param {import('./host.js').PsLayer[]} layers
 * @returns {Promise<import('./host.js').PsLayer>} a group of them, from the top
 */
async function grouped(document, name, layers) {
  const group = made(await document.createLayerGroup({ name, fromLayers: layers }));
  const ids = () => Array.from(group.layers || [], (layer) => layer.id);
  layers.slice(1).forEach((layer, i) => {
    const [above, below] = [ids().indexOf(layers[i].id), ids().indexOf(layer.id)];
    if (below < above) layer.move(layers[i], host.constants.ElementPlacement.PLACEAFTER);
  });
  return group;
}

/**
 * Extend the canvas where a result (outpaint) needs it, and say where each result lies after that.
 * @param {Position} position
 * @param {Piece[]} pieces
 */
async function makeRoom({ document, moved }, pieces) {
  const from = sizeOf(document);
  /** @type {Box | null} */
  let wanted = null;
  for (const { result } of pieces) {
    if (result.canvas) wanted = wanted ? union(wanted, result.canvas) : result.canvas;
  }
  const placements = pieces.map(({ result }) => placementOf(result.bounds, wanted, moved, from));
  const { canvas, shift } = placements[0];
  if (!canvas) return { placements, move: null };
  const { BOTTOMRIGHT, TOPLEFT } = host.constants.AnchorPosition;
  if (shift.x || shift.y) await document.resizeCanvas(from.width + shift.x, from.height + shift.y, BOTTOMRIGHT);
  const to = { width: canvas.width, height: canvas.height };
  if (to.width > from.width + shift.x || to.height > from.height + shift.y) {
    await document.resizeCanvas(to.width, to.height, TOPLEFT);
  }
  return { placements, move: { from, to, shift } };
}

/**
 * What the user had done to the earlier result goes on.
 * @param {import('./host.js').PsLayer} old
 * @param {import('./host.js').PsLayer} layer
 */
function takeOver(old, layer) {
  layer.visible = old.visible;
  if (layer.opacity !== old.opacity) layer.opacity = old.opacity;
  if (layer.blendMode !== old.blendMode) layer.blendMode = old.blendMode;
}

module.exports = { insertLayers, inScope };
