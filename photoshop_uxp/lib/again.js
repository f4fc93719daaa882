'use strict';

/**
 * “Again”: what is repeated, and which of its earlier results are out of sight meanwhile.
 *
 * @typedef {import('./note.js').Note} Note
 * @typedef {import('./run.js').Task} Task
 * @typedef {import('./remembered.js').Remembered} Remembered
 */

const host = require('./host.js');
const { look, allLayers } = require('./look.js');
const { documentId } = require('./scene.js');
const { areaOfNote, fromXmp } = require('./note.js');
const { fromJson } = require('./parameters.js');
const { BridgeError, reasonOf } = require('./failures.js');
const { t } = require('./texts.js');

/**
 * The selected Layerbridge layer with a new seed; null where none is selected.
 * @param {Remembered} remembered
 * @param {boolean} ownHistory whether results of the same origin are left out of what is read
 * @returns {Promise<Task | null>}
 */
async function againTask(remembered, ownHistory = true) {
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
    layerId: parameters.source === 'layer' ? Number(note.layer) || 0 : 0,
    hidden: ownHistory ? await madeWith(document, key, remembered, note.first) : [],
    area: areaOfNote(note),
    first: note.first,
  };
}

/**
 * The last run with a new seed, in the document in front; null where there was none.
 * @param {Remembered} remembered
 * @returns {Task | null}
 */
function lastTask(remembered) {
  const scene = look();
  const last = remembered.lastRun();
  if (!scene || !last) return null;
  const here = remembered.keysOf(documentId(scene)).includes(last.document);
  return {
    documentId: scene.id,
    parameters: { ...fromJson(last.parameters), seed: null },
    layerId: 0,
    hidden: [],
    area: here ? last.area : { ...last.area, selection: null },
    first: '',
  };
}

/**
 * @param {import('./host.js').PsDocument} document
 * @param {string} key
 * @param {Remembered} remembered
 * @returns {Promise<Note | null>}
 */
async function noteOfSelected(document, key, remembered) {
  for (const selected of Array.from(document.activeLayers)) {
    for (let layer = /** @type {import('./host.js').PsLayer | null} */ (selected); layer; layer = layer.parent) {
      const note = await readNote(document, layer, key, remembered);
      if (note) return note;
    }
  }
  return null;
}

/**
 * @param {import('./host.js').PsDocument} document
 * @param {import('./host.js').PsLayer} layer
 * @param {string} key
 * @param {Remembered} remembered
 * @returns {Promise<Note | null>}
 */
async function readNote(document, layer, key, remembered) {
  const target = [
    { _property: 'XMPMetadataAsUTF8' },
    { _ref: 'layer', _id: layer.id },
    { _ref: 'document', _id: document.id },
  ];
  try {
    const got = await host.play({ _obj: 'get', _target: target });
    const note = fromXmp(got && got.XMPMetadataAsUTF8);
    if (note) return note;
  } catch (error) {
    console.warn(`Layerbridge: the layer's metadata cannot be read: ${reasonOf(error)}`); // most layers have none
  }
  return remembered.note(key, layer.id);
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
  const found = [];
  for (const layer of allLayers(document.layers)) {
    if (!layer.visible) continue;
    const note = await readNote(document, layer, key, remembered);
    if (note && note.first === first) found.push(layer.id);
  }
  return found;
}

module.exports = { againTask, lastTask };
