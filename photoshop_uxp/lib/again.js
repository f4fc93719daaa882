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
const { look, findLayer } = require('./look.js');
const { isOrigin } = require('./origin.js');
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
  const scene = look(document);
  if (!document || !scene) throw new BridgeError('refused', t('noDocument'));
  const key = documentId(scene);
  const note = await noteOfSelected(document, key, remembered);
  if (!note) return null;
  const parameters = { ...fromJson(note.parameters), seed: null };
  return {
    documentId: scene.id,
    parameters,
    layerId: parameters.source === 'layer' ? sourceOf(note.origin, document, remembered.keysOf(key)) : null,
    hidden: await madeWith(document, key, remembered, note.first),
    area: areaOfNote(note),
    first: note.first,
  };
}

/**
 * @param {import('./origin.js').Origin | undefined} origin
 * @param {import('./host.js').PsDocument} document
 * @param {string[]} keys how the document is and was known
 * @returns {number | null}
 */
function sourceOf(origin, document, keys) {
  if (!origin || origin.layer === null) return null;
  if (!isOrigin(origin, keys, findLayer(document, origin.layer)))
    throw new BridgeError('refused', t('sourceElsewhere', { name: origin.name }));
  return origin.layer;
}

/**
 * The last run with a new seed, in the document in front; null where there was none. In another document than then it is
 * made of what is selected there.
 * @param {Remembered} remembered
 * @returns {Promise<Task | null>}
 */
async function lastTask(remembered) {
  const document = host.activeDocument();
  const scene = look(document);
  const last = remembered.lastRun();
  if (!document || !scene || !last) return null;
  const key = documentId(scene);
  const parameters = { ...fromJson(last.parameters), seed: null };
  const task = { documentId: scene.id, parameters, layerId: null, hidden: [], area: last.area, first: '' };
  if (!remembered.keysOf(key).includes(last.origin.document))
    return { ...task, area: { ...last.area, selection: null } };
  const { origin, first } = last;
  return { ...task, layerId: origin.layer, hidden: await madeWith(document, key, remembered, first), first };
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
  const results = await host.playAll(
    layers.map((layer) => ({
      _obj: 'get',
      _target: [{ _property: property }, { _ref: 'layer', _id: layer.id }, { _ref: 'document', _id: document.id }],
    })),
  );
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
