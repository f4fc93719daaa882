// photoshop.imaging: reading and writing of pixels. Masks and selections are in imaging-masks.js.
'use strict';
const { refusal } = require('./rules/index.js');
const { rect, rectOf, widthOf, heightOf, isEmpty, intersect } = require('./geometry.js');
const rasters = require('./raster.js');
const { COMPONENTS, WORKING, converted } = require('./color.js');
const { composite } = require('./compose.js');
const { find, lockedAs } = require('./layers.js');
const { PhotoshopImageData, createImageDataFromBuffer, checkProfile } = require('./imagedata.js');
const { masksOf } = require('./imaging-masks.js');
const { encodeImageData } = require('./jpeg.js');

const CONVERTIBLE = ['CMYKColorMode', 'labColorMode'];
const NATIVE = ['RGBColorMode', 'grayscaleMode'];
const SHOWN = ['pixel', 'smartObject', 'text', 'solidColor', 'gradientFill', 'pattern', 'video', 'threeD'];

function createImaging(host) {
    return {
        ...masksOf(host, { scaled, readable, origin }),

        async getPixels(options) {
            readable(host, 'getPixels');
            if (host.failingReads > 0) { // pixels.sporadic
                host.failingReads -= 1;
                throw refusal('pixels.sporadic', 'Code: -1');
            }
            const record = host.document(options.documentID); // document.default
            const state = options.layerID === undefined ? host.drawnState(record) : record.state;
            const target = requested(host, state, options);
            // large.pixels, large.part; at 32 bit deep.write
            const { source, opaque } = pixelsOf(host, state, options);
            const region = options.sourceBounds ? intersect(rectOf(options.sourceBounds), source.bounds) : source.bounds;
            if (isEmpty(region)) return nothing(host, target, region); // pixels.empty
            const cut = rasters.framed(source, region); // pixels.trimmed, pixels.layer-origin, pixels.composite-bounds
            const { raster, level } = scaled(host, cut, options.targetSize, true);
            const from = { space: state.space, profile: state.profile };
            let out = converted(raster, from, target, target.depth);
            if (options.applyAlpha && !opaque) out = rasters.mattedOnWhite(out); // pixels.apply-alpha
            else if (opaque) out = rasters.withoutAlpha(out); // pixels.components, pixels.composite-alpha
            return { imageData: new PhotoshopImageData(host, out, target.space, target.profile),
                sourceBounds: atLevel(region, level), level };
        },

        async putPixels(options) {
            host.changing('putPixels');
            const record = host.document(options.documentID);
            const { state } = record;
            if (state.quickMask && host.choice('target.quick-mask') === 'refused') throw refusal('target.quick-mask', 'putPixels: the Quick Mask is on');
            const { layer } = find(state, required(options, 'layerID', 'putPixels'));
            if (layer.kind !== 'pixel') throw refusal('put.pixel-layer', 'putPixels: the target layer is not a pixel layer');
            if (lockedAs(state, layer, 'pixels')) throw refusal('put.locked', 'putPixels: the target layer is locked');
            const given = PhotoshopImageData.contents(options.imageData, 'putPixels'); // put.disposed
            const { left, top } = origin(options.targetBounds); // put.origin
            const placed = rasters.shifted(documentPixels(host, state, given), left, top);
            host.change(record, options.commandName || 'Modify Pixels', (draft) => { // history.command-name
                const changed = find(draft, layer.id).layer;
                changed.raster = merged(host, draft, changed, placed, options.replace !== false); // large.strips
            });
        },

        createImageDataFromBuffer: (buffer, options) => createImageDataFromBuffer(host, buffer, options),

        async encodeImageData(options) {
            host.reading('encodeImageData');
            return encodeImageData(PhotoshopImageData.contents(options.imageData, 'encodeImageData'), options.base64);
        },
    };
}

/** {space, profile, depth} of what is asked for: rules pixels.component-size, pixels.color-space. */
function requested(host, state, options) {
    const size = options.componentSize;
    if (state.depth === 16 && size === 8 && host.choice('deep.sixteen-as-eight') === 'throws') throw refusal('deep.sixteen-as-eight', 'Code: -1');
    if (size !== undefined && ![-1, 8, 16, 32].includes(size)) {
        throw refusal('pixels.component-size-refused', `getPixels: componentSize ${size} is not 8, 16, 32 or -1`);
    }
    if (!NATIVE.includes(state.mode)) {
        if (!CONVERTIBLE.includes(state.mode) || !options.colorSpace) {
            throw refusal('pixels.other-modes-own', `getPixels: documents of mode ${state.mode} are not supported`);
        }
    }
    const space = options.colorSpace || state.space; // pixels.other-modes
    if (!COMPONENTS[space]) throw refusal('pixels.color-space', `getPixels: the fake has no color space ${space}`);
    if (options.colorProfile) checkProfile(space, options.colorProfile); // pixels.profile-unknown
    const profile = options.colorProfile || (space === state.space ? state.profile : WORKING[space]); // pixels.no-profile
    return { space, profile, depth: size === undefined || size === -1 ? state.depth : size };
}

/** The raster of a layer or of the composite, with alpha; `opaque`: its alpha is not part of the answer. */
function pixelsOf(host, state, { layerID, sourceBounds }) {
    if (layerID === undefined) {
        const canvas = rect(0, 0, state.width, state.height);
        const opaque = state.layers.some((layer) => layer.background && layer.visible);
        const region = opaque && sourceBounds ? intersect(rectOf(sourceBounds), canvas) : canvas; // no more is trimmed
        if (opaque) return { source: isEmpty(region) ? rasters.blank(region, 1, 8) : composite(state, region), opaque };
        const whole = composite(state, canvas);
        if (host.choice('pixels.composite-trimmed') === 'whole') return { source: whole, opaque };
        return { source: rasters.trimmed(whole) || rasters.blank(rect(0, 0, 0, 0), whole.channels, whole.depth), opaque };
    }
    const { layer } = find(state, layerID);
    const bare = layer.kind !== 'pixel' && host.choice('pixels.smart-object') === 'refused';
    if (bare || !SHOWN.includes(layer.kind)) {
        throw refusal('pixels.layer-without-pixels', `getPixels: the layer "${layer.name}" has no pixels of its own`);
    }
    const nothingThere = rasters.blank(rect(0, 0, 0, 0), COMPONENTS[state.space] + 1, state.depth);
    return { source: layer.raster || nothingThere, opaque: layer.background }; // pixels.layer-alone
}

function nothing(host, target, region) {
    if (host.choice('pixels.empty') === 'throws') {
        throw refusal('pixels.empty', 'getPixels: the requested region has no pixels');
    }
    const at = rect(region.left, region.top, region.left, region.top);
    const raster = rasters.blank(rect(0, 0, 0, 0), COMPONENTS[target.space] + 1, target.depth);
    return { imageData: new PhotoshopImageData(host, raster, target.space, target.profile), sourceBounds: at, level: 0 };
}

/** {raster, level}: rules pixels.target-size, pixels.target-size-level, pixels.target-size-larger. */
function scaled(host, raster, size, hasAlpha) {
    if (!size || (size.width === undefined && size.height === undefined)) return { raster, level: 0 };
    const w = widthOf(raster.bounds), h = heightOf(raster.bounds);
    let width = size.width === undefined ? Math.max(1, Math.round(w * size.height / h)) : Math.round(size.width);
    let height = size.height === undefined ? Math.max(1, Math.round(h * size.width / w)) : Math.round(size.height);
    if (host.choice('pixels.target-size-larger') === 'same') {
        width = Math.min(width, w);
        height = Math.min(height, h);
    }
    const halvings = Math.floor(Math.log2(Math.min(w / width, h / height)));
    const level = Math.max(0, Math.min(host.cacheLevels - 1, halvings));
    return { raster: rasters.resized(raster, width, height, hasAlpha), level };
}

function atLevel({ left, top, right, bottom }, level) {
    const scale = 2 ** level;
    return rect(Math.floor(left / scale), Math.floor(top / scale), Math.ceil(right / scale), Math.ceil(bottom / scale));
}

/** Image data as the document holds pixels: rules put.depth, put.profile, put.color-space, put.opaque. */
function documentPixels(host, state, { raster, space, profile }) {
    if (!NATIVE.includes(state.mode)) throw refusal('put.color-space', `putPixels: documents of mode ${state.mode} are not supported by the fake`);
    if (raster.depth !== state.depth && host.choice('put.depth') === 'throws') {
        throw refusal('put.depth', `putPixels: image data of ${raster.depth} bit does not fit a document of ${state.depth} bit`);
    }
    const to = { space: state.space, profile: state.profile };
    const out = converted(raster, { space, profile: profile || (space === state.space ? state.profile : '') }, to, state.depth);
    return out.channels === COMPONENTS[state.space] ? rasters.withAlpha(out) : out;
}

/** A layer's raster once `placed` is in it: rules put.replace, put.replace-false, put.beyond-canvas, put.selection-ignored. */
function merged(host, state, layer, placed, replace) {
    const canvas = rect(0, 0, state.width, state.height);
    if (layer.background) {
        if (replace) throw refusal('put.background', 'the fake does not replace all of the Background layer');
        return rasters.framed(rasters.pasted(layer.raster, placed), canvas);
    }
    let put = placed;
    if (host.choice('put.beyond-canvas') === 'clipped') {
        const inside = intersect(placed.bounds, canvas);
        if (isEmpty(inside)) return replace ? null : layer.raster;
        put = rasters.framed(placed, inside);
    }
    if (!replace && layer.raster) {
        put = host.choice('put.replace-false-covers') === 'blends' ? blended(state, layer, put) : rasters.pasted(layer.raster, put);
    }
    return rasters.trimmed(put); // pixels.trimmed-tight
}

function blended(state, layer, put) {
    const plain = { visible: true, opacity: 100, blendMode: 'normal', kind: 'pixel', mask: null };
    const area = rasters.pasted(layer.raster, put).bounds;
    return composite({ ...state, layers: [{ ...plain, raster: put }, { ...plain, raster: layer.raster }] }, area);
}

/** Where data goes: only left and top count: rule put.origin. */
function origin(targetBounds) {
    const { left = 0, top = 0 } = targetBounds || {};
    return { left: Math.round(left), top: Math.round(top) };
}

function required(options, key, who) {
    if (options[key] === undefined) throw refusal('put.pixel-layer', `${who}: ${key} is required`);
    return options[key];
}

/** Rule pixels.needs-modal. */
function readable(host, who) {
    host.reading(who);
    if (!host.scopes.length && host.choice('pixels.needs-modal') === 'refused') {
        throw refusal('pixels.needs-modal', `${who} is only allowed from inside a modal scope`);
    }
}

module.exports = { createImaging };
