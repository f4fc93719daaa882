'use strict';

/**
 * Reading pixels in strips, so that no more than two copies of one strip are held beside the picture. Inside a modal scope.
 *
 * Photoshop trims what it gives, and what it does for a region without any pixel is not documented. It also was seen to
 * refuse now and then for no reason. So a refusal is tried again; and it counts as “nothing there” only where no layer that
 * is read has bounds there, or where the same rows are given together with one that has pixels.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./imaging.js').Read} Read
 * @typedef {import('./host.js').PsDocument} PsDocument
 * @typedef {import('./host.js').PsLayer} PsLayer
 * @typedef {import('./host.js').ModalContext} ModalContext
 * @typedef {object} Source
 * @property {PsDocument} document
 * @property {PsLayer | null} layer null: all that is visible
 * @property {string} name for the user
 * @property {import('./depth.js').Depth} depth
 * @property {boolean} gray
 * @property {string | undefined} profile that Photoshop converts to; undefined: as it is
 */

const imaging = require('./imaging.js');
const { BridgeError, reasonOf } = require('./failures.js');
const { pixelBox, showsIn } = require('./bounds.js');
const { fromEdges, intersection, isEmpty, stripsOf, toEdges, union } = require('./geometry.js');
const { rowsAtOnce } = require('./memory.js');
const { Picture } = require('./picture.js');
const { sleep } = require('./timing.js');
const { t } = require('./texts.js');

const PAUSES = [60, 250]; // milliseconds before a refused read is tried again: it helped others

/**
 * @param {ModalContext} context
 * @param {Source} source
 * @param {Box} box
 * @param {boolean} withMask whether the picture's frame has room for one
 * @returns {Promise<Picture>}
 * @throws {BridgeError} refused
 */
async function readPicture(context, source, box, withMask) {
  const { depth, gray } = source;
  const picture = new Picture(box, depth, gray, withMask);
  /** @type {Array<{strip: Box, error: unknown}>} */
  const doubtful = [];
  /** @type {Box[]} */
  const given = [];
  let pauses = PAUSES;
  for (const strip of stripsOf(box, rowsAtOnce(box.width, depth))) {
    const read = await patiently(context, pauses, () => readOnce(source, strip)).catch(async (error) => {
      if (context.isCancelled) throw error;
      if (await mayHavePixels(source, strip)) doubtful.push({ strip, error });
      else pauses = []; // it is as expected
      return null;
    });
    picture.add(read, strip);
    if (read) given.push(fromEdges(read.edges));
  }
  for (const { strip, error } of doubtful) {
    const witness = witnessOf(given, strip);
    if (!witness) throw unreadable(source, error);
    const read = await patiently(context, PAUSES, () => readOnce(source, union(strip, witness))).catch((again) => {
      throw context.isCancelled ? again : unreadable(source, again);
    });
    picture.add(read, strip);
  }
  return picture;
}

/**
 * @param {Source} source
 * @param {Box} box
 * @returns {Promise<Read | null>} null: Photoshop gives nothing
 */
async function readOnce({ document, layer, depth, gray, profile }, box) {
  /** @type {Parameters<typeof imaging.readPixels>[0]} */
  const options = {
    documentID: document.id,
    sourceBounds: toEdges(box),
    colorSpace: gray ? 'Grayscale' : 'RGB',
    componentSize: depth,
  };
  if (layer) options.layerID = layer.id;
  if (profile) options.colorProfile = profile;
  const got = await imaging.readPixels(options);
  return isEmpty(fromEdges(got.edges)) ? null : got;
}

/**
 * @param {ModalContext} context @param {Source} source
 * @returns {(box: Box) => Promise<Read | null>} null where Photoshop refuses or gives nothing
 */
function probeOf(context, source) {
  return (box) =>
    readOnce(source, box).catch((error) => {
      if (context.isCancelled) throw error;
      return null;
    });
}

/**
 * @template T
 * @param {ModalContext} context @param {number[]} pauses before it is tried again @param {() => Promise<T>} read
 * @returns {Promise<T>}
 */
async function patiently(context, pauses, read) {
  for (const pause of pauses) {
    try {
      return await read();
    } catch (error) {
      if (context.isCancelled) throw error;
      await sleep(pause);
    }
  }
  return read();
}

/** @param {Source} source @param {Box} box @returns {Promise<boolean>} */
async function mayHavePixels({ document, layer }, box) {
  return layer ? !isEmpty(intersection(await pixelBox(document, layer), box)) : showsIn(document, box);
}

/** @param {Box[]} given what came, from the top @param {Box} strip @returns {Box | null} the row nearest to it that has pixels */
function witnessOf(given, strip) {
  const above = given.filter((box) => box.y + box.height <= strip.y).pop();
  if (above) return { ...above, y: above.y + above.height - 1, height: 1 };
  const below = given.find((box) => box.y >= strip.y + strip.height);
  return below ? { ...below, height: 1 } : null;
}

/** @param {Source} source @param {unknown} error @returns {BridgeError} */
function unreadable({ layer, name }, error) {
  const reason = reasonOf(error);
  const own = layer && String(layer.kind) !== 'pixel';
  const text = own ? t('unreadableLayer', { name }) : t('unreadablePicture', { name, reason });
  return new BridgeError('refused', text, reason);
}

module.exports = { readPicture, probeOf };
