'use strict';

/**
 * A picture at another size: the mean of what falls into a pixel where it becomes smaller, straight lines between pixels where it
 * becomes larger. Alpha counts: what is transparent gives no color. Pure functions.
 *
 * @typedef {import('./depth.js').Samples} Samples
 * @typedef {import('./geometry.js').Size} Size
 * @typedef {{from: number, weights: number[]}} Span which pixels of a row, from which on, make one of the new row; sum 1
 */

/**
 * @param {Samples} image (from.height, from.width, channels)
 * @param {number} channels 1 to 4; with an even number the last is alpha
 * @param {Size} from
 * @param {Size} to
 * @returns {Samples} (to.height, to.width, channels), of the same type
 */
function scaled(image, channels, from, to) {
  const alpha = channels % 2 === 0 ? channels - 1 : -1;
  const columns = spansOf(from.width, to.width);
  const rows = spansOf(from.height, to.height);
  const out = new /** @type {any} */ (image.constructor)(to.width * to.height * channels);
  const rounded = image instanceof Float32Array ? 0 : 0.5;
  const line = new Float64Array(to.width * channels);
  const sum = new Float64Array(to.width * channels);
  for (let y = 0; y < to.height; y++) {
    sum.fill(0);
    rows[y].weights.forEach((weight, i) => {
      const row = image.subarray((rows[y].from + i) * from.width * channels, (rows[y].from + i + 1) * from.width * channels);
      scaleLine(row, columns, channels, alpha, line);
      for (let k = 0; k < sum.length; k++) sum[k] += weight * line[k];
    });
    for (let k = 0; k < sum.length; k++) {
      const at = k % channels;
      const share = alpha < 0 || at === alpha ? 1 : sum[k - at + alpha];
      out[y * sum.length + k] = share ? sum[k] / share + rounded : 0;
    }
  }
  return out;
}

/**
 * One row; colors come multiplied with their alpha.
 * @param {Samples} row @param {Span[]} columns @param {number} channels @param {number} alpha its place, -1: none
 * @param {Float64Array} out
 */
function scaleLine(row, columns, channels, alpha, out) {
  out.fill(0);
  columns.forEach(({ from, weights }, x) => {
    for (let i = 0; i < weights.length; i++) {
      const at = (from + i) * channels;
      const share = alpha < 0 ? 1 : row[at + alpha];
      for (let c = 0; c < channels; c++) out[x * channels + c] += weights[i] * row[at + c] * (c === alpha ? 1 : share);
    }
  });
}

/** @param {number} from pixels @param {number} to pixels @returns {Span[]} of each pixel of the new row */
function spansOf(from, to) {
  const ratio = from / to;
  return Array.from({ length: to }, (_, i) => (ratio > 1 ? meanSpan(i * ratio, (i + 1) * ratio, from) : lineSpan(i, ratio, from)));
}

/** @param {number} start @param {number} end @param {number} length @returns {Span} */
function meanSpan(start, end, length) {
  const first = Math.floor(start);
  const last = Math.min(length, Math.ceil(end - 1e-9));
  const weights = Array.from(
    { length: last - first },
    (_, i) => (Math.min(end, first + i + 1) - Math.max(start, first + i)) / (end - start),
  );
  return { from: first, weights };
}

/** @param {number} i @param {number} ratio @param {number} length @returns {Span} */
function lineSpan(i, ratio, length) {
  const middle = Math.min(length - 1, Math.max(0, (i + 0.5) * ratio - 0.5));
  const first = Math.min(length - 1, Math.floor(middle));
  const share = middle - first;
  return share > 0 && first + 1 < length ? { from: first, weights: [1 - share, share] } : { from: first, weights: [1] };
}

module.exports = { scaled };
