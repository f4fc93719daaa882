'use strict';

/**
 * Where a layer has pixels. Photoshop's bounds of a layer are cut by its mask; those of a group are of no use. So what a
 * layer shows is asked of the layers themselves, and what it has, of a property that leaves the mask out.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./host.js').PsDocument} PsDocument
 * @typedef {import('./host.js').PsLayer} PsLayer
 */

const host = require('./host.js');
const { fromEdges, intersection, isEmpty } = require('./geometry.js');
const { reasonOf } = require('./failures.js');

const PROPERTIES = ['userMaskEnabled', 'vectorMaskEnabled', 'boundsNoMask'];

/**
 * @param {PsDocument} document
 * @param {PsLayer} layer with pixels
 * @returns {Promise<Box>} of all its pixels, also of those that its masks hide
 */
async function pixelBox(document, layer) {
  const shown = fromEdges(layer.boundsNoEffects || layer.bounds);
  const asked = PROPERTIES.map((property) => ({ layer: layer.id, property }));
  try {
    const [user, vector, whole] = await host.readProperties(document.id, asked);
    const masked = user?.userMaskEnabled === true || vector?.vectorMaskEnabled === true;
    return (masked && edgesOf(whole?.boundsNoMask)) || shown;
  } catch (error) {
    console.warn(`Layerbridge: the bounds of a layer without its mask are not told: ${reasonOf(error)}`);
    return shown;
  }
}

/** @param {any} rectangle of numbers, or of numbers with a unit @returns {Box | null} */
function edgesOf(rectangle) {
  if (!rectangle) return null;
  const [left, top, right, bottom] = ['left', 'top', 'right', 'bottom'].map((side) => {
    const value = rectangle[side];
    return Number(typeof value === 'object' && value !== null ? value._value : value);
  });
  const box = fromEdges({ left, top, right, bottom });
  return Number.isFinite(box.width * box.height) ? box : null;
}

/**
 * @param {Iterable<PsLayer> | null | undefined} layers
 * @returns {PsLayer[]} those in sight, groups before what they hold
 */
function shownLayers(layers) {
  return Array.from(layers || []).flatMap((layer) => (layer.visible ? [layer, ...shownLayers(layer.layers)] : []));
}

/** @param {PsLayer} layer @returns {boolean} */
function isGroup(layer) {
  return String(layer.kind) === 'group';
}

/** @param {PsDocument} document @param {Box} box @returns {boolean} whether a layer in sight may show something there */
function showsIn(document, box) {
  return shownLayers(document.layers).some(
    (layer) => !isGroup(layer) && !isEmpty(intersection(fromEdges(layer.boundsNoEffects), box)),
  );
}

module.exports = { pixelBox, shownLayers, showsIn, isGroup };
