'use strict';

/**
 * Reading the crop: selection and pixels, in one short modal scope that changes nothing.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./scene.js').Scene} Scene
 * @typedef {import('./profiles.js').PixelEncoding} PixelEncoding
 * @typedef {import('./host.js').ModalContext} ModalContext
 * @typedef {object} Wanted
 * @property {Scene} scene
 * @property {Box} box what the plan asked for, on the canvas
 * @property {number | null} layerId null: all that is visible
 * @property {number[]} hidden ids of layers that are left out of all visible ones
 * @property {boolean} needsImage
 * @property {boolean} needsMask
 * @property {import('./further.js').LayerInput[]} layerInputs of further pictures
 * @property {(mask: Uint8Array | null) => boolean} sendsMask whether one goes with the picture, where this was read
 * @property {PixelEncoding} travel
 * @typedef {{frame: import('./frame.js').Frame | null, mask: Uint8Array | null, further: Further, blank: boolean, unseen: boolean}} Captured
 *   `frame`: with the picture; `mask`: covers the box, null where nothing is selected; `blank`: nothing was visible there;
 *   `unseen`: hiding earlier results made no difference
 * @typedef {Record<string, import('./further.js').Taken>} Further by role
 * @typedef {{picture: import('./picture.js').Picture | null, mask: Uint8Array | null, further: Further, unseen: boolean}} Raw
 */

const host = require('./host.js');
const imaging = require('./imaging.js');
const { BridgeError } = require('./failures.js');
const { readLayerInputs } = require('./further.js');
const { findLayer } = require('./read_scene.js');
const { fromEdges, intersection, isEmpty, stripsOf, toEdges } = require('./geometry.js');
const { maskFromPhotoshop } = require('./depth.js');
const { withoutLayers } = require('./hiding.js');
const { rowsAtOnce } = require('./memory.js');
const { probeOf, readPicture } = require('./reading.js');
const { isGray, selectionOnCanvas } = require('./scene.js');
const { lay } = require('./pixels.js');
const { t } = require('./texts.js');

/**
 * @param {Wanted} wanted
 * @param {() => boolean} unchanged asked first within the scope: whether what was planned for is still there
 * @param {(waiting: boolean) => void} onWait
 * @returns {Promise<Captured | null>} null: it has changed, and nothing was read
 */
async function capture(wanted, unchanged, onWait) {
  const read = await host.modal(t('reading'), (context) => (unchanged() ? readAll(context, wanted) : none()), onWait);
  if (!read) return null;
  const { picture, mask, further, unseen } = read;
  return { frame: picture && picture.finished(), mask, further, blank: Boolean(picture && picture.empty), unseen };
}

/** @returns {Promise<null>} */
async function none() {
  return null;
}

/**
 * @param {ModalContext} context
 * @param {Wanted} wanted
 * @returns {Promise<Raw>} pixels as Photoshop gave them: converted later, when Photoshop is free
 */
async function readAll(context, wanted) {
  const { scene, box, layerId, hidden } = wanted;
  const document = host.findDocument(scene.id);
  if (!document) throw new BridgeError('refused', t('noDocument'));
  const mask = wanted.needsMask ? await readMask(context, wanted) : null;
  const further = await readLayerInputs(context, document, scene, wanted.travel, wanted.layerInputs, hidden);
  if (!wanted.needsImage) return { picture: null, mask, further, unseen: false };
  const layer = findLayer(document, layerId);
  if (layerId !== null && !layer) throw new BridgeError('refused', t('noLayer'));
  const source = {
    document,
    layer,
    name: layer ? layer.name : scene.name,
    depth: scene.depth || 8,
    gray: isGray(scene),
    profile: wanted.travel.host,
  };
  const work = () => readPicture(context, source, box, wanted.sendsMask(mask));
  if (layer) return { picture: await work(), mask, further, unseen: false };
  const { done: picture, unseen } = await withoutLayers(context, document, hidden, box, probeOf(context, source), work);
  return { picture, mask, further, unseen };
}

/**
 * All of the box is read, since some versions of Photoshop tell bounds only of what is selected by half or more; and it is
 * read where they tell none, since all of a selection may be fainter. Without any selection a refusal is to be expected; of a
 * strip it is as well, where the selection is known not to reach there by half.
 * @param {ModalContext} context
 * @param {Wanted} wanted
 * @returns {Promise<Uint8Array | null>} covers the box, 255 = selected; null: nothing is selected, or everything
 */
async function readMask(context, { box, scene }) {
  const selected = selectionOnCanvas(scene);
  const mask = new Uint8Array(box.width * box.height);
  for (const strip of stripsOf(box, rowsAtOnce(box.width, 8))) {
    const known = selected && !isEmpty(intersection(strip, selected));
    const read = await imaging.readSelection(scene.id, toEdges(strip)).catch((error) => {
      if (known || context.isCancelled) throw error;
      return null;
    });
    if (read && read.data.length) lay(maskFromPhotoshop(read.data), fromEdges(read.edges), mask, box);
  }
  if (selected) return mask;
  return mask.some((value) => value > 0) && mask.some((value) => value < 255) ? mask : null;
}

module.exports = { capture };
