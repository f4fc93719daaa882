'use strict';

/**
 * How much the panel holds at once. Photoshop warns of a plug-in from 600 MB on (its documentation of `imaging`); a picture is
 * held up to four times on its way: as Photoshop's image data, as what `getData` copies, converted, and in the frame.
 */

const { BridgeError } = require('./failures.js');
const { t } = require('./texts.js');

const MAX_SAMPLE_BYTES = 128 * 1024 * 1024; // of one picture: 33 megapixels at 8 bit, 16 at 16, 8 at 32
const MAX_FRAMES_BYTES = 3 * MAX_SAMPLE_BYTES; // of results that are placed together
const CHANNELS = 4;

/**
 * @param {any} plan PlanReply
 * @param {import('./depth.js').Depth} depth
 * @throws {BridgeError} too_many_pixels, where the picture that is read or the result is too large
 */
function checkSize(plan, depth) {
  const pixels = Math.max(...[plan.capture, plan.target].map((box) => box.width * box.height));
  const most = MAX_SAMPLE_BYTES / ((CHANNELS * depth) / 8);
  if (pixels <= most) return;
  const megapixels = Math.ceil(pixels / 1e6);
  throw new BridgeError('too_many_pixels', t('tooLargeToRead', { megapixels, depth, most: Math.floor(most / 1e6) }));
}

/**
 * @param {number} bytes of the results that are fetched already
 * @param {number} count of all that are wanted
 * @throws {BridgeError} too_many_pixels, where no more fit beside them
 */
function checkTogether(bytes, count) {
  if (count > 1 && bytes > MAX_FRAMES_BYTES) throw new BridgeError('too_many_pixels', t('tooLargeTogether', { count }));
}

module.exports = { checkSize, checkTogether };
