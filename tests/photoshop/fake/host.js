// The state of a fake Photoshop: open documents, their history, what is modal, and what went wrong.
// A document's state is never written into: each change makes a new one, so a history state is a reference.
'use strict';
const { rule, refusal, expected } = require('./rules/index.js');

const MEMORY_WARNING_BYTES = 600e6; // rule data.memory

class Host {
    /** @param {{version?: string, assume?: Record<string, string>, cacheLevels?: number}} options */
    constructor(options = {}) {
        this.version = options.version || '26.0.0';
        this.cacheLevels = options.cacheLevels || 4;
        this.assume = options.assume || {};
        for (const [id, choice] of Object.entries(this.assume)) {
            if (!rule(id).choices || !(choice in rule(id).choices)) throw new Error(`rule ${id} has no choice "${choice}"`);
        }
        this.documents = [];
        this.active = null;
        this.nextId = 100;
        this.scopes = [];
        this.cancelled = false;
        this.busyElsewhere = '';
        this.autoClose = new Set();
        this.images = new Set();
        this.imageBytes = 0;
        this.peakImageBytes = 0;
        this.largestCopyBytes = 0;
        this.failingReads = 0;
        this.clipboard = '';
        /** What a plug-in must not do but Photoshop lets pass; tests fail on it. */
        this.faults = [];
        /** What works but a user may notice. */
        this.warnings = [];
        /** Scopes and progress, in order: {scope, milliseconds} and {progress, milliseconds} since its scope began. */
        this.log = [];
        this.listeners = [];
        this.recording = false;
        this.steps = []; // of the Action that was recorded
        this.reads = 0; // of properties of documents and layers: rule app.reads
        this.before = () => {};
    }

    /** What a composite is read of: rule pixels.composite-stale. */
    drawnState(record) {
        const how = this.choice('pixels.composite-stale');
        if (!record.suspension || how === 'fresh') return record.state;
        return how === 'until-redrawn' ? record.suspension.drawn : record.suspension.before;
    }

    id() {
        return this.nextId++;
    }

    /** The choice that holds here for a rule that nobody settled. */
    choice(id) {
        return this.assume[id] || expected(rule(id));
    }

    /** To be called by all that changes something: rules modal.required and modal.cancel. */
    changing(what) {
        this.before(what);
        if (!this.scopes.length) {
            throw refusal('modal.required', `${what}: Event: set may modify the state of Photoshop. ` +
                'Such events are only allowed from inside a modal scope');
        }
        this.reading(what);
    }

    /** To be called by imaging, batchPlay and hostControl: rule modal.cancel-reads. */
    reading(what) {
        this.before(what);
        if (this.scopes.length && this.cancelled) throw refusal('modal.cancel', `${what}: User cancelled`);
    }

    document(id) {
        const record = id === undefined || id === null || id < 0 ? this.active : this.documents.find((d) => d.id === id);
        if (!record) throw refusal('document.closed', `The requested document (${id}) does not exist`);
        return record;
    }

    /** Replace a document's state by `edit(draft)`'s; one history state unless it is suspended: rule history.each. */
    change(record, name, edit) {
        const draft = cloned(record.state);
        const result = edit(draft);
        record.state = draft;
        record.saved = false;
        if (record.suspension) record.suspension.changed = true;
        else this.remember(record, name);
        if (this.choice('app.history-event') === 'comes') this.notify('historyStateChanged', { documentID: record.id, name });
        return result;
    }

    remember(record, name) {
        record.history.length = record.at + 1;
        record.history.push({ id: this.id(), name, state: record.state });
        record.at = record.history.length - 1;
    }

    /** Go to one of its history states, as Undo and the History panel do. */
    goTo(record, index) {
        if (index < 0 || index >= record.history.length) throw new Error('no such history state');
        record.at = index;
        record.state = record.history[index].state;
    }

    open(record) {
        record.history = [];
        record.at = -1;
        this.documents.push(record);
        this.active = record;
        this.remember(record, record.path ? 'Open' : 'New');
        this.notify('open', { documentID: record.id });
        return record;
    }

    close(record) {
        record.closed = true;
        this.documents = this.documents.filter((d) => d !== record);
        if (this.active === record) this.active = this.documents[this.documents.length - 1] || null;
        this.notify('close', { documentID: record.id });
    }

    notify(event, descriptor) {
        if (this.scopes.length) return; // silenced within a scope, as the documentation says
        for (const listener of this.listeners) {
            if (listener.events.includes(event) || listener.events.includes('all')) setTimeout(() => listener.call(event, descriptor), 0);
        }
    }

    imageMade(image, bytes) {
        this.images.add(image);
        this.imageBytes += bytes;
        this.peakImageBytes = Math.max(this.peakImageBytes, this.imageBytes);
        if (this.imageBytes > MEMORY_WARNING_BYTES) this.warnings.push('Plugin exceeds memory limit.');
    }

    imageGone(image, bytes) {
        if (this.images.delete(image)) this.imageBytes -= bytes;
    }
}

function cloned(state) {
    return { ...state, active: state.active.slice(), layers: state.layers.map(clonedLayer) };
}

function clonedLayer(layer) {
    return {
        ...layer, locks: { ...layer.locks }, mask: layer.mask && { ...layer.mask }, settings: { ...layer.settings },
        children: layer.children && layer.children.map(clonedLayer),
    };
}

module.exports = { Host, clonedLayer };
