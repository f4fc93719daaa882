// The self-test over the fake Photoshop: every check as the panel runs it, and what Escape, a document in front and a fault leave.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { panelOver } = require('./over-fake.js');
const { RULES, expected } = require('../fake/rules/index.js');

const WISHES = { cmyk: false, memory: false, facts: async () => ({ clock: 'fine' }), stopped: () => false, onProgress: () => {} };

/** A self-test over a Photoshop with two documents, of which the first is in front; nothing answers in its network. */
function setUp(options = {}) {
    const panel = panelOver({ network: { ports: {} }, manifest: { requiredPermissions: { network: { domains: 'all' } } }, ...options });
    const front = panel.control.openDocument({ width: 32, height: 24 });
    panel.control.openDocument({ width: 40, height: 24 });
    panel.control.activate(front);
    const { runSelftest, lastReport } = panel.load('lib/selftest/selftest.js');
    const session = { connection: { way: '', phase: 'absent' }, call: async () => { throw new Error('not connected'); } };
    return { ...panel, front, lastReport, run: (wishes) => runSelftest({ session }, { ...WISHES, ...wishes }) };
}

const left = ({ control }) => control.host.documents.map((record) => [record.name, record.history.length]);

test('every check holds in the fake, is kept before it begins, and leaves the documents as they were', async () => {
    const made = setUp();
    const before = left(made);
    const running = [];
    const report = await made.run({ cmyk: true, onProgress: (now) => running.push(now.running) });
    const wanted = RULES.filter((rule) => (!rule.because || rule.panel) && rule.id !== 'memory.large');
    assert.deepEqual(report.observed, Object.fromEntries(Object.keys(report.observed).map((id) => [id, expected(wanted.find((rule) => rule.id === id))])));
    assert.deepEqual(Object.keys(report.observed).sort(), wanted.map((rule) => rule.id).sort());
    assert.deepEqual(running, [...Object.keys(report.observed), '', '']);
    assert.deepEqual(left(made), before);
    assert.equal(made.control.host.active.id, made.front.id);
    assert.equal(made.control.leaks(), 0);
    assert.equal(report.interface['Origin by http'], 'not known');
    assert.deepEqual(await made.lastReport(), report);
});

test('Escape ends it, closes what it made, and keeps what was seen until then', async () => {
    const made = setUp();
    const before = left(made);
    let count = 0;
    made.control.before((what) => { if (what === 'putPixels' && ++count === 7) made.control.cancel(); });
    const report = await made.run();
    assert.ok(Object.keys(report.observed).length > 3 && Object.keys(report.observed).length < 30);
    assert.deepEqual(left(made), before);
    assert.equal(made.control.host.active.id, made.front.id);
    assert.ok(!Object.keys(report.interface).some((name) => name.startsWith('http')), 'the network is not asked any more');
});
