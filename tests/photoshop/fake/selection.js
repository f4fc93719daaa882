// The DOM's Selection: an 8-bit raster of one channel that may reach beyond the canvas.
'use strict';
const { refusal } = require('./rules/index.js');
const { rect, rectOf, intersect, isEmpty, domBounds } = require('./geometry.js');
const rasters = require('./raster.js');
const { lightest } = require('./imaging-masks.js');

class Selection {
    #host;
    #document;

    constructor(host, document) {
        this.#host = host;
        this.#document = document;
    }

    get bounds() { // selection.bounds, selection.bounds-soft, document.quick-mask-selection
        const { state, closed } = this.#document.record_;
        if (closed) throw refusal('document.closed', 'The document does not exist any more');
        if (state.quickMask || !state.selection) return null;
        const { selection } = state;
        const told = this.#host.choice('selection.bounds-soft') === 'all' ? selection : stronger(selection);
        return told && domBounds(told.bounds);
    }

    get solid() {
        const { selection } = this.#document.record_.state;
        return Boolean(selection) && selection.data.every((v) => v === 255);
    }

    async selectRectangle(bounds, mode = 'set', feather = 0) { // selection.rectangle
        this.#host.changing('selectRectangle');
        const { state } = this.#document.record_;
        const canvas = rect(0, 0, state.width, state.height);
        const whole = this.#host.choice('selection.rectangle-beyond') === 'kept'; // else clipped
        const area = whole ? rectOf(bounds) : intersect(rectOf(bounds), canvas);
        const drawn = isEmpty(area) ? null : feathered(rasters.blank(area, 1, 8, 255), feather);
        this.#host.change(this.#document.record_, 'Rectangular Marquee', (draft) => {
            draft.selection = combined(draft.selection, drawn, mode);
        });
    }

    async deselect() {
        this.#host.changing('deselect');
        this.#host.change(this.#document.record_, 'Deselect', (draft) => { draft.selection = null; });
    }

    async save(name) { // selection.save
        this.#host.changing('selection.save');
        const { state } = this.#document.record_;
        if (!state.selection) throw refusal('selection.save-none', 'save: nothing is selected');
        const canvas = rect(0, 0, state.width, state.height);
        this.#host.change(this.#document.record_, 'Save Selection', (draft) => {
            const channels = draft.channels || [];
            draft.channels = [...channels, { name: name || `Alpha ${channels.length + 1}`, raster: rasters.framed(draft.selection, canvas) }];
        });
    }

    async load(channel) { // selection.load
        this.#host.changing('selection.load');
        this.#host.change(this.#document.record_, 'Load Selection', (draft) => {
            draft.selection = rasters.trimmed(draft.channels.find(({ name }) => name === channel.name).raster);
        });
    }

}

/** Trimmed to what is selected by half or more; null where nothing is. */
function stronger(selection) {
    return rasters.trimmed({ ...selection, data: selection.data.map((v) => (v >= 128 ? v : 0)) });
}

function combined(old, drawn, mode) {
    if (mode === 'set') return drawn;
    if (mode !== 'addTo') throw new Error(`the fake has no selection mode ${mode}`);
    return old && drawn ? lightest(old, drawn) : old || drawn;
}

/** A tent filter of `by` pixels to each side; Photoshop's is a Gaussian of its own making. */
function feathered(raster, by) {
    if (!by) return raster;
    const r = Math.ceil(by);
    const { left, top, right, bottom } = raster.bounds;
    let out = rasters.framed(raster, rect(left - 2 * r, top - 2 * r, right + 2 * r, bottom + 2 * r));
    for (const step of [1, 1, 'w', 'w']) out = boxed(out, r, step === 'w');
    return rasters.trimmed(out);
}

function boxed(raster, r, vertical) {
    const { bounds, data } = raster;
    const w = bounds.right - bounds.left, h = bounds.bottom - bounds.top;
    const [lines, length, next, step] = vertical ? [w, h, 1, w] : [h, w, w, 1];
    const out = new Uint8Array(data.length);
    for (let line = 0; line < lines; line++) {
        let sum = 0;
        const at = (i) => (i < 0 || i >= length ? 0 : data[line * next + i * step]);
        for (let i = -r; i < length; i++) {
            sum += at(i + r) - at(i - r - 1);
            if (i >= 0) out[line * next + i * step] = Math.round(sum / (2 * r + 1));
        }
    }
    return { ...raster, data: out };
}

module.exports = { Selection, feathered };
