'use strict';

/**
 * “Again”: what is repeated, and which of its earlier results are out of sight meanwhile.
 *
 * @typedef {import('./note.js').Note} Note
 * @typedef {import('./run.js').Task} Task
 * @typedef {import('./remembered.js').Remembered} Remembered
 * @typedef {import('./remembered.js').NamedLayer} NamedLayer
 */

const host = require('./host.js');
const { readScene, findLayer } = require('./read_scene.js');
const { isSourceLayer } = require('./source_layer.js');
const { documentId } = require('./scene.js');
const { areaOfNote, fromXmp } = require('./note.js');
const { fromJson } = require('./parameters.js');
const { allNodes } = require('./tree.js');
const { BridgeError } = require('./failures.js');
const { t } = require('./texts.js');

/**
 * The selected Layerbridge layer with a new seed; null where none is selected.
 * @param {Remembered} remembered
 * @returns {Promise<Task | null>}
 * @throws {BridgeError} where it was made of a layer of another document
 */
async function againTask(remembered) {
  const document = host.activeDocument();
  const scene = readScene(document);
  if (!document || !scene) throw new BridgeError('refused', t('noDocument'));
  const key = documentId(scene);
  const note = await noteOfSelected(document, key, remembered);
  if (!note) return null;
  const parameters = { ...fromJson(note.parameters), seed: null };
  return {
    documentId: scene.id,
    parameters,
    layerId: parameters.source === 'layer' ? sourceOf(note.sourceLayer, document, remembered.keysOf(key)) : null,
    hidden: await madeWith(document, key, remembered, note.first),
    area: areaOfNote(note),
    first: note.first,
  };
}

/**
 * @param {import('./source_layer.js').SourceLayer | undefined} made
 * @param {import('./host.js').PsDocument} document
 * @param {string[]} keys how the document is and was known
 * @returns {number | null}
 */
function sourceOf(made, document, keys) {
  if (!made || made.layer === null) return null;
  if (!isSourceLayer(made, keys, findLayer(document, made.layer)))
    throw new BridgeError('refused', t('sourceElsewhere', { name: made.name }));
  return made.layer;
}

/**
 * The last run with a new seed, in the document in front; null where there was none. In another document than then it is
 * made of what is selected there.
 * @param {Remembered} remembered
 * @returns {Promise<Task | null>}
 */
async function lastTask(remembered) {
  const document = host.activeDocument();
  const scene = readScene(document);
  const last = remembered.lastRun();
  if (!document || !scene || !last) return null;
  const key = documentId(scene);
  const parameters = { ...fromJson(last.parameters), seed: null };
  const task = { documentId: scene.id, parameters, layerId: null, hidden: [], area: last.area, first: '' };
  if (!remembered.keysOf(key).includes(last.sourceLayer.document))
    return { ...task, area: { ...last.area, selection: null } };
  const { sourceLayer, first } = last;
  return { ...task, layerId: sourceLayer.layer, hidden: await madeWith(document, key, remembered, first), first };
}

/**
 * @param {import('./host.js').PsDocument} document
 * @param {string} key
 * @param {Remembered} remembered
 * @returns {Promise<Note | null>} of a selected layer, else of a group that it lies in
 */
async function noteOfSelected(document, key, remembered) {
  const layers = [];
  for (const selected of Array.from(document.activeLayers)) {
    for (let layer = /** @type {import('./host.js').PsLayer | null} */ (selected); layer; layer = layer.parent)
      layers.push(layer);
  }
  const notes = await readNotes(document, layers, key, remembered);
  return notes.find(Boolean) || null;
}

/**
 * @param {import('./host.js').PsDocument} document
 * @param {NamedLayer[]} layers
 * @param {string} key
 * @param {Remembered} remembered
 * @returns {Promise<Array<Note | null>>} most layers have none
 */
async function readNotes(document, layers, key, remembered) {
  let texts = await xmpBy(document, layers, 'metadata', (got) => got.metadata?.layerXMP);
  if (!texts.some(Boolean)) {
    texts = await xmpBy(document, layers, 'XMPMetadataAsUTF8', (got) => got.XMPMetadataAsUTF8);
  }
  return layers.map((layer, i) => fromXmp(texts[i]) || remembered.note(key, layer));
}

/**
 * The XMP of layers by one of the two properties that Photoshop may give it by.
 * @param {import('./host.js').PsDocument} document
 * @param {NamedLayer[]} layers
 * @param {string} property
 * @param {(got: any) => unknown} textOf
 * @returns {Promise<unknown[]>} null where there is none
 */
async function xmpBy(document, layers, property, textOf) {
  const asked = layers.map((layer) => ({ layer: layer.id, property }));
  const results = await host.readProperties(document.id, asked);
  return results.map((got) => (got ? textOf(got) : null));
}

/**
 * Visible layers that were made with the same first job.
 * @param {import('./host.js').PsDocument} document
 * @param {string} key
 * @param {Remembered} remembered
 * @param {string} first
 * @returns {Promise<number[]>}
 */
async function madeWith(document, key, remembered, first) {
  const all = allNodes(host.layerTree(document.id) || []).map(({ layerID: id, name }) => ({ id, name }));
  const notes = await readNotes(document, all, key, remembered);
  return all.filter(({ id }, i) => notes[i]?.first === first && findLayer(document, id)?.visible).map(({ id }) => id);
}

module.exports = { againTask, lastTask, readNotes };
