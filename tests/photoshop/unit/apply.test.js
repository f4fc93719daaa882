'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { panelOver } = require('./over-fake.js');
const { scene, BOX } = require('./apply-scene.js');

test('a canvas that was changed while Photoshop was waited for: asked, and nothing is placed elsewhere', async () => {
    const { control, document, finished, put, answer, told, boxes } = scene();
    const key = finished('ball', BOX);
    control.busy('the Crop tool');
    setTimeout(() => control.reframe(document, { left: 16, top: 0, right: 96, bottom: 64 }), 600);
    setTimeout(() => control.busy(''), 700);
    await put(key);
    assert.match(told(key), /was 96 × 64 pixels when the job was sent and is 80 × 64 now/);
    assert.equal(control.tree().length, 1);
    control.reframe(document, { left: 0, top: 0, right: 70, bottom: 64 });
    await answer(key, 'anyway');
    assert.match(told(key), /is 70 × 64 now/, 'an answer about another size does not hold');
    await answer(key, 'anyway');
    assert.deepEqual(boxes().ball, [30, 20]);
});

test('two outpaints that are placed at once: each where its picture is', async () => {
    const { finished, put, boxes, document } = scene();
    const left = finished('left', { x: -16, y: 0, width: 16, height: 64 }, { canvas: { x: -16, y: 0, width: 112, height: 64 } });
    const top = finished('top', { x: 0, y: -8, width: 96, height: 8 }, { canvas: { x: 0, y: -8, width: 96, height: 72 } });
    const ball = finished('ball', BOX);
    await Promise.all([put(left), put(top), put(ball)]);
    assert.deepEqual([document.width, document.height], [112, 72]);
    assert.deepEqual(boxes(), { left: [0, 8], top: [16, 0], ball: [46, 28], Background: [0, 0] });
});

test('another try at an outpaint lies over the one that is placed, and the canvas grows once', async () => {
    const { finished, put, control, document } = scene();
    const [bounds, canvas] = [{ x: -16, y: 0, width: 16, height: 64 }, { x: -16, y: 0, width: 112, height: 64 }];
    const keys = [finished('sea', bounds, { canvas }), finished('sea', bounds, { canvas })]; // both of the picture before
    for (const key of keys) await put(key);
    assert.deepEqual([document.width, document.height], [112, 64]);
    assert.deepEqual(control.tree().map(({ name, bounds: at }) => [name, at.left, at.right]), [['sea', 0, 16], ['sea', 0, 16], ['Background', 0, 112]]);
});

test('another document came to the front while Photoshop was waited for: asked', async () => {
    const { control, finished, put, answer, told } = scene();
    const key = finished('ball', BOX);
    control.busy('a dialog');
    setTimeout(() => control.openDocument({ width: 20, height: 20, name: 'other.psd', path: '/p/other.psd' }), 600);
    setTimeout(() => control.busy(''), 700);
    await put(key);
    assert.match(told(key), /not in front/);
    assert.equal(control.tree().length, 1);
    await answer(key, 'switch');
    assert.deepEqual(
        control.tree().map((layer) => layer.name),
        ['ball', 'Background'],
    );
});

test('a document that is behind and has another size is asked about once', async () => {
    const { control, document, finished, put, answer, told, boxes } = scene();
    const key = finished('ball', BOX);
    control.reframe(document, { left: 0, top: 0, right: 80, bottom: 64 });
    control.openDocument({ width: 20, height: 20, name: 'other.psd', path: '/p/other.psd' });
    await put(key);
    assert.match(told(key), /not in front any more.*is 80 × 64 now/);
    await answer(key, 'anyway');
    assert.deepEqual(boxes().ball, [30, 20]);
});

test('a new document is made only when its picture is there', async () => {
    const { control, panel, document, finished, put, told, photoshop } = scene();
    const key = finished('ball', BOX);
    control.closeDocument(document);
    panel.session.before = (call) => {
        if (call === 'artifact') throw new Error('the connection was lost');
    };
    await put(key, { choice: 'new' });
    assert.match(told(key), /connection was lost/);
    assert.equal(photoshop.app.documents.length, 0);
    panel.session.before = () => {};
    control.before((call) => {
        if (/putPixels/.test(call)) throw new Error('no memory');
    });
    await put(key, { choice: 'new' });
    assert.match(told(key), /no memory/);
    assert.equal(photoshop.app.documents.length, 0, 'one that could not be filled is closed again');
    control.before(null);
    await put(key, { choice: 'new' });
    assert.equal(photoshop.app.documents.length, 1);
    assert.equal(photoshop.app.activeDocument.layers[0].name, 'ball');
});

test('a new document has the resolution of the one that the job was made of; 72 where none was kept', async () => {
    for (const resolution of [300, 72.5, 1, 9600]) {
        const { control, document, finished, put, photoshop } = scene({ document: { resolution } });
        const key = finished('ball', BOX, { notes: { resolution: String(document.resolution) } });
        control.closeDocument(document);
        await put(key, { choice: 'new' });
        assert.equal(photoshop.app.activeDocument.resolution, resolution);
    }
    for (const resolution of [undefined, '', 'x', '0', 'NaN']) {
        const { control, document, finished, put, photoshop } = scene();
        const key = finished('ball', BOX, resolution === undefined ? {} : { notes: { resolution } });
        control.closeDocument(document);
        await put(key, { choice: 'new' });
        assert.equal(photoshop.app.activeDocument.resolution, 72, String(resolution));
    }
});

test('a new document for a picture without a profile has none, one with a profile keeps it', async () => {
    for (const [profile, depth, wanted] of [['none', 8, 'None'], ['none', 16, 'None'], ['Adobe RGB (1998)', 8, 'Adobe RGB (1998)'], ['sRGB IEC61966-2.1', 16, 'sRGB IEC61966-2.1']]) {
        const { control, load, panel, document, finished, put, told, photoshop } = scene({ document: { profile, depth } });
        panel.session.client.job = () => new Promise(() => {});
        await load('lib/jobs.js').generate(panel);
        const [{ message }] = panel.session.sent;
        const key = finished('ball', BOX, { notes: message.client_data });
        control.closeDocument(document);
        await put(key, { choice: 'new' });
        assert.equal(told(key), '');
        assert.equal(photoshop.app.activeDocument.colorProfileName, wanted, `${profile} at ${depth} bits`);
    }
});

test('a result of all that is visible lies on top of all, also where a layer in a group is selected', async () => {
    const { control, document, finished, put } = scene();
    const inner = control.addLayer(document, { name: 'inner', bounds: { left: 0, top: 0, right: 9, bottom: 9 } });
    control.addLayer(document, { name: 'group', children: [inner] });
    control.activateLayer(document, inner);
    await put(finished('ball', BOX));
    assert.deepEqual(
        control.tree().map((layer) => layer.name),
        ['ball', 'group', 'Background'],
    );
});

test('a document that is saved under another name keeps its moves and its History', async () => {
    const { control, panel, document, finished, put, boxes, load } = scene();
    const star = finished('star', BOX);
    await put(finished('sea', { x: -16, y: 0, width: 16, height: 64 }, { canvas: { x: -16, y: 0, width: 112, height: 64 } }));
    Object.assign(control.host.document(), { name: 'b.psd', path: '/pictures/b.psd' });
    await put(star);
    assert.deepEqual(boxes().star, [46, 20]);
    const asked = [];
    panel.session.client.jobs = async ({ document: key, before }) => {
        asked.push(key);
        return { jobs: [{ id: `${asked.length}`, created: 0, artifacts: [], request: { document: {} } }], next: before ? null : 'more' };
    };
    await load('lib/history.js').loadHistory(panel, true);
    const { documentId } = load('lib/scene.js');
    const keys = ['/pictures/b.psd', '/pictures/picture.psd'].map((path) => documentId({ id: 1, name: '', path }));
    assert.deepEqual(asked, [keys[0], keys[0], keys[1], keys[1]]);
    assert.deepEqual(
        panel.store.get().history.jobs.map((job) => job.id),
        ['1', '2', '3', '4'],
    );
    assert.equal(document.width, 112);
});

test('variations that do not fit into memory together are refused before any is placed; one by one they are placed', async () => {
    const { control, panel, finished, put, told } = scene();
    const key = finished('ball', BOX, { count: 3 });
    const { artifact } = panel.session.client;
    let fetches = 0;
    panel.session.client.artifact = async () => ({ length: 500e6, fetches: fetches++ });
    await put(key, { indices: [0, 1, 2] });
    assert.match(told(key), /^All 3 variations at once do not fit/);
    assert.deepEqual([control.tree().length, fetches], [1, 1], 'no more are fetched than fit');
    panel.session.client.artifact = artifact;
    for (const index of [0, 1, 2]) await put(key, { indices: [index] });
    assert.equal(told(key), '');
    assert.equal(control.tree().length, 4);
});

test('the layers that were selected stay selected, all of them', async () => {
    const { control, document, finished, put, photoshop } = scene();
    const ids = ['sky', 'sea', 'sun'].map((name) => control.addLayer(document, { name, bounds: { left: 0, top: 0, right: 9, bottom: 9 } }));
    await photoshop.core.executeAsModal(() => document.layers.forEach((layer) => (layer.selected = layer.id === ids[0] || layer.id === ids[2])), { commandName: 'select' });
    await put(finished('ball', BOX));
    const selected = document.activeLayers.map((layer) => layer.name).sort();
    assert.deepEqual(selected, ['sky', 'sun']);
});

test('what a layer was made of is also kept by the panel, for the layers and their group', async () => {
    const { control, panel, document, finished, put, load } = scene();
    await put(finished('ball', BOX, { count: 2 }), { indices: [0, 1] });
    const { documentId } = load('lib/scene.js');
    const { readScene } = load('lib/read_scene.js');
    const [group] = control.tree();
    for (const layer of [group, ...group.children]) {
        assert.equal(panel.remembered.note(documentId(readScene(document)), layer).job, 'ball', layer.name);
    }
});

test('layers that belong together: a group of each variation, the first lowest and all of them visible', async () => {
    const { load, control, panel, finished, put, document } = scene();
    const [inpaint] = load('lib/operation_table.js').OPERATIONS;
    const outputs = [1, 2, 3].map((number) => ({ ...inpaint.outputs[0], role: `layer-${number}`, title: `Layer ${number}`, stack: 'Parts' }));
    const key = finished('tree', BOX, { count: 2, roles: [['layer-1', 'layer-2', 'layer-3'], ['layer-1', 'layer-2']] });
    load('lib/operations.js').useOperations([{ ...inpaint, outputs }]);
    const shown = (layers) => layers.map(({ name, visible, children }) => [name, visible, ...(children ? [shown(children)] : [])]);
    const steps = control.history(document).length;
    await put(key);
    const first = ['tree', true, [['Layer 3', true], ['Layer 2', true], ['Layer 1', true]]];
    assert.deepEqual(shown(control.tree()), [first, ['Background', true]]);
    assert.equal(control.history(document).length, steps + 1, 'one step');
    const [placed] = panel.card(key).variations;
    assert.equal(placed.placed.layer, document.layers[0].id, 'the group stands for the variation');
    const second = ['tree', true, [['Layer 2', true], ['Layer 1', true]]];
    await put(key, { indices: [1], replace: true });
    assert.deepEqual(shown(control.tree()), [second, ['Background', true]], 'another variation takes the place of the group');
    await put(key, { indices: [0, 1] });
    assert.deepEqual(shown(control.tree()).map(([name, visible, inner]) => [name, visible, inner?.length]).slice(0, 2), [['tree', false, 2], ['tree', true, 3]]);
});

test('results are converted before Photoshop is held', async () => {
    const over = panelOver();
    const depth = over.load('lib/depth.js');
    const { toPhotoshop16 } = depth;
    const seen = [];
    depth.toPhotoshop16 = (...given) => {
        seen.push(over.photoshop.core.isModal());
        return toPhotoshop16(...given);
    };
    const { insertLayers } = over.load('lib/insert_layers.js');
    const document = over.control.openDocument({ width: 8, height: 8, depth: 16 });
    const bounds = { x: 0, y: 0, width: 8, height: 8 };
    const result = { bounds, canvas: null, channels: 4, image: new Uint16Array(256).fill(9), mask: new Uint8Array(64).fill(255) };
    const note = { version: 1, job: 'j', parameters: {} };
    const order = { pieces: [{ result, name: 'a', note }], title: 'a', profile: undefined, depth: 16, masks: new (over.load('lib/masks.js').Masks)() };
    const position = { document, above: null, hide: null, replace: null, standing: [null], moved: { x: 0, y: 0 }, keep: async () => {} };
    assert.equal(
        await insertLayers(
            order,
            async () => position,
            () => {},
            () => {},
        ),
        true,
    );
    assert.deepEqual(seen, [false]);
});
