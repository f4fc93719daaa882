'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { scene } = require('./apply-scene.js');
const { ALL_ROLES } = require('./all-roles.js');

const BOX = { x: 30, y: 20, width: 10, height: 10 };
const PIXELS = BOX.width * BOX.height;
const OUTPUTS = [
    ...ALL_ROLES.outputs,
    { role: 'edge', kind: 'selection', title: 'Edge', several: false, grows_canvas: false },
    { role: 'beside', kind: 'layer', title: 'Beside', several: false, grows_canvas: false },
];

/** A finished job whose results are two layers, a selection, a channel and a document of their own, and whose document was closed. */
function closedScene({ roles = ['layer', 'subject', 'edge', 'beside', 'large'], canvas = null, count = 1, channels = 4 } = {}) {
    const over = scene();
    const { load, panel, control, document } = over;
    const wire = load('lib/wire.js');
    const outputs = OUTPUTS.map((output) => ({ ...output, grows_canvas: output.kind === 'layer' && canvas !== null }));
    load('lib/operations.js').useOperations([{ ...ALL_ROLES, outputs, options: [] }]);
    const key = over.finished('job', BOX, { count, notes: { apply: JSON.stringify({ edge: 'channel' }) } });
    const card = panel.card(key);
    panel.change(key, { request: { ...card.request, operation: ALL_ROLES.name }, variations: card.variations.map((known) => ({ ...known, roles })) });
    const message = { operation: ALL_ROLES.name, bounds: BOX, canvas, seed: 1, index: 0 };
    const image = { dtype: 'U8', shape: [BOX.height, BOX.width, channels], data: new Uint8Array(PIXELS * channels).fill(200) };
    const mask = { dtype: 'U8', shape: [BOX.height, BOX.width], data: new Uint8Array(PIXELS).fill(255) };
    panel.session.client.artifact = async (_job, role) => wire.encode({ ...message, role }, { image, mask });
    control.closeDocument(document);
    const seen = () =>
        over.photoshop.app.documents.map((made) => {
            control.activate(made);
            const selection = control.selection(made);
            return {
                layers: control.tree(made).map(({ name }) => name),
                channels: control.channels(made).map(({ name }) => name),
                selected: selection && selection.data.findIndex(Boolean),
            };
        });
    return { ...over, key, seen };
}

test('all of a result that is opened as a new document lies in one, and what is a document is another', async () => {
    const { key, put, told, seen } = closedScene();
    await put(key, { choice: 'new' });
    assert.equal(told(key), '');
    const selected = BOX.y * 96 + BOX.x;
    assert.deepEqual(seen(), [
        { layers: ['Beside', 'Painted', 'Layer 1'], channels: ['Edge'], selected },
        { layers: ['Large picture'], channels: [], selected: null },
    ]);
});

test('a new document whose canvas grew with the layer has the selection where the picture is', async () => {
    const { key, put, told, seen } = closedScene({ roles: ['layer', 'subject'], canvas: { x: -16, y: -8, width: 112, height: 72 } });
    await put(key, { choice: 'new' });
    assert.equal(told(key), '');
    assert.deepEqual(seen(), [{ layers: ['Painted', 'Layer 1'], channels: [], selected: (BOX.y + 8) * 112 + BOX.x + 16 }]);
});

test('what could not be applied at first goes into the document that was made', async () => {
    const { key, control, put, answer, told, seen } = closedScene({ roles: ['layer', 'subject', 'edge'] });
    control.before((call) => {
        if (/putSelection/.test(call)) throw new Error('no memory');
    });
    await put(key, { choice: 'new' });
    assert.match(told(key), /no memory/);
    control.before(null);
    await answer(key, 'rest');
    assert.equal(told(key), '');
    assert.deepEqual(seen(), [{ layers: ['Painted', 'Layer 1'], channels: ['Edge'], selected: BOX.y * 96 + BOX.x }]);
});

test('a document that was made and closed again is asked about', async () => {
    const { key, control, put, answer, told, seen, photoshop } = closedScene({ roles: ['layer', 'subject'] });
    control.before((call) => {
        if (/putSelection/.test(call)) throw new Error('no memory');
    });
    await put(key, { choice: 'new' });
    control.before(null);
    control.closeDocument(photoshop.app.activeDocument);
    await answer(key, 'rest');
    assert.match(told(key), /was closed/);
    await answer(key, 'new');
    assert.deepEqual(seen().map(({ layers, selected }) => [layers, selected > 0]), [[['Layer 1'], true]]);
});

test('a document of its own has the profile and depth of the one it was made of; where those are of colors and it is gray, one for grays', async () => {
    const gray = { space: 'Grayscale' };
    for (const [notes, channels, wanted] of [
        [{ profile: 'Adobe RGB (1998)', depth: '16' }, 3, ['RGBColorMode', 'bitDepth16', 'Adobe RGB (1998)']],
        [{ profile: 'Display P3', depth: '8' }, 4, ['RGBColorMode', 'bitDepth8', 'Display P3']],
        [{ profile: 'ProPhoto RGB', depth: '32' }, 3, ['RGBColorMode', 'bitDepth32', 'ProPhoto RGB (Linear RGB Profile)']],
        [{ ...gray, profile: 'Gray Gamma 1.8', depth: '16' }, 1, ['grayscaleMode', 'bitDepth16', 'Gray Gamma 1.8']],
        [{ profile: 'Adobe RGB (1998)', depth: '8' }, 1, ['grayscaleMode', 'bitDepth8', 'Gray Gamma 2.2']],
        [{ ...gray, profile: 'Gray Gamma 1.8', depth: '8' }, 3, ['RGBColorMode', 'bitDepth8', 'sRGB IEC61966-2.1']],
        [{ untagged: '1', depth: '8' }, 3, ['RGBColorMode', 'bitDepth8', 'None']],
    ]) {
        const { key, panel, control, put, told, photoshop } = closedScene({ roles: ['large'], channels });
        const { request } = panel.card(key);
        panel.change(key, { request: { ...request, client_data: { ...request.client_data, ...notes } } });
        await put(key);
        assert.equal(told(key), '');
        const made = photoshop.app.activeDocument;
        assert.deepEqual([made.mode, made.bitsPerChannel, made.colorProfileName], wanted);
        const { data, channels: all } = control.pixels(made, made.layers[0].id);
        const full = { bitDepth8: 255, bitDepth16: 32768, bitDepth32: 1 }[wanted[1]];
        const same = Array.from(data.slice(0, all - 1), (value) => Math.abs(value / full - 200 / 255) < 1 / 255);
        if (Boolean(notes.space) === channels < 3) assert.ok(same.every(Boolean), `the numbers are those of the result: ${data.slice(0, all)}`);
    }
});

test('a document that could not be made is tried again, without those that were', async () => {
    const { key, control, put, answer, told, seen, photoshop } = closedScene({ roles: ['large'], count: 3 });
    control.before((call) => {
        if (call === 'createDocument' && photoshop.app.documents.length) throw new Error('no memory');
    });
    await put(key, { indices: [0, 1, 2] });
    assert.match(told(key), /no memory/);
    assert.equal(seen().length, 1);
    control.before(null);
    await answer(key, 'rest');
    assert.deepEqual([told(key), seen().length], ['', 3]);
});
