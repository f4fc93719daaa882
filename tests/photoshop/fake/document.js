// The DOM's Document over a record of the host. Properties are read from the record's present state each time.
'use strict';
const { refusal } = require('./rules/index.js');
const { rect, rectOf } = require('./geometry.js');
const rasters = require('./raster.js');
const { WORKING, COMPONENTS, reportedName, profileOf } = require('./color.js');
const { nextLayerId, newLayer, find, walk, take, moveBy, lockedAs } = require('./layers.js');
const clipping = require('./clipping.js');
const { layerFor, layersOf } = require('./layer.js');
const { countReads } = require('./reads.js');
const { Selection } = require('./selection.js');

const BITS = { 1: 'bitDepth1', 8: 'bitDepth8', 16: 'bitDepth16', 32: 'bitDepth32' };
const FIRST_LAYER = 1;
const SHARE = { left: 0, center: 0.5, right: 1, top: 0, middle: 0.5, bottom: 1 };

function createDocumentClass(host) {
    class Document {
        constructor(record) {
            Object.defineProperty(this, 'record_', { value: record });
            Object.defineProperty(this, 'selection', { value: new Selection(host, this), enumerable: true });
        }

        get id() { return this.record_.id; }
        get name() { return open(this).name; }
        get title() { return open(this).name; }
        get path() { return open(this).path; }
        get saved() { return open(this).saved; }
        get width() { return open(this).state.width; }
        get height() { return open(this).state.height; }
        get resolution() { return open(this).resolution; } // document.resolution
        get cloudDocument() { return open(this).cloud; } // document.cloud
        get mode() { return open(this).state.mode; } // document.modes
        get bitsPerChannel() { return BITS[open(this).state.bits || open(this).state.depth]; }
        get colorProfileType() { return this.colorProfileName === 'None' ? 'none' : 'customEnum'; }
        set colorProfileType(type) { // document.untag
            host.changing('colorProfileType');
            if (type !== 'none') throw new Error('the fake sets no other colorProfileType than NONE');
            host.change(this.record_, 'Assign Profile', (draft) => { draft.profile = ''; });
        }
        get colorProfileName() { // document.profile-name, document.profile-name-linear
            const { state } = open(this);
            return state.shownProfile || reportedName(state.space, state.profile, state.depth) || 'None';
        }
        get quickMaskMode() { return open(this).state.quickMask; } // document.quick-mask
        set quickMaskMode(on) {
            host.changing('quickMaskMode');
            host.change(this.record_, 'Quick Mask', (draft) => { draft.quickMask = Boolean(on); });
        }

        get layers() { return layersOf(host, this, open(this).state.layers); }
        get activeLayers() { return layersOf(host, this, open(this).state.active.map((id) => find(this.record_.state, id).layer)); }
        get channels() { return (open(this).state.channels || []).map(({ name }) => ({ name, typename: 'Channel' })); } // selection.save
        get artboards() { // layer.artboard
            return layersOf(host, this, open(this).state.layers.filter((layer) => layer.artboard));
        }
        get backgroundLayer() {
            const layer = open(this).state.layers.find((l) => l.background);
            return layer ? layerFor(host, this, layer.id) : null;
        }
        get historyStates() { return open(this).history.map((h) => ({ id: h.id, name: h.name, docId: this.id, typename: 'HistoryState' })); }
        get activeHistoryState() { return this.historyStates[this.record_.at]; }
        set activeHistoryState(state) {
            host.changing('activeHistoryState');
            host.goTo(this.record_, this.record_.history.findIndex((h) => h.id === state.id));
        }

        async createPixelLayer(options = {}) { // document.create-above
            host.changing('createPixelLayer');
            const id = nextLayerId(open(this));
            host.change(this.record_, 'New Layer', (draft) => {
                insertCreated(host, draft, newLayer(id, fieldsOf(options, `Layer ${countOf(draft, 'pixel')}`)));
            });
            return layerFor(host, this, id);
        }

        async createLayerGroup(options = {}) { // document.group-from, document.group-place
            host.changing('createLayerGroup');
            const from = [options.fromLayers || []].flat().map((layer) => layer.id);
            const id = nextLayerId(open(this));
            const fields = fieldsOf({ blendMode: 'passThrough', ...options }, `Group ${countOf(open(this).state, 'group') + 1}`);
            host.change(this.record_, 'New Group', (draft) => {
                const group = newLayer(id, { ...fields, kind: 'group', children: [] });
                if (!from.length) return insertCreated(host, draft, group);
                const inside = [];
                walk(draft.layers, (layer) => { if (from.includes(layer.id)) inside.push(layer.id); });
                if (inside.length !== from.length) throw refusal('document.group-from', 'createLayerGroup: a layer does not exist');
                const { siblings, layer: first } = find(draft, inside[0]);
                siblings.splice(siblings.indexOf(first), 0, group);
                clipping.created(host, siblings, siblings.indexOf(group));
                group.children = inside.map((inner) => take(draft, inner));
                draft.active = [id];
            });
            return layerFor(host, this, id);
        }

        async resizeCanvas(width, height, anchor = 'middle-center') { // document.resize-canvas
            host.changing('resizeCanvas');
            const [row, column] = anchor.split('-');
            const { state } = open(this);
            const w = Math.round(width), h = Math.round(height);
            if (!(w > 0 && h > 0)) throw refusal('document.resize-canvas', `resizeCanvas: ${width} x ${height} is not a size`);
            const dx = Math.floor((w - state.width) * SHARE[column]), dy = Math.floor((h - state.height) * SHARE[row]);
            host.change(this.record_, 'Canvas Size', (draft) => reframe(draft, w, h, dx, dy));
        }

        async crop(bounds) {
            host.changing('crop');
            const { state } = open(this);
            const r = rectOf(bounds);
            const beyond = r.left < 0 || r.top < 0 || r.right > state.width || r.bottom > state.height;
            if (beyond && host.choice('document.crop-negative') === 'refused') {
                throw refusal('document.crop-negative', 'crop: the bounds reach beyond the canvas');
            }
            host.change(this.record_, 'Crop', (draft) => reframe(draft, r.right - r.left, r.bottom - r.top, -r.left, -r.top));
        }

        closeWithoutSaving() {
            host.changing('closeWithoutSaving');
            host.close(open(this));
        }
    }
    countReads(host, Document.prototype);
    const known = new Map();
    return (record) => {
        if (!record) return null; // app.no-document
        if (!known.has(record.id)) known.set(record.id, new Document(record));
        return known.get(record.id);
    };
}

/** The record of a document that is still open: rule document.closed. */
function open(document) {
    if (document.record_.closed) throw refusal('document.closed', 'The document does not exist any more');
    return document.record_;
}

/** Put a layer where a new one goes, and make it active: rules document.create-above, document.create-in-group,
 *  document.create-locked, layer.created-in-stack. */
function insertCreated(host, draft, layer) {
    const active = draft.active.length ? find(draft, draft.active[0]) : null;
    const inside = active && active.layer.children && host.choice('document.create-in-group') === 'inside';
    const group = inside ? active.layer : active && active.parent;
    if (group && lockedAs(draft, group, 'all')) throw refusal('document.create-locked', 'the group is locked');
    const siblings = group ? group.children : draft.layers;
    const at = active && !inside ? siblings.indexOf(active.layer) : 0;
    siblings.splice(at, 0, layer);
    clipping.created(host, siblings, at);
    draft.active = [layer.id];
}

function fieldsOf(options, name) {
    const { opacity = 100, blendMode, mode } = options;
    return { name: options.name || name, opacity, blendMode: blendMode || mode || 'normal' };
}

function countOf(state, kind) {
    let count = 0;
    walk(state.layers, (layer) => { if (layer.kind === kind) count++; });
    return count;
}

/** The canvas as another rectangle: rules document.resize-moves, document.resize-background, document.resize-crops,
 *  selection.resize. */
function reframe(draft, width, height, dx, dy) {
    for (const layer of draft.layers) moveBy(layer, dx, dy);
    draft.selection = rasters.shifted(draft.selection, dx, dy);
    draft.width = width;
    draft.height = height;
    const background = draft.layers.find((layer) => layer.background);
    if (background) background.raster = rasters.framed(background.raster, rect(0, 0, width, height), rasters.WHITE[draft.depth]);
}

/** The record of a new document, not opened yet. `paint(x, y)` gives the Background's colors in 0..1. */
function newRecord(host, options) {
    const { width, height, depth = 8, mode = 'RGBColorMode', fill = 'white', paint } = options;
    const space = ['grayscaleMode', 'bitmapMode', 'duotoneMode'].includes(mode) ? 'Grayscale' : 'RGB';
    const native = ['RGBColorMode', 'grayscaleMode'].includes(mode);
    const profile = options.profile === undefined ? WORKING[space] : options.profile === 'none' ? '' : options.profile;
    const state = {
        width, height, mode, space, depth: mode === 'bitmapMode' ? 8 : depth, bits: mode === 'bitmapMode' ? 1 : 0,
        profile: native ? profile : WORKING[space], shownProfile: native ? '' : options.profile || OTHER_PROFILES[mode] || 'None',
        layers: [], active: [], selection: null, quickMask: false,
    };
    if (native && profile) profileOf(space, profile);
    const n = COMPONENTS[space];
    const whole = rect(0, 0, width, height);
    const level = { white: 1, black: 0, backgroundColor: 1 }[fill];
    const raster = fill === 'transparent' ? null
        : paint ? rasters.painted(whole, n + 1, state.depth, (x, y) => [...paint(x, y).slice(0, n), 1])
            : rasters.filled(whole, state.depth, [...new Array(n).fill(level), 1]);
    const layer = newLayer(FIRST_LAYER, raster ? { name: 'Background', background: true, raster } : { name: 'Layer 1' }); // document.create-first
    state.layers = [layer];
    state.active = [layer.id];
    return { id: host.id(), name: options.name || 'Untitled-1', path: options.path || '', cloud: Boolean(options.cloud), resolution: options.resolution || 72,
        state, lastLayer: FIRST_LAYER, history: [], at: -1, suspension: null, saved: false, closed: false, undrawn: false };
}

const OTHER_PROFILES = { CMYKColorMode: 'U.S. Web Coated (SWOP) v2', labColorMode: 'Lab D50', indexedColorMode: 'sRGB IEC61966-2.1' };

module.exports = { createDocumentClass, newRecord, reframe };
