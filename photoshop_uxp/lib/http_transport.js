'use strict';

/**
 * Calls over HTTP with `fetch`. UXP's peculiarities are kept out of the way: no `signal` (passing undefined throws), no
 * FormData, no stream: a body is one ArrayBuffer of known length, an answer is read as one.
 *
 * @typedef {object} Exchange
 * @property {string} method
 * @property {string} path with its query
 * @property {any} [json] a body to be sent as JSON
 * @property {Uint8Array} [bytes] a body of bytes
 * @property {Object<string, string>} [headers]
 * @property {number} seconds how long an answer may take
 * @typedef {{status: number, json: any, bytes: Uint8Array | null}} Answer `bytes`: of an answer that is not JSON
 * @typedef {{way: 'http' | 'ws', address: string, send: (exchange: Exchange) => Promise<Answer>,
 *   authorize: (token: string) => Promise<void>, close: () => void}} Transport
 */

const { utf8Decode, utf8Encode } = require('./wire.js');
const { BridgeError, reasonOf } = require('./failures.js');
const { withTimeout } = require('./timing.js');
const { t } = require('./texts.js');

/**
 * @param {string} address such as http://localhost:47821
 * @param {(address: string, init: any) => Promise<any>} fetcher
 * @returns {Transport}
 */
function httpTransport(address, fetcher) {
  let token = '';

  /** @param {Exchange} exchange @returns {Promise<Answer>} */
  async function send(exchange) {
    /** @type {Object<string, string>} */
    const headers = { ...exchange.headers };
    if (token) headers.Authorization = `Bearer ${token}`;
    /** @type {{method: string, headers: Object<string, string>, body?: ArrayBuffer}} */
    const init = { method: exchange.method, headers };
    const body = exchange.bytes || (exchange.json === undefined ? null : utf8Encode(JSON.stringify(exchange.json)));
    if (body) {
      headers['Content-Type'] = exchange.bytes ? 'application/octet-stream' : 'application/json';
      init.body = exactBuffer(body);
    }
    const response = await fetcher(address + exchange.path, init);
    const type = String(response.headers.get('content-type') || '');
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!type.includes('json')) return { status: response.status, json: null, bytes };
    return { status: response.status, json: parsed(bytes), bytes: null };
  }

  return {
    way: 'http',
    address,
    close() {},
    async authorize(given) {
      token = given;
    },
    send: (exchange) =>
      withTimeout(send(exchange), exchange.seconds).catch((error) => {
        if (error instanceof BridgeError) throw error;
        throw new BridgeError('unreachable', t('notRunning'), `${address}${exchange.path}: ${reasonOf(error)}`);
      }),
  };
}

/** @param {Uint8Array} bytes @returns {ArrayBuffer} just these bytes: views are not reliable as a body */
function exactBuffer(bytes) {
  if (bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength)
    return /** @type {ArrayBuffer} */ (bytes.buffer);
  return /** @type {ArrayBuffer} */ (bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** @param {Uint8Array} bytes @returns {any} */
function parsed(bytes) {
  try {
    return JSON.parse(utf8Decode(bytes));
  } catch (error) {
    throw new BridgeError('internal', t('notUnderstood'), reasonOf(error));
  }
}

module.exports = { httpTransport };
