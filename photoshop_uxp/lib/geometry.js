'use strict';

/**
 * Boxes and where a result goes: pure functions. Document pixels, half-open boxes, negative outside the canvas.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {{left: number, top: number, right: number, bottom: number}} Edges Photoshop's way of saying a box
 * @typedef {{width: number, height: number}} Size
 * @typedef {{x: number, y: number}} Shift
 * @typedef {{left: number, top: number, right: number, bottom: number}} Margins what an outpaint adds to each side
 * @typedef {{from: Size, to: Size, shift: Shift}} Move a canvas that Layerbridge resized: old pixels lie at old + shift
 * @typedef {{bounds: Box, canvas: Box | null, shift: Shift}} Placement `canvas`: the box that the canvas must cover, in
 *   its present pixels, or null; `shift` leads from the present pixels to those after that; `bounds`: the layer, after that
 */

/** @param {Edges} edges @returns {Box} empty where they cross; whole pixels, outwards */
function fromEdges(edges) {
  const x = Math.floor(edges.left);
  const y = Math.floor(edges.top);
  return { x, y, width: Math.max(0, Math.ceil(edges.right) - x), height: Math.max(0, Math.ceil(edges.bottom) - y) };
}

/** @param {Box} box @returns {Edges} */
function toEdges(box) {
  return { left: box.x, top: box.y, right: box.x + box.width, bottom: box.y + box.height };
}

/** @param {Size} size @returns {Box} */
function canvasOf(size) {
  return { x: 0, y: 0, width: size.width, height: size.height };
}

/** @param {Box} box @returns {boolean} */
function isEmpty(box) {
  return box.width <= 0 || box.height <= 0;
}

/** @param {Box} a @param {Box} b @returns {boolean} */
function sameBox(a, b) {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

/** @param {Size} a @param {Size} b @returns {boolean} */
function sameSize(a, b) {
  return a.width === b.width && a.height === b.height;
}

/** @param {Box} box @param {Shift} by @returns {Box} */
function shifted(box, by) {
  return { x: box.x + by.x, y: box.y + by.y, width: box.width, height: box.height };
}

/** @param {Box} a @param {Box} b @returns {Box} */
function union(a, b) {
  return fromEdges({
    left: Math.min(a.x, b.x),
    top: Math.min(a.y, b.y),
    right: Math.max(a.x + a.width, b.x + b.width),
    bottom: Math.max(a.y + a.height, b.y + b.height),
  });
}

/** @param {Box} a @param {Box} b @returns {Box} empty where they do not meet */
function intersection(a, b) {
  const left = Math.max(a.x, b.x);
  const top = Math.max(a.y, b.y);
  const right = Math.min(a.x + a.width, b.x + b.width);
  const bottom = Math.min(a.y + a.height, b.y + b.height);
  return { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

/**
 * How far a selection reaches past the canvas on each side.
 * @param {Box | null} selection
 * @param {Size} canvas
 * @returns {Margins}
 */
function marginsBeyond(selection, canvas) {
  if (!selection || isEmpty(selection)) return { left: 0, top: 0, right: 0, bottom: 0 };
  return {
    left: Math.max(0, -selection.x),
    top: Math.max(0, -selection.y),
    right: Math.max(0, selection.x + selection.width - canvas.width),
    bottom: Math.max(0, selection.y + selection.height - canvas.height),
  };
}

/** @param {Margins} margins @returns {boolean} */
function hasMargins(margins) {
  return margins.left > 0 || margins.top > 0 || margins.right > 0 || margins.bottom > 0;
}

/**
 * How far the picture moved between two sizes of its canvas, by the resizes that Layerbridge made. Sizes say which of
 * them are in force, so that an undone one does not count. Null where no chain of resizes leads from one to the other.
 * @param {Move[]} moves oldest first
 * @param {Size} from
 * @param {Size} to
 * @returns {Shift | null}
 */
function shiftBetween(moves, from, to) {
  if (sameSize(from, to)) return { x: 0, y: 0 };
  for (let last = moves.length - 1; last >= 0; last--) {
    if (!sameSize(moves[last].to, to)) continue;
    const before = shiftBetween(moves.slice(0, last), from, moves[last].from);
    if (before) return { x: before.x + moves[last].shift.x, y: before.y + moves[last].shift.y };
  }
  return null;
}

/**
 * Where a result that was made in older coordinates lies today.
 * @param {Box} bounds of the result, in the older coordinates
 * @param {Box | null} canvas that the result wants (outpaint only), in the older coordinates
 * @param {Shift} moved how far the picture has moved since
 * @param {Size} now the present canvas
 * @returns {Placement}
 */
function placementOf(bounds, canvas, moved, now) {
  const there = shifted(bounds, moved);
  const present = canvasOf(now);
  const wanted = canvas ? union(present, shifted(canvas, moved)) : present;
  if (sameBox(wanted, present)) return { bounds: there, canvas: null, shift: { x: 0, y: 0 } };
  const shift = { x: -wanted.x, y: -wanted.y };
  return { bounds: shifted(there, shift), canvas: wanted, shift };
}

/**
 * A box in parts from the top, for what is too much at once.
 * @param {Box} box
 * @param {number} rows of each part but the last
 * @returns {Box[]} from the top
 */
function stripsOf(box, rows) {
  const strips = [];
  for (let y = 0; y < box.height; y += rows) {
    strips.push({ ...box, y: box.y + y, height: Math.min(rows, box.height - y) });
  }
  return strips;
}

module.exports = {
  stripsOf,
  fromEdges,
  toEdges,
  canvasOf,
  isEmpty,
  sameBox,
  sameSize,
  shifted,
  union,
  intersection,
  marginsBeyond,
  hasMargins,
  shiftBetween,
  placementOf,
};
