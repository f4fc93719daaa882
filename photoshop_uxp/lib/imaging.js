'use strict';

/**
 * Photoshop's pixels, masks and selections, in and out. Thin: what is decided is decided elsewhere.
 *
 * @typedef {import('./geometry.js').Edges} Edges
 * @typedef {import('./depth.js').Samples} Samples
 * @typedef {{data: Samples, channels: number, edges: Edges, profile: string}} Read `edges`: what the data covers
 */

const { imaging } = require('photoshop');

/**
 * Pixels of a layer, or of all that is visible. What has no pixels is trimmed off by Photoshop: `edges` says what came.
 * @param {{documentID: number, layerID?: number, sourceBounds: Edges, colorSpace: string,
 *   componentSize: 8 | 16 | 32, colorProfile?: string}} options
 * @returns {Promise<Read>}
 */
async function readPixels(options) {
  const got = await imaging.getPixels(options);
  return takeData(got);
}

/** @param {number} documentID @param {Edges} sourceBounds @returns {Promise<Read>} the selection, 255 = selected */
async function readSelection(documentID, sourceBounds) {
  const got = await imaging.getSelection({ documentID, sourceBounds });
  return takeData(got);
}

/** @param {number} documentID @param {number} layerID @param {Edges} sourceBounds @returns {Promise<Read>} */
async function readMask(documentID, layerID, sourceBounds) {
  const got = await imaging.getLayerMask({ documentID, layerID, kind: 'user', sourceBounds });
  return takeData(got);
}

/** @param {any} got @returns {Promise<Read>} */
async function takeData(got) {
  try {
    const image = got.imageData;
    const data = await image.getData({ chunky: true });
    const { left, top } = got.sourceBounds;
    const edges = { left, top, right: left + image.width, bottom: top + image.height };
    return { data, channels: image.components, edges, profile: String(image.colorProfile || '') };
  } finally {
    await got.imageData.dispose();
  }
}

/**
 * @param {Samples} data
 * @param {{width: number, height: number, components: number, colorSpace: string, colorProfile?: string}} options
 * @param {(imageData: any) => Promise<void>} use
 */
async function withImageData(data, options, use) {
  const imageData = await imaging.createImageDataFromBuffer(data, { chunky: true, ...options });
  try {
    await use(imageData);
  } finally {
    await imageData.dispose();
  }
}

/** @param {any} options @returns {Promise<void>} */
function writePixels(options) {
  return imaging.putPixels(options);
}

/** @param {any} options @returns {Promise<void>} */
function writeMask(options) {
  return imaging.putLayerMask(options);
}

/** @param {any} options @returns {Promise<void>} */
function writeSelection(options) {
  return imaging.putSelection(options);
}

module.exports = { readPixels, readSelection, readMask, withImageData, writePixels, writeMask, writeSelection };
