'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { socketTransport } = require('../../../photoshop_uxp/lib/socket_transport.js');

const MIB = 1024 * 1024;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A WebSocket whose network takes `rate` bytes a millisecond, and whose other side answers each call at once. */
function slowSocket(rate = 100000) {
    const made = [];
    class Socket {
        constructor() {
            this.buffered = 0;
            this.since = Date.now();
            this.rate = rate;
            this.texts = [];
            this.bytes = 0;
            this.answers = true;
            made.push(this);
            setTimeout(() => this.onopen(), 0);
        }
        get bufferedAmount() {
            const now = Date.now();
            this.buffered = Math.max(0, this.buffered - (now - this.since) * this.rate);
            this.since = now;
            return this.buffered;
        }
        send(data) {
            this.buffered = this.bufferedAmount + (data.byteLength || data.length);
            if (typeof data !== 'string') {
                this.bytes += data.byteLength;
                if (this.upload && this.bytes >= this.upload.bytes) this.answer(this.upload.rid);
                return;
            }
            const message = JSON.parse(data);
            this.texts.push(message.path || 'token');
            if (message.token) this.greeting = message;
            if (message.bytes) this.upload = message;
            else if (this.answers && message.rid) this.answer(message.rid);
        }
        answer(rid) {
            setTimeout(() => this.onmessage({ data: JSON.stringify({ rid, status: 200, body: { rid } }) }), 5);
        }
        close() {
            this.closed = true;
        }
    }
    return { Socket, made };
}

const call = (path, seconds) => ({ method: 'GET', path, seconds });
const upload = (length, seconds = 20) => ({ method: 'POST', path: '/v1/jobs', bytes: new Uint8Array(length), seconds });

test('a small call behind a large upload waits for it: its time runs from its turn on', async () => {
    const { Socket, made } = slowSocket(40000); // 24 MiB: some 400 ms to hand over
    const transport = await socketTransport('ws://localhost:1', Socket);
    const large = transport.send(upload(24 * MIB));
    const small = transport.send(call('/v1/jobs?limit=1', 0.2));
    assert.equal((await small).json.rid, 2);
    assert.equal((await large).status, 200);
    assert.deepEqual(made[0].texts, ['/v1/jobs', '/v1/jobs?limit=1'], 'nothing comes between the chunks');
});

test('a call that is not answered after its turn is given up', async () => {
    const { Socket, made } = slowSocket();
    const transport = await socketTransport('ws://localhost:1', Socket);
    made[0].answers = false;
    await assert.rejects(transport.send(call('/v1/models', 0.05)), (error) => error.code === 'unreachable' && /no answer/.test(error.detail));
});

test('an upload that is answered early is not sent to its end', async () => {
    const { Socket, made } = slowSocket(40000); // 64 MiB: some 1600 ms
    const transport = await socketTransport('ws://localhost:1', Socket);
    const refused = transport.send(upload(64 * MIB));
    await pause(60);
    made[0].answer(1);
    await refused;
    const [{ bytes }] = made;
    await pause(500);
    assert.ok(made[0].bytes <= bytes + 2 * MIB, `${bytes} bytes when it was answered, ${made[0].bytes} in the end`);
});

test('a network that takes nothing any more is given up, and with it what waits', async (t) => {
    const { Socket } = slowSocket(0);
    const transport = await socketTransport('ws://localhost:1', Socket);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const waiting = [transport.send(upload(24 * MIB, 600)), transport.send(call('/v1/models', 15))];
    const ends = Promise.all(waiting.map((answer) => assert.rejects(answer, (error) => error.code === 'unreachable')));
    for (let i = 0; i < 4000; i++) {
        t.mock.timers.tick(10);
        await Promise.resolve();
        await Promise.resolve();
    }
    await ends;
});

test('no events are asked for, since calls tell the same', async () => {
    const { Socket, made } = slowSocket();
    const transport = await socketTransport('ws://localhost:1', Socket);
    const greeted = transport.authorize('secret');
    made[0].onmessage({ data: JSON.stringify({ hello: true, seq: 1 }) });
    await greeted;
    assert.deepEqual(made[0].greeting, { token: 'secret', events: [] });
});

test('a daemon that does not answer the token is given up', async (t) => {
    const { Socket } = slowSocket();
    const transport = await socketTransport('ws://localhost:1', Socket);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const refused = assert.rejects(transport.authorize('secret'), (error) => error.code === 'unreachable');
    t.mock.timers.tick(20000);
    await refused;
});

test('a socket that closes while calls wait their turn fails them all, once', async () => {
    const { Socket, made } = slowSocket(1000);
    const transport = await socketTransport('ws://localhost:1', Socket);
    const calls = [transport.send(upload(24 * MIB)), transport.send(call('/v1/models', 5)), transport.send(call('/v1/jobs', 5))];
    await pause(20);
    made[0].onclose({ code: 1006 });
    for (const { status, reason } of await Promise.allSettled(calls)) assert.deepEqual([status, reason.code], ['rejected', 'unreachable']);
    await assert.rejects(transport.send(call('/v1/models', 5)), /serve/);
});
