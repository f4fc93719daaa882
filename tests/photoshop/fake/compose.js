// A document's composite: straight-alpha "over" of the visible layers with masks, opacity and groups, all in the normal blend mode.
'use strict';
const { widthOf, heightOf, intersect, isEmpty } = require('./geometry.js');
const { WHITE, blank, framed } = require('./raster.js');
const { COMPONENTS } = require('./color.js');

/** {color, alpha}: planes of 0..1 over `bounds`. */
function planes(bounds, n) {
    const pixels = widthOf(bounds) * heightOf(bounds);
    return { color: new Float64Array(pixels * n), alpha: new Float64Array(pixels) };
}

/** The composite of `bounds` as a raster with alpha, in the document's depth. */
function composite(state, bounds) {
    const n = COMPONENTS[state.space];
    const shown = state.layers.filter((layer) => layer.visible);
    if (shown.length === 1 && shown[0].background) return framed(shown[0].raster, bounds);
    const sum = planes(bounds, n);
    drawAll(sum, state.layers, bounds, n, state.depth);
    const out = blank(bounds, n + 1, state.depth);
    const white = WHITE[state.depth];
    const element = state.depth === 32 ? (v) => v : (v) => Math.round(v * white);
    for (let i = 0; i < sum.alpha.length; i++) {
        for (let c = 0; c < n; c++) out.data[i * (n + 1) + c] = element(sum.color[i * n + c]);
        out.data[i * (n + 1) + n] = element(sum.alpha[i]);
    }
    return out;
}

function drawAll(sum, layers, bounds, n, depth) {
    for (let at = layers.length - 1; at >= 0; at--) {
        const layer = layers[at];
        if (!layer.visible) continue;
        if (layer.clipped && (layer.raster || layer.children)) throw new Error('the fake composes no clipping masks');
        drawOne(sum, layer, bounds, n, depth);
    }
}

function drawOne(sum, layer, bounds, n, depth) {
    if (layer.children) drawGroup(sum, layer, bounds, n, depth);
    else if (layer.raster) drawPixels(sum, layer, bounds, n, depth);
}

function drawPixels(sum, layer, bounds, n, depth) {
    const { raster } = layer;
    const common = intersect(raster.bounds, bounds);
    if (isEmpty(common)) return;
    checkBlend(layer);
    const white = WHITE[depth];
    const opacity = inBytes(layer.opacity);
    const source = new Float64Array(n);
    for (let y = common.top; y < common.bottom; y++) {
        for (let x = common.left; x < common.right; x++) {
            const from = ((y - raster.bounds.top) * widthOf(raster.bounds) + x - raster.bounds.left) * (n + 1);
            const alpha = raster.data[from + n] / white * opacity * coverage(layer.mask, x, y);
            if (!alpha) continue;
            for (let c = 0; c < n; c++) source[c] = raster.data[from + c] / white;
            over(sum, (y - bounds.top) * widthOf(bounds) + x - bounds.left, source, alpha, n);
        }
    }
}

/** One pixel over the sum: PDF 1.7, 11.3.6, the formula of Photoshop and psd-tools alike. */
function over(sum, at, source, alpha, n) {
    const below = sum.alpha[at];
    const union = alpha + below - alpha * below;
    for (let c = 0; c < n; c++) {
        const b = sum.color[at * n + c];
        sum.color[at * n + c] = (1 - alpha / union) * b + alpha / union * source[c];
    }
    sum.alpha[at] = union;
}

function drawGroup(sum, group, bounds, n, depth) {
    const plain = group.opacity === 100 && !group.mask && !group.artboard;
    if (group.blendMode === 'passThrough' && plain) {
        drawAll(sum, group.children, bounds, n, depth);
        return;
    }
    const inner = planes(bounds, n);
    drawAll(inner, group.children, bounds, n, depth);
    const source = new Float64Array(n);
    checkBlend(group);
    for (let i = 0; i < inner.alpha.length; i++) {
        const x = bounds.left + i % widthOf(bounds), y = bounds.top + Math.floor(i / widthOf(bounds));
        const alpha = inner.alpha[i] * inBytes(group.opacity) * coverage(group.mask, x, y) * inArtboard(group, x, y);
        if (!alpha) continue;
        for (let c = 0; c < n; c++) source[c] = inner.color[i * n + c];
        over(sum, i, source, alpha, n);
    }
}

/** A percentage as 0..1 in the steps that a PSD file has: 1/255. */
const inBytes = (percent) => Math.round((percent / 100) * 255) / 255;

/** 0..1: how much a mask shows at a pixel. */
function coverage(mask, x, y) {
    if (!mask || !mask.enabled) return 1;
    const b = mask.raster && mask.raster.bounds;
    const inside = b && x >= b.left && y >= b.top && x < b.right && y < b.bottom;
    return (inside ? mask.raster.data[(y - b.top) * widthOf(b) + x - b.left] : mask.outside) / 255;
}

function inArtboard(group, x, y) {
    const b = group.artboard;
    return !b || (x >= b.left && y >= b.top && x < b.right && y < b.bottom) ? 1 : 0;
}

function checkBlend({ blendMode }) {
    if (!['normal', 'passThrough'].includes(blendMode)) throw new Error(`the fake does not compose the blend mode ${blendMode}`);
}

module.exports = { composite };
