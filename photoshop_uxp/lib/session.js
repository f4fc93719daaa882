'use strict';

/**
 * The connection to the daemon: found, let in, lost and found again. One at a time, shared by all calls.
 *
 * @typedef {import('./connect.js').Net} Net
 * @typedef {import('./connect.js').Tried} Tried
 * @typedef {import('./remembered.js').Remembered} Remembered
 * @typedef {'looking' | 'connected' | 'unpaired' | 'absent' | 'incompatible'} Phase
 * @typedef {{phase: Phase, way: string, address: string, version: string, message: string, code: string, tried: Tried[],
 *   lost: boolean}} Connection for the user; `lost`: secure storage lost the token
 */

const wire = require('./wire.js');
const { Client } = require('./client.js');
const { find } = require('./connect.js');
const { BridgeError, reasonOf } = require('./failures.js');
const { t } = require('./texts.js');

const CLIENT_NAME = 'Photoshop';

/** @type {Connection} */
const LOOKING = Object.freeze({
  phase: 'looking',
  way: '',
  address: '',
  version: '',
  message: '',
  code: '',
  tried: [],
  lost: false,
});

class Session {
  /** @param {Net} net @param {Remembered} remembered @param {(connection: Connection) => void} onChange */
  constructor(net, remembered, onChange) {
    this._net = net;
    this._remembered = remembered;
    this._onChange = onChange;
    /** @type {Client | null} */
    this._client = null;
    /** @type {Promise<Client> | null} the attempt that was begun last, also when it has ended */
    this._newest = null;
    this._connecting = false; // whether that one goes on
    this._attempts = 0;
    this._home = '';
    this._connection = LOOKING;
  }

  /** @returns {Connection} */
  get connection() {
    return this._connection;
  }

  /** Look again, from the beginning. @returns {Promise<Client>} */
  reconnect() {
    return this._begin('');
  }

  /**
   * @returns {Promise<Client>} one that is let in
   * @throws {BridgeError} unreachable, unauthorized, incompatible_version
   */
  client() {
    if (this._client) return Promise.resolve(this._client);
    return this._connecting && this._newest ? this._newest : this._begin('');
  }

  /** @param {string} code that the user typed @returns {Promise<Client>} */
  pair(code) {
    return this._begin(code.trim());
  }

  async unpair() {
    await this._remembered.keepToken(this._home, null);
    this._drop();
  }

  /**
   * Run `work` with a client. A connection that was lost is found again once: the daemon may have another port now.
   * @template T
   * @param {(client: Client) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async call(work) {
    const client = await this.client();
    try {
      return await work(client);
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      if (error.code === 'unauthorized') await this._revoked(client, error);
      if (error.code !== 'unreachable' && error.code !== 'shutting_down') throw error;
      if (this._client === client) this._drop();
    }
    return work(await this.client());
  }

  /**
   * A new attempt, which takes the place of one that goes on: that one's result no longer counts, and who waits for it gets
   * this one's.
   * @param {string} code '' where there is none
   * @returns {Promise<Client>}
   */
  _begin(code) {
    this._drop();
    this._attempts += 1;
    const number = this._attempts;
    const outdated = () => number !== this._attempts;
    this._connecting = true;
    this._newest = this._connect(code, outdated)
      .catch((error) => {
        if (!outdated()) throw error;
        return null;
      })
      .then((client) => client || /** @type {Promise<Client>} */ (this._newest))
      .finally(() => {
        if (!outdated()) this._connecting = false;
      });
    return this._newest;
  }

  /**
   * @param {string} code '' where there is none
   * @param {() => boolean} outdated whether a newer attempt was begun
   * @returns {Promise<Client | null>} null: it is outdated
   */
  async _connect(code, outdated) {
    const allowed = /** @type {any} */ (this._remembered.setting('way', 'auto'));
    const last = /** @type {any} */ (this._remembered.setting('endpoint', /** @type {any} */ (null)));
    const found = await find(this._net, allowed, last, outdated).catch((error) => {
      if (!outdated())
        this._tell({ ...LOOKING, phase: 'absent', message: error.message, code: error.code, tried: error.tried || [] });
      throw error;
    });
    const { transport, hello, endpoint, tried } = found;
    const facts = {
      ...LOOKING,
      way: endpoint.way,
      address: transport.address,
      version: String(hello.version || '?'),
      tried,
    };
    const client = new Client(transport);
    if (outdated()) return abandoned(client);
    const home = String(hello.home || '');
    this._home = home;
    let sent = false; // a token
    try {
      checkVersion(hello);
      const token = code ? await this._paired(client, home, code) : await this._remembered.token(home);
      if (!token) throw new BridgeError('unauthorized', this._pairingText());
      sent = true;
      await transport.authorize(token);
      if (transport.way === 'http') await client.jobs({ limit: 1 }); // whether the token is still good
    } catch (error) {
      transport.close();
      if (outdated()) throw error;
      const why = error instanceof BridgeError ? error.code : 'internal';
      const lost = this._remembered.lostToken(home);
      if (why === 'unauthorized' && sent) await this._remembered.keepToken(home, null); // the daemon's own word
      this._tell({ ...facts, phase: phaseOf(why), message: reasonOf(error), code: why, lost });
      throw error;
    }
    if (outdated()) return abandoned(client);
    this._remembered.keepSetting('endpoint', endpoint);
    this._client = client;
    this._tell({ ...facts, phase: 'connected' });
    return client;
  }

  /** @param {Client} client @param {string} home @param {string} code @returns {Promise<string>} */
  async _paired(client, home, code) {
    const ids = this._remembered.setting('clients', /** @type {Object<string, string>} */ ({}));
    const { token, client_id: id } = await client.pair(code, CLIENT_NAME, ids[home] || null);
    await this._remembered.keepToken(home, String(token));
    this._remembered.keepSetting('clients', { ...ids, [home]: String(id) });
    return String(token);
  }

  /** @param {Client} client @param {BridgeError} error @returns {Promise<never>} */
  async _revoked(client, error) {
    if (this._client === client) {
      await this._remembered.keepToken(this._home, null);
      this._drop();
      this._tell({ ...this._connection, phase: 'unpaired', message: error.message, code: error.code });
    }
    throw error;
  }

  _pairingText() {
    return t(this._remembered.lostToken(this._home) ? 'pairLost' : 'pairText');
  }

  _drop() {
    if (this._client) this._client.transport.close();
    this._client = null;
  }

  /** @param {Connection} connection */
  _tell(connection) {
    this._connection = connection;
    this._onChange(connection);
  }
}

/** @param {Client} client @returns {null} */
function abandoned(client) {
  client.transport.close();
  return null;
}

/** @param {string} code of why it was not let in @returns {Phase} */
function phaseOf(code) {
  if (code === 'unauthorized' || code.startsWith('pairing')) return 'unpaired';
  return code === 'incompatible_version' ? 'incompatible' : 'absent';
}

/** @param {any} hello @throws {BridgeError} incompatible_version, which says which side is older */
function checkVersion(hello) {
  const values = { version: String(hello.version || '?') };
  if (Number(hello.api_max || 0) < wire.API_VERSION_MIN)
    throw new BridgeError('incompatible_version', t('daemonOlder', values));
  if (Number(hello.api_min || 0) > wire.API_VERSION)
    throw new BridgeError('incompatible_version', t('clientOlder', values));
}

module.exports = { Session, checkVersion, LOOKING };
