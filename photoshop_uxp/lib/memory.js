'use strict';

/**
 * How much the panel holds at once. Photoshop warns of a plug-in from 600 MB on (its documentation of `imaging`). A picture is
 * held twice on its way: in the frame that it is read into, or that it came in, and once more by the network; beside that two
 * copies of one strip, as Photoshop's image data and as what `getData` gives, and the mask.
 */

const { BridgeError } = require('./failures.js');
const { t } = require('./texts.js');

const MEBIBYTE = 1024 * 1024;
const MAX_SAMPLE_BYTES = 256 * MEBIBYTE; // of one picture: 67 megapixels at 8 bit, 33 at 16, 16 at 32
const MAX_FRAMES_BYTES = 384 * MEBIBYTE; // of results that are placed together: the network has given them up
const STRIP_BYTES = 32 * MEBIBYTE;
const CHANNELS = 4;

/**
 * @param {any} plan PlanReply
 * @param {import('./depth.js').Depth} depth
 * @throws {BridgeError} too_many_pixels, where the picture that is read or the result is too large
 */
function checkSize(plan, depth) {
  const pixels = Math.max(...[plan.capture, plan.target].map((box) => box.width * box.height));
  if (pixels > mostPixels(depth)) throw new BridgeError('too_many_pixels', t('tooLargeToRead', megapixelsOf(pixels, depth)));
}

/**
 * @param {import('./geometry.js').Size} size of a further picture
 * @param {import('./depth.js').Depth} depth
 * @param {string} name for the user
 * @throws {BridgeError} too_many_pixels
 */
function checkFurther({ width, height }, depth, name) {
  const pixels = width * height;
  if (pixels > mostPixels(depth))
    throw new BridgeError('too_many_pixels', t('pictureTooLarge', { name, ...megapixelsOf(pixels, depth) }));
}

/** @param {number} depth bits @returns {number} pixels of one picture that fit */
function mostPixels(depth) {
  return MAX_SAMPLE_BYTES / bytesOf(depth);
}

/** @param {number} pixels @param {number} depth bits @returns {{megapixels: number, depth: number, most: number}} for the user */
function megapixelsOf(pixels, depth) {
  return { megapixels: Math.ceil(pixels / 1e6), depth, most: Math.floor(mostPixels(depth) / 1e6) };
}

/** @param {number} depth bits @returns {number} bytes of a pixel */
function bytesOf(depth) {
  return (CHANNELS * depth) / 8;
}

/**
 * @param {number} bytes of the results that are fetched already
 * @param {number} count of all that are wanted
 * @throws {BridgeError} too_many_pixels, where no more fit beside them
 */
function checkTogether(bytes, count) {
  if (count > 1 && bytes > MAX_FRAMES_BYTES) throw new BridgeError('too_many_pixels', t('tooLargeTogether', { count }));
}

/** @param {number} bytes of a result that is to be a document @throws {BridgeError} too_many_pixels */
function checkDocument(bytes) {
  const [megabytes, most] = [bytes, MAX_FRAMES_BYTES].map((count) => Math.ceil(count / MEBIBYTE));
  if (bytes > MAX_FRAMES_BYTES) throw new BridgeError('too_many_pixels', t('documentTooLarge', { megabytes, most }));
}

/** @param {number} width pixels @param {number} depth bits @returns {number} rows of a picture that are read or written at once */
function rowsAtOnce(width, depth) {
  return Math.max(1, Math.floor(STRIP_BYTES / (width * bytesOf(depth))));
}

module.exports = { checkDocument, checkFurther, checkSize, checkTogether, rowsAtOnce };
