'use strict';

/**
 * The frame of a request that its picture is read straight into, so that a large one is held once: a frame must be one
 * buffer when it is sent, and its header, which comes first, is known last. Room for it is kept and filled with spaces.
 *
 * @typedef {import('./codec.js').Dtype} Dtype
 * @typedef {import('./codec.js').Tensor} Tensor
 * @typedef {import('./depth.js').Samples} Samples
 */

const wire = require('./wire.js');
const { BridgeError } = require('./failures.js');

const HEAD_BYTES = 16 * 1024; // a long prompt and a ragged selection; where it is more, everything is copied once
const PREFIX_BYTES = 8; // the header's length
const SPACE = 0x20;
const TYPED = { U8: Uint8Array, U16: Uint16Array, F32: Float32Array };

class Frame {
  /** @param {Dtype} dtype @param {number[]} shape height, width, channels @param {boolean} withMask */
  constructor(dtype, shape, withMask) {
    const [height, width, channels] = shape;
    const length = height * width * channels;
    const imageBytes = length * TYPED[dtype].BYTES_PER_ELEMENT;
    this._bytes = new Uint8Array(HEAD_BYTES + imageBytes + (withMask ? height * width : 0));
    this._maskAt = withMask ? HEAD_BYTES + imageBytes : 0;
    this._tensor = { dtype, shape, data: new TYPED[dtype](this._bytes.buffer, HEAD_BYTES, length) };
  }

  /** @returns {Samples} the picture, transparent before it is written */
  get image() {
    return this._tensor.data;
  }

  /** @returns {Tensor} the picture */
  get tensor() {
    return this._tensor;
  }

  /** @returns {number} of the picture */
  get channels() {
    return this._tensor.shape[2];
  }

  /**
   * @param {any} message
   * @param {Uint8Array | null} mask as large as the picture
   * @param {Object<string, Tensor>} [further] tensors by name
   * @returns {Uint8Array} the frame as it is sent
   * @throws {BridgeError} invalid_frame
   */
  sealed(message, mask, further = {}) {
    const [height, width] = this._tensor.shape;
    const tensors = { image: this._tensor, ...(mask ? maskTensor(mask, height, width) : {}), ...further };
    const [head] = parts(message, tensors);
    const alone = Object.keys(further).length === 0;
    const fits = alone && head.length <= HEAD_BYTES && Boolean(mask) === this._maskAt > 0;
    if (!fits) return joined(parts(message, tensors));
    this._bytes.set(head);
    this._bytes.fill(SPACE, head.length, HEAD_BYTES);
    new DataView(this._bytes.buffer).setUint32(0, HEAD_BYTES - PREFIX_BYTES, true);
    if (mask) this._bytes.set(mask, this._maskAt);
    return this._bytes;
  }
}

/**
 * A frame without a picture.
 * @param {any} message @param {Uint8Array | null} mask @param {{width: number, height: number}} size of the mask
 * @param {Object<string, Tensor>} [further] tensors by name
 * @returns {Uint8Array}
 * @throws {BridgeError} invalid_frame
 */
function frameOf(message, mask, { width, height }, further = {}) {
  return joined(parts(message, { ...(mask ? maskTensor(mask, height, width) : {}), ...further }));
}

/** @param {Uint8Array} mask @param {number} height @param {number} width @returns {Object<string, Tensor>} */
function maskTensor(mask, height, width) {
  return { mask: { dtype: 'U8', shape: [height, width], data: mask } };
}

/** @param {any} message @param {Object<string, Tensor>} tensors @returns {Uint8Array[]} */
function parts(message, tensors) {
  try {
    return wire.encodeParts(message, tensors);
  } catch (error) {
    throw new BridgeError('invalid_frame', /** @type {Error} */ (error).message);
  }
}

/** @param {Uint8Array[]} all @returns {Uint8Array} */
function joined(all) {
  const out = new Uint8Array(all.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of all) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

module.exports = { Frame, frameOf };
