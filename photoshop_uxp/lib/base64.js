'use strict';

/** Base64 for a host that may lack btoa. */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** @param {Uint8Array} bytes @returns {string} */
function toBase64(bytes) {
  const parts = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i] << 16) | ((left > 1 ? bytes[i + 1] : 0) << 8) | (left > 2 ? bytes[i + 2] : 0);
    parts.push(
      LETTERS[group >> 18] +
        LETTERS[(group >> 12) & 63] +
        (left > 1 ? LETTERS[(group >> 6) & 63] : '=') +
        (left > 2 ? LETTERS[group & 63] : '='),
    );
  }
  return parts.join('');
}

/** @param {string} text white space is skipped @returns {Uint8Array | null} null: this is no base64 */
function fromBase64(text) {
  const letters = text.replace(/\s+/g, '').replace(/=+$/, '');
  if (!/^[A-Za-z0-9+/]*$/.test(letters) || letters.length % 4 === 1) return null;
  const out = new Uint8Array(Math.floor((letters.length * 3) / 4));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const letter of letters) {
    held = (held << 6) | LETTERS.indexOf(letter);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[at++] = (held >> bits) & 255;
    held &= (1 << bits) - 1;
  }
  return out;
}

/** @param {Uint8Array} bytes of a JPEG @returns {string} an address for <img> */
function jpegAddress(bytes) {
  return 'data:image/jpeg;base64,' + toBase64(bytes);
}

module.exports = { toBase64, fromBase64, jpegAddress };
