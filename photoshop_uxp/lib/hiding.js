'use strict';

/**
 * Earlier results out of sight while the picture is read. Inside a modal scope only.
 *
 * Photoshop 26.4 to 26.6 were reported to give the picture as it was before what was changed in a suspended history. A
 * new result would then be made of the earlier one, and nobody would know. So the document is drawn anew, and some rows are
 * read before and after: where they are the same, that is told.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./host.js').PsDocument} PsDocument
 */

const host = require('./host.js');
const { isGroup } = require('./bounds.js');
const { findLayer } = require('./read_scene.js');
const { fromEdges, intersection, isEmpty, union } = require('./geometry.js');
const { t } = require('./texts.js');

const PROBES = 5; // places down the earlier results
const PROBE_ROWS = 4;

/**
 * @template T
 * @param {import('./host.js').ModalContext} context
 * @param {PsDocument} document
 * @param {number[]} ids of layers to be hidden
 * @param {Box} box that is read
 * @param {(box: Box) => Promise<import('./imaging.js').Read | null>} read all that is visible in a box
 * @param {() => Promise<T>} work
 * @returns {Promise<{done: T, unseen: boolean}>} `unseen`: hiding them made no difference to what Photoshop gives
 */
async function withoutLayers(context, document, ids, box, read, work) {
  const layers = ids.flatMap((id) => findLayer(document, id) || []).filter(isShown);
  if (!layers.length) return { done: await work(), unseen: false };
  const probes = probesOf(layers, box);
  const before = await eachOf(probes, read);
  const suspension = await context.hostControl.suspendHistory({ documentID: document.id, name: t('reading') });
  try {
    for (const layer of layers) layer.visible = false;
    await host.redraw(document.id);
    const after = await eachOf(probes, read);
    const unseen = probes.length > 0 && after.every((now, i) => sameRead(before[i], now));
    return { done: await work(), unseen };
  } finally {
    for (const layer of layers) layer.visible = true;
    await context.hostControl.resumeHistory(suspension, false);
  }
}

/** @param {import('./host.js').PsLayer} layer @returns {boolean} whether it and the groups around it are in sight */
function isShown(layer) {
  for (let at = /** @type {import('./host.js').PsLayer | null} */ (layer); at; at = at.parent)
    if (!at.visible) return false;
  return true;
}

/** @param {import('./host.js').PsLayer[]} layers @param {Box} box @returns {Box[]} some rows of what the layers show in it */
function probesOf(layers, box) {
  const areas = layers
    .filter((layer) => !isGroup(layer))
    .map((layer) => intersection(fromEdges(layer.boundsNoEffects), box))
    .filter((area) => !isEmpty(area));
  if (!areas.length) return [];
  const { x, y, width, height } = areas.reduce(union);
  const rows = Math.min(PROBE_ROWS, height);
  return Array.from({ length: PROBES }, (_, i) => {
    const middle = y + Math.floor((height * (i + 0.5)) / PROBES);
    return { x, y: Math.max(y, Math.min(middle, y + height - rows)), width, height: rows };
  });
}

/** @template T @param {Box[]} boxes @param {(box: Box) => Promise<T>} read @returns {Promise<T[]>} one after another */
async function eachOf(boxes, read) {
  const all = [];
  for (const box of boxes) all.push(await read(box));
  return all;
}

/** @param {import('./imaging.js').Read | null} a @param {import('./imaging.js').Read | null} b @returns {boolean} */
function sameRead(a, b) {
  if (!a || !b) return a === b;
  return a.data.length === b.data.length && a.data.every((value, i) => value === b.data[i]);
}

module.exports = { withoutLayers };
