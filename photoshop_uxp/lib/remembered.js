'use strict';

/**
 * The panel's own memory: last values, settings and open jobs in one small file of its data folder; tokens in Photoshop's
 * secure storage, which may lose them. What cannot be written is not remembered: no reason to refuse a picture.
 *
 * @typedef {import('./parameters.js').Parameters} Parameters
 * @typedef {import('./operations.js').OperationName} OperationName
 * @typedef {import('./geometry.js').Move} Move
 * @typedef {import('./note.js').Note} Note
 * @typedef {{id: number, name: string}} NamedLayer
 * @typedef {{parameters: Parameters, area: import('./area.js').Area, sourceLayer: import('./source_layer.js').SourceLayer,
 *   first: string}} LastRun `first`: the job that all repetitions began with
 * @typedef {{read: (name: string) => Promise<string | null>, write: (name: string, text: string) => Promise<void>}} Files
 * @typedef {{get: (key: string) => Promise<string | null>, set: (key: string, value: string) => Promise<void>,
 *   remove: (key: string) => Promise<void>}} Secrets
 */

const { carriedOptions, firstOperation, isOperation, operationOf } = require('./operations.js');
const { fromJson } = require('./parameters.js');
const { areaOfNote, noteOf } = require('./note.js');
const { reasonOf } = require('./failures.js');

const FILE = 'layerbridge.json';
const MAX_NOTES = 100;
const MAX_MOVES = 40; // of a document
const MAX_DOCUMENTS = 50;
const MAX_OPEN_JOBS = 12;
const MAX_PICTURES = 50; // files that were chosen
const MAX_RENAMED = 200;
const MAX_NOTED_SELECTION = 2048; // characters: the file is written whole each time

class Remembered {
  /** @param {Files} files @param {Secrets} secrets */
  constructor(files, secrets) {
    this._files = files;
    this._secrets = secrets;
    /** @type {Object<string, any>} */
    this._values = {};
    /** @type {Map<string, string>} tokens of this session, should secure storage fail */
    this._tokens = new Map();
    this._writing = Promise.resolve();
  }

  async load() {
    try {
      const value = JSON.parse((await this._files.read(FILE)) || '{}');
      if (typeof value === 'object' && value !== null) this._values = value;
    } catch (error) {
      console.warn(`Layerbridge: what was remembered cannot be read: ${reasonOf(error)}`);
    }
  }

  /** @param {OperationName} operation @returns {Parameters} the last values; a prompt typed for one is offered in the others */
  parameters(operation) {
    const own = (this._values.parameters || {})[operation];
    return fromJson(own || this._values.offered, operation);
  }

  /** @returns {OperationName} */
  lastOperation() {
    const { operation, kind } = this._values; // kind: of earlier versions
    return [operation, kind].find(isOperation) || firstOperation();
  }

  /** @param {Parameters} parameters */
  keepParameters(parameters) {
    const { operation } = parameters;
    const carried = carriedOptions(operationOf(operation)).map(({ name }) => [name, parameters[name]]);
    this._values.parameters = { ...this._values.parameters, [operation]: parameters };
    this._values.offered = { ...this._values.offered, ...Object.fromEntries(carried) };
    this._values.operation = operation;
    this._save();
  }

  /** @template T @param {string} name @param {T} fallback @returns {T} */
  setting(name, fallback) {
    const value = (this._values.settings || {})[name];
    return value === undefined || (fallback !== null && typeof value !== typeof fallback) ? fallback : value;
  }

  /** @param {string} name @param {any} value */
  keepSetting(name, value) {
    this._values.settings = { ...this._values.settings, [name]: value };
    this._save();
  }

  /** @returns {string[]} jobs whose results were neither placed nor dismissed, newest first */
  openJobs() {
    return Array.isArray(this._values.open) ? this._values.open : [];
  }

  /** @param {string[]} ids */
  keepOpenJobs(ids) {
    this._values.open = ids.slice(0, MAX_OPEN_JOBS);
    this._save();
  }

  /** @returns {LastRun | null} */
  lastRun() {
    const { last } = this._values;
    return last && last.sourceLayer ? last : null;
  }

  /** @param {LastRun} last */
  keepLastRun(last) {
    this._values.last = last;
    this._save();
  }

  /** A document was saved under another name. @param {string} from how it was known @param {string} to */
  keepRenamed(from, to) {
    const { [to]: _old, ...others } = this._values.renamed || {};
    const kept = Object.entries(others).slice(1 - MAX_RENAMED);
    this._values.renamed = { ...Object.fromEntries(kept), [to]: from };
    this._save();
  }

  /** @param {string} document @returns {string[]} itself, and how it was known before, newest first */
  keysOf(document) {
    const renamed = this._values.renamed || {};
    const keys = [document];
    for (let key = renamed[document]; key && !keys.includes(key); key = renamed[key]) keys.push(key);
    return keys;
  }

  /** @param {string} document @returns {Move[]} resizes of its canvas that Layerbridge made, oldest first */
  moves(document) {
    const moves = this._values.moves || {};
    return this.keysOf(document)
      .reverse()
      .flatMap((key) => moves[key] || []);
  }

  /** @param {string} document @param {Move} move */
  keepMove(document, move) {
    const { [document]: own = [], ...others } = this._values.moves || {};
    const kept = Object.entries(others).slice(-MAX_DOCUMENTS);
    this._values.moves = { ...Object.fromEntries(kept), [document]: [...own, move].slice(-MAX_MOVES) };
    this._save();
  }

  /**
   * What a layer was made of, should its own metadata not tell.
   * @param {string} document
   * @param {NamedLayer} layer
   * @returns {Note | null} null also where another layer has its number now: Photoshop gives numbers again
   */
  note(document, layer) {
    const notes = this._values.notes || {};
    const key = this.keysOf(document).find((known) => notes[`${known}/${layer.id}`]);
    const kept = key ? notes[`${key}/${layer.id}`] : null;
    return kept && kept.name === layer.name ? noteOf(kept) : null;
  }

  /** @param {string} document @param {NamedLayer} layer @param {Note} note its selection is kept where it is small */
  keepNote(document, layer, note) {
    const kept = Object.entries(this._values.notes || {}).slice(1 - MAX_NOTES);
    const { selected, selection } = areaOfNote(note);
    const small = selection && JSON.stringify(selection).length <= MAX_NOTED_SELECTION ? selection : null;
    const short = { ...note, selected, selection: small, name: layer.name };
    this._values.notes = { ...Object.fromEntries(kept), [`${document}/${layer.id}`]: short };
    this._save();
  }

  /** @param {string} id @returns {string | null} the token of a file that was chosen */
  picture(id) {
    return (this._values.pictures || {})[id] || null;
  }

  /** @param {string} id @param {string} token */
  keepPicture(id, token) {
    const { [id]: _old, ...others } = this._values.pictures || {};
    const kept = Object.entries(others).slice(1 - MAX_PICTURES);
    this._values.pictures = { ...Object.fromEntries(kept), [id]: token };
    this._save();
  }

  /** @param {string} home of a daemon @returns {Promise<string | null>} */
  async token(home) {
    try {
      return (await this._secrets.get('token-' + home)) || this._tokens.get(home) || null;
    } catch (error) {
      console.warn(`Layerbridge: secure storage cannot be read: ${reasonOf(error)}`);
      return this._tokens.get(home) || null;
    }
  }

  /** @param {string} home @param {string | null} token null: forget it */
  async keepToken(home, token) {
    this._tokens.delete(home);
    if (token) this._tokens.set(home, token);
    this.keepSetting('paired', { ...this.setting('paired', {}), [home]: Boolean(token) });
    try {
      if (token) await this._secrets.set('token-' + home, token);
      else await this._secrets.remove('token-' + home);
    } catch (error) {
      console.warn(`Layerbridge: secure storage cannot be written: ${reasonOf(error)}`);
    }
  }

  /** @param {string} home @returns {boolean} whether there was a token that is gone now */
  lostToken(home) {
    return this.setting('paired', /** @type {Object<string, boolean>} */ ({}))[home] === true;
  }

  /** @returns {Promise<void>} once everything is written */
  written() {
    return this._writing;
  }

  _save() {
    const text = JSON.stringify(this._values);
    this._writing = this._writing
      .then(() => this._files.write(FILE, text))
      .catch((error) => console.warn(`Layerbridge: cannot remember: ${reasonOf(error)}`));
  }
}

module.exports = { Remembered };
