'use strict';

/**
 * The same calls over one WebSocket (docs/protocol.md, 7.3 to 7.5), for a Photoshop that refuses plain HTTP.
 *
 * Before the token is given only calls that need none are answered; `authorize` sends it. Bodies and files go as binary
 * messages of at most 1 MiB, and nothing comes between them: a call waits until a body before it is handed over, and its time
 * runs from then on. No events are asked for: jobs are followed by the same calls as over HTTP.
 *
 * @typedef {import('./http_transport.js').Exchange} Exchange
 * @typedef {import('./http_transport.js').Answer} Answer
 * @typedef {import('./http_transport.js').Transport} Transport
 * @typedef {{resolve: (answer: Answer) => void, reject: (error: Error) => void}} Waiting
 * @typedef {{rid: number, status: number, left: number, chunks: Uint8Array[]}} Arriving a file of which chunks still come
 */

const { BridgeError, reasonOf } = require('./failures.js');
const { sleep, withTimeout } = require('./timing.js');
const { t } = require('./texts.js');

const CHUNK_BYTES = 1024 * 1024;
const FULL_BUFFER_BYTES = 8 * CHUNK_BYTES; // wait for the socket to send before more is handed to it
const OPEN_SECONDS = 3;
const AUTHORIZE_SECONDS = 10;
const LOOK_MILLISECONDS = 10; // between looks whether the socket has room again
const STALL_SECONDS = 30; // in which the network takes nothing of a body

/**
 * @param {string} address such as ws://localhost:47821
 * @param {any} Socket the host's WebSocket: Adobe's types lack its events and bufferedAmount
 * @returns {Promise<Transport>}
 */
async function socketTransport(address, Socket) {
  const socket = new Socket(address + '/v1/socket');
  socket.binaryType = 'arraybuffer';
  /** @type {Map<number, Waiting>} */
  const calls = new Map();
  /** @type {Arriving | null} */
  let arriving = null;
  /** @type {Waiting | null} */
  let greeting = null;
  let last = 0;
  let closed = '';
  let sending = Promise.resolve();

  /** @param {string} reason */
  function fail(reason) {
    if (!closed) closed = reason;
    const error = new BridgeError('unreachable', t('notRunning'), `${address}: ${reason}`);
    for (const call of calls.values()) call.reject(error);
    calls.clear();
    if (greeting) greeting.reject(error);
    greeting = null;
    arriving = null;
  }

  /** @param {number} rid @param {Answer} answer */
  function finish(rid, answer) {
    const call = calls.get(rid);
    calls.delete(rid);
    if (call) call.resolve(answer);
  }

  /** @param {any} message */
  function onText(message) {
    if (message.hello && greeting) greeting.resolve({ status: 200, json: message, bytes: null });
    else if (message.error && greeting) greeting.reject(envelope(message.error));
    else if (message.rid !== undefined && message.chunks !== undefined) {
      arriving = { rid: message.rid, status: message.status, left: message.chunks, chunks: [] };
      endFile();
    } else if (message.rid !== undefined)
      finish(message.rid, { status: message.status, json: message.body, bytes: null });
  }

  function endFile() {
    if (!arriving || arriving.left > 0) return;
    const { rid, status, chunks } = arriving;
    arriving = null;
    finish(rid, { status, json: null, bytes: joined(chunks) });
  }

  socket.onmessage = (/** @type {{data: any}} */ event) => {
    if (typeof event.data === 'string') return onText(JSON.parse(event.data));
    if (!arriving) return undefined;
    arriving.chunks.push(new Uint8Array(event.data));
    arriving.left -= 1;
    return endFile();
  };

  await withTimeout(
    new Promise((resolve, reject) => {
      socket.onopen = () => resolve(undefined);
      socket.onerror = () => reject(new Error('the connection was refused'));
      socket.onclose = () => reject(new Error('the connection was closed'));
    }),
    OPEN_SECONDS,
  ).catch((error) => {
    socket.close();
    throw new BridgeError('unreachable', t('notRunning'), `${address}: ${reasonOf(error)}`);
  });
  socket.onerror = () => fail('the connection failed');
  socket.onclose = (/** @type {{code: number}} */ event) => fail(`the connection was closed (${event.code})`);

  /** Until the socket has room. @throws {Error} where it takes nothing any more */
  async function untilWritable() {
    let [left, since] = [Infinity, 0];
    for (;;) {
      const buffered = Number(socket.bufferedAmount);
      if (closed || !(buffered > FULL_BUFFER_BYTES)) return;
      since = buffered < left ? 0 : since + LOOK_MILLISECONDS;
      left = buffered;
      if (since > STALL_SECONDS * 1000) throw new Error(`nothing was taken for ${STALL_SECONDS} seconds`);
      await sleep(LOOK_MILLISECONDS);
    }
  }

  /** @param {number} rid @param {Object<string, any>} head @param {Uint8Array | undefined} bytes */
  async function handOver(rid, head, bytes) {
    const wanted = () => !closed && calls.has(rid); // answered early, or given up: the next call breaks it off
    if (!wanted()) return;
    socket.send(JSON.stringify(head));
    for (let at = 0; bytes && at < bytes.length; at += CHUNK_BYTES) {
      await untilWritable();
      if (!wanted()) return;
      socket.send(bytes.slice(at, at + CHUNK_BYTES).buffer);
    }
  }

  /** @param {string} what @param {unknown} error @returns {BridgeError} */
  function unreachable(what, error) {
    if (error instanceof BridgeError) return error;
    return new BridgeError('unreachable', t('notRunning'), `${address}${what}: ${reasonOf(error)}`);
  }

  /** @param {Exchange} exchange @returns {Promise<Answer>} */
  async function send(exchange) {
    if (closed) throw unreachable('', closed);
    const rid = ++last;
    /** @type {Object<string, any>} */
    const head = { rid, method: exchange.method, path: exchange.path };
    if (exchange.headers) head.headers = exchange.headers;
    if (exchange.json !== undefined) head.body = exchange.json;
    const bytes = exchange.bytes;
    if (bytes) Object.assign(head, { bytes: bytes.length, chunks: Math.ceil(bytes.length / CHUNK_BYTES) });
    /** @type {Promise<Answer>} */
    const answer = new Promise((resolve, reject) => calls.set(rid, { resolve, reject }));
    answer.catch(() => {}); // told below; it may fail while its turn has not come
    const turn = sending;
    sending = turn.then(() => handOver(rid, head, bytes)).catch((error) => fail(reasonOf(error)));
    await turn;
    return withTimeout(answer, exchange.seconds).catch((error) => {
      calls.delete(rid);
      throw unreachable(exchange.path, error);
    });
  }

  return {
    way: 'ws',
    address,
    send,
    close: () => socket.close(),
    async authorize(token) {
      const answer = new Promise((resolve, reject) => {
        greeting = { resolve, reject };
        if (closed) fail(closed);
        else socket.send(JSON.stringify({ token, events: [] }));
      });
      await withTimeout(answer, AUTHORIZE_SECONDS)
        .catch((error) => {
          throw unreachable('/v1/socket', error);
        })
        .finally(() => {
          greeting = null;
        });
    },
  };
}

/** @param {any} error @returns {BridgeError} */
function envelope(error) {
  return new BridgeError(String(error.code), String(error.message), String(error.detail || ''));
}

/** @param {Uint8Array[]} chunks @returns {Uint8Array} */
function joined(chunks) {
  if (chunks.length === 1) return chunks[0];
  const out = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

module.exports = { socketTransport };
