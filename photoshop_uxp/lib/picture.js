'use strict';

/**
 * A picture that comes in strips, laid into a frame as it comes. Pure but for the frame it fills.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./depth.js').Samples} Samples
 * @typedef {import('./depth.js').Depth} Depth
 * @typedef {import('./imaging.js').Read} Read
 */

const { fromEdges, intersection, isEmpty, sameBox } = require('./geometry.js');
const { fromPhotoshop16 } = require('./depth.js');
const { Frame } = require('./frame.js');

const DTYPES = Object.freeze({ 8: 'U8', 16: 'U16', 32: 'F32' });
const OPAQUE = Object.freeze({ 8: 255, 16: 32768, 32: 1 }); // in Photoshop's numbers

class Picture {
  /** @param {Box} box @param {Depth} depth @param {boolean} gray @param {boolean} withMask whether its frame has a mask */
  constructor(box, depth, gray, withMask) {
    this.box = box;
    this._depth = depth;
    this._colors = gray ? 1 : 3;
    this._withMask = withMask;
    this._blank = false; // whether a strip had no pixels
    /** @type {Frame | null} */
    this._frame = null;
  }

  /** @returns {boolean} whether nothing has come */
  get empty() {
    return !this._frame;
  }

  /**
   * Photoshop trims what it gives, and gives alpha only where the source has it. Where something is missing, and the source
   * has no alpha, one is added.
   * @param {Read | null} read null: there are no pixels
   * @param {Box} strip of the box; strips come from the top
   */
  add(read, strip) {
    const have = read && fromEdges(read.edges);
    const common = have && intersection(have, strip);
    if (!read || !have || !common || isEmpty(common)) {
      this._blank = true;
      if (this._frame) this._widen(strip);
      return;
    }
    const alpha = read.channels > this._colors || !sameBox(common, strip) || this._blank;
    if (!this._frame) this._frame = this._made(alpha ? this._colors + 1 : this._colors);
    else if (alpha) this._widen(strip);
    this._lay(read.data, read.channels, have, common);
  }

  /** @returns {Frame} with the protocol's numbers; transparent where nothing came */
  finished() {
    const frame = this._frame || this._made(this._colors + 1);
    if (frame.image instanceof Uint16Array) fromPhotoshop16(frame.image, frame.image);
    return frame;
  }

  /** @param {number} channels @returns {Frame} */
  _made(channels) {
    const { width, height } = this.box;
    const dtype = /** @type {import('./codec.js').Dtype} */ (DTYPES[this._depth]);
    return new Frame(dtype, [height, width, channels], this._withMask);
  }

  /** Give what has come an alpha, opaque above `strip`. @param {Box} strip */
  _widen({ y, x, width }) {
    const old = this._frame;
    if (!old || old.channels > this._colors) return;
    this._frame = this._made(this._colors + 1);
    const above = { x, y: this.box.y, width, height: y - this.box.y };
    this._lay(old.image, old.channels, { ...this.box }, above);
  }

  /**
   * @param {Samples} samples (have.height, have.width, channels)
   * @param {number} channels
   * @param {Box} have
   * @param {Box} common the part that is taken
   */
  _lay(samples, channels, have, common) {
    const { image, channels: out } = /** @type {Frame} */ (this._frame);
    const { box } = this;
    for (let y = 0; y < common.height; y++) {
      let from = ((common.y + y - have.y) * have.width + common.x - have.x) * channels;
      let to = ((common.y + y - box.y) * box.width + common.x - box.x) * out;
      if (out === channels) {
        image.set(samples.subarray(from, from + common.width * channels), to);
        continue;
      }
      for (let x = 0; x < common.width; x++, from += channels, to += out) {
        for (let c = 0; c < this._colors; c++) image[to + c] = samples[from + c];
        image[to + this._colors] = OPAQUE[this._depth];
      }
    }
  }
}

module.exports = { Picture };
