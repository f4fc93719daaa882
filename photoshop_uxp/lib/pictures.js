'use strict';

/** Files that stand for a further picture of a job: chosen by the user, sent as they are. */

const storage = require('./storage.js');
const { shortHash } = require('./hash.js');
const { BridgeError, reasonOf } = require('./failures.js');
const { t } = require('./texts.js');

const MAX_FILE_BYTES = 64 * 1024 * 1024; // held twice while it is sent
/** @type {Array<[string, number[]]>} media types, and what such files begin with */
const TYPES = [
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
];

/** Ask for a file for that input. @param {import('./panel.js').Panel} panel @param {string} role */
async function pickPicture(panel, role) {
  const { operation } = panel.store.get();
  try {
    const picked = await storage.pictures.pick();
    const { values } = panel.store.get();
    if (picked) {
      const id = shortHash(picked.token);
      panel.remembered.keepPicture(id, picked.token);
      const roles = { ...values[operation].roles, [role]: { from: /** @type {'file'} */ ('file'), id, name: picked.name } };
      panel.store.dispatch({ type: 'set', values: { values: { ...values, [operation]: { ...values[operation], roles } } } });
    } else panel.store.dispatch({ type: 'set', values: {} }); // the row shows again what it was
  } catch (error) {
    panel.fail(error);
  }
}

/**
 * @param {string | null} token
 * @param {string} name for the user
 * @returns {Promise<{bytes: Uint8Array, mediaType: string}>} encoded, as it is in the file
 * @throws {BridgeError} refused
 */
async function readPictureFile(token, name) {
  /** @type {Uint8Array} */
  let bytes;
  try {
    if (!token) throw new Error('its token is not remembered');
    bytes = await storage.pictures.read(token);
  } catch (error) {
    throw new BridgeError('refused', t('fileGone', { name }), reasonOf(error));
  }
  const mediaType = mediaTypeOf(bytes);
  if (!mediaType) throw new BridgeError('refused', t('fileUnknown', { name }));
  if (bytes.length > MAX_FILE_BYTES)
    throw new BridgeError('refused', t('fileTooLarge', { name, most: MAX_FILE_BYTES / 1024 / 1024 }));
  return { bytes, mediaType };
}

/** @param {Uint8Array} bytes @returns {string} '' where it is no picture that the daemon takes */
function mediaTypeOf(bytes) {
  const found = TYPES.find(([, head]) => head.every((value, i) => bytes[i] === value));
  return found ? found[0] : '';
}

module.exports = { pickPicture, readPictureFile };
