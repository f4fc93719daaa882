'use strict';

/**
 * What the user has before them, as plain values, and what cannot be done with it. Pure functions.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./depth.js').Depth} Depth
 * @typedef {import('./parameters.js').Parameters} Parameters
 * @typedef {{id: number, name: string, kind: string, box: Box, isBackground: boolean}} LayerInfo
 * @typedef {object} Scene
 * @property {number} id Photoshop's number of the document, as long as it is open
 * @property {string} start tells this start of the panel from others: Photoshop's numbers begin anew
 * @property {string} name
 * @property {string} path '' where it was never saved; of a cloud document its identifier
 * @property {boolean} cloud whether it is a cloud document
 * @property {number} width
 * @property {number} height
 * @property {number} resolution pixels per inch
 * @property {string} mode Photoshop's constant, such as RGBColorMode
 * @property {Depth | 0} depth
 * @property {string} profile
 * @property {boolean} quickMask
 * @property {boolean} artboards
 * @property {Box | null} selection may reach past the canvas
 * @property {LayerInfo[]} layers that are selected; where they are several, their numbers only
 */

const { BridgeError } = require('./failures.js');
const { canvasOf, hasMargins, intersection, isEmpty, marginsBeyond } = require('./geometry.js');
const { shortHash } = require('./hash.js');
const { growsCanvas, inputOf, operations, readsImage, readsMask } = require('./operations.js');
const { t } = require('./texts.js');
const { REQUESTS } = require('./wire.js');

const NAME_LENGTH = Number(REQUESTS.Document.find(({ name }) => name === 'name')?.maximum); // characters

const GRAY = 'grayscaleMode';
/** Photoshop's kinds of layers that have pixels of their own; newer versions add kinds of adjustments. */
const WITH_PIXELS = Object.freeze([
  'pixel',
  'smartObject',
  'text',
  'solidColor',
  'gradientFill',
  'pattern',
  'threeD',
  'video',
]);

/** @param {Scene} scene @returns {boolean} */
function isGray(scene) {
  return scene.mode === GRAY;
}

/**
 * @param {{id: number, start: string, name: string, path: string, cloud: boolean}} scene
 * @returns {string} how History knows the document: by its file, by its identifier in the cloud, or as long as the panel runs
 *   by its number in this Photoshop
 */
function documentId(scene) {
  if (isFile(scene.path) || (scene.cloud && scene.path)) return shortHash(scene.path);
  return `photoshop-${scene.start}-${scene.id}-${shortHash(scene.name)}`;
}

/** @param {string} path as Photoshop tells it @returns {boolean} whether it names a file of this computer */
function isFile(path) {
  return /[\\/]/.test(path);
}

/** @param {Scene} scene @returns {import('./parameters.js').DocumentInfo} */
function documentInfo(scene) {
  return { width: scene.width, height: scene.height, id: documentId(scene), name: scene.name.slice(0, NAME_LENGTH) };
}

/** @param {Scene} scene @returns {Box | null} the selection's part on the canvas; null: nothing of it is there */
function selectionOnCanvas(scene) {
  if (!scene.selection) return null;
  const common = intersection(scene.selection, canvasOf(scene));
  return isEmpty(common) ? null : common;
}

/** @param {Scene} scene @returns {LayerInfo | null} the one layer that is meant */
function chosenLayer(scene) {
  return scene.layers.length === 1 ? scene.layers[0] : null;
}

/**
 * Why a document cannot take part at all, or null.
 * @param {Scene | null} scene
 * @returns {BridgeError | null}
 */
function documentProblem(scene) {
  if (!scene) return new BridgeError('refused', t('noDocument'));
  if (scene.mode !== 'RGBColorMode' && !isGray(scene)) {
    const key = 'mode_' + scene.mode;
    return new BridgeError('refused', t(key) === key ? t('mode_other') : t(key));
  }
  if (!scene.depth) return new BridgeError('refused', t('depthOther'));
  if (scene.quickMask) return new BridgeError('refused', t('quickMask'));
  return null;
}

/**
 * Why this job cannot be made of this document, or null.
 * @param {Scene | null} scene
 * @param {Parameters} parameters
 * @returns {BridgeError | null}
 */
function jobProblem(scene, parameters) {
  const problem = documentProblem(scene);
  if (problem || !scene) return problem;
  if (growsCanvas(parameters.operation) && scene.artboards) return new BridgeError('refused', t('artboardsGrow'));
  if (!readsImage(parameters.operation) || parameters.source === 'visible') return null;
  const layer = chosenLayer(scene);
  if (!layer) return new BridgeError('refused', t(scene.layers.length ? 'manyLayers' : 'noLayer'));
  if (layer.kind === 'group') return new BridgeError('refused', t('groupLayer', { name: layer.name }));
  if (!WITH_PIXELS.includes(layer.kind)) return new BridgeError('refused', t('adjustmentLayer', { name: layer.name }));
  return null;
}

/**
 * The parameters with the margins of a selection that reaches past the canvas, where the job paints beyond the canvas.
 * @param {Scene} scene
 * @param {Parameters} parameters
 * @returns {Parameters}
 */
function withSelectedMargins(scene, parameters) {
  if (!growsCanvas(parameters.operation)) return parameters;
  const beyond = marginsBeyond(scene.selection, scene);
  return hasMargins(beyond) ? { ...parameters, margins: beyond } : parameters;
}

/**
 * What to know before Generate is pressed.
 * @param {Scene} scene
 * @param {Parameters} parameters
 * @returns {string[]}
 */
function hints(scene, parameters) {
  const beyond = hasMargins(marginsBeyond(scene.selection, scene));
  if (beyond && growsCanvas(parameters.operation)) return [t('sceneBeyond')];
  const growing = operations().find(({ name }) => growsCanvas(name));
  if (beyond && growing && readsImage(parameters.operation)) return [t('hintBeyond', { operation: t(growing.title) })];
  const mask = inputOf(parameters.operation, 'mask');
  if (!mask || !mask.required || selectionOnCanvas(scene)) return [];
  return [t(mask.unselected === 'refused' ? 'hintSelect' : 'hintNothingSelected')];
}

/** @param {Scene} scene @param {Parameters} parameters @returns {string} one line: size of what is meant, depth, profile */
function sceneLine(scene, parameters) {
  const box = readsMask(parameters.operation) ? selectionOnCanvas(scene) : null;
  const size = box ? t('sceneSelection', box) : t('sceneCanvas', { width: scene.width, height: scene.height });
  const parts = [size, t('sceneDepth', { depth: scene.depth })];
  if (scene.profile && scene.profile !== 'None') parts.push(scene.profile);
  return parts.join(' · ');
}

module.exports = {
  isGray,
  isFile,
  documentId,
  documentInfo,
  selectionOnCanvas,
  chosenLayer,
  documentProblem,
  jobProblem,
  withSelectedMargins,
  hints,
  sceneLine,
};
