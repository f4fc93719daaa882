'use strict';

/**
 * Pixels that came back trimmed, laid into the box that was asked for. Pure functions.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./depth.js').Samples} Samples
 */

const { intersection, sameBox } = require('./geometry.js');

/** @param {Samples} like @param {number} length @returns {any} zeros of the same kind */
function zeros(like, length) {
  if (like instanceof Uint8Array) return new Uint8Array(length);
  return like instanceof Uint16Array ? new Uint16Array(length) : new Float32Array(length);
}

/**
 * Rows of `have` in a box `want`, transparent where there were none. Colour and alpha stay as they are; where something is
 * missing and the source has no alpha, one is added.
 * @param {Samples} samples (have.height, have.width, channels), in the protocol's range
 * @param {number} channels 1 to 4
 * @param {Box} have
 * @param {Box} want
 * @returns {{data: Samples, channels: number}}
 */
function padded(samples, channels, have, want) {
  if (sameBox(have, want)) return { data: samples, channels };
  const colors = channels > 2 ? 3 : 1;
  const common = intersection(have, want);
  const alpha = !sameBox(common, want);
  const out = alpha ? colors + 1 : channels;
  const data = zeros(samples, want.width * want.height * out);
  const opaque = samples instanceof Uint8Array ? 255 : samples instanceof Uint16Array ? 65535 : 1;
  for (let y = 0; y < common.height; y++) {
    let from = ((common.y + y - have.y) * have.width + common.x - have.x) * channels;
    let to = ((common.y + y - want.y) * want.width + common.x - want.x) * out;
    if (out === channels) {
      data.set(samples.subarray(from, from + common.width * channels), to);
      continue;
    }
    for (let x = 0; x < common.width; x++, from += channels, to += out) {
      for (let c = 0; c < colors; c++) data[to + c] = samples[from + c];
      data[to + colors] = opaque;
    }
  }
  return { data, channels: out };
}

/**
 * A mask that covers `have`, cut or extended with zeros to cover `want`.
 * @param {Uint8Array} mask
 * @param {Box} have
 * @param {Box} want
 * @returns {Uint8Array}
 */
function recut(mask, have, want) {
  if (sameBox(have, want)) return mask;
  const out = new Uint8Array(want.width * want.height);
  const common = intersection(have, want);
  for (let y = 0; y < common.height; y++) {
    const from = (common.y + y - have.y) * have.width + common.x - have.x;
    const to = (common.y + y - want.y) * want.width + common.x - want.x;
    out.set(mask.subarray(from, from + common.width), to);
  }
  return out;
}

/**
 * @param {Uint8Array} mask
 * @param {Box} box that it covers
 * @returns {Box | null} the smallest box that holds all that is not 0
 */
function covered(mask, box) {
  let [left, top, right, bottom] = [box.width, box.height, 0, 0];
  for (let y = 0; y < box.height; y++) {
    const row = mask.subarray(y * box.width, (y + 1) * box.width);
    const first = row.findIndex(Boolean);
    if (first < 0) continue;
    let last = box.width;
    while (!row[last - 1]) last--;
    [left, top, right, bottom] = [Math.min(left, first), Math.min(top, y), Math.max(right, last), y + 1];
  }
  return right ? { x: box.x + left, y: box.y + top, width: right - left, height: bottom - top } : null;
}

module.exports = { padded, recut, covered };
