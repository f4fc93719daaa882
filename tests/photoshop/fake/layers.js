// The tree of layers in a document's state. Index 0 is the uppermost, as in Photoshop's DOM.
'use strict';
const { refusal } = require('./rules/index.js');
const { rect, union, isEmpty, intersect } = require('./geometry.js');
const { shifted, contentBounds } = require('./raster.js');

/** The number of a document's next layer; none is given twice: rule layer.id-scope. */
function nextLayerId(record) {
    record.lastLayer += 1;
    return record.lastLayer;
}

function newLayer(id, fields) {
    return {
        id, name: 'Layer', kind: 'pixel', background: false, visible: true, opacity: 100,
        blendMode: 'normal', clipped: false, locks: { all: false, pixels: false, position: false, transparency: false }, raster: null,
        mask: null, children: null, artboard: null, xmp: '', settings: {}, ...fields,
    };
}

/** Calls visit(layer, siblings, parent) for each layer, groups before what they hold. */
function walk(layers, visit, parent = null) {
    for (const layer of layers.slice()) {
        visit(layer, layers, parent);
        if (layer.children) walk(layer.children, visit, layer);
    }
}

/** {layer, siblings, parent} of the layer with that id. */
function find(state, id) {
    let found = null;
    walk(state.layers, (layer, siblings, parent) => {
        if (layer.id === id) found = { layer, siblings, parent };
    });
    if (!found) throw refusal('document.closed', `The requested layer (${id}) does not exist`);
    return found;
}

function allOf(state) {
    const all = [];
    walk(state.layers, (layer) => all.push(layer));
    return all;
}

/** Put a layer above the active one, or at the top, and make it active, as a test builds its documents. */
function insertAboveActive(state, layer) {
    const active = state.active.length ? find(state, state.active[0]) : null;
    const siblings = active ? active.siblings : state.layers;
    siblings.splice(active ? siblings.indexOf(active.layer) : 0, 0, layer);
    state.active = [layer.id];
}

function take(state, id) {
    const { layer, siblings } = find(state, id);
    siblings.splice(siblings.indexOf(layer), 1);
    return layer;
}

/** Bounds of a layer, or of all in a group: rules layer.bounds, layer.bounds-empty, layer.bounds-masked, layer.bounds-group. */
function boundsOf(host, layer) {
    if (layer.artboard) return layer.artboard;
    const nothing = rect(0, 0, 0, 0);
    if (layer.children && host.choice('layer.bounds-group') === 'none') return nothing;
    const parts = layer.children ? layer.children.map((child) => boundsOf(host, child)) : [maskedBounds(host, layer)];
    const full = parts.filter((bounds) => !isEmpty(bounds));
    return full.length ? full.reduce(union) : nothing;
}

function maskedBounds(host, { raster, mask }) {
    const cuts = raster && mask && mask.enabled && mask.outside === 0 && host.choice('layer.bounds-masked') === 'cut';
    if (!cuts) return raster && raster.bounds;
    const shown = mask.raster && contentBounds(mask.raster);
    return shown && intersect(raster.bounds, shown);
}

/** A layer at another place: its pixels, its mask, and all in it. */
function moveBy(layer, dx, dy) {
    layer.raster = shifted(layer.raster, dx, dy);
    if (layer.mask) layer.mask.raster = shifted(layer.mask.raster, dx, dy);
    if (layer.artboard) {
        const { left, top, right, bottom } = layer.artboard;
        layer.artboard = rect(left + dx, top + dy, right + dx, bottom + dy);
    }
    for (const child of layer.children || []) moveBy(child, dx, dy);
}

function lockedAs(state, layer, lock) {
    for (let at = layer; at; at = find(state, at.id).parent) {
        if (at.locks.all || at.locks[lock]) return true;
    }
    return false;
}

module.exports = { nextLayerId, newLayer, walk, find, allOf, insertAboveActive, take, boundsOf, moveBy, lockedAs };
