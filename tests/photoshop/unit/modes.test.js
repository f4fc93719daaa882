// Results for a document that was given another mode after the job was sent.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { scene, BOX } = require('./apply-scene.js');
const { ALL_ROLES } = require('./all-roles.js');

/** A document that became Indexed, and a finished job of it; `made`: which of its outputs there are, `apply`: as what. */
function indexed(made, apply = {}) {
    const over = scene({ document: { mode: 'indexedColorMode' } });
    const { load, panel, document, finished } = over;
    load('lib/operations.js').useOperations([{ ...ALL_ROLES, outputs: ALL_ROLES.outputs.filter(({ role }) => made.includes(role)) }]);
    const key = finished('job', BOX);
    const card = panel.card(key);
    const request = { ...card.request, operation: ALL_ROLES.name, client_data: { ...card.request.client_data, apply: JSON.stringify(apply) } };
    panel.change(key, { request, variations: [{ ...card.variations[0], roles: made }] });
    const mask = { dtype: 'U8', shape: [BOX.height, BOX.width], data: new Uint8Array(BOX.width * BOX.height).fill(200) };
    const flat = { dtype: 'U8', shape: [4, 4, 3], data: new Uint8Array(48) };
    const parts = { subject: { mask }, large: { image: flat } };
    const { encode } = load('lib/wire.js');
    panel.session.client.artifact = async (_job, role) => encode({ operation: ALL_ROLES.name, role, bounds: BOX, seed: 0, index: 0 }, parts[role]);
    return { ...over, document, key };
}

test('an Indexed document takes a selection', async () => {
    const { control, key, put, told } = indexed(['subject']);
    await put(key);
    assert.equal(told(key), '');
    const { data, width } = control.selection();
    assert.deepEqual([data[BOX.y * width + BOX.x], data[0]], [200, 0]);
});

test('an Indexed document takes a channel', async () => {
    const { control, key, put, told } = indexed(['subject'], { subject: 'channel' });
    await put(key);
    assert.equal(told(key), '');
    assert.equal(control.channels().length, 1);
});

test('a picture of another size becomes a document, whatever the mode of its own; as a layer it is asked about', async () => {
    const apart = indexed(['large']);
    await apart.put(apart.key);
    assert.equal(apart.told(apart.key), '');
    assert.equal(apart.load('lib/host.js').activeDocument().width, 4);
    const inside = indexed(['large'], { large: 'layer' });
    await inside.put(inside.key);
    assert.match(inside.told(inside.key), /another mode or depth/);
    assert.deepEqual(inside.panel.card(inside.key).notice.choices.map(({ id }) => id), ['new', 'later']);
});

test('with a layer among the results the user is asked before anything is applied', async () => {
    const { control, key, put, told } = indexed(['layer', 'subject']);
    await put(key);
    assert.match(told(key), /another mode or depth/);
    assert.equal(control.selection(), null);
});
