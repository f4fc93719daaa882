'use strict';

/**
 * What a layer remembers of how it was made: JSON in the layer's own XMP metadata, which Photoshop keeps in the PSD.
 *
 * The note is base64, so that no XML writer on the way can change it, under a namespace of its own. Photoshop may write an
 * attribute as an element and choose another prefix: reading takes both.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {{box: Box, runs: string}} PackedMask the selection: see packMask
 * @typedef {object} Note
 * @property {number} version
 * @property {string} job
 * @property {string} first the job that all repetitions began with
 * @property {any} parameters
 * @property {import('./source_layer.js').SourceLayer} [sourceLayer] the layer it was made of
 * @property {{width: number, height: number}} size of the canvas then
 * @property {boolean} [selected] whether it was made with a selection
 * @property {PackedMask | null} selection
 * @property {any} [result] seed, index, model … of this layer
 */

const { utf8Encode, utf8Decode } = require('./wire.js');
const { toBase64, fromBase64 } = require('./base64.js');

const NAMESPACE = 'http://ns.layerbridge.invalid/note/1/';
const MAX_PACKED_BYTES = 48 * 1024; // of a selection that is kept for “Again”
const MIN_RUN = 4; // shorter ones are written as they are

/** @param {Note} note @returns {string} an XMP packet */
function toXmp(note) {
  const data = toBase64(utf8Encode(JSON.stringify(note)));
  return (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    `<rdf:Description rdf:about="" xmlns:layerbridge="${NAMESPACE}"><layerbridge:note>${data}</layerbridge:note>` +
    '</rdf:Description></rdf:RDF></x:xmpmeta>'
  );
}

/** @param {unknown} xmp @returns {Note | null} null: it has no note of ours, or a damaged one */
function fromXmp(xmp) {
  if (typeof xmp !== 'string' || !xmp.includes(NAMESPACE)) return null;
  const prefix = new RegExp(`xmlns:([\\w.-]+)=["']${NAMESPACE}["']`).exec(xmp);
  if (!prefix) return null;
  const found =
    new RegExp(`<${prefix[1]}:note[^>]*>([^<]*)<`).exec(xmp) ||
    new RegExp(`${prefix[1]}:note=["']([^"']*)["']`).exec(xmp);
  const bytes = found && fromBase64(found[1]);
  if (!bytes) return null;
  try {
    return noteOf(JSON.parse(utf8Decode(bytes)));
  } catch {
    return null; // cut off or changed by another program: the layer is treated like any other
  }
}

/** @param {any} value as it was kept, also by an earlier version @returns {Note | null} null: it is none */
function noteOf(value) {
  const fits = typeof value === 'object' && value !== null && typeof value.job === 'string' && value.parameters;
  if (!fits) return null;
  const { origin, ...note } = value;
  return origin && !note.sourceLayer ? { ...note, sourceLayer: origin } : note;
}

/** @param {any} message ResultMessage @returns {any} what a layer's note keeps of it */
function madeOf(message) {
  const known = ['operation', 'role', 'seed', 'index', 'steps_run', 'model', 'bounds', 'request', 'seconds'];
  return Object.fromEntries(known.filter((key) => key in message).map((key) => [key, message[key]]));
}

/** @param {Note} note @returns {import('./area.js').Area} what its job was made of */
function areaOfNote({ selected, selection, size }) {
  return { selected: selected === true || Boolean(selection), selection, size };
}

/**
 * A selection small enough to be kept with a layer, or null. Each row is written as its difference from the row above, which is
 * mostly zeros, and then as runs: a number 2n and a byte for n equal bytes, or 2n + 1 and n bytes.
 * @param {Uint8Array} mask covers `box`, 0 to 255
 * @param {Box} box
 * @returns {PackedMask | null}
 */
function packMask(mask, box) {
  const rows = mask.slice();
  for (let i = mask.length - 1; i >= box.width; i--) rows[i] = mask[i] - mask[i - box.width];
  /** @type {number[]} */
  const bytes = [];
  for (let start = 0; start < rows.length; ) {
    let end = runEnd(rows, start);
    const literal = end - start < MIN_RUN;
    if (literal) while (end < rows.length && runEnd(rows, end) - end < MIN_RUN) end++;
    writeNumber(bytes, (end - start) * 2 + (literal ? 1 : 0));
    const last = literal ? end : start + 1;
    if (bytes.length + last - start > MAX_PACKED_BYTES) return null;
    for (let i = start; i < last; i++) bytes.push(rows[i]);
    start = end;
  }
  return { box, runs: toBase64(Uint8Array.from(bytes)) };
}

/** @param {Uint8Array} rows @param {number} start @returns {number} where the equal bytes from `start` on end */
function runEnd(rows, start) {
  let end = start + 1;
  while (end < rows.length && rows[end] === rows[start]) end++;
  return end;
}

/** Seven bits a byte, the lowest first. @param {number[]} bytes @param {number} value */
function writeNumber(bytes, value) {
  while (value > 127) {
    bytes.push((value & 127) | 128);
    value = Math.floor(value / 128);
  }
  bytes.push(value);
}

/** @param {PackedMask} packed @returns {Uint8Array | null} the mask of packed.box; null where it is damaged */
function unpackMask(packed) {
  const bytes = fromBase64(String(packed.runs));
  const { width, height } = packed.box;
  if (!bytes || !(width * height >= 0)) return null;
  const mask = new Uint8Array(width * height);
  let at = 0;
  for (let i = 0; i < bytes.length && at <= mask.length; ) {
    let head = 0;
    let scale = 1;
    for (; bytes[i] > 127; i++, scale *= 128) head += (bytes[i] & 127) * scale;
    head += bytes[i++] * scale;
    const length = Math.floor(head / 2);
    if (head % 2) {
      mask.set(bytes.subarray(i, i + Math.min(length, mask.length - at)), at);
      i += length;
    } else mask.fill(bytes[i++], at, at + length);
    at += length;
  }
  for (let i = width; i < mask.length; i++) mask[i] += mask[i - width];
  return at === mask.length ? mask : null;
}

module.exports = { NAMESPACE, toXmp, fromXmp, noteOf, madeOf, areaOfNote, packMask, unpackMask };
