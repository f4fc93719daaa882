// A document's composite: straight-alpha "over" of the visible layers with masks, opacity, groups and a few blend modes.
'use strict';
const { widthOf, heightOf, intersect, isEmpty } = require('./geometry.js');
const { WHITE, blank, framed } = require('./raster.js');
const { COMPONENTS } = require('./color.js');

const BLEND = {
    normal: (s) => s,
    multiply: (s, b) => s * b,
    screen: (s, b) => s + b - s * b,
};

/** {colour, alpha}: planes of 0..1 over `bounds`. */
function planes(bounds, n) {
    const pixels = widthOf(bounds) * heightOf(bounds);
    return { colour: new Float64Array(pixels * n), alpha: new Float64Array(pixels) };
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
        for (let c = 0; c < n; c++) out.data[i * (n + 1) + c] = element(sum.colour[i * n + c]);
        out.data[i * (n + 1) + n] = element(sum.alpha[i]);
    }
    return out;
}

function drawAll(sum, layers, bounds, n, depth) {
    for (let at = layers.length - 1; at >= 0; at--) {
        const base = layers[at];
        const clipped = [];
        while (at > 0 && layers[at - 1].clipped) clipped.push(layers[--at]);
        if (!base.visible) continue;
        if (clipped.some((layer) => layer.visible)) drawStack(sum, base, clipped, bounds, n, depth);
        else drawOne(sum, base, bounds, n, depth);
    }
}

function drawOne(sum, layer, bounds, n, depth) {
    if (layer.children) drawGroup(sum, layer, bounds, n, depth);
    else if (layer.kind === 'inversion') adjust(sum, layer, bounds, n, (v) => 1 - v);
    else if (layer.raster) drawPixels(sum, layer, bounds, n, depth);
}

/** A base and what is clipped to it, blended as a group, as psd-tools composes it. */
function drawStack(sum, base, clipped, bounds, n, depth) {
    if (base.kind === 'inversion') throw new Error('the fake clips nothing to an adjustment layer');
    const inner = planes(bounds, n);
    drawOne(inner, { ...base, mask: null, opacity: 100, fillOpacity: 100, blendMode: 'normal' }, bounds, n, depth);
    const width = widthOf(bounds);
    const opacity = inBytes(base.opacity) * inBytes(base.fillOpacity);
    const shape = inner.alpha.map((alpha, i) => alpha * opacity * coverage(base.mask, bounds.left + (i % width), bounds.top + Math.floor(i / width)));
    for (const layer of clipped) if (layer.visible) drawOne(inner, layer, bounds, n, depth);
    drawPlanes(sum, inner.colour, shape, n, blendOf(base));
}

function drawPlanes(sum, colour, alphas, n, blend) {
    alphas.forEach((alpha, i) => {
        if (alpha) over(sum, i, colour.subarray(i * n, (i + 1) * n), alpha, n, blend);
    });
}

function drawPixels(sum, layer, bounds, n, depth) {
    const { raster } = layer;
    const common = intersect(raster.bounds, bounds);
    if (isEmpty(common)) return;
    const blend = blendOf(layer);
    const white = WHITE[depth];
    const opacity = inBytes(layer.opacity) * inBytes(layer.fillOpacity);
    const source = new Float64Array(n);
    for (let y = common.top; y < common.bottom; y++) {
        for (let x = common.left; x < common.right; x++) {
            const from = ((y - raster.bounds.top) * widthOf(raster.bounds) + x - raster.bounds.left) * (n + 1);
            const alpha = raster.data[from + n] / white * opacity * coverage(layer.mask, x, y);
            if (!alpha) continue;
            for (let c = 0; c < n; c++) source[c] = raster.data[from + c] / white;
            over(sum, (y - bounds.top) * widthOf(bounds) + x - bounds.left, source, alpha, n, blend);
        }
    }
}

/** One pixel over the sum: PDF 1.7, 11.3.6, the formula of Photoshop and psd-tools alike. */
function over(sum, at, source, alpha, n, blend) {
    const below = sum.alpha[at];
    const union = alpha + below - alpha * below;
    for (let c = 0; c < n; c++) {
        const b = sum.colour[at * n + c];
        const mixed = (1 - below) * source[c] + below * blend(source[c], b);
        sum.colour[at * n + c] = (1 - alpha / union) * b + alpha / union * mixed;
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
    const blend = blendOf(group);
    for (let i = 0; i < inner.alpha.length; i++) {
        const x = bounds.left + i % widthOf(bounds), y = bounds.top + Math.floor(i / widthOf(bounds));
        const alpha = inner.alpha[i] * inBytes(group.opacity) * coverage(group.mask, x, y) * inArtboard(group, x, y);
        if (!alpha) continue;
        for (let c = 0; c < n; c++) source[c] = inner.colour[i * n + c];
        over(sum, i, source, alpha, n, blend);
    }
}

function adjust(sum, layer, bounds, n, tone) {
    for (let i = 0; i < sum.alpha.length; i++) {
        const x = bounds.left + i % widthOf(bounds), y = bounds.top + Math.floor(i / widthOf(bounds));
        const strength = inBytes(layer.opacity) * coverage(layer.mask, x, y);
        for (let c = 0; c < n; c++) {
            const at = i * n + c;
            sum.colour[at] += strength * (tone(sum.colour[at]) - sum.colour[at]);
        }
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

function blendOf(layer) {
    const blend = BLEND[layer.blendMode === 'passThrough' ? 'normal' : layer.blendMode];
    if (!blend) throw new Error(`the fake does not compose the blend mode ${layer.blendMode}`);
    return blend;
}

module.exports = { composite };
