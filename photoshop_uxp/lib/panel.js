'use strict';

/**
 * The panel behind its views: state, connection and memory in one place, and what a click does.
 *
 * @typedef {import('./state.js').Card} Card
 * @typedef {import('./state.js').State} State
 */

const host = require('./host.js');
const { Remembered } = require('./remembered.js');
const { Masks } = require('./masks.js');
const { Session } = require('./session.js');
const { createStore, placedVariations } = require('./state.js');
const { look, placeOf } = require('./look.js');
const { documentId } = require('./scene.js');
const { noticeOf } = require('./notices.js');
const { BridgeError, reasonOf } = require('./failures.js');
const { sleep } = require('./timing.js');
const { DEFAULTS } = require('./parameters.js');
const jobs = require('./jobs.js');

const RETRY_SECONDS = 5; // between looks for a daemon that is not there
const POLL_MILLISECONDS = 500;
const SETTLE_MILLISECONDS = 120; // Photoshop sends several events for one action

class Panel {
  /** @param {(state: State) => void} render @param {() => boolean} [visible] whether the panel can be seen */
  constructor(render, visible = () => true) {
    this.visible = visible;
    /** @type {() => void} */
    this.told = () => {};
    /** @type {Promise<void>} once what is remembered is there */
    this.loaded = new Promise((resolve) => (this.told = resolve));
    this.remembered = new Remembered(host.files, host.secrets);
    this.store = createStore(render);
    this.session = new Session(host.net, this.remembered, (connection) => {
      this.store.dispatch({ type: 'set', values: { connection } });
    });
    this.masks = new Masks();
    /** @type {Set<number>} cards that are followed */
    this.following = new Set();
    /** @type {Set<string>} thumbnails on their way */
    this.loading = new Set();
    /** @type {Map<number, import('./placing.js').Wish>} what a question was about */
    this.pending = new Map();
    /** @type {Map<number, string>} how open documents were known when they were seen last, by Photoshop's number */
    this._known = new Map();
    this.historyReads = 0; // the newest of them counts
    this._lastKey = 0;
    this._pulse = '';
    /** @type {any} */
    this._settling = null;
  }

  async start() {
    await this.remembered.load();
    const kind = this.remembered.lastKind();
    const values = /** @type {State['values']} */ (
      Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, this.remembered.parameters(name)]))
    );
    const settings = {
      way: this.remembered.setting('way', 'auto'),
      placeFirst: this.remembered.setting('placeFirst', true),
    };
    this.store.dispatch({
      type: 'set',
      values: { kind, values, settings, more: this.remembered.setting('more', false) },
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
    const taken = (/** @type {Card} */ card) => card.settled || placedVariations(card).length > 0;
    const open = this.store.get().cards.filter((card) => card.job && (card.stage !== 'ended' || !taken(card)));
    this.remembered.keepOpenJobs(open.map((card) => card.job));
  }

  refreshScene() {
    try {
      this.store.dispatch({ type: 'set', values: { scene: look() } });
      this.noticeDocuments();
      this._forgetDeleted();
    } catch (error) {
      // it is being closed: its event comes next
      console.warn(`Layerbridge: the document cannot be read now: ${reasonOf(error)}`);
    }
  }

  /** A document that was saved under another name keeps its History and its moves. */
  noticeDocuments() {
    for (const document of host.documents()) {
      const { id, title, name } = document;
      const key = documentId({ id, start: host.START, ...placeOf(document), name: String(title || name || '') });
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
        if (!document) this.change(card.key, { settled: true });
      }
    }
  }

  /** Events come late or not at all while the painter goes on in one tool; two values tell that something was done. */
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

  /** A daemon that is not there may be started at any time. */
  async _watch() {
    for (;;) {
      await sleep(RETRY_SECONDS * 1000);
      if (this.session.connection.phase === 'absent') await this.connect();
    }
  }
}

module.exports = { Panel };
