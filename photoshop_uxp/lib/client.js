'use strict';

/**
 * The daemon's calls, version 1, over whichever transport works. Every call throws BridgeError with the daemon's sentence, or
 * `unreachable`.
 *
 * @typedef {import('./http_transport.js').Transport} Transport
 * @typedef {import('./http_transport.js').Exchange} Exchange
 */

const { BridgeError } = require('./failures.js');
const { t } = require('./texts.js');

const SHORT_SECONDS = 15; // small calls on the same machine
const BODY_SECONDS = 600; // a large frame on a slow disk
const LONG_POLL_SLACK_SECONDS = 15;

class Client {
  /** @param {Transport} transport */
  constructor(transport) {
    this.transport = transport;
  }

  /** @param {string} code @param {string} client @param {string | null} before its id, if it was paired @returns {Promise<any>} PairReply */
  pair(code, client, before) {
    const json = before ? { code, client, client_id: before } : { code, client };
    return this._json({ method: 'POST', path: '/v1/pair', json, seconds: SHORT_SECONDS });
  }

  /** @param {any} request @returns {Promise<any>} PlanReply */
  plan(request) {
    return this._json({ method: 'POST', path: '/v1/plan', json: request, seconds: SHORT_SECONDS });
  }

  /**
   * @param {Uint8Array} frame
   * @param {string} key the same key again makes no second job
   * @returns {Promise<any>} JobAccepted
   */
  submit(frame, key) {
    const headers = { 'Idempotency-Key': key };
    return this._json({ method: 'POST', path: '/v1/jobs', bytes: frame, headers, seconds: BODY_SECONDS });
  }

  /** @param {string} job @param {number} after @param {number} wait seconds @returns {Promise<any>} JobReply */
  job(job, after, wait) {
    const path = `/v1/jobs/${encodeURIComponent(job)}?after=${after}&wait=${wait}`;
    return this._json({ method: 'GET', path, seconds: wait + LONG_POLL_SLACK_SECONDS });
  }

  /**
   * @param {Object<string, string | number | null>} filters limit, before, document, state
   * @returns {Promise<any>} JobList
   */
  jobs(filters) {
    const given = Object.entries(filters).filter(([, value]) => value !== null && value !== '');
    const query = given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&');
    return this._json({ method: 'GET', path: `/v1/jobs?${query}`, seconds: SHORT_SECONDS });
  }

  /** @param {string} job @param {string} role @param {number} index @returns {Promise<Uint8Array>} a frame */
  artifact(job, role, index) {
    return this._file(`/v1/jobs/${encodeURIComponent(job)}/artifacts/${encodeURIComponent(role)}/${index}`, BODY_SECONDS);
  }

  /** @param {string} job @param {number} index @returns {Promise<Uint8Array>} a JPEG */
  thumbnail(job, index) {
    return this._file(`/v1/jobs/${encodeURIComponent(job)}/thumbnails/${index}`, SHORT_SECONDS);
  }

  /** @param {string} job @returns {Promise<any>} */
  cancel(job) {
    return this._json({ method: 'POST', path: `/v1/jobs/${encodeURIComponent(job)}/cancel`, seconds: SHORT_SECONDS });
  }

  /** @param {string} job @returns {Promise<any>} */
  remove(job) {
    return this._json({ method: 'DELETE', path: `/v1/jobs/${encodeURIComponent(job)}`, seconds: SHORT_SECONDS });
  }

  /**
   * @param {string} job
   * @param {string} key the same key again makes no second job
   * @returns {Promise<any>} JobAccepted
   */
  resubmit(job, key) {
    const path = `/v1/jobs/${encodeURIComponent(job)}/resubmit`;
    return this._json({ method: 'POST', path, headers: { 'Idempotency-Key': key }, seconds: SHORT_SECONDS });
  }

  /** @returns {Promise<any>} OperationList */
  operations() {
    return this._json({ method: 'GET', path: '/v1/operations', seconds: SHORT_SECONDS });
  }

  /** @returns {Promise<any>} ModelList */
  models() {
    return this._json({ method: 'GET', path: '/v1/models', seconds: SHORT_SECONDS });
  }

  /** @param {Exchange} exchange @returns {Promise<any>} */
  async _json(exchange) {
    const answer = await this._send(exchange);
    if (typeof answer.json !== 'object' || answer.json === null) throw new BridgeError('internal', t('notUnderstood'));
    return answer.json;
  }

  /** @param {string} path @param {number} seconds @returns {Promise<Uint8Array>} */
  async _file(path, seconds) {
    const answer = await this._send({ method: 'GET', path, seconds });
    if (!answer.bytes) throw new BridgeError('internal', t('notUnderstood'));
    return answer.bytes;
  }

  /** @param {Exchange} exchange */
  async _send(exchange) {
    const answer = await this.transport.send(exchange);
    if (answer.status >= 200 && answer.status < 300) return answer;
    const body = answer.json;
    if (!body || !body.code) throw new BridgeError('unreachable', t('notLayerbridge', { status: answer.status }));
    throw new BridgeError(String(body.code), String(body.message), String(body.detail || ''));
  }
}

/** @returns {string} an Idempotency-Key, new for each press of a button */
function newKey() {
  const word = () => Math.floor(Math.random() * 2 ** 32).toString(16);
  return Array.from({ length: 4 }, () => word().padStart(8, '0')).join('');
}

module.exports = { Client, newKey };
