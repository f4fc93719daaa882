'use strict';

/**
 * Layer masks, written so that they are what the result says, whatever this Photoshop does with them.
 *
 * Masks are written with 8 bits in every document, as Adobe's example and all known plug-ins do. What becomes of values in
 * documents of 16 and 32 bits is not documented, and some versions were seen to turn blocks of zeros white. So a mask goes
 * into one that hides everything, where a block that is left out stays hidden; the first mask of its kind in a session is
 * read back; and where it is not the same, the mask is made of a selection instead. Inside a modal scope only.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./host.js').PsDocument} PsDocument
 */

const imaging = require('./imaging.js');
const { canvasOf, fromEdges, intersection, isEmpty, stripsOf, toEdges } = require('./geometry.js');
const { maskFromPhotoshop } = require('./depth.js');
const { reasonOf } = require('./failures.js');
const { sizeOf } = require('./read_scene.js');
const { addHiddenMask, addSelectedMask, deleteMask } = require('./layers.js');
const { recut } = require('./pixels.js');
const { whileSelected, withGray } = require('./selections.js');

const TOLERANCE = 2; // of 255: rounding on the way through a document of 16 or 32 bits
const BLOCK_PIXELS = 256; // a mask that is larger than this and has zeros most likely has blocks of them
const ROWS = 2048; // read back at once

class Masks {
  constructor() {
    /** @type {Set<string>} depths and kinds of masks that came back as they were written */
    this._proven = new Set();
    /** @type {Set<number>} depths of documents in which they did not */
    this._changed = new Set();
  }

  /**
   * Give a layer without a mask this one.
   * @param {PsDocument} document
   * @param {number} depth of the document
   * @param {number} layerId
   * @param {Uint8Array} mask of `box`
   * @param {Box} box
   * @param {string} commandName
   * @returns {Promise<boolean>} false: Photoshop keeps other values, whichever way they are written
   */
  async give(document, depth, layerId, mask, box, commandName) {
    await addHiddenMask(layerId);
    if (!this._changed.has(depth)) {
      await put(document, layerId, mask, box, commandName);
      const unproven = kindsOf(mask, box).filter((kind) => !this._proven.has(`${depth} ${kind}`));
      if (!unproven.length || (await isThere(document, layerId, mask, box))) {
        for (const kind of unproven) this._proven.add(`${depth} ${kind}`);
        return true;
      }
      this._changed.add(depth);
    }
    if (!mask.some(Boolean)) return true;
    await deleteMask(layerId);
    await whileSelected(document, mask, box, commandName, () => addSelectedMask(layerId));
    return isThere(document, layerId, mask, box);
  }
}

/** @param {Uint8Array} mask @param {Box} box @returns {string[]} what it can show of how this Photoshop writes masks */
function kindsOf(mask, box) {
  const kinds = mask.some((value) => value > 0 && value < 255) ? ['soft'] : [];
  const large = box.width > BLOCK_PIXELS || box.height > BLOCK_PIXELS;
  return large && mask.includes(0) ? [...kinds, 'blocks'] : kinds;
}

/**
 * @param {PsDocument} document @param {number} layerId
 * @param {Uint8Array} mask @param {Box} box @param {string} commandName
 */
async function put(document, layerId, mask, box, commandName) {
  const target = { documentID: document.id, layerID: layerId, kind: 'user', targetBounds: toEdges(box), commandName };
  await withGray(mask, box, (imageData) => imaging.writeMask({ ...target, imageData, replace: false }));
}

/**
 * @param {PsDocument} document @param {number} layerId @param {Uint8Array} mask @param {Box} box
 * @returns {Promise<boolean>} whether the layer has this mask; true also where Photoshop does not tell
 */
async function isThere(document, layerId, mask, box) {
  const visible = intersection(box, canvasOf(sizeOf(document)));
  if (isEmpty(visible)) return true;
  for (const strip of stripsOf(visible, ROWS)) {
    let read;
    try {
      read = await imaging.readMask(document.id, layerId, toEdges(strip));
    } catch (error) {
      console.warn(`Layerbridge: a mask cannot be read back: ${reasonOf(error)}`);
      return true;
    }
    const seen = recut(maskFromPhotoshop(read.data), fromEdges(read.edges), strip);
    const wanted = recut(mask, box, strip);
    if (seen.some((value, i) => Math.abs(value - wanted[i]) > TOLERANCE)) return false;
  }
  return true;
}

module.exports = { Masks };
