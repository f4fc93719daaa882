'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { panelOver, sessionWith } = require('./over-fake.js');

const LAYERS = 250;

/** A document with many layers, the uppermost of them selected; the first and the last bear a note of ours. */
/** @param {object} options of createHost */
async function crowded(options = {}) {
    const over = panelOver(options);
    const { control, load } = over;
    const document = control.openDocument({ width: 8, height: 8 });
    const ids = Array.from({ length: LAYERS }, (_, i) => control.addLayer(document, { name: `layer ${i}` }));
    const { toXmp } = load('lib/note.js');
    const note = { version: 1, job: 'j2', first: 'j1', parameters: { operation: 'inpaint', prompt: 'a ball', seed: 4 },
        size: { width: 8, height: 8 }, selected: true, selection: null };
    for (const id of [ids[0], ids[LAYERS - 1]]) control.editLayer(document, id, (layer) => (layer.xmp = toXmp(note)));
    const { Panel } = load('lib/panel.js');
    const panel = new Panel(() => {});
    const calls = [];
    control.before((name) => calls.push(name));
    return { ...over, document, ids, panel, calls };
}

test('Again in a document of hundreds of layers finds its earlier results in a few calls of Photoshop', async () => {
    const { load, ids, panel, calls } = await crowded();
    const task = await load('lib/again.js').againTask(panel.remembered);
    assert.deepEqual(task.hidden, [ids[LAYERS - 1], ids[0]]);
    assert.deepEqual([task.parameters.prompt, task.parameters.seed, task.first], ['a ball', null, 'j1']);
    assert.deepEqual(task.area, { selected: true, selection: null, size: { width: 8, height: 8 } });
    assert.ok(calls.filter((name) => name === 'batchPlay').length < 6, `${calls.length} calls`);
});

for (const assume of [
    { 'layer.xmp-metadata': 'text', 'layer.xmp-property': 'refused' },
    { 'layer.xmp-metadata': 'absent', 'layer.xmp-property': 'text' },
    { 'layer.xmp-metadata': 'text', 'layer.xmp-property': 'text' },
]) {
    test(`Again finds the note by either property: ${JSON.stringify(assume)}`, async () => {
        const { load, ids, panel } = await crowded({ assume });
        const task = await load('lib/again.js').againTask(panel.remembered);
        assert.deepEqual([task.parameters.prompt, task.hidden.length], ['a ball', 2]);
        assert.ok(task.hidden.includes(ids[0]));
    });
}

test('a layer whose metadata cannot be read is repeated by what the panel remembers, another layer of its number is not', async () => {
    const assume = { 'layer.xmp-metadata': 'absent', 'layer.xmp-property': 'refused' };
    const { load, control, ids, panel, document } = await crowded({ assume });
    const { againTask } = load('lib/again.js');
    const { documentId } = load('lib/scene.js');
    const { readScene } = load('lib/read_scene.js');
    const note = { version: 1, job: 'j2', first: 'j1', parameters: { operation: 'inpaint', prompt: 'a star' },
        size: { width: 8, height: 8 }, selected: true, selection: null };
    panel.remembered.keepNote(documentId(readScene()), { id: ids[LAYERS - 1], name: `layer ${LAYERS - 1}` }, note);
    assert.equal((await againTask(panel.remembered)).parameters.prompt, 'a star');
    control.editLayer(document, ids[LAYERS - 1], (layer) => (layer.name = 'the sky, by hand'));
    assert.equal(await againTask(panel.remembered), null);
});

test('a Photoshop that stops a batch at the first error is read to its end', async () => {
    const { load, photoshop } = panelOver();
    const asked = [];
    photoshop.action.batchPlay = async (commands) => {
        const layerOf = (command) => command._target[1]._id;
        const bad = commands.findIndex((command) => layerOf(command) === 2);
        const done = commands.slice(0, bad < 0 ? commands.length : bad + 1);
        asked.push(done.length);
        return done.map((command) => (layerOf(command) === 2 ? { _obj: 'error', message: 'no' } : { name: `layer ${layerOf(command)}` }));
    };
    const results = await load('lib/host.js').readProperties(1, [1, 2, 3, 4].map((layer) => ({ layer, property: 'name' })));
    assert.deepEqual(results.map((result) => result && result.name), ['layer 1', null, 'layer 3', 'layer 4']);
    assert.deepEqual(asked, [2, 2]);
});

test('looking whether placed layers are still there walks through no layers', async () => {
    const { load, control, document, ids, panel } = await crowded();
    const { newCard } = load('lib/state.js');
    for (let i = 0; i < 6; i++) {
        const variations = [0, 1, 2].map((index) => ({ index, roles: ['layer'], applied: [], text: null, seed: 0, placed: { document: document.id, layer: ids[i * 3 + index] } }));
        panel.store.dispatch({ type: 'card', card: newCard(panel.nextKey(), { documentId: document.id, variations }) });
    }
    control.removeLayer(document, ids[4]);
    let walks = 0;
    const type = Object.getPrototypeOf(document);
    const { get } = Object.getOwnPropertyDescriptor(type, 'layers');
    Object.defineProperty(type, 'layers', { configurable: true, get() { walks++; return get.call(this); } });
    panel.refreshScene();
    assert.equal(walks, 0);
    const { placedVariations } = load('lib/state.js');
    const left = panel.store.get().cards.flatMap(placedVariations).map(({ placed }) => placed.layer).sort((a, b) => a - b);
    assert.deepEqual(left, ids.slice(0, 18).filter((id) => id !== ids[4]));
});

/** A picture with a layer "sky", and a job made of it whose result "ball" was placed; nothing of ours is selected. */
async function repeated() {
    const over = panelOver();
    const { control, load } = over;
    const document = control.openDocument({ width: 96, height: 64, name: 'a.psd', path: '/p/a.psd' });
    const CORNER = { left: 0, top: 0, right: 40, bottom: 40 };
    const sky = control.addLayer(document, { name: 'sky', bounds: CORNER });
    const panel = new (load('lib/panel.js').Panel)(() => {});
    const wire = load('lib/wire.js');
    panel.session = sessionWith({ wire });
    panel.session.client.job = () => new Promise(() => {});
    const { store } = panel;
    store.dispatch({ type: 'operation', operation: 'img2img' });
    store.dispatch({ type: 'parameters', values: { prompt: 'ball', source: 'layer' } });
    const jobs = load('lib/jobs.js');
    await jobs.generate(panel);
    const [card] = store.get().cards;
    const note = { version: 1, job: card.job, first: card.first, parameters: { ...load('lib/parameters.js').fromRequest(card.request), source: 'layer' },
        sourceLayer: load('lib/source_layer.js').sourceLayerOf(card.request), size: { width: 96, height: 64 }, selected: false, selection: null };
    const ball = control.addLayer(document, { name: 'ball', bounds: CORNER, xmp: load('lib/note.js').toXmp(note) });
    return { ...over, panel, jobs, document, sky, ball, note, CORNER, told: () => (store.get().notice || { text: '' }).text };
}

test('Again of the last run leaves its earlier result out, reads its own layer, and goes on with the same chain', async () => {
    const { control, load, panel, document, sky, ball, CORNER } = await repeated();
    const other = control.addLayer(document, { name: 'other', bounds: CORNER });
    control.activateLayer(document, other);
    const { againTask, lastTask } = load('lib/again.js');
    assert.equal(await againTask(panel.remembered), null);
    const task = await lastTask(panel.remembered);
    assert.deepEqual([task.layerId, task.hidden, task.first], [sky, [ball], 'job-1']);
    const elsewhere = control.openDocument({ width: 96, height: 64, name: 'b.psd', path: '/p/b.psd' });
    control.addLayer(elsewhere, { name: 'foreign', bounds: CORNER });
    const there = await lastTask(panel.remembered);
    assert.deepEqual([there.layerId, there.hidden, there.first], [null, [], ''], 'in another document it begins anew');
});

test('a result dragged into another document is not made anew of a layer that has the number there', async () => {
    const { control, panel, jobs, sky, note, told, CORNER, load } = await repeated();
    const other = control.openDocument({ width: 96, height: 64, name: 'b.psd', path: '/p/b.psd' });
    assert.equal(control.addLayer(other, { name: 'foreign', bounds: CORNER }), sky, 'as in Photoshop');
    control.addLayer(other, { name: 'ball', bounds: CORNER, xmp: load('lib/note.js').toXmp(note) });
    await jobs.again(panel);
    assert.match(told(), /made from the layer “sky” of another document/);
    assert.equal(panel.session.sent.length, 1);
    control.editLayer(other, sky, (layer) => (layer.name = 'sky'));
    await jobs.again(panel);
    assert.equal(panel.session.sent.length, 2, 'the same document in another folder');
});

test('Run again whose answer was lost makes no second job: the same key for one press, another for the next', async () => {
    const { load } = panelOver();
    const { Panel } = load('lib/panel.js');
    const panel = new Panel(() => {});
    const keys = [];
    const client = {
        async resubmit(_job, key) {
            keys.push(key);
            if (keys.length === 1) throw new Error('the connection was lost');
            return { id: `j${keys.length}`, seq: 1 };
        },
        job: async (id) => ({ job: { id, seq: 2, state: 'cancelled', artifacts: [], progress: {} }, events: [] }),
    };
    panel.session = { call: (work) => work(client).catch(() => work(client)) };
    const request = { operation: 'inpaint', params: {}, models: [], document: { width: 8, height: 8, id: 'd', name: 'a' }, client_data: {} };
    for (let press = 0; press < 2; press++) await load('lib/jobs.js').resubmit(panel, { id: 'j', request }, 0);
    assert.equal(keys.length, 3);
    assert.match(keys[0], /^[0-9a-f]{32}$/);
    assert.deepEqual([keys[1] === keys[0], keys[2] === keys[0]], [true, false]);
});
