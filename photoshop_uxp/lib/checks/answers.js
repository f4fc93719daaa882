'use strict';

/** Answers of checks: pure functions and the constants that checks share. */

const RGB = 'sRGB IEC61966-2.1';
const GRAY = 'Gray Gamma 2.2';
const WIDTH = 64; // pixels, of a document of a check that says nothing else
const HEIGHT = 48;
const PACKET =
  '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ' +
  'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:lb="https://layerbridge.org/ns/" ' +
  'lb:note="kept"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>';

/** @typedef {{left: number, top: number, right: number, bottom: number}} Bounds in the document's pixels, right and bottom exclusive */

/** @param {any} b @returns {number[]} */
const box = (b) => [b.left, b.top, b.right, b.bottom];

/** @param {number} left @param {number} top @param {number} right @param {number} bottom @returns {Bounds} */
const bounds = (left, top, right, bottom) => ({ left, top, right, bottom });

/**
 * @param {any} seen a value or a list of them
 * @param {any} wanted
 * @param {number} [tolerance] of numbers
 * @returns {string} 'yes', or what was seen instead
 */
function is(seen, wanted, tolerance = 0) {
  const a = [seen].flat();
  const b = [wanted].flat();
  const same = a.length === b.length && a.every((v, i) => v === b[i] || Math.abs(v - b[i]) <= tolerance);
  return same ? 'yes' : `saw ${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}`;
}

/** @param {...string} answers @returns {string} the first that is not 'yes' */
const all = (...answers) => answers.find((answer) => answer !== 'yes') || 'yes';

/** @param {any} error @returns {string} */
const textOf = (error) => String((error && error.message) || error);

module.exports = { RGB, GRAY, WIDTH, HEIGHT, PACKET, box, bounds, is, all, textOf };
