'use strict';

/**
 * One result into one new layer: its pixels, its mask, and its note. Inside a modal scope, but for `converter`.
 *
 * @typedef {import('./depth.js').Depth} Depth
 * @typedef {import('./depth.js').Samples} Samples
 * @typedef {import('./place.js').Piece} Piece
 * @typedef {import('./host.js').PsDocument} PsDocument
 * @typedef {import('./host.js').PsLayer} PsLayer
 * @typedef {(depth: Depth) => Samples} Converted pixels in a document's depth
 */

const host = require('./host.js');
const imaging = require('./imaging.js');
const { toEdges } = require('./geometry.js');
const { toPhotoshop } = require('./depth.js');
const { toXmp } = require('./note.js');
const { look } = require('./look.js');
const { reasonOf } = require('./failures.js');

/** @param {Piece} piece @param {Depth} likely converted now @returns {Converted} */
function converter({ result }, likely) {
  const ready = toPhotoshop(result.image, likely);
  return (depth) => (depth === likely ? ready : toPhotoshop(result.image, depth));
}

/**
 * @param {PsDocument} document
 * @param {PsLayer} layer
 * @param {import('./place.js').Order} order
 * @param {Piece} piece
 * @param {Converted} converted
 * @param {import('./geometry.js').Box} bounds
 * @returns {Promise<boolean>} false: Photoshop keeps the mask with other values
 */
async function fill(document, layer, order, piece, converted, bounds) {
  const depth = /** @type {import('./scene.js').Scene} */ (look(document)).depth || 8;
  const { channels, mask } = piece.result;
  /** @type {any} */
  const options = {
    width: bounds.width,
    height: bounds.height,
    components: channels,
    colorSpace: channels === 2 ? 'Grayscale' : 'RGB',
  };
  if (order.profile) options.colorProfile = order.profile;
  const target = { documentID: document.id, layerID: layer.id, targetBounds: toEdges(bounds), commandName: order.title };
  await imaging.withImageData(converted(depth), options, (imageData) =>
    imaging.writePixels({ ...target, imageData, replace: true }),
  );
  return order.masks.give(document, depth, layer.id, mask, bounds, order.title);
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

module.exports = { converter, fill, keepNote };
