'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Remembered } = require('../../../photoshop_uxp/lib/remembered.js');
const { Session, checkVersion } = require('../../../photoshop_uxp/lib/session.js');
const DEFAULTS = require('../../../photoshop_uxp/lib/parameters.js').defaults();
const { panelOver } = require('./over-fake.js');
const { NoSocket, answering, HELLO } = require('./network.js');

test('no request carries a signal, and a body is an ArrayBuffer of just its bytes', async () => {
    const { httpTransport } = require('../../../photoshop_uxp/lib/http_transport.js');
    let seen = null;
    const transport = httpTransport('http://localhost:1', async (_address, init) => {
        seen = init;
        return { status: 204, headers: { get: () => null }, arrayBuffer: async () => new ArrayBuffer(0) };
    });
    await transport.send({ method: 'POST', path: '/', bytes: new Uint8Array([1, 2, 3, 4]).subarray(1, 3), seconds: 1 });
    assert.ok(!('signal' in seen));
    assert.ok(seen.body instanceof ArrayBuffer);
    assert.deepEqual([...new Uint8Array(seen.body)], [2, 3]);
});

const memory = (secrets = new Map()) => {
    const files = new Map();
    return {
        files: { read: async (name) => files.get(name) || null, write: async (name, text) => void files.set(name, text) },
        secrets: {
            get: async (key) => secrets.get(key) || null,
            set: async (key, value) => void secrets.set(key, value),
            remove: async (key) => void secrets.delete(key),
        },
    };
};

test('a token that secure storage lost is told apart from one that never was', async () => {
    const secrets = new Map();
    const { files, secrets: store } = memory(secrets);
    const remembered = new Remembered(files, store);
    await remembered.load();
    const phases = [];
    const session = new Session(answering(HELLO), remembered, (connection) => phases.push([connection.phase, connection.lost]));
    await assert.rejects(session.client(), /layerbridge pair/);
    await remembered.keepToken('h', 'secret');
    await session.client();
    assert.equal(session.connection.phase, 'connected');
    secrets.clear();
    await remembered.written();
    const later = new Remembered(files, store);
    await later.load();
    await assert.rejects(
        new Session(answering(HELLO), later, (connection) => phases.push([connection.phase, connection.lost])).client(),
        /no longer has/,
    );
    assert.deepEqual(phases[phases.length - 1], ['unpaired', true]);
});

test('while it is looked for again the panel goes on saying that nothing runs', async () => {
    const { files, secrets } = memory(new Map([['token-h', 'secret']]));
    const remembered = new Remembered(files, secrets);
    await remembered.load();
    let running = false;
    const phases = [];
    const session = new Session(answering(HELLO, () => !running), remembered, ({ phase }) => phases.push(phase));
    await assert.rejects(session.reconnect());
    await assert.rejects(session.reconnect());
    running = true;
    await session.reconnect();
    assert.deepEqual(phases, ['absent', 'absent', 'connected']);
});

test('secure storage that fails is no reason to stop', async () => {
    const broken = async () => {
        throw new Error('keychain is locked');
    };
    const remembered = new Remembered(memory().files, { get: broken, set: broken, remove: broken });
    await remembered.keepToken('h', 'secret');
    assert.equal(await remembered.token('h'), 'secret');
});

test('versions that do not fit say which side is older', () => {
    assert.throws(() => checkVersion({ version: '9', api_min: 5, api_max: 6 }), /panel is older/);
    assert.throws(() => checkVersion({ version: '0', api_min: 0, api_max: 0 }), /older than this panel/);
    checkVersion(HELLO);
});

test('what is remembered outlives a damaged file, and a prompt is offered in other jobs', async () => {
    const { files, secrets } = memory();
    await files.write('layerbridge.json', '{"parameters": ');
    const remembered = new Remembered(files, secrets);
    await remembered.load();
    assert.deepEqual(remembered.parameters('inpaint'), DEFAULTS.inpaint);
    remembered.keepParameters({ ...DEFAULTS.outpaint, prompt: 'sea', steps: 4 });
    const runs = (i) => 'x'.repeat(i === 298 ? 5000 : 5);
    for (let i = 0; i < 300; i++) remembered.keepNote('d', { id: i, name: 'ball' }, { job: 'j', parameters: {}, selection: { runs: runs(i) } });
    remembered.keepMove('d', { from: { width: 1, height: 1 }, to: { width: 2, height: 1 }, shift: { x: 1, y: 0 } });
    await remembered.written();
    const again = new Remembered(files, secrets);
    await again.load();
    assert.equal(again.lastOperation(), 'outpaint');
    assert.equal(again.parameters('outpaint').steps, 4);
    assert.deepEqual(again.parameters('inpaint'), { ...DEFAULTS.inpaint, prompt: 'sea' });
    again.keepParameters({ ...DEFAULTS.remove, steps: 2 });
    assert.equal(again.parameters('img2img').prompt, 'sea', 'a job without a prompt forgets none');
    assert.equal(again.lastOperation(), 'remove');
    assert.equal(again.moves('d').length, 1);
    assert.equal(again.note('d', { id: 0, name: 'ball' }), null, 'old notes give way');
    assert.equal(again.note('d', { id: 299, name: 'ball' }).selection.runs, 'xxxxx');
    const { selected, selection } = again.note('d', { id: 298, name: 'ball' });
    assert.deepEqual([selected, selection], [true, null], 'a large selection is not kept, but that there was one');
});

test('a submission whose answer was lost is sent again with the same key', async () => {
    const remembered = new Remembered(memory().files, memory().secrets);
    await remembered.keepToken('h', 'secret');
    const keys = [];
    const net = answering(HELLO);
    const session = new Session(
        {
            ...net,
            fetch: async (address, init) => {
                if (!address.endsWith('/v1/jobs')) return net.fetch(address, init);
                keys.push(init.headers['Idempotency-Key']);
                if (keys.length === 1) throw new Error('Network request failed');
                const body = new TextEncoder().encode(JSON.stringify({ id: 'j', seq: 1 })).buffer;
                return { status: 202, headers: { get: () => 'application/json' }, arrayBuffer: async () => body };
            },
        },
        remembered,
        () => {},
    );
    const accepted = await session.call((client) => client.submit(new Uint8Array(8), 'key-1'));
    assert.equal(accepted.id, 'j');
    assert.deepEqual(keys, ['key-1', 'key-1']);
});

test('a refusal is not tried again', async () => {
    const remembered = new Remembered(memory().files, memory().secrets);
    await remembered.keepToken('h', 'secret');
    let calls = 0;
    const net = answering(HELLO);
    const session = new Session(
        {
            ...net,
            fetch: async (address, init) => {
                if (!address.endsWith('/v1/plan')) return net.fetch(address, init);
                calls++;
                const body = new TextEncoder().encode(
                    JSON.stringify({ code: 'too_many_pixels', message: 'Select a smaller area.' }),
                ).buffer;
                return { status: 413, headers: { get: () => 'application/json' }, arrayBuffer: async () => body };
            },
        },
        remembered,
        () => {},
    );
    await assert.rejects(
        session.call((client) => client.plan({})),
        (error) => error.code === 'too_many_pixels' && /smaller/.test(error.message),
    );
    assert.equal(calls, 1);
});

/** A network where HTTP is answered late and by nobody, and a WebSocket at once by nobody; `asked` has the addresses. */
function slowHttp(asked) {
    return {
        fetch: async (address) => {
            asked.push(address);
            await new Promise((resolve) => setTimeout(resolve, 60));
            throw new Error('connection refused');
        },
        WebSocket: class extends NoSocket {
            constructor(address) {
                super();
                asked.push(address);
            }
        },
    };
}

test('another way that is chosen while it is looked for holds at once', async () => {
    const { files, secrets } = memory();
    const remembered = new Remembered(files, secrets);
    const [asked, told] = [[], []];
    const session = new Session(slowHttp(asked), remembered, (connection) => told.push(connection));
    const first = session.reconnect();
    remembered.keepSetting('way', 'ws');
    const before = asked.length;
    const second = session.reconnect();
    await assert.rejects(second, /layerbridge serve/);
    await assert.rejects(first, /layerbridge serve/, 'who waits for the first gets what the second gives');
    assert.deepEqual(asked.slice(before).filter((address) => address.startsWith('http')), []);
    assert.equal(asked.slice(before).length, 10);
    assert.equal(told.length, 1, 'and only the second is told');
    assert.ok(told[0].tried.every(({ address }) => address.startsWith('ws:')));
});

test('a search that ends late does not undo a pairing that came meanwhile', async () => {
    const { files, secrets } = memory();
    const remembered = new Remembered(files, secrets);
    await remembered.keepToken('h', 'old');
    const phases = [];
    let late = null;
    const net = answering(HELLO);
    const session = new Session(
        {
            ...net,
            fetch: async (address, init) => {
                const reply = (status, value) => ({
                    status,
                    headers: { get: () => 'application/json' },
                    arrayBuffer: async () => new TextEncoder().encode(JSON.stringify(value)).buffer,
                });
                if (address.endsWith('/pair')) return reply(200, { token: 'fresh', client_id: 'c' });
                if (/jobs/.test(address) && /old/.test(JSON.stringify(init.headers))) {
                    await new Promise((resolve) => (late = resolve));
                    return reply(401, { code: 'unauthorized', message: 'Pair again.' });
                }
                return net.fetch(address, init);
            },
        },
        remembered,
        ({ phase }) => phases.push(phase),
    );
    const looking = session.reconnect();
    while (!late) await new Promise((resolve) => setTimeout(resolve, 5));
    const paired = await session.pair('ABCD-EFGH');
    late();
    assert.equal(await looking, paired);
    assert.equal(await remembered.token('h'), 'fresh');
    assert.deepEqual(phases, ['connected']);
});

test('what the bar at the top says is not said a second time below', async () => {
    const over = panelOver();
    const { Panel } = over.load('lib/panel.js');
    const { BridgeError } = over.load('lib/failures.js');
    const panel = new Panel(() => {});
    panel.session._net = slowHttp([]);
    panel.remembered.keepSetting('way', 'ws');
    await panel.pair('ABCD-EFGH');
    assert.equal(panel.store.get().connection.code, 'unreachable');
    assert.equal(panel.store.get().notice, null);
    panel.fail(new BridgeError('refused', 'No document is open.'));
    assert.equal(panel.store.get().notice.text, 'No document is open.');
    panel.fail(new BridgeError('unreachable', 'It is not running.'));
    assert.equal(panel.store.get().notice, null);
});
