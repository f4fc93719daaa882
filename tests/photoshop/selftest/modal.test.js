// Rules of modal scopes and history that a script cannot see from within: fake/rules/modal.js.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { createHost } = require('../fake/index.js');

function opened(options) {
    const host = createHost(options);
    const document = host.control.openDocument({ width: 32, height: 24 });
    return { ...host, ...host.photoshop, document };
}
const modal = (core, work, options = {}) => core.executeAsModal(work, { commandName: 'Test', ...options });
const withRule = (id) => (error) => error.rule === id;

test('changing something outside a scope is refused', async () => {
    const { document, imaging, action, control } = opened();
    await assert.rejects(() => document.createPixelLayer(), withRule('modal.required'));
    await assert.rejects(() => document.resizeCanvas(40, 40), withRule('modal.required'));
    assert.throws(() => { document.layers[0].name = 'x'; }, withRule('modal.required'));
    await assert.rejects(() => action.batchPlay([{ _obj: 'set', _target: [] }], {}), withRule('modal.required'));
    await assert.rejects(() => imaging.getPixels({}), withRule('pixels.needs-modal'));
    assert.equal(control.leaks(), 0);
    const { imaging: other } = opened({ assume: { 'pixels.needs-modal': 'allowed' } });
    (await other.getPixels({})).imageData.dispose();
});

test('image data can be made outside a scope', async () => {
    const { imaging } = opened();
    (await imaging.createImageDataFromBuffer(new Uint8Array(3), { width: 1, height: 1, components: 3, colorSpace: 'RGB' })).dispose();
});

test('while something else is modal a scope is refused with number 9, after its timeOut', async () => {
    const { core, control } = opened();
    control.busy('another plug-in');
    const began = Date.now();
    await assert.rejects(() => modal(core, async () => 1, { timeOut: 0.1 }), (error) => error.number === 9);
    assert.ok(Date.now() - began < 900);
    setTimeout(() => control.busy(''), 50);
    assert.equal(await modal(core, async () => 'waited'), 'waited');
    const older = opened({ version: '25.0.0' });
    older.control.busy('a dialog');
    setTimeout(() => older.control.busy(''), 50);
    await assert.rejects(() => modal(older.core, async () => 1, { timeOut: 5 }), (error) => error.number === 9);
});

test('a user cannot change documents during a scope', async () => {
    const { core, control, document } = opened();
    await modal(core, async () => { assert.throws(() => control.select(document, null), /modal.exclusive/); });
});

test('after Escape every further call throws, and suspended history is rolled back', async () => {
    const { core, control, document } = opened();
    const before = control.history(document);
    const reasons = [];
    await assert.rejects(() => modal(core, async (context) => {
        context.onCancel = (given) => reasons.push(given.reason);
        await context.hostControl.suspendHistory({ documentID: document.id, name: 'Generate' });
        await document.createPixelLayer();
        control.cancel();
        assert.equal(context.isCancelled, true);
        assert.equal(document.width, 32);
        await document.createPixelLayer();
    }), withRule('modal.cancel'));
    assert.deepEqual([reasons, control.history(document), document.layers.length], [['user'], before, 1]);
});

test('what is suspended at the end of a scope is committed, or rolled back after an exception', async () => {
    const { core, control, document } = opened();
    const work = (fail) => modal(core, async ({ hostControl }) => {
        await hostControl.suspendHistory({ documentID: document.id, name: 'Open end' });
        await document.createPixelLayer();
        await document.createLayerGroup({ name: 'g' });
        if (fail) throw new Error('mine');
    });
    await work(false);
    assert.deepEqual([control.history(document).at(-1), document.layers.length], ['Open end', 3]);
    await assert.rejects(() => work(true), /mine/);
    assert.deepEqual([control.history(document).length, document.layers.length], [2, 3]);
    control.undo(document);
    assert.equal(document.layers.length, 1);
});

test('history that an outer scope suspended is resumed by an inner one', async () => {
    const { core, control, document } = opened();
    await modal(core, async ({ hostControl }) => {
        const suspension = await hostControl.suspendHistory({ documentID: document.id, name: 'Across' });
        await modal(core, async (inner) => {
            await document.createPixelLayer();
            await inner.hostControl.resumeHistory(suspension);
        });
    });
    assert.equal(control.history(document).at(-1), 'Across');
});

test('scopes that overlap without nesting are a fault', async () => {
    const { core, control } = opened();
    let end;
    const first = modal(core, () => new Promise((resolve) => { end = resolve; }));
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    const second = modal(core, () => new Promise((resolve) => { setTimeout(resolve, 60); }));
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    end();
    await first;
    await second;
    assert.match(control.faults().join(), /still open/);
});

test('a document that is registered is closed at the end', async () => {
    const { core, app, control } = opened();
    await modal(core, async ({ hostControl }) => {
        const made = await app.createDocument({ width: 8, height: 8 });
        await hostControl.registerAutoCloseDocument(made.id);
        const kept = await app.createDocument({ width: 9, height: 9 });
        await hostControl.registerAutoCloseDocument(kept.id);
        await hostControl.unregisterAutoCloseDocument(kept.id);
    });
    assert.deepEqual(control.host.documents.map((d) => d.state.width), [32, 9]);
});

test('without documents there is none that is active; a closed one is gone', async () => {
    const { app, control, document } = opened();
    control.closeDocument(document);
    assert.equal(app.activeDocument, null);
    assert.throws(() => document.name, withRule('document.closed'));
    assert.equal(app.documents.length, 0);
});

test('listeners hear what a user does, not what happens in a scope', async () => {
    const { core, action, control, document } = opened({ assume: { 'app.history-event': 'comes' } });
    const heard = [];
    await action.addNotificationListener(['historyStateChanged'], (event, descriptor) => heard.push(descriptor.name));
    control.select(document, { left: 0, top: 0, right: 4, bottom: 4 });
    await modal(core, () => document.createPixelLayer());
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    assert.deepEqual(heard, ['Rectangular Marquee']);
});
