// What tests do with a fake host: open documents as a user does, select, press Escape, undo, and look at what came of it.
'use strict';
const { rect, rectOf, isEmpty, widthOf, heightOf } = require('./geometry.js');
const rasters = require('./raster.js');
const { newRecord, reframe } = require('./document.js');
const { feathered } = require('./selection.js');
const { nextLayerId, newLayer, find, insertAboveActive, allOf } = require('./layers.js');
const { newMask, maskOver } = require('./imaging-masks.js');
const { composite } = require('./compose.js');
const { COMPONENTS } = require('./color.js');
const { cancel, executeAsModal } = require('./modal.js');
const { RULES } = require('./rules/index.js');

function createControl(host, wrap, uxp) {
    const recordOf = (document) => (document ? document.record_ : host.document());
    /** A user's hand reaches documents only while nothing is modal: rule modal.exclusive. */
    const byHand = (document, name, edit) => {
        if (host.scopes.length) throw new Error(`modal.exclusive: a user cannot do "${name}" during a modal scope`);
        const result = host.change(recordOf(document), name, edit);
        host.notify('set', { documentID: recordOf(document).id });
        return result;
    };

    return {
        rules: RULES,
        uxp,
        host,

        /** Open a document: {width, height, depth, mode, profile, fill, name, path, cloud, paint(x, y) → [r, g, b] of 0..1}. */
        openDocument(options) {
            return wrap(host.open(newRecord(host, { name: 'picture.psd', path: '/pictures/picture.psd', ...options })));
        },
        closeDocument(document) {
            host.close(recordOf(document));
        },
        activate(document) {
            host.active = recordOf(document);
            host.notify('select', { documentID: host.active.id });
        },

        /** Add a layer above the active one: any fields of layers.js; paint and bounds for its pixels, mask: {bounds, value or
         *  paint, outside}. Gives its id. */
        addLayer(document, { bounds, paint, mask, children, ...fields } = {}) {
            const record = recordOf(document);
            const id = nextLayerId(record);
            byHand(document, 'New Layer', (draft) => {
                const layer = newLayer(id, { kind: children ? 'group' : 'pixel', ...fields });
                if (layer.kind === 'group') {
                    layer.blendMode = fields.blendMode || 'passThrough';
                    layer.children = [];
                }
                if (bounds) {
                    const n = COMPONENTS[draft.space] + 1;
                    layer.raster = rasters.painted(rectOf(bounds), n, draft.depth, paint || (() => [0.5, 0.5, 0.5, 1].slice(4 - n)));
                }
                if (mask) {
                    const value = mask.paint || (() => [mask.value === undefined ? 1 : mask.value]);
                    layer.mask = newMask(rasters.painted(rectOf(mask.bounds), 1, 8, value), mask.outside || 0);
                }
                insertAboveActive(draft, layer);
                for (const inner of children || []) {
                    const { siblings, layer: moving } = find(draft, inner);
                    siblings.splice(siblings.indexOf(moving), 1);
                    layer.children.push(moving);
                }
            });
            return record && id;
        },
        editLayer(document, id, edit) {
            byHand(document, 'Edit Layer', (draft) => edit(find(draft, id).layer));
        },
        removeLayer(document, id) {
            byHand(document, 'Delete Layer', (draft) => {
                const { siblings, layer } = find(draft, id);
                siblings.splice(siblings.indexOf(layer), 1);
                draft.active = draft.active.filter((active) => active !== id);
            });
        },
        activateLayer(document, ...ids) {
            const record = recordOf(document);
            record.state = { ...record.state, active: ids };
        },
        /** Without a Background layer, as "Layer from Background" makes it. */
        unlockBackground(document) {
            byHand(document, 'Make Layer', (draft) => {
                for (const layer of draft.layers) if (layer.background) Object.assign(layer, { background: false, name: 'Layer 0' });
            });
        },

        /** Select a rectangle, which may reach beyond the canvas; feather in pixels. Null selects nothing. */
        select(document, bounds, feather = 0) {
            byHand(document, 'Rectangular Marquee', (draft) => {
                const area = bounds && rectOf(bounds);
                draft.selection = isEmpty(area) ? null : feathered(rasters.blank(area, 1, 8, 255), feather);
            });
        },
        /** Select softly: paint(x, y) → 0..1 over bounds. */
        selectPainted(document, bounds, paint) {
            byHand(document, 'Select', (draft) => {
                draft.selection = rasters.trimmed(rasters.painted(rectOf(bounds), 1, 8, (x, y) => [paint(x, y)]));
            });
        },
        setQuickMask(document, on) {
            byHand(document, 'Quick Mask', (draft) => { draft.quickMask = on; });
        },
        /** The canvas as the rectangle of `bounds`, as the Crop tool or Canvas Size make it. */
        reframe(document, bounds) {
            const to = rectOf(bounds);
            byHand(document, 'Canvas Size', (draft) => reframe(draft, widthOf(to), heightOf(to), -to.left, -to.top));
        },
        undo(document) {
            const record = recordOf(document);
            host.goTo(record, record.at - 1);
        },

        /** Another plug-in, a dialog or a tool is modal; '' ends that. */
        busy(what) {
            host.busyElsewhere = what;
        },
        /** Escape, or Cancel in the progress bar. */
        cancel() {
            cancel(host);
        },
        /** Called with the name of each call of Photoshop's API before it is done; may throw, cancel or wait. */
        before(call) {
            host.before = call || (() => {});
        },

        /** Image data that was not disposed. */
        leaks: () => host.images.size,
        peakImageBytes: () => host.peakImageBytes,
        /** The most that one getData gave. */
        largestCopyBytes: () => host.largestCopyBytes,
        /** The next reads of pixels are refused: rule pixels.sporadic. */
        failReads(count) { host.failingReads = count; },
        faults: () => host.faults.slice(),
        warnings: () => [...host.warnings, ...host.documents.filter((d) => d.undrawn).map((d) => `the picture of ${d.name} may not be redrawn`)],
        log: () => host.log.slice(),
        /** Milliseconds after which each value of a progress bar came, counted from its scope's beginning. */
        progress: () => host.log.filter((entry) => entry.progress).map((entry) => entry.milliseconds),
        /** The Actions panel: record, the steps that were recorded, and play one: rules app.record-action, app.play-action. */
        recording(on) {
            host.recording = on;
        },
        steps: () => host.steps.slice(),
        play(step, page) {
            if (typeof page[step.methodName] !== 'function') return Promise.reject(new Error('Script action failed'));
            return executeAsModal(host, (context) => page[step.methodName](context, step.info), { commandName: step.name });
        },
        /** How often a property of a document or layer was read since the last time that this was asked. */
        reads() {
            const { reads } = host;
            host.reads = 0;
            return reads;
        },
        history: (document) => recordOf(document).history.slice(0, recordOf(document).at + 1).map((h) => h.name),

        /** The composite as {width, height, channels, depth, data} with alpha, data a plain typed array. */
        composite(document) {
            const { state } = recordOf(document);
            return plain(composite(state, rect(0, 0, state.width, state.height)));
        },
        /** The layers from the top, without pixels: id, name, kind, bounds, mask and so on; groups have children. */
        tree(document) {
            const { state } = recordOf(document);
            return state.layers.map(described);
        },
        /** A layer's own pixels over the canvas (or `bounds`): as composite. */
        pixels(document, id, bounds) {
            const { state } = recordOf(document);
            const { raster } = find(state, id).layer;
            const over = bounds ? rectOf(bounds) : rect(0, 0, state.width, state.height);
            return plain(rasters.framed(raster || rasters.blank(rect(0, 0, 0, 0), COMPONENTS[state.space] + 1, state.depth), over));
        },
        /** A layer's mask over the canvas (or `bounds`), one channel of 8 bit; null where it has none. */
        mask(document, id, bounds) {
            const { state } = recordOf(document);
            const { mask } = find(state, id).layer;
            return mask && plain(maskOver(mask, bounds ? rectOf(bounds) : rect(0, 0, state.width, state.height)));
        },
        /** All that a PSD needs: psd.mjs writes it. */
        dump(document) {
            const { state } = recordOf(document);
            return { width: state.width, height: state.height, mode: state.mode, depth: state.depth, profile: state.profile,
                layers: state.layers, composite: composite(state, rect(0, 0, state.width, state.height)) };
        },
        /** The selection over the canvas, one channel of 8 bit; null where nothing is selected. */
        selection(document) {
            const { state } = recordOf(document);
            return state.selection && plain(rasters.framed(state.selection, rect(0, 0, state.width, state.height)));
        },
        /** The alpha channels that were saved: name, and values over the canvas. */
        channels(document) {
            return (recordOf(document).state.channels || []).map(({ name, raster }) => ({ name, ...plain(raster) }));
        },
        layerCount: (document) => allOf(recordOf(document).state).length,
    };
}

function plain(raster) {
    return { width: widthOf(raster.bounds), height: heightOf(raster.bounds), channels: raster.channels, depth: raster.depth, data: raster.data };
}

function described(layer) {
    const { raster, mask, children, ...rest } = layer;
    return { ...rest, bounds: raster && raster.bounds, children: children && children.map(described),
        mask: mask && { outside: mask.outside, bounds: mask.raster && mask.raster.bounds } };
}

module.exports = { createControl };
