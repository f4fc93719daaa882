// What outlives the panel's page: open documents, secureStorage and files, carried over a reload in window.name; localStorage
// is the browser's own (rule storage.local).
'use strict';

const MARK = 'layerbridge-rig:';

/** What the rig, or a snapshot, put into window.name: {settings, kept}; null where neither did. */
function opened(text) {
    return text.startsWith(MARK) ? JSON.parse(text.slice(MARK.length), (_key, value) => (value && value.typed_ ? unpacked(value) : value)) : null;
}

function snapshot(control, settings) {
    const { host, uxp } = control;
    const documents = host.documents.map(({ id, name, path, cloud, resolution, state, saved, lastLayer }) =>
        ({ id, name, path, cloud, resolution, state, saved, lastLayer }));
    const kept = { documents, active: host.active && host.active.id, nextId: host.nextId, secure: uxp.secureTexts(), files: uxp.dataFiles(),
        network: uxp.network };
    return MARK + JSON.stringify({ settings, kept }, (_key, value) => (ArrayBuffer.isView(value) ? packed(value) : value));
}

/** Put what a snapshot kept into a new host. */
function restored(control, data) {
    if (!data) return;
    const { host, uxp } = control;
    for (const fields of data.documents) host.open({ ...fields, history: [], at: -1, suspension: null, closed: false });
    host.active = host.documents.find((d) => d.id === data.active) || null;
    host.nextId = Math.max(host.nextId, data.nextId);
    uxp.loseSecureStorage();
    uxp.putSecureTexts(data.secure);
    Object.assign(uxp.network, data.network);
    uxp.putDataFiles(data.files);
}

function packed(array) {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    let text = '';
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return { typed_: array.constructor.name, base64: btoa(text) };
}

function unpacked({ typed_: type, base64 }) {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    return new globalThis[type](bytes.buffer);
}

/** The active document as JSON, for psd/write.mjs. */
function dumped(control) {
    return JSON.stringify(control.dump(), (_key, value) => (ArrayBuffer.isView(value) ? packed(value) : value));
}

module.exports = { MARK, opened, snapshot, restored, dumped, unpacked };
