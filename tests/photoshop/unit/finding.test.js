'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { candidates, addressOf } = require('../../../photoshop_uxp/lib/addresses.js');
const { find, summary } = require('../../../photoshop_uxp/lib/connect.js');
const { PORTS } = require('../../../photoshop_uxp/lib/wire.js');
const { answering, HELLO } = require('./network.js');

test('nothing but this computer is ever tried, names first and HTTP first', () => {
    const all = candidates('auto', null).flat().map(addressOf);
    assert.equal(all.length, 20);
    assert.ok(all.every((address) => /^(http|ws):\/\/(localhost|127\.0\.0\.1):4782[1-5]$/.test(address)));
    assert.equal(all[0], 'http://localhost:47821');
    assert.ok(
        candidates('ws', null)
            .flat()
            .every((place) => place.way === 'ws'),
    );
});

test('where it answered last is tried first, if that is still allowed', () => {
    const last = { way: 'ws', host: '127.0.0.1', port: 47823 };
    assert.deepEqual(candidates('auto', last)[0], [last]);
    assert.notDeepEqual(candidates('http', last)[0], [last]);
    assert.notDeepEqual(candidates('auto', { way: 'http', host: 'example.com', port: 80 })[0], [
        { way: 'http', host: 'example.com', port: 80 },
    ]);
});

test('another program at a port is passed over', async () => {
    const net = answering(HELLO, (address) => !address.includes('47823'));
    const found = await find(net, 'http', null);
    assert.equal(found.endpoint.port, 47823);
    await assert.rejects(
        find(answering({ name: 'other' }), 'http', null),
        (error) => error.code === 'unreachable' && error.tried.length === 10,
    );
});

test('Layerbridge is reached as soon as it answers, not when the slowest port has refused', async () => {
    for (const port of PORTS) {
        const refused = [];
        const net = answering(HELLO);
        const slow = {
            ...net,
            fetch: async (address, init) => {
                if (address.includes(`:${port}/`)) return net.fetch(address, init);
                await new Promise((resolve) => setTimeout(resolve, 20));
                refused.push(address);
                throw new Error('connection refused');
            },
        };
        const found = await find(slow, 'http', null);
        assert.deepEqual([found.endpoint.port, refused, found.tried], [port, [], []]);
    }
});

test('a socket that opens after another one had answered is closed', async () => {
    const open = new Set();
    const late = [];
    class Socket {
        constructor(address) {
            this.fast = address.includes(`:${PORTS[1]}/`);
            const opens = () => {
                open.add(this);
                this.onopen({});
            };
            if (this.fast) setTimeout(opens, 0);
            else late.push(opens);
        }
        send(text) {
            const { rid } = JSON.parse(text);
            setTimeout(() => this.onmessage({ data: JSON.stringify({ rid, status: 200, body: HELLO }) }), 0);
        }
        close() {
            open.delete(this);
        }
    }
    const found = await find({ ...answering(HELLO), WebSocket: Socket }, 'ws', null);
    assert.equal(found.endpoint.port, PORTS[1]);
    for (const opens of late) opens();
    assert.equal(open.size, PORTS.length);
    while (open.size !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok([...open][0].fast);
});

test('what was tried is told once for all ports', () => {
    const tried = PORTS.map((port) => ({
        address: `http://localhost:${port}`,
        reason: `http://localhost:${port}/v1/hello: Permission denied to the url http://localhost:${port}/v1/hello. Manifest entry not found.`,
    }));
    const rows = summary([...tried, { address: 'ws://localhost:47821', reason: 'closed' }]);
    assert.deepEqual(
        rows.map((row) => row.ports),
        [PORTS.join(', '), '47821'],
    );
    assert.match(rows[0].reason, /^Permission denied to the url http:\/\/localhost\. Manifest/);
});
