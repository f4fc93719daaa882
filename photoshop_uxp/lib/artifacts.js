'use strict';

/**
 * Result frames, checked before anything of the document is touched. Pure functions.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./depth.js').Samples} Samples
 * @typedef {object} LayerResult
 * @property {any} message ResultMessage
 * @property {Box} bounds
 * @property {Box | null} canvas where it grows with the result
 * @property {number} channels 2 or 4
 * @property {Samples} image (height, width, channels), straight alpha
 * @property {Uint8Array} mask (height, width)
 * @typedef {{message: any, bounds: Box, mask: Uint8Array}} Selected `mask` (height, width) of `bounds`, 255 = selected
 * @typedef {{message: any, bounds: Box, width: number, height: number, channels: number, image: Samples}} Flat a picture of any size;
 *   `bounds`: what of the document it shows; image (height, width, channels), straight alpha
 */

const wire = require('./wire.js');
const { fullOf } = require('./depth.js');
const { BridgeError, reasonOf } = require('./failures.js');
const { isEmpty } = require('./geometry.js');
const { growsCanvas } = require('./operations.js');
const { scaled } = require('./scale.js');
const { t } = require('./texts.js');

/** @template T @param {Uint8Array} bytes @param {(frame: import('./codec.js').Frame) => T} work @returns {T} @throws {BridgeError} */
function checked(bytes, work) {
  try {
    return work(wire.decode(bytes));
  } catch (error) {
    throw new BridgeError('invalid_frame', t('damagedResult'), reasonOf(error));
  }
}

/** @param {Uint8Array} bytes @returns {LayerResult} @throws {BridgeError} where it is not what the protocol says */
function readLayer(bytes) {
  return checked(bytes, (frame) => {
    const { canvas, operation, kind } = frame.message; // kind: of jobs of before
    const { bounds, width, height, channels, image } = pictureOf(frame);
    if (width !== bounds.width || height !== bounds.height || channels % 2)
      throw new Error(`image [${[height, width, channels]}], bounds ${JSON.stringify(bounds)}`);
    const grown = growsCanvas(operation || kind) ? canvas : null;
    return { message: frame.message, bounds, canvas: grown, channels, image, mask: maskOf(frame) };
  });
}

/** @param {Uint8Array} bytes @returns {Selected} @throws {BridgeError} where it is not what the protocol says */
function readSelected(bytes) {
  return checked(bytes, (frame) => ({ message: frame.message, bounds: frame.message.bounds, mask: maskOf(frame) }));
}

/** @param {Uint8Array} bytes @returns {Flat} @throws {BridgeError} where it is not what the protocol says */
function readFlat(bytes) {
  return checked(bytes, pictureOf);
}

/** @param {import('./codec.js').Frame} frame @returns {Flat} @throws where it has no picture */
function pictureOf(frame) {
  const { bounds } = frame.message;
  const [height, width, channels] = frame.tensors.get('image')?.shape || [];
  if (!(width > 0 && height > 0 && channels >= 1 && channels <= 4) || isEmpty(bounds))
    throw new Error(`image [${[height, width, channels]}], bounds ${JSON.stringify(bounds)}`);
  return { message: frame.message, bounds, width, height, channels, image: frame.tensor('image') };
}

/** @param {import('./codec.js').Frame} frame @returns {Uint8Array} of its bounds @throws where it has no such mask */
function maskOf(frame) {
  const { bounds } = frame.message;
  const mask = frame.tensors.get('mask');
  if (!mask || mask.dtype !== 'U8' || mask.shape.join() !== [bounds.height, bounds.width].join())
    throw new Error(`mask ${mask && mask.dtype} [${mask && mask.shape}], bounds ${JSON.stringify(bounds)}`);
  return /** @type {Uint8Array} */ (frame.tensor('mask'));
}

/** @param {Uint8Array} bytes @returns {string} @throws {BridgeError} where it is not what the protocol says */
function readText(bytes) {
  return checked(bytes, ({ message }) => String(message.text ?? ''));
}

/**
 * A picture scaled into the box that it shows, as a result that is placed as a layer.
 * @param {Flat} flat
 * @returns {LayerResult}
 */
function asLayer({ message, bounds, width, height, channels, image }) {
  const same = width === bounds.width && height === bounds.height;
  const inBox = same ? image : scaled(image, channels, { width, height }, bounds);
  return {
    message,
    bounds,
    canvas: null,
    channels: channels % 2 ? channels + 1 : channels,
    image: channels % 2 ? withAlpha(inBox, channels) : inBox,
    mask: new Uint8Array(bounds.width * bounds.height).fill(255),
  };
}

/** @param {Samples} image of `channels` colors @param {number} channels @returns {Samples} with an opaque alpha */
function withAlpha(image, channels) {
  const full = fullOf(image);
  const pixels = image.length / channels;
  const out = new /** @type {any} */ (image.constructor)(pixels * (channels + 1));
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < channels; c++) out[i * (channels + 1) + c] = image[i * channels + c];
    out[i * (channels + 1) + channels] = full;
  }
  return out;
}

module.exports = { readLayer, readSelected, readFlat, readText, asLayer };
