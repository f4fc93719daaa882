'use strict';

/**
 * Finding Layerbridge: which way works, and why the others did not.
 *
 * @typedef {import('./http_transport.js').Transport} Transport
 * @typedef {import('./addresses.js').Endpoint} Endpoint
 * @typedef {import('./addresses.js').AllowedTransport} AllowedTransport
 * @typedef {{address: string, reason: string}} Tried `reason`: what the host or the daemon said
 * @typedef {{fetch: (address: string, init: any) => Promise<any>, WebSocket: any}} Net
 * @typedef {{transport: Transport, endpoint: Endpoint, hello: any, tried: Tried[]}} Found
 * @typedef {{endpoint: Endpoint, transport: Transport | null, hello: any, reason: string}} Greeting
 */

const { addressOf, candidates } = require('./addresses.js');
const { httpTransport } = require('./http_transport.js');
const { socketTransport } = require('./socket_transport.js');
const { BridgeError, reasonOf } = require('./failures.js');
const { t } = require('./texts.js');

const HELLO_SECONDS = 3;

/**
 * The daemon that answers first, of the first group of `candidates` where one does.
 * @param {Net} net
 * @param {AllowedTransport} allowed
 * @param {Endpoint | null} last
 * @param {() => boolean} [stopped] whether nobody waits for it any more
 * @returns {Promise<Found>}
 * @throws {BridgeError} unreachable, with `tried` as its property
 */
async function find(net, allowed, last, stopped = () => false) {
  /** @type {Tried[]} */
  const tried = [];
  for (const group of candidates(allowed, last)) {
    if (stopped()) break;
    const { found, failed } = await firstOf(group.map((endpoint) => greet(net, endpoint)));
    if (found && found.transport) {
      return { transport: found.transport, endpoint: found.endpoint, hello: found.hello, tried };
    }
    for (const endpoint of group) {
      const reason = failed.find((answer) => answer.endpoint === endpoint)?.reason || '';
      tried.push({ address: addressOf(endpoint), reason });
    }
  }
  const refused = tried.some((attempt) => /permission denied|manifest/i.test(attempt.reason));
  const error = new BridgeError('unreachable', t(refused ? 'refusedWays' : 'notRunning'));
  throw Object.assign(error, { tried });
}

/**
 * The first that is Layerbridge, without waiting for the others: a port that is closed may take seconds to say so, one that is
 * filtered never does. What answers later is closed.
 * @param {Array<Promise<Greeting>>} greetings which never reject
 * @returns {Promise<{found: Greeting | null, failed: Greeting[]}>}
 */
function firstOf(greetings) {
  /** @type {Greeting[]} */
  const failed = [];
  let settled = false;
  return new Promise((resolve) => {
    for (const greeting of greetings) {
      greeting.then((answer) => {
        if (settled) return answer.transport?.close();
        if (!answer.transport) failed.push(answer);
        settled = Boolean(answer.transport) || failed.length === greetings.length;
        if (settled) resolve({ found: answer.transport ? answer : null, failed });
      });
    }
  });
}

/**
 * @param {Net} net
 * @param {Endpoint} endpoint
 * @returns {Promise<Greeting>}
 */
async function greet(net, endpoint) {
  /** @type {Transport | null} */
  let transport = null;
  try {
    const address = addressOf(endpoint);
    transport =
      endpoint.way === 'http' ? httpTransport(address, net.fetch) : await socketTransport(address, net.WebSocket);
    const answer = await transport.send({ method: 'GET', path: '/v1/hello', seconds: HELLO_SECONDS });
    if (answer.status === 200 && answer.json && answer.json.name === 'layerbridge') {
      return { endpoint, transport, hello: answer.json, reason: '' };
    }
    transport.close();
    const reason =
      answer.json && answer.json.message ? String(answer.json.message) : t('notLayerbridge', { status: answer.status });
    return { endpoint, transport: null, hello: null, reason };
  } catch (error) {
    if (transport) transport.close();
    const detail = error instanceof BridgeError && error.detail ? error.detail : reasonOf(error);
    return { endpoint, transport: null, hello: null, reason: detail };
  }
}

/**
 * Attempts that failed alike, said once for all ports.
 * @param {Tried[]} tried
 * @returns {Array<{address: string, ports: string, reason: string}>}
 */
function summary(tried) {
  /** @type {Map<string, {address: string, ports: string[], reason: string}>} */
  const rows = new Map();
  for (const attempt of tried) {
    const cut = attempt.address.lastIndexOf(':');
    const address = attempt.address.slice(0, cut);
    const reason = attempt.reason
      .split(attempt.address)
      .join(address)
      .replace(/\/v1\/\w+/g, '')
      .replace(/:\d{4,5}/g, '');
    const key = `${address} ${reason}`;
    const row = rows.get(key) || { address, ports: [], reason: reason.replace(`${address}: `, '') };
    row.ports.push(attempt.address.slice(cut + 1));
    rows.set(key, row);
  }
  return [...rows.values()].map((row) => ({ ...row, ports: row.ports.join(', ') }));
}

module.exports = { find, greet, summary };
