// uxp.storage: secureStorage and localFileSystem, in memory.
'use strict';
const { refusal } = require('./rules/index.js');

const bytesOf = (value) => (typeof value === 'string' ? Uint8Array.from(unescape(encodeURIComponent(value)), (c) => c.charCodeAt(0))
    : value instanceof ArrayBuffer ? new Uint8Array(value.slice(0)) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice());
const textOf = (bytes) => decodeURIComponent(escape(Array.from(bytes, (b) => String.fromCharCode(b)).join('')));

/** @param {Record<string, string>} stored texts that are there from the start */
function createSecureStorage(host, stored = {}) {
    const values = new Map(Object.entries(stored).map(([key, text]) => [key, bytesOf(text)]));
    const store = {
        get length() { return values.size; },
        async setItem(key, value) { // storage.secure
            const bytes = bytesOf(value);
            if (typeof key !== 'string' || !bytes.length) throw refusal('storage.secure', 'secureStorage.setItem: the key or value is empty');
            values.set(key, bytes);
        },
        async getItem(key) { // storage.secure-missing
            if (values.has(key)) return values.get(key).slice();
            const choice = host.choice('storage.secure-missing');
            if (choice === 'throws') throw refusal('storage.secure-missing', `secureStorage has no "${key}"`);
            return choice === 'null' ? null : new Uint8Array(0);
        },
        async removeItem(key) { values.delete(key); },
        async clear() { values.clear(); },
        key(index) { return [...values.keys()][index]; },
    };
    const texts = () => Object.fromEntries([...values].map(([key, bytes]) => [key, textOf(bytes)]));
    const put = (given) => Object.entries(given).forEach(([key, text]) => values.set(key, bytesOf(text)));
    return { store, texts, put, lose: () => values.clear() }; // storage.secure-lost
}

const FORMATS = { utf8: Symbol('utf8'), binary: Symbol('binary') };

class Entry {
    constructor(name, parent, folder) {
        Object.assign(this, { name, isEntry: true, isFile: !folder, isFolder: folder, entries_: new Map(), bytes_: new Uint8Array(0) });
        this.parent_ = parent;
    }
    get nativePath() { return `${this.parent_ ? this.parent_.nativePath : ''}/${this.name}`; }
    async read({ format = FORMATS.utf8 } = {}) {
        return format === FORMATS.binary ? this.bytes_.slice().buffer : textOf(this.bytes_);
    }
    async write(data, { append = false } = {}) {
        const added = bytesOf(data);
        const old = append ? this.bytes_ : new Uint8Array(0);
        this.bytes_ = new Uint8Array([...old, ...added]);
        return added.length;
    }
    async getMetadata() { return { name: this.name, size: this.bytes_.length, isFile: this.isFile, isFolder: this.isFolder, dateModified: new Date() }; }
    async getEntries() { return [...this.entries_.values()]; }
    async getEntry(name) {
        if (!this.entries_.has(name)) throw new Error(`Could not find an entry of '${name}'`);
        return this.entries_.get(name);
    }
    async createFile(name, { overwrite = false } = {}) { return this.create_(name, false, overwrite); }
    async createFolder(name) { return this.create_(name, true, false); }
    async createEntry(name, { type = 'file', overwrite = false } = {}) { return this.create_(name, String(type).includes('folder'), overwrite); }
    async delete() {
        if (this.parent_) this.parent_.entries_.delete(this.name);
        return 0;
    }
    create_(name, folder, overwrite) {
        if (this.entries_.has(name) && !overwrite) throw new Error(`'${name}' exists already`);
        const entry = new Entry(name, this, folder);
        this.entries_.set(name, entry);
        return entry;
    }
}

/** picks: what the next pickers give, in order; an absent one is Cancel and gives null: rule storage.files. */
function createFileSystem(picks) {
    const root = new Entry('uxp', null, true);
    const folders = Object.fromEntries(['plugin', 'data', 'temporary'].map((name) => [name, root.create_(name, true, true)]));
    const picked = [];
    const pick = (name) => {
        if (picks.shift() !== 'accept') return null;
        const entry = new Entry(name || 'picked', root, false);
        picked.push(entry);
        return entry;
    };
    const localFileSystem = {
        async getPluginFolder() { return folders.plugin; },
        async getDataFolder() { return folders.data; },
        async getTemporaryFolder() { return folders.temporary; },
        async getFileForSaving(suggested) { return pick(suggested); },
        async getFileForOpening() { return pick('opened'); },
        async getFolder() { return null; },
        createSessionToken: (entry) => entry.nativePath,
        async getEntryWithUrl(url) { throw refusal('storage.full-access', `Permission denied to ${url}`); },
    };
    const dataTexts = () => Object.fromEntries([...folders.data.entries_].filter(([, e]) => e.isFile).map(([name, e]) => [name, textOf(e.bytes_)]));
    const putDataTexts = (texts) => Object.entries(texts).forEach(([name, text]) => { folders.data.create_(name, false, true).bytes_ = bytesOf(text); });
    return { localFileSystem, picked, dataTexts, putDataTexts };
}

module.exports = { createSecureStorage, createFileSystem, FORMATS };
