'use strict';

/**
 * Reading what is open and selected, without a modal scope and without changing anything.
 *
 * @typedef {import('./host.js').PsDocument} PsDocument
 * @typedef {import('./host.js').PsLayer} PsLayer
 * @typedef {import('./scene.js').Scene} Scene
 * @typedef {import('./scene.js').LayerInfo} LayerInfo
 */

const host = require('./host.js');
const { depthOf } = require('./depth.js');
const { fromEdges } = require('./geometry.js');
const { isFile } = require('./scene.js');
const { pathTo } = require('./tree.js');

const NOWHERE = Object.freeze({ x: 0, y: 0, width: 0, height: 0 });

/** @param {PsDocument | null} [document] the one in front where it is absent @returns {Scene | null} */
function readScene(document = host.activeDocument()) {
  if (!document) return null;
  const bounds = document.selection && document.selection.bounds;
  return {
    id: document.id,
    start: host.START,
    name: String(document.title || document.name || ''),
    ...savedAt(document),
    ...sizeOf(document),
    resolution: Number(document.resolution),
    mode: String(document.mode),
    depth: depthOf(document.bitsPerChannel),
    profile: profileName(document),
    quickMask: document.quickMaskMode === true,
    artboards: Boolean(document.artboards && document.artboards.length),
    selection: bounds ? fromEdges(bounds) : null,
    layers: selectedLayers(Array.from(document.activeLayers || [])),
  };
}

/** @param {PsDocument} document @returns {import('./geometry.js').Size} of its canvas, in whole pixels */
function sizeOf(document) {
  return { width: Math.round(Number(document.width)), height: Math.round(Number(document.height)) };
}

/** @param {PsDocument} document @returns {import('./depth.js').Depth} in which its pixels are written */
function writtenDepth(document) {
  return depthOf(document.bitsPerChannel) || 8;
}

/** @param {PsDocument} document @returns {{path: string, cloud: boolean}} where it was saved */
function savedAt(document) {
  const path = String(document.path || '');
  return { path, cloud: !isFile(path) && document.cloudDocument === true };
}

/** @param {PsDocument} document @returns {string} '' where it has none */
function profileName(document) {
  if (String(document.colorProfileType) === 'none') return '';
  const name = String(document.colorProfileName || '');
  return name === 'None' ? '' : name;
}

/**
 * @param {PsLayer[]} layers
 * @returns {LayerInfo[]} only of a single one all is read: a job is made of one, and hundreds may be selected
 */
function selectedLayers(layers) {
  if (layers.length === 1) return layers.map(layerInfo);
  return layers.map(({ id }) => ({ id, name: '', kind: '', box: NOWHERE, isBackground: false }));
}

/** @param {PsLayer} layer @returns {LayerInfo} */
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
 * @param {PsDocument | null} document
 * @param {number | null} id
 * @returns {PsLayer | null} the layer, also inside groups, or null
 */
function findLayer(document, id) {
  if (id === null || !document) return null;
  const tree = host.layerTree(document.id);
  const path = tree && pathTo(tree, id);
  if (tree && !path) return null;
  const layer = path && layerAt(document, path);
  return layer && layer.id === id ? layer : allLayers(document.layers).find((known) => known.id === id) || null;
}

/** @param {PsDocument} document @param {number[]} path positions from the top @returns {PsLayer | null} */
function layerAt(document, path) {
  /** @type {PsLayer | null} */
  let layer = null;
  for (const position of path) {
    /** @type {any} */
    const beside = layer ? layer.layers : document.layers;
    layer = (beside && beside[position]) || null;
    if (!layer) return null;
  }
  return layer;
}

/**
 * @param {Iterable<PsLayer> | null | undefined} layers
 * @returns {PsLayer[]} layers and what their groups hold, from the top
 */
function allLayers(layers) {
  return Array.from(layers || []).flatMap((layer) => [layer, ...allLayers(layer.layers)]);
}

module.exports = { readScene, sizeOf, writtenDepth, savedAt, layerInfo, findLayer };
