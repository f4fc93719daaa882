'use strict';

/**
 * Masks that cover one box, cut or extended to another. Pure functions.
 *
 * @typedef {import('./geometry.js').Box} Box
 */

const { intersection, sameBox } = require('./geometry.js');

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
  lay(mask, have, out, want);
  return out;
}

/**
 * Put what a mask has of another's box into that.
 * @param {Uint8Array} mask
 * @param {Box} have
 * @param {Uint8Array} out
 * @param {Box} want that it covers
 */
function lay(mask, have, out, want) {
  const common = intersection(have, want);
  for (let y = 0; y < common.height; y++) {
    const from = (common.y + y - have.y) * have.width + common.x - have.x;
    const to = (common.y + y - want.y) * want.width + common.x - want.x;
    out.set(mask.subarray(from, from + Math.max(0, common.width)), to);
  }
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

module.exports = { recut, lay, covered };
