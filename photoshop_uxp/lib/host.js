'use strict';

/**
 * Photoshop and UXP: with imaging.js and storage.js the only file that requires them. Thin: what is decided is decided elsewhere.
 *
 * @typedef {import('photoshop/dom/Document').Document} PsDocument
 * @typedef {import('photoshop/dom/Layer').Layer} PsLayer
 * @typedef {import('photoshop/dom/CoreModules').ExecutionContext} ModalContext
 */

const photoshop = require('photoshop');
/** @type {any} */
const uxp = require('uxp');
const { BridgeError, CancelError, reasonOf } = require('./failures.js');
const { sleep } = require('./timing.js');
const { t } = require('./texts.js');

const { app, core, action, constants } = photoshop;
const COLLISION = 9; // error number of executeAsModal where another modal scope is active
const PATIENCE_SECONDS = 20; // a filter dialog or a brush stroke of another command
const RETRY_SECONDS = 0.5;
const COMMANDS_AT_ONCE = 100; // of one batchPlay
/** What may change what the panel says of a document; not all of them are on Adobe's page of events. */
const EVENTS = Object.freeze([
  ...['open', 'close', 'save', 'newDocument', 'historyStateChanged', 'undoEvent', 'revert'],
  ...['select', 'set', 'make', 'delete', 'duplicate', 'paste', 'placeEvent', 'copyToLayer', 'cutToLayer', 'mergeLayersNew'],
  ...['deselect', 'addTo', 'subtractFrom', 'interfaceWhite', 'inverse', 'feather', 'expand', 'contract', 'grow', 'similar'],
  ...['border', 'smoothness', 'colorRange', 'move', 'transform'],
  ...['canvasSize', 'imageSize', 'crop', 'rotateEventEnum', 'convertMode', 'flattenImage'],
]);

/** Tells this start of the panel from all others. */
const START = Math.random().toString(36).slice(2, 10);

/** @returns {PsDocument[]} the open documents */
function documents() {
  return Array.from(app.documents);
}

/** @returns {PsDocument | null} the document in front */
function activeDocument() {
  return documents().length ? app.activeDocument : null;
}

/** @param {number} id @returns {PsDocument | null} null: it is not open any more */
function findDocument(id) {
  return documents().find((document) => document.id === id) || null;
}

/**
 * @param {number} documentID
 * @returns {import('./tree.js').TreeNode[] | null} its layers by one call; null: this Photoshop does not tell them
 */
function layerTree(documentID) {
  try {
    const told = /** @type {any} */ (core).getLayerTreeSync({ documentID });
    return Array.isArray(told?.list) ? told.list : null;
  } catch (error) {
    console.warn(`Layerbridge: the layers are not told at once: ${reasonOf(error)}`);
    return null;
  }
}

/** @param {number} documentID @param {number} layerID @returns {boolean} whether the layer is there */
function hasLayer(documentID, layerID) {
  return action.validateReference([
    { _ref: 'layer', _id: layerID },
    { _ref: 'document', _id: documentID },
  ]);
}

/** @returns {string} another text where the document in front is another one, or was changed */
function pulse() {
  const document = activeDocument();
  return document ? `${document.id} ${document.activeHistoryState?.id}` : '';
}

/** @param {PsDocument} document */
function bringToFront(document) {
  if (!app.activeDocument || app.activeDocument.id !== document.id) app.activeDocument = document;
}

let turn = Promise.resolve(); // scopes of this panel wait for one another: begun within one another they would be one

/**
 * One short modal scope. Waits a while for another command to end.
 * @template T
 * @param {string} commandName
 * @param {(context: ModalContext) => Promise<T>} work
 * @param {(waiting: boolean) => void} [onWait]
 * @returns {Promise<T>}
 * @throws {BridgeError} busy
 * @throws {CancelError} where the user pressed Escape: Photoshop has taken everything back
 */
function modal(commandName, work, onWait = () => {}) {
  const result = turn.then(() => patient(commandName, work, onWait));
  turn = result.then(
    () => {},
    () => {},
  );
  return result;
}

/**
 * @template T
 * @param {string} commandName
 * @param {(context: ModalContext) => Promise<T>} work
 * @param {(waiting: boolean) => void} onWait
 * @returns {Promise<T>}
 */
async function patient(commandName, work, onWait) {
  const deadline = Date.now() + PATIENCE_SECONDS * 1000;
  let escaped = false;
  const scope = async (/** @type {ModalContext} */ context) => {
    onWait(false);
    try {
      return await work(context);
    } catch (error) {
      escaped = context.isCancelled;
      throw error; // Photoshop takes back what was done
    }
  };
  for (;;) {
    try {
      return await core.executeAsModal(scope, { commandName });
    } catch (error) {
      if (escaped) throw new CancelError();
      if (!isCollision(error)) throw error;
      if (Date.now() > deadline) throw new BridgeError('busy', t('photoshopBusy'), reasonOf(error));
      onWait(true);
      await sleep(RETRY_SECONDS * 1000);
    }
  }
}

/** @param {unknown} error @returns {boolean} */
function isCollision(error) {
  return typeof error === 'object' && error !== null && 'number' in error && error.number === COLLISION;
}

/** Have a document drawn anew: some versions show a mask, or read a composite, as it was before. @param {number} documentID */
async function redraw(documentID) {
  try {
    await core.redrawDocument({ documentID });
  } catch (error) {
    console.warn(`Layerbridge: the document is not drawn anew: ${reasonOf(error)}`);
  }
}

/**
 * @param {{_obj: string} & Object<string, any>} descriptor
 * @returns {Promise<any>} its result
 * @throws {Error} also where Photoshop returns an error instead of throwing it
 */
async function play(descriptor) {
  const [result] = await action.batchPlay([{ ...descriptor, _options: { dialogOptions: 'silent' } }], {});
  if (result && result._obj === 'error') throw new Error(String(result.message || result.result));
  return result;
}

/**
 * Properties of layers, many in few calls: each call of Photoshop costs far more than what it reads.
 * @param {number} documentID
 * @param {Array<{layer: number, property: string}>} asked `layer`: its number
 * @returns {Promise<any[]>} what was told of each, by the property's name; null where that failed
 */
async function readProperties(documentID, asked) {
  const document = { _ref: 'document', _id: documentID };
  const descriptors = asked.map(({ layer, property }) => ({
    _obj: 'get',
    _target: [{ _property: property }, { _ref: 'layer', _id: layer }, document],
  }));
  /** @type {any[]} */
  const results = [];
  while (results.length < descriptors.length) {
    const next = descriptors.slice(results.length, results.length + COMMANDS_AT_ONCE);
    const got = await action.batchPlay(next, { continueOnError: true });
    if (!got.length) throw new Error('Photoshop gave no result');
    results.push(...got.map((result) => (result && result._obj !== 'error' ? result : null)));
  }
  return results;
}

/** @param {() => void} listener called when something in Photoshop may have changed */
function onChange(listener) {
  Promise.resolve(action.addNotificationListener([...EVENTS], listener)).catch((error) => {
    console.warn(`Layerbridge: Photoshop sends no events: ${reasonOf(error)}`); // the panel also looks when the mouse comes
  });
}

/** A message of Photoshop's own, where the panel cannot be seen. @param {string} message */
async function say(message) {
  await core.showAlert({ message });
}

/**
 * A step of the Action that is being recorded; nothing where none is.
 * @param {{name: string, methodName: string}} step `methodName`: of a global function, called with the context and `info`
 * @param {Object<string, string>} info
 */
async function recordStep(step, info) {
  try {
    await /** @type {any} */ (action).recordAction(step, info);
  } catch (error) {
    console.warn(`Layerbridge: the step is not recorded: ${reasonOf(error)}`);
  }
}

/** @param {any} options of app.createDocument @returns {Promise<any>} */
function createDocument(options) {
  return app.createDocument(options);
}

const net = {
  fetch: (/** @type {any} */ url, /** @type {any} */ init) => fetch(url, init),
  WebSocket,
};

/** @param {string} text @returns {Promise<void>} */
async function copyText(text) {
  await /** @type {any} */ (navigator).clipboard.setContent({ 'text/plain': text });
}

/** @param {any} entrypoints */
function setup(entrypoints) {
  uxp.entrypoints.setup(entrypoints);
}

/** @returns {string} such as 'en_US' */
function locale() {
  return String((uxp.host && uxp.host.uiLocale) || 'en');
}

/** For the self-test, whose checks ask Photoshop itself. */
const native = Object.freeze({ photoshop, uxp });

module.exports = {
  START,
  native,
  constants,
  documents,
  activeDocument,
  findDocument,
  layerTree,
  hasLayer,
  pulse,
  bringToFront,
  modal,
  redraw,
  play,
  readProperties,
  onChange,
  say,
  recordStep,
  createDocument,
  net,
  copyText,
  setup,
  locale,
};
