'use strict';

/**
 * The selection that a job was made with, kept so that the job can be repeated when nothing is selected any more: with the
 * layer (note.js), and, where it is small, with the request, which History gives back. Pure functions.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./geometry.js').Move} Move
 * @typedef {import('./geometry.js').Size} Size
 * @typedef {import('./note.js').PackedMask} PackedMask
 * @typedef {object} Area
 * @property {boolean} selected false: the job was of the whole picture
 * @property {PackedMask | null} selection null where there was none, or it was too large to be kept
 * @property {Size} size of the canvas then
 */

const { shiftBetween, shifted } = require('./geometry.js');
const { packMask, unpackMask } = require('./note.js');
const { covered, recut } = require('./pixels.js');

const MAX_IN_REQUEST = 4096; // characters; History is read many jobs at a time

/**
 * @param {Uint8Array | null} mask of `box`; null: nothing was selected
 * @param {Box} box
 * @param {Size} size
 * @returns {Area}
 */
function areaOfMask(mask, box, { width, height }) {
  const there = mask && covered(mask, box);
  const selection = mask && there ? packMask(recut(mask, box, there), there) : null;
  return { selected: Boolean(mask), selection, size: { width, height } };
}

/** @param {Area} area @returns {Object<string, string>} for `client_data` of the request */
function areaNotes({ selected, selection }) {
  if (!selected) return {};
  const text = selection ? JSON.stringify(selection) : '';
  return text && text.length <= MAX_IN_REQUEST ? { selected: '1', selection: text } : { selected: '1' };
}

/** @param {any} request of a job that the daemon remembers @returns {Area} */
function areaOf(request) {
  const { selected, selection } = request.client_data || {};
  const { width, height } = request.document;
  return { selected: selected === '1', selection: parsed(selection), size: { width, height } };
}

/** @param {string | undefined} text @returns {PackedMask | null} */
function parsed(text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null; // damaged: as if it had been too large to be kept
  }
}

/**
 * Where the area lies today.
 * @param {Area} area
 * @param {Size} canvas
 * @param {Move[]} moves of the canvas, oldest first
 * @returns {{box: Box, mask: Uint8Array} | null} null: it was not kept, is damaged, or does not fit the canvas any more
 */
function keptArea(area, canvas, moves) {
  const { selection, size } = area;
  const moved = selection && shiftBetween(moves, size, canvas);
  const mask = selection && moved && unpackMask(selection);
  return selection && moved && mask ? { box: shifted(selection.box, moved), mask } : null;
}

module.exports = { areaOfMask, areaNotes, areaOf, keptArea };
