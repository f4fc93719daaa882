'use strict';

/**
 * Result frames, checked before anything of the document is touched. Pure functions.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {object} Result
 * @property {any} message ResultMessage
 * @property {Box} bounds
 * @property {Box | null} canvas where it grows with the result
 * @property {number} channels 2 or 4
 * @property {import('./depth.js').Samples} image (height, width, channels), straight alpha
 * @property {Uint8Array} mask (height, width)
 */

const wire = require('./wire.js');
const { BridgeError, reasonOf } = require('./failures.js');
const { isEmpty } = require('./geometry.js');
const { growsCanvas } = require('./operations.js');
const { t } = require('./texts.js');

/** @param {Uint8Array} bytes @returns {Result} @throws {BridgeError} where it is not what the protocol says */
function readResult(bytes) {
  try {
    const frame = wire.decode(bytes);
    const image = frame.tensors.get('image');
    const mask = frame.tensors.get('mask');
    const { bounds, canvas, kind } = frame.message;
    if (!image || !mask || isEmpty(bounds)) throw new Error('image, mask or bounds are missing');
    const [height, width, channels] = image.shape;
    const fits = height === bounds.height && width === bounds.width && (channels === 2 || channels === 4);
    if (!fits || mask.dtype !== 'U8' || mask.shape.join() !== [height, width].join()) {
      throw new Error(`image [${image.shape}], mask ${mask.dtype} [${mask.shape}], bounds ${JSON.stringify(bounds)}`);
    }
    return {
      message: frame.message,
      bounds,
      canvas: growsCanvas(kind) ? canvas : null,
      channels,
      image: frame.tensor('image'),
      mask: /** @type {Uint8Array} */ (frame.tensor('mask')),
    };
  } catch (error) {
    throw new BridgeError('invalid_frame', t('damagedResult'), reasonOf(error));
  }
}

/** @param {any} message ResultMessage @returns {any} what a layer's note keeps of it */
function madeOf(message) {
  const known = ['kind', 'seed', 'index', 'steps_run', 'model', 'bounds', 'request', 'seconds'];
  return Object.fromEntries(known.filter((key) => key in message).map((key) => [key, message[key]]));
}

module.exports = { readResult, madeOf };
