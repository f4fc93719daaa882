'use strict';

/**
 * The panel behind its views: state, connection and memory in one place, and what a click does.
 *
 * @typedef {import('./state.js').Card} Card
 * @typedef {import('./state.js').State} State
 */

const host = require('./host.js');
const storage = require('./storage.js');
const { Remembered } = require('./remembered.js');
const { Masks } = require('./masks.js');
const { Session } = require('./session.js');
const { createStore, isUsed, placedVariations } = require('./state.js');
const { isApplied } = require('./parts.js');
const { readScene, savedAt } = require('./read_scene.js');
const { documentId, documentInfo, selectionOnCanvas, withSelectedMargins } = require('./scene.js');
const { planRequest } = require('./parameters.js');
const { noticeOf } = require('./notices.js');
const { BridgeError, reasonOf } = require('./failures.js');
const { sleep } = require('./timing.js');
const { operationOf, operations, useOperations } = require('./operations.js');
const { furtherInputs } = require('./roles.js');
const { leveled } = require('./tree.js');
const { agreed } = require('./table.js');
const { OPERATIONS } = require('./operation_table.js');
const jobs = require('./jobs.js');

const RETRY_SECONDS = 5; // between looks for a daemon that is not there
const POLL_MILLISECONDS = 500;
const SETTLE_MILLISECONDS = 120; // Photoshop sends several events for one action
const PLAN_MILLISECONDS = 300; // without a change, after which the daemon is asked what automatic stands for

class Panel {
  /** @param {(state: State) => void} render @param {() => boolean} [visible] whether the panel can be seen */
  constructor(render, visible = () => true) {
    this.visible = visible;
    /** @type {() => void} */
    this.told = () => {};
    /** @type {Promise<void>} once what is remembered is there */
    this.loaded = new Promise((resolve) => (this.told = resolve));
    this.remembered = new Remembered(storage.files, storage.secrets);
    this.store = createStore((state) => {
      render(state);
      this._planSoon(state);
    });
    this.session = new Session(host.net, this.remembered, (connection) => {
      this.store.dispatch({ type: 'set', values: { connection } });
    });
    this.masks = new Masks();
    /** @type {Set<number>} cards that are followed */
    this.following = new Set();
    /** @type {Set<string>} thumbnails on their way */
    this.loading = new Set();
    /** @type {Map<number, import('./apply_options.js').ApplyOptions>} what a question was about */
    this.pending = new Map();
    /** @type {Map<number, string>} how open documents were known when they were seen last, by Photoshop's number */
    this._known = new Map();
    this.historyReads = 0; // the newest of them counts
    this._lastKey = 0;
    this._pulse = '';
    /** @type {any} */
    this._settling = null;
    /** @type {any} */
    this._planning = null;
    this._planned = ''; // what was asked last
  }

  async start() {
    await this.remembered.load();
    const [operation, values] = [this.remembered.lastOperation(), this._rememberedValues()];
    const usual = this.store.get().settings;
    const settings = {
      way: this.remembered.setting('way', usual.way),
      placeFirst: this.remembered.setting('placeFirst', usual.placeFirst),
    };
    this.store.dispatch({
      type: 'set',
      values: { operation, values, settings, more: this.remembered.setting('more', false) },
    });
    this.told();
    this.refreshScene();
    host.onChange(() => this._settle());
    this._watchChanges();
    await this.connect();
    this._watch();
  }

  /** Look for the daemon, and for what it has of ours. */
  async connect() {
    try {
      await this.session.reconnect();
      await this.connected();
    } catch (error) {
      // the connection itself says what is wrong, in the bar at the top and in the settings
      console.warn(`Layerbridge: ${reasonOf(error)}`);
    }
  }

  async connected() {
    await this._readOperations();
    await jobs.recover(this);
    await this._readModels();
  }

  async reloadModels() {
    try {
      await this._readModels();
    } catch (error) {
      this.fail(error);
    }
  }

  /** @returns {State['values']} of the operations that are offered */
  _rememberedValues() {
    return Object.fromEntries(operations().map(({ name }) => [name, this.remembered.parameters(name)]));
  }

  /** What the daemon offers takes the place of what the panel came with; what is in the form stays. */
  async _readOperations() {
    const told = await this.session
      .call((client) => client.operations())
      .catch((error) => {
        if (error.code !== 'not_found' && error.code !== 'method_not_allowed') throw error;
        return null; // an older daemon
      });
    const { offered, disagreement } = agreed(OPERATIONS, told && told.operations, this.session.connection.version);
    const before = this.store.get();
    const same = JSON.stringify(offered) === JSON.stringify(before.operations);
    if (same && disagreement === before.disagreement) return;
    useOperations(offered);
    const last = this.remembered.lastOperation();
    const isIn = (/** @type {State['operations']} */ table, /** @type {string} */ wanted) =>
      table.some(({ name }) => name === wanted);
    const stays = isIn(before.operations, last) && isIn(offered, before.operation);
    const operation = stays ? before.operation : last; // `last`: only now offered
    const values = same ? before.values : { ...this._rememberedValues(), ...valuesOf(before, offered) };
    const shown = same ? before.operations : offered;
    this.store.dispatch({ type: 'set', values: { operations: shown, disagreement, operation, values, problems: {} } });
    this.refreshScene();
  }

  async _readModels() {
    const { models } = await this.session.call((client) => client.models());
    this.store.dispatch({ type: 'set', values: { models } });
  }

  /** @param {string} code @returns {Promise<void>} */
  async pair(code) {
    try {
      await this.session.pair(code);
      this.store.dispatch({ type: 'set', values: { notice: null, view: 'paint' } });
      await this.connected();
    } catch (error) {
      this.fail(error);
    }
  }

  async unpair() {
    await this.session.unpair();
    await this.connect();
  }

  /** @param {string} name @param {any} value */
  keepSetting(name, value) {
    this.remembered.keepSetting(name, value);
    this.store.dispatch({ type: 'set', values: { settings: { ...this.store.get().settings, [name]: value } } });
  }

  /** @param {number} key @returns {Card | undefined} */
  card(key) {
    return this.store.get().cards.find((card) => card.key === key);
  }

  /** @param {number} key @param {Partial<Card>} values */
  change(key, values) {
    this.store.dispatch({ type: 'change', key, values });
  }

  /** What the bar at the top already says is not said a second time. @param {unknown} error */
  fail(error) {
    const { connection } = this.store.get();
    const told = error instanceof BridgeError && connection.phase !== 'connected' && error.code === connection.code;
    this.store.dispatch({ type: 'set', values: { notice: told ? null : noticeOf(error) } });
  }

  /** @returns {number} */
  nextKey() {
    this._lastKey += 1;
    return this._lastKey;
  }

  /** Jobs that are offered again after a restart: those that run, and finished ones of which nothing was placed. */
  keepOpen() {
    const read = (/** @type {Card} */ card) => !isApplied(card.request) && card.variations.some(({ text }) => text !== null);
    const taken = (/** @type {Card} */ card) => card.documentClosed || card.variations.some(isUsed) || read(card);
    const open = this.store.get().cards.filter((card) => card.job && (card.stage !== 'ended' || !taken(card)));
    this.remembered.keepOpenJobs(open.map((card) => card.job));
  }

  refreshScene() {
    try {
      this.store.dispatch({ type: 'set', values: { scene: readScene(), layers: this._layersOffered() } });
      this.noticeDocuments();
      this._forgetDeleted();
    } catch (error) {
      // it is being closed: its event comes next
      console.warn(`Layerbridge: the document cannot be read now: ${reasonOf(error)}`);
    }
  }

  /** @returns {import('./tree.js').Leveled[]} of the document in front, where a row of the form offers them */
  _layersOffered() {
    const document = host.activeDocument();
    const asked = furtherInputs(operationOf(this.store.get().operation)).length > 0;
    return (document && asked && leveled(host.layerTree(document.id) || [])) || [];
  }

  /** A document that was saved under another name keeps its History and its moves. */
  noticeDocuments() {
    for (const document of host.documents()) {
      const { id, title, name } = document;
      const key = documentId({ id, start: host.START, ...savedAt(document), name: String(title || name || '') });
      const before = this._known.get(id);
      if (before && before !== key) this.remembered.keepRenamed(before, key);
      this._known.set(id, key);
    }
  }

  /** Placed layers that were deleted, undone, or closed with their document, are not placed any more. */
  _forgetDeleted() {
    for (const card of this.store.get().cards) {
      for (const { index, placed } of card.busy ? [] : placedVariations(card)) {
        const document = host.findDocument(placed.document);
        if (document && host.hasLayer(placed.document, placed.layer)) continue;
        this.store.dispatch({ type: 'variation', key: card.key, index, values: { placed: null } });
        if (!document) this.change(card.key, { documentClosed: true });
      }
    }
  }

  /** Events come late or not at all while the user goes on in one tool; two values tell that something was done. */
  poll() {
    const pulse = host.pulse();
    if (pulse === this._pulse) return;
    this._pulse = pulse;
    this._settle();
  }

  /** Looks again, as long as the panel can be seen. */
  async _watchChanges() {
    for (;;) {
      await sleep(POLL_MILLISECONDS);
      if (this.visible()) this.poll();
    }
  }

  _settle() {
    clearTimeout(this._settling);
    this._settling = setTimeout(() => this.refreshScene(), SETTLE_MILLISECONDS);
  }

  /** Asks for the lengths that automatic stands for, or how long it takes, once nothing was changed for a moment. @param {State} state */
  _planSoon(state) {
    const { connection, operation, scene, values, view } = state;
    const { plans, estimates } = operationOf(operation);
    const isAsked = view === 'paint' && (plans || estimates) && connection.phase === 'connected';
    if (!scene || !isAsked) return;
    const chosen = withSelectedMargins(scene, values[operation]);
    const body = planRequest(chosen, documentInfo(scene), selectionOnCanvas(scene), null);
    const asked = JSON.stringify(body);
    if (asked === this._planned) return;
    this._planned = asked;
    clearTimeout(this._planning);
    this._planning = setTimeout(() => this._plan(body, asked), PLAN_MILLISECONDS);
  }

  /** @param {any} body @param {string} asked */
  async _plan(body, asked) {
    const plan = await this.session
      .call((client) => client.plan(body))
      .catch((error) => {
        console.warn(`Layerbridge: no plan: ${reasonOf(error)}`); // Generate asks again, and says what is wrong
        return null;
      });
    if (asked === this._planned) this.store.dispatch({ type: 'set', values: { plan } });
  }

  /** A daemon that is not there may be started at any time. */
  async _watch() {
    for (;;) {
      await sleep(RETRY_SECONDS * 1000);
      if (this.session.connection.phase === 'absent') await this.connect();
    }
  }
}

/**
 * What is in the form of operations whose options are the same as before.
 * @param {State} state @param {readonly import('./operations.js').Operation[]} offered
 * @returns {State['values']}
 */
function valuesOf({ operations: before, values }, offered) {
  const same = offered.filter((operation) => {
    const known = before.find(({ name }) => name === operation.name);
    return known && JSON.stringify(known) === JSON.stringify(operation);
  });
  return Object.fromEntries(same.map(({ name }) => [name, values[name]]));
}

module.exports = { Panel };
