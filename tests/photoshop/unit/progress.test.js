// When a progress bar, which is a modal dialog of Photoshop's, comes up while results are placed.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { scene, BOX } = require('./apply-scene.js');

const ALL = [0, 1, 2, 3];

/** Placing, where Photoshop takes `seconds` for the pixels of each layer. */
async function placedSlowly(t, seconds, indices) {
    t.mock.timers.enable({ apis: ['Date'] });
    const { control, finished, put } = scene();
    const key = finished('ball', BOX, { count: ALL.length });
    control.before((call) => {
        if (call === 'putPixels') t.mock.timers.tick(seconds * 500); // asked twice for each call
    });
    await put(key, { indices });
    assert.equal(control.tree().length, 2);
    return control.progress();
}

test('one result, however long it takes, asks for no progress bar', async (t) => {
    assert.deepEqual(await placedSlowly(t, 5, [0]), []);
});

test('several results that are placed quickly ask for none', async (t) => {
    assert.deepEqual(await placedSlowly(t, 0.3, ALL), []);
});

test('several that take long ask for one once they have taken a second and a half', async (t) => {
    const shown = await placedSlowly(t, 1, ALL);
    assert.equal(shown.length, 2);
    assert.ok(shown.every((milliseconds) => milliseconds >= 1500), String(shown));
});
