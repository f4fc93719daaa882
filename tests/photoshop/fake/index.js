// A fake Photoshop for tests: what require('photoshop') and require('uxp') give, over documents in memory.
//
// Faithful to Adobe's documented API of Photoshop 25 to 26 as far as rules/ says; each rule has its source and its status.
// Not faithful: speed and memory (rules speed.layers, speed.loops, memory.large), dialogs, blend modes and clipping masks in what is composed, layer effects, paths, channels but saved selections, text, files other than texts and bytes.
// What is not there throws and says so; it never does something similar.
//
// createHost(options) → {photoshop, uxp, fetch, WebSocket, control}; control is for tests: control.js.
'use strict';
const { Host } = require('./host.js');
const { executeAsModal } = require('./modal.js');
const { createImaging } = require('./imaging.js');
const { createDocumentClass, newRecord } = require('./document.js');
const { batchPlay } = require('./batchplay.js');
const { allOf } = require('./layers.js');
const { createControl } = require('./control.js');
const { createUxp } = require('./uxp.js');
const constants = require('./constants.js');

/** @param {{version?: string, assume?: Record<string, string>, manifest?: object, network?: object, secure?: object}} options */
function createHost(options = {}) {
    const host = new Host(options);
    const wrap = createDocumentClass(host);
    const photoshop = { app: createApp(host, wrap), core: createCore(host), imaging: createImaging(host),
        action: createAction(host), constants };
    const uxp = createUxp(host, options);
    const control = createControl(host, wrap, uxp.control);
    return { photoshop, uxp: uxp.module, fetch: uxp.fetch, WebSocket: uxp.WebSocket, control };
}

function createApp(host, wrap) {
    return {
        get activeDocument() { return wrap(host.active); },
        set activeDocument(document) {
            host.changing('app.activeDocument');
            host.active = host.document(document.id);
        },
        get documents() { return host.documents.map(wrap); },
        async createDocument(options = {}) {
            host.changing('createDocument');
            const sides = { width: 2100, height: 1500 };
            return wrap(host.open(newRecord(host, { ...sides, ...options })));
        },
    };
}

function createCore(host) {
    return {
        apiVersion: 2,
        isModal: () => host.scopes.length > 0, // modal.is-modal
        executeAsModal: (target, options) => executeAsModal(host, target, options),
        async showAlert(options) { host.log.push({ alert: typeof options === 'string' ? options : options.message }); },
        async redrawDocument({ documentID } = {}) { // document.redraw
            host.reading('redrawDocument');
            const record = host.document(documentID);
            record.undrawn = false;
            if (record.suspension) record.suspension.drawn = record.state; // pixels.composite-stale
            return 0;
        },
        async getLayerTree({ documentID } = {}) { return layerTree(host, documentID); },
        getLayerTreeSync: ({ documentID } = {}) => layerTree(host, documentID),
    };
}

function createAction(host) {
    return {
        batchPlay: (commands, options) => batchPlay(host, commands, options),
        async addNotificationListener(events, call) {
            host.listeners.push({ events: events.map((e) => (typeof e === 'string' ? e : e.event)), call });
        },
        async recordAction(step, info) { // app.record-action
            if (typeof (step || {}).methodName !== 'string') throw new Error('Unsupported napi type');
            if (info === undefined) throw new Error('Failed Error: Argument 2 is missing');
            if (host.recording) host.steps.push({ ...step, info: JSON.parse(JSON.stringify(info)) });
        },
        validateReference(given) { // app.validate-reference
            host.reads += 1;
            const of = (kind) => [given].flat().find((part) => part._ref === kind);
            const document = of('document'), layer = of('layer');
            const record = document ? host.documents.find((d) => d.id === document._id) : host.active;
            return Boolean(record && (!layer || allOf(record.state).some(({ id }) => id === layer._id)));
        },
    };
}

/** Rules app.layer-tree, app.layer-tree-order: one call, whatever the number of layers. */
function layerTree(host, documentID) {
    host.reads += 1;
    const told = (layers) => {
        const list = layers.map(({ id, name, kind, children }) => ({ layerID: id, name, kind, ...(children ? { layers: told(children) } : {}) }));
        return host.choice('app.layer-tree-order') === 'top' ? list : list.reverse();
    };
    return { list: told(host.document(documentID).state.layers) };
}

module.exports = { createHost };
