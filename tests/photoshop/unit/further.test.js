'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { panelOver } = require('./over-fake.js');
const { ALL_ROLES } = require('./all-roles.js');

const red = () => [1, 0, 0, 1];
const blue = () => [0, 0, 1, 1];

/** A picture with a group "Group" of a red patch over a blue one, and a pixel layer "Alone". */
function scene({ depth = 8, assume } = {}) {
    const over = panelOver({ assume });
    const { control, load } = over;
    const document = control.openDocument({ width: 40, height: 30, depth, paint: () => [0, 1, 0] });
    const low = control.addLayer(document, { name: 'low', bounds: { left: 4, top: 5, right: 14, bottom: 15 }, paint: blue });
    const high = control.addLayer(document, { name: 'high', bounds: { left: 4, top: 5, right: 9, bottom: 15 }, paint: red });
    const group = control.addLayer(document, { name: 'Group', children: [high, low] });
    const alone = control.addLayer(document, { name: 'Alone', bounds: { left: -3, top: 2, right: 5, bottom: 8 }, paint: red });
    load('lib/operations.js').useOperations([ALL_ROLES]);
    const further = load('lib/further.js');
    const { readScene } = load('lib/read_scene.js');
    const { travelOf } = load('lib/profiles.js');
    const host = load('lib/host.js');
    const storage = load('lib/storage.js');
    const asked = (choice, role = 'reference/1') =>
        further.askedPictures({ operation: ALL_ROLES.name, roles: { [role]: choice } });
    const read = (choice, hidden = []) => {
        const scene = readScene(document);
        const travel = travelOf(scene.profile, scene.depth, false);
        return host.modal('read', (context) => further.readLayerInputs(context, document, scene, travel, further.layerInputsIn(document, asked(choice)), hidden));
    };
    return { ...over, document, further, asked, read, storage, ids: { low, high, group, alone } };
}

test('a layer is read with all of its pixels, also past the canvas, in the document’s depth', async () => {
    const { read, ids } = scene({ depth: 16 });
    const { 'reference/1': taken } = await read({ from: 'layer', id: ids.alone, name: 'Alone' });
    assert.deepEqual(taken.about, { bounds: { x: -3, y: 2, width: 8, height: 6 }, profile: 'sRGB IEC61966-2.1' });
    assert.deepEqual([taken.tensor.dtype, taken.tensor.shape], ['U16', [6, 8, 4]]);
    assert.deepEqual(Array.from(taken.tensor.data.slice(0, 4)), [65535, 0, 0, 65535]);
});

test('a group is read as it shows, with nothing from below or above it, and nothing is left changed', async () => {
    const { read, ids, control } = scene();
    const before = JSON.stringify([control.tree(), control.history()]);
    const { 'reference/1': taken } = await read({ from: 'layer', id: ids.group, name: 'Group' });
    assert.deepEqual(taken.about.bounds, { x: 4, y: 5, width: 10, height: 10 });
    const [, width, channels] = taken.tensor.shape;
    const at = (x, y) => Array.from(taken.tensor.data.slice((y * width + x) * channels, (y * width + x + 1) * channels)).slice(0, 3);
    assert.deepEqual([at(0, 0), at(4, 9), at(5, 0), at(9, 9)], [[255, 0, 0], [255, 0, 0], [0, 0, 255], [0, 0, 255]]);
    assert.equal(JSON.stringify([control.tree(), control.history()]), before);
});

test('a layer of another document is found by its name; one that is gone, hidden or empty is told', async () => {
    const { read, ids, control, document, asked } = scene();
    const moved = await read({ from: 'layer', id: 9999, name: 'Alone' });
    assert.equal(moved['reference/1'].about.bounds.x, -3);
    await assert.rejects(() => read({ from: 'layer', id: 9999, name: 'Nowhere' }), /The layer “Nowhere”, chosen for “Style”, is not in this document/);
    await assert.rejects(() => read({ from: 'layer', id: ids.alone, name: 'renamed' }), /“renamed”.*not in this document/);
    control.editLayer(document, ids.group, (layer) => { layer.visible = false; });
    await assert.rejects(() => read({ from: 'layer', id: ids.group, name: 'Group' }), /“Group”, chosen for “Style”, is hidden/);
    const empty = control.addLayer(document, { name: 'Empty' });
    await assert.rejects(() => read({ from: 'layer', id: empty, name: 'Empty' }), /“Empty”, chosen for “Style”, has no pixels/);
    assert.deepEqual(asked({ from: 'layer', id: ids.alone, name: 'Alone' }).map(({ title }) => title), ['Style']);
});

test('a file is sent as it is; what is no PNG or JPEG, or gone, is refused', async () => {
    const { further, asked, storage, control } = scene();
    const bytes = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 1, 2, 3];
    control.uxp.picks.push({ name: 'pose.png', bytes });
    const picked = await storage.pictures.pick();
    assert.equal(picked.name, 'pose.png');
    const choice = { from: 'file', id: 'x', name: 'pose.png' };
    const { 'control/1': taken } = await further.readFiles(asked(choice, 'control/1'), () => picked.token);
    assert.deepEqual(taken.about, { media_type: 'image/png' });
    assert.deepEqual([taken.tensor.dtype, taken.tensor.shape, Array.from(taken.tensor.data)], ['U8', [11], bytes]);
    control.uxp.picks.push({ name: 'text.png', bytes: [1, 2, 3, 4] });
    const other = await storage.pictures.pick();
    await assert.rejects(() => further.readFiles(asked(choice), () => other.token), /neither a PNG nor a JPEG/);
    control.uxp.forgetTokens();
    await assert.rejects(() => further.readFiles(asked(choice), () => picked.token), /“pose.png” cannot be read any more/);
    assert.equal(await storage.pictures.pick(), null, 'cancelled');
});

test('all that is visible is read as it shows, on the canvas alone', async () => {
    const { read, ids } = scene({ depth: 16 });
    const { 'reference/1': taken } = await read({ from: 'visible', id: '', name: '' });
    assert.deepEqual(taken.about.bounds, { x: 0, y: 0, width: 40, height: 30 });
    const [, width, channels] = taken.tensor.shape;
    const at = (x, y) => Array.from(taken.tensor.data.slice((y * width + x) * channels, (y * width + x) * channels + 3));
    assert.deepEqual([at(20, 20), at(6, 8), at(11, 12), at(0, 3)], [[0, 65535, 0], [65535, 0, 0], [0, 0, 65535], [65535, 0, 0]]);
    const { 'reference/1': without } = await read({ from: 'visible', id: '', name: '' }, [ids.group]);
    assert.deepEqual(Array.from(without.tensor.data.slice((8 * width + 6) * channels, (8 * width + 6) * channels + 3)), [0, 65535, 0], 'an earlier result is left out');
});

test('a layer that the prompt mentions is found by its name, also within a group', () => {
    const { further, document, ids } = scene();
    const parameters = { operation: ALL_ROLES.name, prompt: 'as <layer:low>', roles: {} };
    assert.deepEqual(further.mentionedRoles(document, parameters), { 'reference/1': { from: 'layer', id: ids.low, name: 'low' } });
});
