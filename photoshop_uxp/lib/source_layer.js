'use strict';

/**
 * The layer that a job was made of, as its request tells it. Pure functions.
 *
 * @typedef {object} SourceLayer
 * @property {string} document how History knows the document
 * @property {number | null} layer Photoshop's number of the layer in that document; null: all that was visible
 * @property {string} name of that layer then
 */

const MAX_NAME = 200; // characters

/**
 * @param {{id: number, name: string} | null} layer
 * @returns {Object<string, string>} for `client_data` of the request
 */
function sourceLayerNotes(layer) {
  return { layer: layer ? String(layer.id) : '', layer_name: layer ? layer.name.slice(0, MAX_NAME) : '' };
}

/** @param {any} request @returns {SourceLayer} */
function sourceLayerOf(request) {
  const { source, layer, layer_name: name } = request.client_data || {};
  const number = source === 'layer' && /^\d+$/.test(layer || '') ? Number(layer) : null;
  return { document: String(request.document.id), layer: number, name: String(name || '') };
}

/**
 * @param {SourceLayer} made
 * @param {string[]} keys how the document in front is and was known
 * @param {{name: string} | null} there its layer of that number
 * @returns {boolean} whether that layer is meant: of the same document, or of one that was moved to another folder
 */
function isSourceLayer(made, keys, there) {
  return keys.includes(made.document) || there?.name.slice(0, MAX_NAME) === made.name;
}

module.exports = { sourceLayerNotes, sourceLayerOf, isSourceLayer };
