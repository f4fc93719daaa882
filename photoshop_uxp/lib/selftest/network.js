'use strict';

/**
 * Which ways to Layerbridge work in this Photoshop, and how long each takes.
 *
 * @typedef {import('./interface.js').Facts} Facts
 * @typedef {import('../connect.js').Net} Net
 */

const { addressOf, candidates } = require('../addresses.js');
const { greet } = require('../connect.js');
const { BridgeError, reasonOf } = require('../failures.js');

const BODY_MEGABYTES = 64;

/**
 * Every port by every way, one after the other; and the SourceLayer that Photoshop sends by each, as far as the answers tell: the daemon
 * names one that it refuses, and lets in without a token only file:// or none.
 * @param {Net} net @param {() => boolean} stopped
 * @returns {Promise<Facts>}
 */
async function waysOf(net, stopped) {
  /** @type {Facts} */
  const facts = { 'Origin by http': 'not known', 'Origin by ws': 'not known' };
  for (const endpoint of candidates('auto', null).flat()) {
    if (stopped()) break;
    const began = Date.now();
    const { transport, hello, reason } = await greet(net, endpoint);
    if (transport) transport.close();
    const what = transport ? `Layerbridge ${hello.version}` : reason;
    const refused = /\((.+)\) asked/.exec(reason);
    if (transport) facts[`Origin by ${endpoint.way}`] = 'file:// or none';
    else if (refused) facts[`Origin by ${endpoint.way}`] = refused[1];
    facts[addressOf(endpoint)] = `${what}, after ${Date.now() - began} ms`;
  }
  return facts;
}

/**
 * A large body, zeros, which the daemon refuses as no frame.
 * @param {import('../session.js').Session} session
 * @returns {Promise<Facts>}
 */
async function bodyOf(session) {
  const { way } = session.connection;
  const began = Date.now();
  /** @type {string} */
  let answer;
  try {
    const bytes = new Uint8Array(BODY_MEGABYTES * 2 ** 20);
    await session.call((client) => client.submit(bytes, `selftest-${began}-${Math.random()}`));
    answer = 'taken';
  } catch (error) {
    answer = error instanceof BridgeError ? error.code : reasonOf(error);
  }
  return {
    [`a body of ${BODY_MEGABYTES} MiB`]: `answered with ${answer} after ${Date.now() - began} ms (${way || 'not connected'})`,
  };
}

module.exports = { waysOf, bodyOf };
