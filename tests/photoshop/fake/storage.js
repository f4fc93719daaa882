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
    };
    const texts = () => Object.fromEntries([...values].map(([key, bytes]) => [key, textOf(bytes)]));
    const put = (given) => Object.entries(given).forEach(([key, text]) => values.set(key, bytesOf(text)));
    return { store, texts, put, lose: () => values.clear() }; // storage.secure-lost
}

const FORMATS = { utf8: Symbol('utf8'), binary: Symbol('binary') };

class Entry {
    constructor(name, folder) {
        Object.assign(this, { name, isEntry: true, isFile: !folder, isFolder: folder, entries_: new Map(), bytes_: new Uint8Array(0) });
    }
    async read({ format = FORMATS.utf8 } = {}) {
        return format === FORMATS.binary ? this.bytes_.slice().buffer : textOf(this.bytes_);
    }
    async write(data, { append = false } = {}) {
        const added = bytesOf(data);
        const old = append ? this.bytes_ : new Uint8Array(0);
        this.bytes_ = new Uint8Array([...old, ...added]);
        return added.length;
    }
    async getEntries() { return [...this.entries_.values()]; }
    async createFile(name, { overwrite = false } = {}) { return this.create_(name, false, overwrite); }
    create_(name, folder, overwrite) {
        if (this.entries_.has(name) && !overwrite) throw new Error(`'${name}' exists already`);
        const entry = new Entry(name, folder);
        this.entries_.set(name, entry);
        return entry;
    }
}

/** picks: what the next pickers give, in order: 'accept', or {name, bytes} of a file that is opened; an absent one is Cancel and
 *  gives null: rule storage.files. access: of the manifest, '' for a script: rule storage.request. */
function createFileSystem(picks, access) {
    const root = new Entry('uxp', true);
    const data = root.create_('data', true, true);
    const picked = [];
    const tokens = new Map();
    const pick = (name) => {
        if (access === 'plugin') throw refusal('storage.request', 'Permission denied: the manifest has no localFileSystem "request"');
        const given = picks.shift();
        if (!given || given === 'cancel') return null;
        const entry = new Entry(given.name || name || 'picked', false);
        if (given.bytes) entry.bytes_ = Uint8Array.from(given.bytes);
        picked.push(entry);
        return entry;
    };
    const localFileSystem = {
        async getDataFolder() { return data; },
        async getFileForSaving(suggested) { return pick(suggested); },
        async getFileForOpening() { return pick('opened'); },
        async createPersistentToken(entry) { // storage.token
            const token = `token-${tokens.size + 1}`;
            tokens.set(token, entry);
            return token;
        },
        async getEntryForPersistentToken(token) {
            if (!tokens.has(token)) throw refusal('storage.token', `Could not find an entry for the token ${token}`);
            return tokens.get(token);
        },
    };
    const dataTexts = () => Object.fromEntries([...data.entries_].filter(([, e]) => e.isFile).map(([name, e]) => [name, textOf(e.bytes_)]));
    const putDataTexts = (texts) => Object.entries(texts).forEach(([name, text]) => { data.create_(name, false, true).bytes_ = bytesOf(text); });
    return { localFileSystem, picked, dataTexts, putDataTexts, forgetTokens: () => tokens.clear() };
}

module.exports = { createSecureStorage, createFileSystem, FORMATS };
