'use strict';

/**
 * Where Layerbridge may answer: this computer only, on the fixed ports. Pure functions.
 *
 * Names before numbers and HTTP before WebSocket. Reports contradict one another (some Photoshops refuse raw addresses, some
 * refuse names, some refuse plain HTTP), so that every combination is tried.
 *
 * @typedef {'auto' | 'http' | 'ws'} Wish which way the painter allows
 * @typedef {{way: 'http' | 'ws', host: string, port: number}} Place
 */

const { PORTS } = require('./wire.js');

const HOSTS = Object.freeze(['localhost', '127.0.0.1']);

/** @param {Place} place @returns {string} */
function addressOf(place) {
  return `${place.way}://${place.host}:${place.port}`;
}

/**
 * Groups to be tried one after the other; the places of a group at the same time.
 * @param {Wish} wish
 * @param {Place | null} last where Layerbridge answered last time
 * @returns {Place[][]}
 */
function candidates(wish, last) {
  const ways = /** @type {Array<'http' | 'ws'>} */ (wish === 'auto' ? ['http', 'ws'] : [wish]);
  const groups = ways.flatMap((way) => HOSTS.map((host) => PORTS.map((port) => ({ way, host, port }))));
  const known = last && ways.includes(last.way) && HOSTS.includes(last.host) && PORTS.includes(last.port);
  return known ? [[last], ...groups] : groups;
}

module.exports = { addressOf, candidates };
