'use strict';

/** What UXP keeps for the panel, and files that the user chooses. */

/** @type {any} */
const uxp = require('uxp');

const secrets = {
  /** @param {string} key @returns {Promise<string | null>} */
  async get(key) {
    const bytes = await uxp.storage.secureStorage.getItem(key);
    if (!bytes || !bytes.length) return null;
    return Array.from(bytes, (/** @type {number} */ byte) => String.fromCharCode(byte)).join('');
  },
  /** @param {string} key @param {string} value not empty, ASCII @returns {Promise<void>} */
  set: (key, value) => uxp.storage.secureStorage.setItem(key, value),
  /** @param {string} key @returns {Promise<void>} */
  remove: (key) => uxp.storage.secureStorage.removeItem(key),
};

const files = {
  /** @param {string} name @returns {Promise<string | null>} null: there is none */
  async read(name) {
    const folder = await uxp.storage.localFileSystem.getDataFolder();
    const entries = await folder.getEntries();
    const entry = entries.find((/** @type {any} */ known) => known.name === name);
    return entry ? entry.read({ format: uxp.storage.formats.utf8 }) : null;
  },
  /** @param {string} name @param {string} text @returns {Promise<void>} */
  async write(name, text) {
    const folder = await uxp.storage.localFileSystem.getDataFolder();
    const entry = await folder.createFile(name, { overwrite: true });
    await entry.write(text, { format: uxp.storage.formats.utf8 });
  },
};

const PICTURES = ['png', 'jpg', 'jpeg'];

const pictures = {
  /** @returns {Promise<{name: string, token: string} | null>} null: the user chose none; `token` stays good after a restart */
  async pick() {
    const { localFileSystem } = uxp.storage;
    const entry = await localFileSystem.getFileForOpening({ types: PICTURES });
    return entry ? { name: String(entry.name), token: String(await localFileSystem.createPersistentToken(entry)) } : null;
  },
  /** @param {string} token @returns {Promise<Uint8Array>} @throws where the file is not there any more */
  async read(token) {
    const entry = await uxp.storage.localFileSystem.getEntryForPersistentToken(token);
    return new Uint8Array(await entry.read({ format: uxp.storage.formats.binary }));
  },
};

module.exports = { secrets, files, pictures };
