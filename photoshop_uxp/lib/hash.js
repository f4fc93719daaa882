'use strict';

/**
 * A short name for a text, such as a file's path: 64-bit FNV-1a in two halves of 32 bits each (other offset bases). Not for
 * secrets: it only tells documents apart, without telling the daemon their path.
 * @param {string} text
 * @returns {string} 16 hexadecimal digits
 */
function shortHash(text) {
  return half(text, 0x811c9dc5) + half(text, 0x9747b28c);
}

/** @param {string} text @param {number} basis @returns {string} */
function half(text, basis) {
  let hash = basis;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ (text.charCodeAt(i) & 255), 0x01000193);
    hash = Math.imul(hash ^ (text.charCodeAt(i) >> 8), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

module.exports = { shortHash };
