'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { panelOver } = require('./over-fake.js');

const BOX = { x: 30, y: 20, width: 8, height: 4 };

/** A picture of 96 x 64 with a pixel layer, and `apply(way)` of a soft result over BOX. */
function scene({ depth = 8, assume, background = false } = {}) {
    const over = panelOver({ assume });
    const { control, load } = over;
    const document = control.openDocument({ width: 96, height: 64, depth });
    const layer = background ? document.layers[0].id : control.addLayer(document, { name: 'Top', bounds: { left: 0, top: 0, right: 96, bottom: 64 } });
    const host = load('lib/host.js');
    const { applySelected, fillDocument } = load('lib/appliers.js');
    const { createFor } = load('lib/new_document.js');
    const { Masks } = load('lib/masks.js');
    const order = { title: 'Subject', profile: undefined, masks: new Masks() };
    const values = Uint8Array.from({ length: 32 }, (_, i) => (i % 8) * 36);
    const apply = (way, { moved = { x: 0, y: 0 }, mask = values } = {}) =>
        host.modal('apply', (context) => applySelected(context, { document, moved }, order, way, { bounds: BOX, mask }));
    const at = ({ data, width }, x, y) => data[y * width + x];
    return { ...over, document, layer, apply, at, host, fillDocument, createFor, order };
}

for (const depth of [8, 16, 32]) {
    test(`a soft result becomes the selection, in one step (${depth} bit)`, async () => {
        const { apply, control, at } = scene({ depth });
        const before = control.history().length;
        assert.deepEqual(await apply('selection'), []);
        const selected = control.selection();
        assert.deepEqual([at(selected, 31, 20), at(selected, 37, 23), at(selected, 38, 23), at(selected, 0, 0)], [36, 252, 0, 0]);
        assert.deepEqual(control.history().slice(before), ['Subject']);
    });

    test(`a soft result becomes the mask of the active layer, whose old one gives way (${depth} bit)`, async () => {
        const { apply, control, at, layer } = scene({ depth });
        const before = control.history().length;
        assert.deepEqual(await apply('mask'), []);
        const mask = control.mask(null, layer);
        assert.deepEqual([at(mask, 31, 20), at(mask, 37, 23), at(mask, 38, 23), at(mask, 0, 0)], [36, 252, 0, 0]);
        assert.deepEqual(control.history().slice(before), ['Subject']);
        assert.match((await apply('mask', { moved: { x: 2, y: 0 } }))[0], /The mask that “Top” had before was replaced/);
        assert.deepEqual([at(control.mask(null, layer), 31, 20), at(control.mask(null, layer), 33, 20)], [0, 36]);
    });

    test(`a soft result becomes a channel, and the user’s selection stays (${depth} bit)`, async () => {
        const { apply, control, at } = scene({ depth });
        control.select(null, { left: 1, top: 2, right: 9, bottom: 8 });
        const own = Array.from(control.selection().data);
        const before = control.history().length;
        assert.deepEqual(await apply('channel'), []);
        const [channel] = control.channels();
        assert.deepEqual([channel.name, at(channel, 31, 20), at(channel, 37, 23), at(channel, 2, 3)], ['Subject', 36, 252, 0]);
        assert.deepEqual(Array.from(control.selection().data), own);
        assert.deepEqual(control.history().slice(before), ['Subject']);
        control.select(null, null);
        await apply('channel');
        assert.equal(control.selection(), null, 'nothing is selected where nothing was');
    });

    test(`a picture of another size becomes a document of the same depth (${depth} bit)`, async () => {
        const { control, host, fillDocument, createFor, order } = scene({ depth });
        const image = depth === 8 ? Uint8Array.from([0, 51, 255, 255, 0, 0]) : depth === 16 ? Uint16Array.from([0, 13107, 65535, 65535, 0, 0]) : Float32Array.from([0, 0.2, 2, 1, 0, 0]);
        const request = { document: { name: 'a.psd', width: 96, height: 64 }, client_data: { space: 'RGB', depth: String(depth), resolution: '300' } };
        await host.modal('make', async (context) => {
            const { document, keep } = await createFor(context, request, { name: 'Large', width: 2, height: 1, gray: false });
            await fillDocument(context, document, order, { image, channels: 3, width: 2, height: 1 });
            await keep();
        });
        const made = host.activeDocument();
        assert.deepEqual([made.name, made.width, made.height, made.resolution, made.layers.length, made.layers[0].name], ['Large', 2, 1, 300, 1, 'Subject']);
        const seen = control.pixels(made, made.layers[0].id);
        const full = { 8: 255, 16: 32768, 32: 1 }[depth];
        const wanted = depth === 32 ? [0, 0.2, 2] : [0, 0.2, 1];
        wanted.forEach((value, c) => assert.ok(Math.abs(seen.data[c] / full - value) < 1 / 255, `${seen.data[c]} is ${value}`));
        assert.equal(control.history().length, 2, 'one step after the document was made');
    });
}

test('what cannot be done is said, and nothing is changed', async () => {
    const { apply, control, document, layer } = scene();
    const same = async (work, text) => {
        const before = JSON.stringify([control.history(), control.tree(), control.selection()]);
        await work(text);
        assert.equal(JSON.stringify([control.history(), control.tree(), control.selection()]), before);
    };
    await same(async () => assert.match((await apply('selection', { mask: new Uint8Array(32) }))[0], /selects nothing on the canvas/));
    await same(async () => assert.match((await apply('channel', { moved: { x: 500, y: 0 } }))[0], /selects nothing on the canvas/));
    control.editLayer(document, layer, (edited) => { edited.locks.all = true; });
    await same(() => assert.rejects(() => apply('mask'), /“Top” is locked/));
    control.activateLayer(document, layer, document.layers[1].id);
    await same(() => assert.rejects(() => apply('mask'), /Select a single layer/));
    control.activateLayer(document, document.layers[1].id);
    await same(() => assert.rejects(() => apply('mask'), /The Background layer “Background” cannot have a mask/));
    control.setQuickMask(document, true);
    await same(() => assert.rejects(() => apply('selection'), /Quick Mask is on/));
});

test('a result that reaches past the canvas is cut', async () => {
    const { apply, control, at } = scene();
    await apply('selection', { moved: { x: 62, y: 0 } });
    assert.equal(at(control.selection(), 95, 20), 108);
});
