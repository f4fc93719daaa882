// A whole photograph of 24 megapixels at 16 bit, there and back, and what is held of it at once.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { panelOver, sessionWith } = require('./over-fake.js');

const [WIDTH, HEIGHT] = [6000, 4000];
const BOX = { x: 0, y: 0, width: WIDTH, height: HEIGHT };
const STRIP_BYTES = 32 * 1024 * 1024;
/** A number for a pixel that tells it from its neighbours, 0 to 32768. */
const value = (x, y) => (x * 7 + y * 1009) % 32769;

test('a photograph of 24 megapixels at 16 bit is sent and its result placed, strip by strip', async () => {
    const over = panelOver();
    const { control, load } = over;
    const document = control.openDocument({ width: WIDTH, height: HEIGHT, depth: 16 });
    const { data } = control.host.document().state.layers[0].raster;
    const corners = [[0, 0], [WIDTH - 1, 0], [0, HEIGHT - 1], [WIDTH - 1, HEIGHT - 1], [2999, 698], [2999, 699], [2999, 700]];
    for (const [x, y] of corners) data[(y * WIDTH + x) * 4] = value(x, y);
    const { wire, depth, results } = { wire: load('lib/wire.js'), depth: load('lib/depth.js'), results: {} };
    const { Panel } = load('lib/panel.js');
    const panel = new Panel(() => {});
    panel.session = sessionWith({ wire, results });
    const DEFAULTS = load('lib/parameters.js').defaults();
    const task = { documentId: document.id, parameters: { ...DEFAULTS.img2img, prompt: 'a', source: 'visible' }, layerId: null, hidden: [], area: null, first: '' };
    const sent = await load('lib/run.js').send(panel.session, task, () => {}, () => false, { moves: () => [], picture: () => null });
    const { image, shape } = panel.session.sent[0];
    assert.deepEqual(shape, [HEIGHT, WIDTH, 3]);
    const there = (x, y) => depth.fromPhotoshop16(Uint16Array.of(value(x, y)))[0];
    for (const [x, y] of corners) assert.equal(image[(y * WIDTH + x) * 3], there(x, y), `${x}, ${y}`);
    assert.ok(control.peakImageBytes() <= STRIP_BYTES, `${control.peakImageBytes()} bytes of image data at once`);
    assert.ok(control.largestCopyBytes() <= STRIP_BYTES);

    const result = new Uint16Array(WIDTH * HEIGHT * 4).fill(65535);
    for (const [x, y] of corners) result[(y * WIDTH + x) * 4] = there(x, y);
    const mask = { dtype: 'U8', shape: [HEIGHT, WIDTH], data: new Uint8Array(WIDTH * HEIGHT).fill(255) };
    const tensors = { image: { dtype: 'U16', shape: [HEIGHT, WIDTH, 4], data: result }, mask };
    results['job/0'] = wire.encode({ operation: 'img2img', role: 'layer', bounds: BOX, canvas: null, seed: 1, index: 0 }, tensors);
    const { newCard } = load('lib/state.js');
    const variations = [{ index: 0, roles: ['layer'], seed: 1, placed: null, applied: [], text: null }];
    const card = newCard(1, { job: 'job', title: 'a', request: sent.message, documentId: document.id, stage: 'ended', variations, first: 'job' });
    panel.store.dispatch({ type: 'card', card });
    await load('lib/apply.js').applyResults(panel, 1, { indices: [0], replace: false, choice: '', about: '' });
    assert.equal(panel.card(1).notice, null);
    const placed = control.host.document().state.layers[0].raster;
    assert.deepEqual(placed.bounds, { left: 0, top: 0, right: WIDTH, bottom: HEIGHT });
    for (const [x, y] of corners) assert.equal(placed.data[(y * WIDTH + x) * 4], value(x, y), `${x}, ${y}`);
    assert.deepEqual(control.warnings(), []);
    assert.equal(control.leaks(), 0);
    assert.ok(control.peakImageBytes() <= STRIP_BYTES + WIDTH * HEIGHT, `${control.peakImageBytes()} bytes of image data at once`);
});
