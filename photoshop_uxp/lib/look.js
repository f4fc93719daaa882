'use strict';

/**
 * Reading what is open and selected, without a modal scope and without changing anything.
 *
 * @typedef {import('./scene.js').Scene} Scene
 * @typedef {import('./scene.js').LayerInfo} LayerInfo
 */

const host = require('./host.js');
const { depthOf } = require('./depth.js');
const { fromEdges } = require('./geometry.js');

/** @param {any} [document] the one in front where it is absent @returns {Scene | null} */
function look(document = host.activeDocument()) {
  if (!document) return null;
  const bounds = document.selection && document.selection.bounds;
  return {
    id: document.id,
    name: String(document.title || document.name || ''),
    path: String(document.path || ''),
    width: Math.round(Number(document.width)),
    height: Math.round(Number(document.height)),
    mode: String(document.mode),
    depth: depthOf(document.bitsPerChannel),
    profile: profileName(document),
    quickMask: document.quickMaskMode === true,
    artboards: Boolean(document.artboards && document.artboards.length),
    selection: bounds ? fromEdges(bounds) : null,
    layers: Array.from(document.activeLayers || [], layerInfo),
  };
}

/** @param {any} document @returns {string} '' where it has none */
function profileName(document) {
  if (String(document.colorProfileType) === 'none') return '';
  const name = String(document.colorProfileName || '');
  return name === 'None' ? '' : name;
}

/** @param {any} layer @returns {LayerInfo} */
function layerInfo(layer) {
  return {
    id: layer.id,
    name: String(layer.name),
    kind: String(layer.kind),
    box: fromEdges(layer.boundsNoEffects || layer.bounds),
    isBackground: layer.isBackgroundLayer === true,
  };
}

/**
 * @param {any} document
 * @param {number} id
 * @returns {any} the layer, also inside groups, or null
 */
function findLayer(document, id) {
  return id ? allLayers(document.layers).find((layer) => layer.id === id) || null : null;
}

/** @param {any} layers @returns {any[]} layers and what their groups hold, from the top */
function allLayers(layers) {
  return Array.from(layers || []).flatMap((layer) => [layer, ...allLayers(/** @type {any} */ (layer).layers)]);
}

module.exports = { look, layerInfo, findLayer, allLayers };
