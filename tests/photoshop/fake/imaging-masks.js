// photoshop.imaging: layer masks and the selection. Both are held as 8-bit rasters of one channel.
'use strict';
const { refusal } = require('./rules/index.js');
const { rect, rectOf, isEmpty, intersect } = require('./geometry.js');
const rasters = require('./raster.js');
const { find, lockedAs } = require('./layers.js');
const { PhotoshopImageData } = require('./imagedata.js');

const PROFILE = 'Gray Gamma 2.2';
const OUTSIDE = { white: 255, black: 0 };
const TILE = 128; // pixels a side of a block: rule mask.zero-blocks
const BENT = 2.2; // the exponent of a curve that nobody asked for: rules mask.put-depth, mask.put-deep

/** `shared`: what imaging.js has for both. */
function masksOf(host, { scaled, readable, origin }) {
    const answer = (raster, state, sourceBounds, targetSize) => {
        const small = scaled(host, raster, targetSize, false);
        const depth = host.choice('mask.depth') === 'document' ? state.depth : 8;
        const imageData = new PhotoshopImageData(host, rasters.atDepth(small.raster, depth), 'Grayscale', PROFILE);
        return { imageData, sourceBounds };
    };
    const canvasOf = (state) => rect(0, 0, state.width, state.height);

    return {
        async getLayerMask(options) {
            readable(host, 'getLayerMask');
            const { state } = host.document(options.documentID);
            const { layer } = find(state, options.layerID);
            if (options.kind !== undefined && !['user', 'vector'].includes(options.kind)) {
                throw refusal('mask.kinds', `getLayerMask: there is no kind "${options.kind}"`);
            }
            if (options.kind === 'vector' || !layer.mask) throw refusal('mask.none', 'getLayerMask: the layer has no such mask');
            const region = intersect(options.sourceBounds ? rectOf(options.sourceBounds) : canvasOf(state), canvasOf(state));
            if (isEmpty(region)) throw refusal('mask.bounds', 'getLayerMask: the requested region is not on the canvas');
            return answer(maskOver(layer.mask, region), state, region, options.targetSize);
        },

        async putLayerMask(options) {
            host.changing('putLayerMask');
            const record = host.document(options.documentID);
            const { layer } = find(record.state, options.layerID);
            if (options.kind !== undefined && options.kind !== 'user') throw refusal('mask.kinds', 'putLayerMask: kind must be "user"');
            if (layer.background) throw refusal('mask.background', 'putLayerMask: the Background layer cannot have a mask');
            if (lockedAs(record.state, layer, 'all')) throw refusal('layer.locked-changes', 'putLayerMask: the layer is locked');
            const placed = placedMask(host, record.state, options, origin, Boolean(layer.mask) && options.replace === false);
            if (layer.mask) record.undrawn = true; // mask.redraw
            host.change(record, options.commandName || 'Modify Layer Mask', (draft) => {
                const changed = find(draft, layer.id).layer;
                const old = changed.mask; // mask.create, mask.replace, mask.kept-by-position
                if (old && options.replace === false) old.raster = rasters.pasted(old.raster, placed, old.outside); // large.mask
                else changed.mask = newMask(placed, OUTSIDE[host.choice('mask.outside')]);
            });
        },

        async getSelection(options) {
            readable(host, 'getSelection');
            const { state } = host.document(options.documentID);
            const canvas = canvasOf(state);
            const asked = options.sourceBounds ? rectOf(options.sourceBounds) : null;
            const selected = state.quickMask ? null : state.selection;
            if (!selected) return withoutSelection(state, intersect(asked || canvas, canvas));
            const bounds = host.choice('selection.beyond') === 'canvas' ? intersect(selected.bounds, canvas) : selected.bounds;
            const limit = host.choice('selection.region') === 'trimmed' ? bounds : canvas;
            const region = asked ? intersect(asked, limit) : bounds;
            if (isEmpty(region)) return withoutSelection(state, rect(0, 0, 0, 0));
            return answer(rasters.framed(selected, region), state, region, options.targetSize); // selection.values, large.selection
        },

        async putSelection(options) {
            host.changing('putSelection');
            const record = host.document(options.documentID);
            const placed = placedGray(options, 'putSelection', origin);
            host.change(record, options.commandName || 'Modify Selection', (draft) => { // selection.put, large.selection-put
                const old = options.replace === false ? draft.selection : null;
                draft.selection = rasters.trimmed(old ? lightest(old, placed) : placed);
            });
        },
    };

    /** Rule selection.none. */
    function withoutSelection(state, region) {
        const choice = host.choice('selection.none');
        if (choice === 'throws') throw refusal('selection.none', 'getSelection: there is no selection');
        const size = choice === 'zero' ? rect(0, 0, 0, 0) : region;
        return answer(rasters.blank(size, 1, 8), state, size);
    }
}

/** What putLayerMask makes of its data: rules mask.put-depth, mask.put-deep, deep.mask-float,
 *  mask.zero-blocks. `into`: a mask that is there. */
function placedMask(host, state, options, origin, into) {
    const placed = placedGray(options, 'putLayerMask', origin);
    const deep = PhotoshopImageData.contents(options.imageData, 'putLayerMask').raster.depth > 8;
    const [eight, own] = state.depth === 32 ? ['deep.mask-eight', 'deep.mask-float'] : ['mask.put-depth', 'mask.put-deep'];
    const how = deep ? host.choice(own) : state.depth > 8 ? host.choice(eight) : '';
    if (how === 'refused') throw refusal('mask.put-deep', 'putLayerMask: image data of a mask must be of 8 bit');
    const blocks = host.choice('mask.zero-blocks');
    const raster = how === 'bent' ? { ...placed, data: placed.data.map((v) => Math.round(255 * (v / 255) ** BENT)) } : placed;
    return blocks === 'white' || (blocks === 'white-new' && !into) ? withWhiteBlocks(raster) : raster;
}

/** With blocks of the document's pixels that are zero all over as white. */
function withWhiteBlocks(raster) {
    const { left, top, right, bottom } = raster.bounds;
    const out = { ...raster, data: raster.data.slice() };
    for (let y = Math.ceil(top / TILE) * TILE; y + TILE <= bottom; y += TILE) {
        for (let x = Math.ceil(left / TILE) * TILE; x + TILE <= right; x += TILE) {
            const rows = Array.from({ length: TILE }, (_, i) => (y + i - top) * (right - left) + x - left);
            if (rows.some((at) => raster.data.subarray(at, at + TILE).some(Boolean))) continue;
            for (const at of rows) out.data.fill(255, at, at + TILE);
        }
    }
    return out;
}

/** Rules mask.component, mask.values. */
function placedGray(options, who, origin) {
    const { raster, space } = PhotoshopImageData.contents(options.imageData, who);
    if (space !== 'Grayscale' || raster.channels !== 1) {
        throw refusal('mask.component', `${who}: image data must have a single Grayscale component`);
    }
    const { left, top } = origin(options.targetBounds);
    return rasters.shifted(rasters.atDepth(raster, 8), left, top);
}

function newMask(raster, outside) {
    return { raster, outside, enabled: true };
}

/** A mask's values over `region`, with its value outside. */
function maskOver(mask, region) {
    return mask.raster ? rasters.framed(mask.raster, region, mask.outside) : rasters.blank(region, 1, 8, mask.outside);
}

function lightest(a, b) {
    const both = rasters.pasted(a, b);
    const other = rasters.framed(a, both.bounds);
    return { ...both, data: both.data.map((value, i) => Math.max(value, other.data[i])) };
}

module.exports = { masksOf, newMask, maskOver, lightest };
