'use strict';

/**
 * In which color space pixels travel. Pure functions.
 *
 * A profile that the worker knows by name travels as it is: nothing is converted on the way there or back. For any other
 * Photoshop converts when it reads (`colorProfile` of getPixels) and again when it writes, into a space that holds more, and
 * the user is told: Adobe RGB (1998) at 8 bits, where ProPhoto RGB would show steps, and ProPhoto RGB beyond. 32-bit
 * documents are linear whatever their profile is called; Photoshop marks that with “(Linear RGB Profile)” in the name, which
 * must not stand in the names that are passed back.
 *
 * @typedef {import('./depth.js').Depth} Depth
 * @typedef {object} PixelEncoding
 * @property {string | null} wire `profile` of the request; null: sRGB
 * @property {string | undefined} host `colorProfile` for getPixels and createImageDataFromBuffer; undefined: as it is
 * @property {boolean} converts whether Photoshop converts on the way
 */

/** Photoshop's names of what the worker knows. */
const RGB_KNOWN = Object.freeze([
  'sRGB IEC61966-2.1',
  'Adobe RGB (1998)',
  'Display P3',
  'ProPhoto RGB',
  'Apple RGB',
  'ColorMatch RGB',
  'image P3',
]);
const GRAY_KNOWN = Object.freeze(['Gray Gamma 2.2', 'Gray Gamma 1.8', 'sGray']);
const LINEAR_MARK = / *\(Linear (RGB|Gray|Grayscale) Profile\)$/i;

/** @param {string} name @returns {string} the name without Photoshop's mark of a linear profile */
function plainName(name) {
  return String(name || '')
    .replace(LINEAR_MARK, '')
    .trim();
}

/**
 * @param {string} name of the document's profile; '' or 'None': it has none, so that its numbers are taken for sRGB
 * @param {Depth} depth
 * @param {boolean} gray
 * @returns {PixelEncoding}
 */
function travelOf(name, depth, gray) {
  const plain = plainName(name);
  const untagged = !plain || plain === 'None';
  if (untagged && depth !== 32) return { wire: null, host: undefined, converts: false };
  const known = gray ? GRAY_KNOWN : RGB_KNOWN;
  const fallback = gray ? 'Gray Gamma 2.2' : depth === 8 ? 'Adobe RGB (1998)' : 'ProPhoto RGB';
  const chosen = untagged ? known[0] : known.includes(plain) ? plain : fallback;
  return {
    wire: wireName(chosen, depth),
    host: chosen,
    converts: !untagged && chosen !== plain,
  };
}

/** @param {string} name @param {Depth} depth @returns {string} */
function wireName(name, depth) {
  return depth === 32 ? `${name} (linear)` : name;
}

module.exports = { travelOf };
