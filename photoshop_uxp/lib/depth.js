'use strict';

/**
 * From Photoshop's numbers to the protocol's and back. Pure functions.
 *
 * Photoshop's 16-bit values go from 0 to 32768, the protocol's from 0 to 65535. getData and createImageDataFromBuffer have
 * an option `fullRange` for that, but how it rounds is not documented; so the panel converts by itself. `round(v * 65535 / 32768)` maps both ends onto one another, and each of the 32769 values comes back as it was.
 *
 * @typedef {8 | 16 | 32} Depth bits of a component
 * @typedef {Uint8Array | Uint16Array | Float32Array} Samples
 */

const PHOTOSHOP_FULL = 32768;
const FULL = 65535;

/** @param {Uint16Array} samples 0 to 32768 @param {Uint16Array} [out] may be `samples` @returns {Uint16Array} 0 to 65535 */
function fromPhotoshop16(samples, out = new Uint16Array(samples.length)) {
  for (let i = 0; i < samples.length; i++)
    out[i] = (Math.min(samples[i], PHOTOSHOP_FULL) * FULL) / PHOTOSHOP_FULL + 0.5;
  return out;
}

/** @param {Uint16Array} samples 0 to 65535 @param {Uint16Array} [out] may be `samples` @returns {Uint16Array} 0 to 32768 */
function toPhotoshop16(samples, out = new Uint16Array(samples.length)) {
  for (let i = 0; i < samples.length; i++) out[i] = (samples[i] * PHOTOSHOP_FULL) / FULL + 0.5;
  return out;
}

/**
 * Samples of a result as createImageDataFromBuffer takes them, in the document's depth.
 * @param {Samples} samples U8, U16 (0 to 65535) or F32
 * @param {Depth} depth
 * @returns {Samples}
 */
function toPhotoshop(samples, depth) {
  if (depth === 8)
    return samples instanceof Uint8Array ? samples : mapped(samples, new Uint8Array(samples.length), 255);
  if (depth === 32)
    return samples instanceof Float32Array ? samples : mapped(samples, new Float32Array(samples.length), 1);
  if (samples instanceof Uint16Array) return toPhotoshop16(samples);
  return mapped(samples, new Uint16Array(samples.length), PHOTOSHOP_FULL);
}

/** @param {Samples} samples of a mask or a selection, in any depth of Photoshop @returns {Uint8Array} 0 to 255 */
function maskFromPhotoshop(samples) {
  if (samples instanceof Uint8Array) return samples;
  const full = samples instanceof Uint16Array ? PHOTOSHOP_FULL : 1;
  const out = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) out[i] = Math.min(1, Math.max(0, samples[i] / full)) * 255 + 0.5;
  return out;
}

/** @param {Samples} samples @returns {number} the value that stands for 1 */
function fullOf(samples) {
  if (samples instanceof Uint8Array) return 255;
  return samples instanceof Uint16Array ? FULL : 1;
}

/**
 * @template {Samples} T
 * @param {Samples} samples
 * @param {T} out
 * @param {number} full of `out`
 * @returns {T}
 */
function mapped(samples, out, full) {
  const factor = full / fullOf(samples);
  const whole = !(out instanceof Float32Array);
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] * factor;
    out[i] = whole ? Math.min(full, Math.max(0, value)) + 0.5 : value;
  }
  return out;
}

/** @param {string} bitsPerChannel Photoshop's constant @returns {Depth | 0} 0: none that can be painted on */
function depthOf(bitsPerChannel) {
  /** @type {Object<string, Depth>} */
  const known = { bitDepth8: 8, bitDepth16: 16, bitDepth32: 32 };
  return known[String(bitsPerChannel)] || 0;
}

module.exports = { toPhotoshop, fromPhotoshop16, toPhotoshop16, maskFromPhotoshop, fullOf, depthOf };
