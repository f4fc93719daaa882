// Rectangles {left, top, right, bottom}: integers, right and bottom exclusive, in a document's pixels.
'use strict';

/** The rectangle that `bounds` describes with right and bottom or with width and height (rule pixels.bounds-forms). */
function rectOf(bounds) {
    const { left, top } = bounds;
    const right = bounds.right !== undefined ? bounds.right : left + bounds.width;
    const bottom = bounds.bottom !== undefined ? bounds.bottom : top + bounds.height;
    const rect = { left, top, right, bottom };
    for (const side of Object.keys(rect)) {
        if (!Number.isFinite(rect[side])) throw new TypeError(`bounds: ${side} is not a number`);
    }
    return { left: Math.round(left), top: Math.round(top), right: Math.round(right), bottom: Math.round(bottom) };
}

const rect = (left, top, right, bottom) => ({ left, top, right, bottom });
const widthOf = (r) => r.right - r.left;
const heightOf = (r) => r.bottom - r.top;
const isEmpty = (r) => !r || widthOf(r) <= 0 || heightOf(r) <= 0;

function intersect(a, b) {
    return rect(Math.max(a.left, b.left), Math.max(a.top, b.top), Math.min(a.right, b.right), Math.min(a.bottom, b.bottom));
}

function union(a, b) {
    return rect(Math.min(a.left, b.left), Math.min(a.top, b.top), Math.max(a.right, b.right), Math.max(a.bottom, b.bottom));
}

function moved(r, dx, dy) {
    return rect(r.left + dx, r.top + dy, r.right + dx, r.bottom + dy);
}

/** What Photoshop's DOM gives as bounds: a rectangle with its width and height. */
function domBounds(r) {
    return { ...r, width: widthOf(r), height: heightOf(r), typename: 'Bounds' };
}

module.exports = { rect, rectOf, widthOf, heightOf, isEmpty, intersect, union, moved, domBounds };
