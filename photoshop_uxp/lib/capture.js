'use strict';

/**
 * Reading the crop: pixels and selection, in one short modal scope that changes nothing.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./scene.js').Scene} Scene
 * @typedef {import('./profiles.js').Travel} Travel
 * @typedef {import('./wire.js').Tensor} Tensor
 * @typedef {object} Wanted
 * @property {Scene} scene
 * @property {Box} box what the plan asked for, on the canvas
 * @property {number | null} layerId null: all that is visible
 * @property {number[]} hidden ids of layers that are left out of all visible ones
 * @property {boolean} needsImage
 * @property {boolean} needsMask
 * @property {Travel} travel
 * @typedef {{image: Tensor | null, mask: Uint8Array | null, blank: boolean}} Captured `mask` covers the box; null: nothing is
 *   selected; `blank`: nothing was visible there
 * @typedef {import('./imaging.js').Read} Read
 */

const host = require('./host.js');
const imaging = require('./imaging.js');
const { BridgeError, reasonOf } = require('./failures.js');
const { allLayers, findLayer } = require('./look.js');
const { fromEdges, intersection, isEmpty, toEdges } = require('./geometry.js');
const { fromPhotoshop, maskFromPhotoshop } = require('./depth.js');
const { isGray, selectionOnCanvas } = require('./scene.js');
const { padded, recut } = require('./pixels.js');
const { t } = require('./texts.js');

/**
 * @param {Wanted} wanted
 * @param {() => boolean} unchanged asked first within the scope: whether what was planned for is still there
 * @param {(waiting: boolean) => void} onWait
 * @returns {Promise<Captured | null>} null: it has changed, and nothing was read
 */
async function capture(wanted, unchanged, onWait) {
  const { box, scene, needsMask } = wanted;
  const read = await host.modal(t('reading'), (context) => (unchanged() ? readAll(context, wanted) : none()), onWait);
  if (!read) return null;
  const blank = wanted.needsImage && !read.image;
  const image = read.image ? tensorOf(read.image, box) : null;
  const mask = needsMask ? maskOf(read.mask, box, Boolean(selectionOnCanvas(scene))) : null;
  return { image: blank ? nothing(box, scene.depth, isGray(scene)) : image, mask, blank };
}

/** @returns {Promise<null>} */
async function none() {
  return null;
}

/**
 * @param {import('./host.js').ModalContext} context
 * @param {Wanted} wanted
 * @returns {Promise<{image: Read | null, mask: Read | null}>} as Photoshop gave it: converted later, when Photoshop is free
 */
async function readAll(context, wanted) {
  const document = host.findDocument(wanted.scene.id);
  if (!document) throw new BridgeError('refused', t('noDocument'));
  const shown = wanted.needsImage ? await hideLayers(context, document, wanted.hidden) : null;
  try {
    const image = wanted.needsImage ? await readImage(context, document, wanted) : null;
    const mask = wanted.needsMask ? await readMask(context, wanted) : null;
    return { image, mask };
  } finally {
    if (shown) await shown();
  }
}

/**
 * Earlier results out of sight while the picture is read; gives what puts everything back, or null.
 * @param {import('./host.js').ModalContext} context
 * @param {import('./host.js').PsDocument} document
 * @param {number[]} ids
 * @returns {Promise<null | (() => Promise<void>)>}
 */
async function hideLayers(context, document, ids) {
  const layers = allLayers(document.layers).filter((layer) => ids.includes(layer.id) && layer.visible);
  if (!layers.length) return null;
  const suspension = await context.hostControl.suspendHistory({ documentID: document.id, name: t('reading') });
  for (const layer of layers) layer.visible = false;
  return async () => {
    for (const layer of layers) layer.visible = true;
    await context.hostControl.resumeHistory(suspension, false);
  };
}

/**
 * The crop's pixels; null where there are none. Photoshop trims what it gives, and what it does for a region without any
 * pixel is not documented: so a refusal counts as that where no layer that is read reaches into the crop, and only there.
 * @param {import('./host.js').ModalContext} context
 * @param {import('./host.js').PsDocument} document
 * @param {Wanted} wanted
 * @returns {Promise<Read | null>}
 */
async function readImage(context, document, wanted) {
  const { scene, box, travel } = wanted;
  const layer = findLayer(document, wanted.layerId);
  if (wanted.layerId !== null && !layer) throw new BridgeError('refused', t('noLayer'));
  if (
    layer &&
    !isEmpty(fromEdges(layer.boundsNoEffects)) &&
    isEmpty(intersection(fromEdges(layer.boundsNoEffects), box))
  )
    return null;
  /** @type {Parameters<typeof imaging.readPixels>[0]} */
  const options = {
    documentID: scene.id,
    sourceBounds: toEdges(box),
    colorSpace: isGray(scene) ? 'Grayscale' : 'RGB',
    componentSize: scene.depth || 8,
  };
  if (layer) options.layerID = layer.id;
  if (travel.host) options.colorProfile = travel.host;
  const got = await imaging.readPixels(options).catch((error) => {
    if (context.isCancelled) throw error;
    if (layer && String(layer.kind) !== 'pixel')
      throw new BridgeError('refused', t('unreadableLayer', { name: layer.name }), reasonOf(error));
    if (reachesInto(layer ? [layer] : shownLayers(document.layers), box)) throw unreadable(layer || scene, error);
    return null;
  });
  return got && got.edges.right > got.edges.left ? got : null;
}

/** @param {Read} read @param {Box} box @returns {Tensor} */
function tensorOf(read, box) {
  const { dtype, data } = fromPhotoshop(read.data);
  const whole = padded(data, read.channels, fromEdges(read.edges), box);
  return { dtype, shape: [box.height, box.width, whole.channels], data: whole.data };
}

/**
 * @param {Iterable<import('./host.js').PsLayer> | null | undefined} layers
 * @returns {import('./host.js').PsLayer[]} those in sight, also in groups, without the groups themselves
 */
function shownLayers(layers) {
  return Array.from(layers || []).flatMap((layer) => {
    if (!layer.visible) return [];
    return String(layer.kind) === 'group' ? shownLayers(layer.layers) : [layer];
  });
}

/** @param {import('./host.js').PsLayer[]} layers @param {Box} box @returns {boolean} whether one may have pixels there */
function reachesInto(layers, box) {
  return layers.some((layer) => !isEmpty(intersection(fromEdges(layer.boundsNoEffects), box)));
}

/** @param {{name: string}} what @param {unknown} error @returns {BridgeError} */
function unreadable({ name }, error) {
  const reason = reasonOf(error);
  return new BridgeError('refused', t('unreadablePicture', { name, reason }), reason);
}

/** @param {Box} box @param {number} depth @param {boolean} gray @returns {Tensor} transparent */
function nothing(box, depth, gray) {
  const channels = gray ? 2 : 4;
  const length = box.width * box.height * channels;
  const shape = [box.height, box.width, channels];
  if (depth === 8) return { dtype: 'U8', shape, data: new Uint8Array(length) };
  if (depth === 16) return { dtype: 'U16', shape, data: new Uint16Array(length) };
  return { dtype: 'F32', shape, data: new Float32Array(length) };
}

/**
 * All of the box is read, since some versions of Photoshop tell bounds only of what is selected by half or more; and it is
 * read where they tell none, since all of a selection may be fainter. Without any selection a refusal is to be expected.
 * @param {import('./host.js').ModalContext} context
 * @param {Wanted} wanted
 * @returns {Promise<Read | null>} null: nothing of the box is selected
 */
async function readMask(context, { box, scene }) {
  const selected = selectionOnCanvas(scene);
  if (selected && isEmpty(intersection(box, selected))) return null;
  return imaging.readSelection(scene.id, toEdges(box)).catch((error) => {
    if (selected || context.isCancelled) throw error;
    return null;
  });
}

/**
 * @param {Read | null} read
 * @param {Box} box
 * @param {boolean} told whether Photoshop tells of a selection
 * @returns {Uint8Array | null} covers the box, 255 = selected; null: nothing is selected, or everything
 */
function maskOf(read, box, told) {
  const empty = () => new Uint8Array(box.width * box.height);
  const mask = read && read.data.length ? recut(maskFromPhotoshop(read.data), fromEdges(read.edges), box) : empty();
  const some = told || (mask.some((value) => value > 0) && mask.some((value) => value < 255));
  return some ? mask : null;
}

module.exports = { capture };
