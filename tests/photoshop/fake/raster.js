// Rasters: {bounds, channels, depth, data}, data chunky, rows of `bounds`; the alpha of 2 or 4 channels is straight and last.
// Nobody writes into a raster that is in a document, so that a history state is a cheap copy.
'use strict';
const { rect, widthOf, heightOf, isEmpty, intersect, union, moved } = require('./geometry.js');

/** What full intensity is at a depth: rule data.range. */
const WHITE = { 8: 255, 16: 32768, 32: 1 };
const ARRAYS = { 8: Uint8Array, 16: Uint16Array, 32: Float32Array };

function blank(bounds, channels, depth, value = 0) {
    const data = new ARRAYS[depth](widthOf(bounds) * heightOf(bounds) * channels);
    return { bounds, channels, depth, data: value ? data.fill(value) : data };
}

/** A raster whose pixels are `paint(x, y)`, each an array of `channels` numbers in 0..1. */
function painted(bounds, channels, depth, paint) {
    const out = blank(bounds, channels, depth);
    let at = 0;
    for (let y = bounds.top; y < bounds.bottom; y++) {
        for (let x = bounds.left; x < bounds.right; x++) {
            const pixel = paint(x, y);
            for (let c = 0; c < channels; c++) out.data[at++] = stored(pixel[c], depth);
        }
    }
    return out;
}

/** A raster of one pixel's components in 0..1. */
function filled(bounds, depth, pixel) {
    const out = blank(bounds, pixel.length, depth);
    const values = pixel.map((value) => stored(value, depth));
    if (values.every((value) => value === values[0])) out.data.fill(values[0]);
    else for (let at = 0; at < out.data.length; at++) out.data[at] = values[at % values.length];
    return out;
}

/** 0..1 as an element of that depth. */
function stored(value, depth) {
    return depth === 32 ? value : Math.round(Math.min(1, Math.max(0, value)) * WHITE[depth]);
}

/** Copy what `source` has of `target`'s bounds into `target`. */
function copyInto(target, source) {
    const common = intersect(target.bounds, source.bounds);
    if (isEmpty(common)) return target;
    const n = target.channels;
    const length = widthOf(common) * n;
    for (let y = common.top; y < common.bottom; y++) {
        const from = ((y - source.bounds.top) * widthOf(source.bounds) + common.left - source.bounds.left) * n;
        const to = ((y - target.bounds.top) * widthOf(target.bounds) + common.left - target.bounds.left) * n;
        target.data.set(source.data.subarray(from, from + length), to);
    }
    return target;
}

/** `source` over `bounds`, with `outside` where it has nothing. */
function framed(source, bounds, outside = 0) {
    return copyInto(blank(bounds, source.channels, source.depth, outside), source);
}

/** Both rasters' bounds together; where they overlap `above` replaces (rule put.replace-false). */
function pasted(below, above, outside = 0) {
    if (!below) return above;
    return copyInto(framed(below, union(below.bounds, above.bounds), outside), above);
}

/** Bounds of the pixels whose last channel is not 0; null where there are none. */
function contentBounds(source) {
    const { bounds, channels, data } = source;
    const width = widthOf(bounds);
    let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
    for (let y = 0, at = channels - 1; y < heightOf(bounds); y++) {
        for (let x = 0; x < width; x++, at += channels) {
            if (!data[at]) continue;
            if (x < left) left = x;
            if (x >= right) right = x + 1;
            if (y < top) top = y;
            bottom = y + 1;
        }
    }
    return right < 0 ? null : moved(rect(left, top, right, bottom), bounds.left, bounds.top);
}

/** Without the transparent pixels around the content; null where all is transparent. */
function trimmed(source) {
    const bounds = contentBounds(source);
    return bounds && framed(source, bounds);
}

function shifted(source, dx, dy) {
    return source && { ...source, bounds: moved(source.bounds, dx, dy) };
}

/** Values scaled to another depth; what the values mean is color.js's business. */
function atDepth(source, depth) {
    if (source.depth === depth) return source;
    const factor = WHITE[depth] / WHITE[source.depth];
    const data = new ARRAYS[depth](source.data.length);
    for (let i = 0; i < data.length; i++) {
        const value = source.data[i] * factor;
        data[i] = depth === 32 ? value : Math.min(WHITE[depth], Math.max(0, Math.round(value)));
    }
    return { ...source, depth, data };
}

/** Without alpha, over white (rule pixels.apply-alpha). */
function mattedOnWhite(source) {
    const n = source.channels - 1;
    const white = WHITE[source.depth];
    const out = blank(source.bounds, n, source.depth);
    for (let i = 0, from = 0, to = 0; i < source.data.length / source.channels; i++, from += n + 1, to += n) {
        const alpha = source.data[from + n] / white;
        for (let c = 0; c < n; c++) {
            const value = source.data[from + c] * alpha + white * (1 - alpha);
            out.data[to + c] = source.depth === 32 ? value : Math.round(value);
        }
    }
    return out;
}

function withoutAlpha(source) {
    const n = source.channels - 1;
    const out = blank(source.bounds, n, source.depth);
    for (let i = 0, to = 0; to < out.data.length; i++) {
        if (i % source.channels !== n) out.data[to++] = source.data[i];
    }
    return out;
}

function withAlpha(source) {
    const n = source.channels;
    const out = blank(source.bounds, n + 1, source.depth, WHITE[source.depth]);
    for (let i = 0, from = 0; from < source.data.length; i += n + 1) {
        for (let c = 0; c < n; c++) out.data[i + c] = source.data[from++];
    }
    return out;
}

/** Area-averaged to width x height; colors weighted with alpha. Its bounds begin at (0, 0). */
function resized(source, width, height, hasAlpha) {
    const { bounds, channels: n } = source;
    const out = blank(rect(0, 0, width, height), n, source.depth);
    const sx = widthOf(bounds) / width, sy = heightOf(bounds) / height, stride = widthOf(bounds);
    const sums = new Float64Array(n);
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
            sums.fill(0);
            let area = 0, weight = 0;
            const y1 = Math.max(Math.ceil((y + 1) * sy), Math.floor(y * sy) + 1);
            const x1 = Math.max(Math.ceil((x + 1) * sx), Math.floor(x * sx) + 1);
            for (let v = Math.floor(y * sy); v < Math.min(y1, heightOf(bounds)); v++) {
                const high = Math.min(v + 1, (y + 1) * sy) - Math.max(v, y * sy);
                for (let u = Math.floor(x * sx); u < Math.min(x1, stride); u++) {
                    const part = high * (Math.min(u + 1, (x + 1) * sx) - Math.max(u, x * sx));
                    const at = (v * stride + u) * n;
                    const alpha = hasAlpha ? part * source.data[at + n - 1] : part;
                    area += part;
                    weight += alpha;
                    for (let c = 0; c < n - (hasAlpha ? 1 : 0); c++) sums[c] += alpha * source.data[at + c];
                }
            }
            const to = (y * width + x) * n;
            for (let c = 0; c < n; c++) {
                const value = hasAlpha && c === n - 1 ? weight / area : weight ? sums[c] / weight : 0;
                out.data[to + c] = source.depth === 32 ? value : Math.round(value);
            }
        }
    }
    return out;
}

module.exports = {
    WHITE, ARRAYS, blank, painted, filled, stored, framed, pasted, contentBounds, trimmed, shifted, atDepth, mattedOnWhite,
    withoutAlpha, withAlpha, resized,
};
