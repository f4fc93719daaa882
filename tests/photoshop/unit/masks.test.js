// Layer masks in each way that Photoshop may take them: the mask in the document is that of the result.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { scene } = require('./apply-scene.js');
const { RULES } = require('../fake/rules/index.js');

const SIZE = { width: 700, height: 420 }; // several of Photoshop's tiles
const WHOLE = { x: 0, y: 0, ...SIZE };
/** A soft disc at the left: most blocks of the mask are zero. */
const disc = (x, y) => Math.round(255 * Math.min(1, Math.max(0, (90 - Math.hypot(x - 110, y - 200)) / 40)));
const choicesOf = (id) => Object.keys(RULES.find((rule) => rule.id === id).choices);

function setUp(depth, assume) {
    const made = scene({ document: { ...SIZE, depth, paint: undefined }, assume });
    const reads = [];
    const { getLayerMask } = made.photoshop.imaging;
    made.photoshop.imaging.getLayerMask = (options) => {
        reads.push(options.sourceBounds);
        return getLayerMask(options);
    };
    return { ...made, reads };
}

/** The largest difference between a layer's mask and what it should be. */
function difference({ control, document }, id, wanted) {
    const { data, width } = control.mask(document, id);
    return data.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted(i % width, Math.floor(i / width)))), 0);
}

const selectionOf = ({ control }) => control.host.document().state.selection;

test('the mask of a picture of several tiles, in every depth and every Photoshop', async () => {
    for (const [depth, read] of [[8, 'eight'], [16, 'document'], [32, 'eight']]) {
        for (const blocks of choicesOf('mask.zero-blocks')) {
            for (const put of depth === 8 ? ['taken'] : choicesOf('mask.put-depth')) {
                const assume = { 'mask.zero-blocks': blocks, 'mask.put-depth': put, 'deep.mask-eight': put, 'mask.depth': read };
                const made = setUp(depth, assume);
                const key = made.finished('ball', WHOLE, { mask: disc });
                made.control.select(made.document, { left: 300, top: 300, right: 420, bottom: 380 }, 5);
                const selected = selectionOf(made);
                await made.put(key);
                const about = JSON.stringify({ depth, ...assume });
                assert.equal(made.told(key), '', about);
                assert.ok(difference(made, made.control.tree()[0].id, disc) <= 2, about);
                assert.deepEqual(selectionOf(made), selected, about);
                assert.deepEqual(made.control.warnings(), [], about);
                assert.equal(made.control.leaks(), 0);
            }
        }
    }
});

test('nothing is selected afterwards where nothing was, and one Undo takes it back', async () => {
    for (const none of choicesOf('selection.none')) {
        const made = setUp(16, { 'mask.put-depth': 'bent', 'selection.none': none });
        await made.put(made.finished('ball', WHOLE, { mask: disc }));
        assert.ok(difference(made, made.control.tree()[0].id, disc) <= 2);
        assert.equal(selectionOf(made), null);
        made.control.undo();
        assert.equal(made.control.tree().length, 1);
    }
});

test('a mask is read back once for what it can show, and not again in this session', async () => {
    const made = setUp(16);
    const place = (job, bounds, mask) => made.put(made.finished(job, bounds, { mask }));
    const small = { x: 60, y: 150, width: 100, height: 100 };
    await place('hard', small, () => 255);
    assert.equal(made.reads.length, 0, 'it shows nothing');
    for (const job of ['soft', 'softer']) await place(job, small, disc);
    assert.equal(made.reads.length, 1);
    for (const job of ['large', 'larger']) await place(job, WHOLE, disc);
    assert.equal(made.reads.length, 2);
});

test('once masks were seen to change they go by a selection, each of them', async () => {
    const made = setUp(16, { 'mask.put-depth': 'bent' });
    for (const shift of [0, 40, 80]) {
        const mask = (x, y) => disc(x - shift, y);
        await made.put(made.finished(`ball ${shift}`, WHOLE, { mask }));
        assert.ok(difference(made, made.control.tree()[0].id, mask) <= 2);
    }
});

test('a Photoshop that keeps other values whatever is done: placed, and said', async () => {
    const made = setUp(8);
    const { getLayerMask } = made.photoshop.imaging;
    made.photoshop.imaging.getLayerMask = async (options) => {
        const got = await getLayerMask(options);
        const { getData } = got.imageData;
        got.imageData.getData = async (given) => (await getData.call(got.imageData, given)).map((value) => (value && value < 255 ? value + 9 : value));
        return got;
    };
    const key = made.finished('ball', WHOLE, { mask: disc });
    await made.put(key);
    assert.match(made.told(key), /mask with other values.*Look at the edges/);
    assert.equal(made.control.tree().length, 2);
});

test('a mask that cannot be read back is no reason to stop', async () => {
    const made = setUp(8);
    made.photoshop.imaging.getLayerMask = () => Promise.reject(new Error('no mask for you'));
    const key = made.finished('ball', WHOLE, { mask: disc });
    await made.put(key);
    assert.equal(made.told(key), '');
    assert.equal(difference(made, made.control.tree()[0].id, disc), 0);
});

test('the document is drawn anew after a mask was written', async () => {
    for (const depth of [8, 16]) {
        const made = setUp(depth);
        await made.put(made.finished('ball', { x: 60, y: 150, width: 100, height: 100 }, { mask: disc }));
        assert.deepEqual(made.control.warnings(), []);
    }
});
