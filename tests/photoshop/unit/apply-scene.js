// A panel over a fake Photoshop with a picture, for tests of placing.
'use strict';
const { panelOver, sessionWith } = require('./over-fake.js');

/** A panel over a fake Photoshop with a picture of 96 x 64, without a page. */
function scene({ document = {}, assume } = {}) {
    const over = panelOver({ assume });
    const made = over.control.openDocument({ width: 96, height: 64, paint: (x, y) => [x / 96, y / 64, 0.5], ...document });
    const { Panel } = over.load('lib/panel.js');
    const { newCard } = over.load('lib/state.js');
    const { documentInfo } = over.load('lib/scene.js');
    const { readScene } = over.load('lib/read_scene.js');
    const wire = over.load('lib/wire.js');
    const { applyResults } = over.load('lib/apply.js');
    const panel = new Panel(() => {});
    const results = {};
    panel.session = sessionWith({ wire, results, before: (call) => panel.session.before(call) });
    panel.session.before = () => {};
    panel.refreshScene();

    /** A finished job with results: flat patches at `bounds`. `canvas`: of an outpaint; `mask(x, y)` of the document: 0 to 255. `roles`: of each variation. */
    const finished = (job, bounds, { canvas = null, count = 1, notes = {}, mask: masked = () => 255, roles = [] } = {}) => {
        const operation = canvas ? 'outpaint' : 'inpaint';
        const request = { operation, version: 1, params: { prompt: job, num_images: count }, inputs: {}, models: [], document: documentInfo(readScene(made)), client_data: { space: 'RGB', depth: String(document.depth || 8), ...notes } };
        for (let index = 0; index < count; index++) {
            const pixels = bounds.width * bounds.height;
            const image = { dtype: 'U8', shape: [bounds.height, bounds.width, 4], data: new Uint8Array(pixels * 4).fill(200 + index) };
            const mask = { dtype: 'U8', shape: [bounds.height, bounds.width], data: Uint8Array.from({ length: pixels }, (_, i) => masked(bounds.x + (i % bounds.width), bounds.y + Math.floor(i / bounds.width))) };
            results[`${job}/${index}`] = wire.encode({ operation, role: 'layer', bounds, canvas, seed: index, index }, { image, mask });
        }
        const key = panel.nextKey();
        const variations = Array.from({ length: count }, (_, index) => ({ index, roles: roles[index] || ['layer'], seed: index, placed: null, applied: [], text: null }));
        const card = newCard(key, { job, title: job, request, documentId: made.id, stage: 'ended', variations, first: job });
        panel.store.dispatch({ type: 'card', card });
        return key;
    };
    const put = (key, options = {}) => applyResults(panel, key, { indices: [0], replace: false, choice: '', about: '', ...options });
    const answer = (key, choice) => put(key, { ...panel.pending.get(key), choice });
    const told = (key) => (panel.card(key).notice || { text: '' }).text;
    const boxes = () => Object.fromEntries(over.control.tree().map((layer) => [layer.name, [layer.bounds.left, layer.bounds.top]]));
    return { ...over, document: made, panel, finished, put, answer, told, boxes };
}

const BOX = { x: 30, y: 20, width: 10, height: 10 };

module.exports = { scene, BOX };
