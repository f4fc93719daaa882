'use strict';

/**
 * One result into one new layer: its pixels, its mask, and its note. Inside a modal scope, but for `converter`.
 *
 * @typedef {import('./depth.js').Depth} Depth
 * @typedef {import('./depth.js').Samples} Samples
 * @typedef {import('./insert_layers.js').Piece} Piece
 * @typedef {import('./host.js').PsDocument} PsDocument
 * @typedef {import('./host.js').PsLayer} PsLayer
 * @typedef {(depth: Depth) => Samples} Converted pixels in a document's depth
 */

const host = require('./host.js');
const imaging = require('./imaging.js');
const { stripsOf, toEdges } = require('./geometry.js');
const { fromPhotoshop16, toPhotoshop, toPhotoshop16 } = require('./depth.js');
const { rowsAtOnce } = require('./memory.js');
const { toXmp } = require('./note.js');
const { writtenDepth } = require('./read_scene.js');
const { reasonOf } = require('./failures.js');

/**
 * @param {Samples} image of 16 bit is converted where it is
 * @param {Depth} likely converted now
 * @returns {Converted}
 */
function converter(image, likely) {
  if (likely === 16 && image instanceof Uint16Array) {
    const ready = toPhotoshop16(image, image);
    return (depth) => (depth === 16 ? ready : toPhotoshop(fromPhotoshop16(ready), depth));
  }
  const ready = toPhotoshop(image, likely);
  return (depth) => (depth === likely ? ready : toPhotoshop(image, depth));
}

/**
 * @param {PsDocument} document
 * @param {PsLayer} layer
 * @param {import('./insert_layers.js').Insertion} insertion
 * @param {Piece} piece
 * @param {Converted} converted
 * @param {import('./geometry.js').Box} bounds
 * @returns {Promise<boolean>} false: Photoshop keeps the mask with other values
 */
async function fill(document, layer, insertion, piece, converted, bounds) {
  const depth = writtenDepth(document);
  const { channels, mask } = piece.result;
  await writeImage(document, layer, insertion, converted(depth), channels, bounds, depth);
  return insertion.masks.give(document, depth, layer.id, mask, bounds, insertion.title);
}

/**
 * Pixels into an empty layer, in strips.
 * @param {PsDocument} document
 * @param {PsLayer} layer
 * @param {{title: string, profile: string | undefined}} insertion
 * @param {Samples} samples (bounds.height, bounds.width, channels) in the document's depth
 * @param {number} channels
 * @param {import('./geometry.js').Box} bounds
 * @param {Depth} depth
 */
async function writeImage(document, layer, insertion, samples, channels, bounds, depth) {
  for (const strip of stripsOf(bounds, rowsAtOnce(bounds.width, depth))) {
    const { width, height } = strip;
    /** @type {any} */
    const options = { width, height, components: channels, colorSpace: channels < 3 ? 'Grayscale' : 'RGB' };
    if (insertion.profile) options.colorProfile = insertion.profile;
    const first = strip.y === bounds.y;
    const from = (strip.y - bounds.y) * width * channels;
    const part = samples.slice(from, from + height * width * channels);
    const target = { documentID: document.id, layerID: layer.id, targetBounds: toEdges(strip), commandName: insertion.title };
    await imaging.withImageData(part, options, (imageData) =>
      imaging.writePixels({ ...target, imageData, replace: first }),
    );
  }
}

/**
 * @param {PsDocument} document
 * @param {PsLayer} layer
 * @param {import('./note.js').Note} note the panel keeps it as well, so a layer that cannot take it is no reason to stop
 */
async function keepNote(document, layer, note) {
  const target = [
    { _ref: 'property', _property: 'XMPMetadataAsUTF8' },
    { _ref: 'layer', _id: layer.id },
    { _ref: 'document', _id: document.id },
  ];
  try {
    await host.play({ _obj: 'set', _target: target, to: { _obj: 'layer', XMPMetadataAsUTF8: toXmp(note) } });
  } catch (error) {
    console.warn(`Layerbridge: the layer cannot keep its parameters: ${reasonOf(error)}`);
  }
}

module.exports = { converter, fill, writeImage, keepNote };
