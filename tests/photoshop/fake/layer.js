// The DOM's Layer: an id in a document; properties are looked up in the document's present state.
'use strict';
const { refusal } = require('./rules/index.js');
const { domBounds } = require('./geometry.js');
const clipping = require('./clipping.js');
const { countReads } = require('./reads.js');
const { find, take, boundsOf, lockedAs } = require('./layers.js');

/** Properties that are set as they are: [name in the DOM, name of the history state, get, set]. */
const PLAIN = [
    ['name', 'Layer Properties', (l) => l.name, (l, v) => { l.name = String(v); }],
    ['visible', 'Layer Visibility', (l) => l.visible, (l, v) => { l.visible = Boolean(v); }],
    ['opacity', 'Opacity Change', (l) => l.opacity, (l, v) => { l.opacity = percent(v); }],
    ['blendMode', 'Blending Change', (l) => l.blendMode, (l, v) => { l.blendMode = v; }],
    ['allLocked', 'Lock Layer', (l) => l.locks.all, (l, v) => { l.locks.all = Boolean(v); }],
    ['pixelsLocked', 'Lock Layer', (l) => l.locks.pixels, (l, v) => { l.locks.pixels = Boolean(v); }],
];
const REFUSED_ON_BACKGROUND = ['opacity', 'blendMode'];

class Layer {
    constructor(host, document, id) {
        Object.defineProperties(this, { host_: { value: host }, document_: { value: document }, _id: { value: id } });
    }

    get id() { return this._id; }
    get document() { return this.document_; }
    get found_() {
        const record = this.document_.record_;
        if (record.closed) throw refusal('document.closed', 'The document does not exist any more');
        return find(record.state, this._id);
    }
    get kind() { return this.found_.layer.kind; } // layer.kinds, layer.kinds-newer
    get isBackgroundLayer() { return this.found_.layer.background; }
    get isClippingMask() { return this.found_.layer.clipped; } // layer.clipping
    set isClippingMask(clipped) {
        const { layer } = this.changeable_('isClippingMask', 'all');
        const name = clipped ? 'Create Clipping Mask' : 'Release Clipping Mask';
        this.host_.change(this.document_.record_, name, (draft) => {
            const { siblings, layer: changed } = find(draft, layer.id);
            clipping.set(this.host_, siblings, changed, Boolean(clipped));
        });
    }
    get locked() { // layer.background-locked
        const { layer } = this.found_;
        return layer.background || Object.values(layer.locks).some(Boolean);
    }
    get boundsNoEffects() { return domBounds(boundsOf(this.host_, this.found_.layer)); } // layer.bounds, layer.bounds-group
    get parent() {
        const { parent } = this.found_;
        return parent ? layerFor(this.host_, this.document_, parent.id) : null;
    }
    get layers() {
        const { layer } = this.found_;
        return layer.children ? layersOf(this.host_, this.document_, layer.children) : null;
    }
    set selected(on) {
        this.host_.changing('layer.selected');
        const { state } = this.document_.record_;
        const rest = state.active.filter((id) => id !== this.id);
        this.document_.record_.state = { ...state, active: on ? [...rest, this.id] : rest };
    }

    delete() {
        const { layer } = this.changeable_('delete', 'all');
        this.host_.change(this.document_.record_, 'Delete Layer', (draft) => {
            const { siblings } = find(draft, layer.id);
            const at = siblings.findIndex((sibling) => sibling.id === layer.id);
            clipping.deleting(this.host_, siblings, siblings[at]);
            take(draft, layer.id);
            const next = siblings[at] || siblings[at - 1] || draft.layers[0];
            draft.active = next ? [next.id] : [];
        });
    }

    /** Rules layer.move, layer.move-out. */
    move(relative, placement) { // layer.top-of-stack
        const { layer } = this.changeable_('move', 'position');
        const inside = ['placeInside', 'placeAtBeginning', 'placeAtEnd'].includes(placement);
        const target = relative.found_.layer;
        if (placement === 'placeInside' && !target.children) throw refusal('layer.move', 'move: the other layer is not a group');
        if (target.background && ['placeAfter', 'placeAtEnd'].includes(placement)) {
            throw refusal('layer.background-locked', 'move: nothing can be put below the Background layer');
        }
        this.host_.change(this.document_.record_, 'Layer Order', (draft) => {
            const moving = take(draft, layer.id);
            const { layer: other, siblings } = find(draft, target.id);
            const list = inside && other.children ? other.children : siblings;
            const at = list.indexOf(other);
            const places = { placeBefore: at, placeAfter: at + 1, placeInside: 0, placeAtBeginning: 0 };
            const last = list.length && list[list.length - 1].background ? list.length - 1 : list.length;
            list.splice(placement === 'placeAtEnd' ? last : places[placement], 0, moving);
            clipping.moved(this.host_, list, list.indexOf(moving));
        });
    }

    bringToFront() { // layer.front
        const { siblings } = this.found_;
        const { layers } = this.document_.record_.state;
        const [uppermost] = this.host_.choice('layer.front') === 'top' ? layers : siblings;
        if (uppermost.id !== this.id) this.move(layerFor(this.host_, this.document_, uppermost.id), 'placeBefore');
    }

    /** What find gives, where this layer may be changed: rules layer.background-locked, layer.locked-changes. */
    changeable_(what, lock) {
        this.host_.changing(`layer.${what}`);
        const found = this.found_;
        if (found.layer.background && what !== 'delete') throw refusal('layer.background-locked', `${what}: the Background layer is locked`);
        if (lockedAs(this.document_.record_.state, found.layer, lock)) throw refusal('layer.locked-changes', `${what}: the layer is locked`);
        return found;
    }
}

for (const [property, historyName, get, set] of PLAIN) { // layer.setters
    Object.defineProperty(Layer.prototype, property, {
        enumerable: true, configurable: true,
        get() { return get(this.found_.layer); },
        set(value) {
            this.host_.changing(`layer.${property}`);
            const { layer } = this.found_;
            if (layer.background && REFUSED_ON_BACKGROUND.includes(property)) {
                throw refusal('layer.background-locked', `${property}: the Background layer is locked`);
            }
            this.host_.change(this.document_.record_, historyName, (draft) => set(find(draft, layer.id).layer, value));
        },
    });
}

countReads(null, Layer.prototype);

function percent(value) {
    if (!(value >= 0 && value <= 100)) throw new Error(`${value} is not 0 to 100`);
    return value;
}

function layerFor(host, document, id) {
    return new Layer(host, document, id);
}

function layersOf(host, document, layers) {
    return layers.map((layer) => layerFor(host, document, layer.id));
}

module.exports = { Layer, layerFor, layersOf };
