'use strict';

/**
 * Where Layerbridge may answer: this computer only, on the fixed ports. Pure functions.
 *
 * Names before numbers and HTTP before WebSocket. Reports contradict one another (some Photoshops refuse raw addresses, some
 * refuse names, some refuse plain HTTP), so that every combination is tried.
 *
 * @typedef {'auto' | 'http' | 'ws'} AllowedTransport which way the user allows
 * @typedef {{way: 'http' | 'ws', host: string, port: number}} Endpoint
 */

const { PORTS } = require('./wire.js');

const HOSTS = Object.freeze(['localhost', '127.0.0.1']);

/** @param {Endpoint} endpoint @returns {string} */
function addressOf(endpoint) {
  return `${endpoint.way}://${endpoint.host}:${endpoint.port}`;
}

/**
 * Groups to be tried one after the other; the endpoints of a group at the same time.
 * @param {AllowedTransport} allowed
 * @param {Endpoint | null} last where Layerbridge answered last time
 * @returns {Endpoint[][]}
 */
function candidates(allowed, last) {
  const ways = /** @type {Array<'http' | 'ws'>} */ (allowed === 'auto' ? ['http', 'ws'] : [allowed]);
  const groups = ways.flatMap((way) => HOSTS.map((host) => PORTS.map((port) => ({ way, host, port }))));
  const known = last && ways.includes(last.way) && HOSTS.includes(last.host) && PORTS.includes(last.port);
  return known ? [[last], ...groups] : groups;
}

module.exports = { addressOf, candidates };
