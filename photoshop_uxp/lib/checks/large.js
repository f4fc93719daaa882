'use strict';

/** Pixels, masks and selections of more than one of Photoshop's tiles, as those that the panel writes and reads are. */

const { all, bounds, is } = require('./answers.js');

const WIDE = 2500; // pixels: tiles of any size that was named are smaller
const HIGH = 1500;
const SIZE = { width: WIDE, height: HIGH };
const STRIP = 400; // rows

/** A soft disc in a plane that is zero all over else; 0 to 255. @param {number} x @param {number} y @param {number} radius */
function disc(x, y, radius) {
  const data = new Uint8Array(WIDE * HIGH);
  for (let row = y - radius; row <= y + radius; row++) {
    for (let column = x - radius; column <= x + radius; column++) {
      const inside = radius - Math.hypot(column - x, row - y);
      data[row * WIDE + column] = Math.max(0, Math.min(255, Math.round(inside * 4)));
    }
  }
  return data;
}

/** An opaque picture of which each pixel tells its place. */
function ramp() {
  const data = new Uint8Array(WIDE * HIGH * 4);
  for (let i = 0, y = 0; y < HIGH; y++) {
    for (let x = 0; x < WIDE; x++, i += 4) {
      data[i] = x & 255;
      data[i + 1] = y & 255;
      data[i + 2] = ((x >> 8) << 4) | (y >> 8);
      data[i + 3] = 255;
    }
  }
  return data;
}

/**
 * Where two planes differ by more than `tolerance`: 'yes' or how many values, and in which box of pixels.
 * @param {ArrayLike<number>} seen @param {ArrayLike<number>} wanted @param {number} components @param {number} tolerance
 */
function same(seen, wanted, components, tolerance) {
  if (seen.length !== wanted.length) return `saw ${seen.length} values instead of ${wanted.length}`;
  let count = 0;
  let [left, top, right, bottom] = [WIDE, HIGH, 0, 0];
  for (let i = 0; i < seen.length; i++) {
    if (Math.abs(seen[i] - wanted[i]) <= tolerance) continue;
    const pixel = (i - (i % components)) / components;
    const x = pixel % WIDE;
    const y = (pixel - x) / WIDE;
    count++;
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1)];
  }
  return count ? `saw ${count} other values within ${left}, ${top}, ${right}, ${bottom}` : 'yes';
}

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const {
    newDocument,
    newLayer,
    imageOf,
    put,
    putMask,
    patch,
    layerPixels,
    mask,
    selected,
    makeMask,
    select,
    note,
    imaging,
  } = kit;
  const whole = { sourceBounds: bounds(0, 0, WIDE, HIGH) };
  return {
    'large.pixels': async () => {
      const layer = await newLayer(await newDocument(SIZE));
      const data = ramp();
      const began = Date.now();
      await put(layer, await imageOf(data, WIDE, HIGH, 4), 0, 0);
      const wrote = Date.now();
      const seen = await layerPixels(layer, whole);
      note(`${WIDE} x ${HIGH} at 8 bit: written in ${wrote - began} ms, read in ${Date.now() - wrote} ms`);
      return all(is(seen.bounds, [0, 0, WIDE, HIGH]), same(seen.data, data, 4, 0));
    },
    'large.strips': async () => {
      const layer = await newLayer(await newDocument(SIZE));
      const data = ramp();
      for (let top = 0; top < HIGH; top += STRIP) {
        const rows = Math.min(STRIP, HIGH - top);
        const part = data.slice(top * WIDE * 4, (top + rows) * WIDE * 4);
        await put(layer, await imageOf(part, WIDE, rows, 4), 0, top, { replace: false });
      }
      return same((await layerPixels(layer, whole)).data, data, 4, 0);
    },
    'large.part': async () => {
      const layer = await newLayer(await newDocument(SIZE));
      await put(layer, await imageOf(ramp(), WIDE, HIGH, 4), 0, 0);
      const seen = await layerPixels(layer, { sourceBounds: bounds(1003, 701, 1303, 801) });
      const corner = [1003 & 255, 701 & 255, ((1003 >> 8) << 4) | (701 >> 8), 255];
      return all(is(seen.bounds, [1003, 701, 1303, 801]), is(seen.at(0, 0), corner));
    },
    'large.mask': async () => {
      const layer = await patch(await newDocument(SIZE));
      const data = disc(1900, 1000, 220);
      await makeMask(layer, 'hideAll');
      const began = Date.now();
      await putMask(layer, await imageOf(data, WIDE, HIGH, 1), 0, 0, { replace: false });
      const wrote = Date.now();
      const seen = await mask(layer, whole);
      note(`written in ${wrote - began} ms, read in ${Date.now() - wrote} ms`);
      return same(seen.data, data, 1, 1);
    },
    'large.selection': async () => {
      const document = await newDocument(SIZE);
      await select(document, 150, 100, 2300, 1400);
      const began = Date.now();
      const seen = await selected(document);
      note(`read in ${Date.now() - began} ms`);
      return all(
        is([seen.width, seen.height], [2150, 1300]),
        is(seen.data.filter((/** @type {number} */ value) => value !== 255).length, 0),
      );
    },
    'large.selection-put': async () => {
      const document = await newDocument(SIZE);
      const data = disc(1300, 900, 300);
      const imageData = await imageOf(data, WIDE, HIGH, 1);
      await imaging.putSelection({
        documentID: document.id,
        imageData,
        replace: true,
        targetBounds: { left: 0, top: 0 },
      });
      imageData.dispose();
      const seen = await selected(document, whole);
      const [left, top] = seen.bounds;
      const back = new Uint8Array(WIDE * HIGH);
      for (let y = 0; y < seen.height; y++) {
        back.set(seen.data.slice(y * seen.width, (y + 1) * seen.width), (top + y) * WIDE + left);
      }
      return same(back, data, 1, 1);
    },
  };
};
