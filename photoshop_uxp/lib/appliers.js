'use strict';

/**
 * Results that are no layers, applied: as the selection, as the mask of the active layer, as a channel, as a new document. Each in
 * one history state, within a modal scope.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./geometry.js').Shift} Shift
 * @typedef {import('./host.js').PsDocument} PsDocument
 * @typedef {import('./host.js').ModalContext} ModalContext
 * @typedef {import('./artifacts.js').Selected} Selected
 * @typedef {Pick<import('./insert_layers.js').Position, 'document' | 'moved'>} Position
 * @typedef {(position: Position, write: WriteOptions, mask: Uint8Array, box: Box) => Promise<string[]>} Applier gives remarks
 * @typedef {object} WriteOptions
 * @property {string} title of the history state, of a channel and of a layer
 * @property {string | undefined} profile Photoshop's name of the profile that the pixels are in
 * @property {import('./masks.js').Masks} masks how this Photoshop takes them
 */

const host = require('./host.js');
const { converter, writeImage } = require('./fill.js');
const { canvasOf, intersection, isEmpty, shifted } = require('./geometry.js');
const { deleteMask, lockedBy, select } = require('./layers.js');
const { sizeOf, writtenDepth } = require('./read_scene.js');
const { recut } = require('./pixels.js');
const selections = require('./selections.js');
const { BridgeError } = require('./failures.js');
const { t } = require('./texts.js');

/** @type {Record<'selection' | 'mask' | 'channel', Applier>} */
const AS = Object.freeze({ selection: asSelection, mask: asMask, channel: asChannel });

/**
 * @param {ModalContext} context
 * @param {Position} position
 * @param {WriteOptions} write
 * @param {'selection' | 'mask' | 'channel'} way
 * @param {Selected} result
 * @returns {Promise<string[]>} remarks for the user
 * @throws {BridgeError} refused, and then nothing was changed
 */
async function applySelected(context, position, write, way, result) {
  const { document, moved } = position;
  if (document.quickMaskMode) throw new BridgeError('refused', t('quickMask'));
  const canvas = canvasOf(sizeOf(document));
  const there = shifted(result.bounds, moved);
  const box = intersection(there, canvas);
  const mask = isEmpty(box) ? new Uint8Array(0) : recut(result.mask, there, box);
  if (!mask.some(Boolean)) return [t('selectsNothing')];
  if (way === 'mask') layerFor(document); // refused before anything is begun
  host.bringToFront(document);
  return inOneStep(context, document, write.title, () => AS[way](position, write, mask, box));
}

/** @template T @param {ModalContext} context @param {PsDocument} document @param {string} name @param {() => Promise<T>} work */
async function inOneStep(context, document, name, work) {
  const suspension = await context.hostControl.suspendHistory({ documentID: document.id, name });
  const done = await work();
  await context.hostControl.resumeHistory(suspension, true);
  await host.redraw(document.id);
  return done;
}

/** @type {Applier} */
async function asSelection({ document }, { title }, mask, box) {
  await selections.select(document, mask, box, title);
  return [];
}

/** @type {Applier} */
async function asChannel({ document }, { title }, mask, box) {
  await selections.whileSelected(document, mask, box, title, () => document.selection.save(title));
  return [];
}

/** @type {Applier} */
async function asMask({ document }, { title, masks }, mask, box) {
  const layer = layerFor(document);
  const depth = writtenDepth(document);
  const before = await hasMask(document, layer.id);
  if (before) await deleteMask(layer.id);
  const faithful = await masks.give(document, depth, layer.id, mask, box, title);
  await select([layer.id]); // its pixels are what is painted on
  return [before ? t('maskReplaced', { name: layer.name }) : '', faithful ? '' : t('maskDiffers')].filter(Boolean);
}

/** @param {PsDocument} document @returns {import('./host.js').PsLayer} the one that is to get the mask @throws {BridgeError} refused */
function layerFor(document) {
  const [layer, ...others] = Array.from(document.activeLayers);
  if (!layer || others.length) throw new BridgeError('refused', t('maskOneLayer'));
  if (layer.isBackgroundLayer) throw new BridgeError('refused', t('maskBackground', { name: layer.name }));
  const locked = lockedBy(layer);
  if (locked) throw new BridgeError('refused', t('maskLocked', { name: locked.name }));
  return layer;
}

/** @param {PsDocument} document @param {number} id @returns {Promise<boolean>} */
async function hasMask(document, id) {
  const [got] = await host.readProperties(document.id, [{ layer: id, property: 'userMaskEnabled' }]);
  return typeof got?.userMaskEnabled === 'boolean';
}

/**
 * The picture in a document that was just made, in its only layer.
 * @param {ModalContext} context
 * @param {PsDocument} document
 * @param {WriteOptions} write
 * @param {import('./artifacts.js').Flat} flat
 */
async function fillDocument(context, document, write, { image, channels, width, height }) {
  const depth = writtenDepth(document);
  const samples = converter(image, depth)(depth);
  await inOneStep(context, document, write.title, async () => {
    const [layer] = Array.from(document.layers);
    layer.name = write.title;
    await writeImage(document, layer, write, samples, channels, canvasOf({ width, height }), depth);
  });
}

module.exports = { applySelected, fillDocument };
