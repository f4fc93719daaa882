// Several variations of a job, layers that bear them, and what is in the way.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { scene, BOX } = require('./apply-scene.js');

const OTHER = { width: 96, height: 64, name: 'other.psd', path: '/p/other.psd' };
const CORNER = { left: 0, top: 0, right: 9, bottom: 9 };
const tree = (control) => control.tree().map(({ name, visible }) => (visible ? name : `(${name})`));

test('Replace takes away only its own earlier result, never a layer of that number in another document', async () => {
    const { control, panel, document, finished, put, answer, told } = scene();
    const key = finished('ball', BOX, { count: 2 });
    await put(key);
    const number = panel.card(key).variations[0].placed.layer;
    const other = control.openDocument(OTHER);
    assert.equal(control.addLayer(other, { name: 'mine', bounds: CORNER }), number, 'as in Photoshop');
    control.closeDocument(document);
    await put(key, { indices: [1], replace: true });
    await answer(key, 'anyway');
    assert.deepEqual(tree(control), ['ball', 'mine', 'Background']);
    assert.match(told(key), /nothing was taken away/);
    await put(key, { indices: [0], replace: true });
    await answer(key, 'anyway');
    assert.deepEqual(tree(control), ['ball', 'mine', 'Background'], 'the one before is replaced where it was placed');
});

test('Replace leaves a layer alone that bears the number of an earlier result but not its note', async () => {
    const { control, panel, document, finished, put, told } = scene();
    const key = finished('ball', BOX, { count: 2 });
    const mine = control.addLayer(document, { name: 'mine', bounds: CORNER });
    panel.store.dispatch({ type: 'variation', key, index: 0, values: { placed: { document: document.id, layer: mine } } });
    await put(key, { indices: [1], replace: true });
    assert.deepEqual(tree(control), ['ball', 'mine', 'Background']);
    assert.match(told(key), /nothing was taken away/);
});

test('a document that is closed takes its marks along, and what was placed in it is not offered again', async () => {
    const { control, panel, document, finished, put } = scene();
    const key = finished('ball', BOX);
    await put(key);
    control.closeDocument(document);
    panel.refreshScene();
    assert.equal(panel.card(key).variations[0].placed, null);
    panel.keepOpen();
    assert.deepEqual(panel.remembered.openJobs(), []);
});

test('each variation for a document that is gone is asked about anew, and hides no layer of another', async () => {
    const { control, panel, document, finished, put, answer, told } = scene();
    const other = control.openDocument(OTHER);
    const mine = control.addLayer(other, { name: 'mine', bounds: CORNER });
    control.activate(document);
    const key = finished('ball', BOX, { count: 2, notes: { source: 'layer', layer: String(mine), hide: '1' } });
    control.closeDocument(document);
    await put(key);
    assert.match(told(key), /made for “picture.psd”/);
    await answer(key, 'anyway');
    await put(key, { indices: [1] });
    assert.match(told(key), /made for “picture.psd”/);
    await answer(key, 'anyway');
    assert.deepEqual(tree(control), ['ball', 'ball', 'mine', 'Background']);
    assert.equal(panel.card(key).documentId, document.id);
});

test('after “Open as new document” the next variation is asked about too', async () => {
    const { control, document, finished, put, told } = scene();
    const key = finished('ball', BOX, { count: 2, notes: { source: 'layer', layer: '1', hide: '1' } });
    control.closeDocument(document);
    await put(key, { choice: 'new' });
    await put(key, { indices: [1] });
    assert.match(told(key), /made for “picture.psd”/);
});

test('Replace takes the selected one of two that are placed', async () => {
    const { control, panel, document, finished, put } = scene();
    const key = finished('ball', BOX, { count: 3 });
    await put(key);
    await put(key, { indices: [1] });
    const [first, second] = panel.card(key).variations.map(({ placed }) => placed?.layer);
    control.activateLayer(document, first);
    await put(key, { indices: [2], replace: true });
    const left = control.tree().map(({ id }) => id);
    assert.deepEqual([left.includes(first), left.includes(second)], [false, true]);
});

test('Place all takes a variation that is placed already into the group, as it is', async () => {
    const { control, panel, document, finished, put } = scene();
    const key = finished('ball', BOX, { count: 3 });
    await put(key, { indices: [1] });
    const { layer } = panel.card(key).variations[1].placed;
    control.editLayer(document, layer, (edited) => (edited.opacity = 40));
    await put(key, { indices: [0, 1, 2] });
    const [group, ...others] = control.tree();
    assert.deepEqual(others.map(({ name }) => name), ['Background']);
    assert.deepEqual(group.children.map(({ id }) => id), panel.card(key).variations.map(({ placed }) => placed.layer));
    assert.deepEqual(group.children.map(({ visible }) => visible), [false, true, false]);
    assert.deepEqual([group.children[1].id, group.children[1].opacity], [layer, 40]);
});

test('Place all leaves a variation in the group that a user put it into', async () => {
    const { control, panel, document, finished, put } = scene();
    const key = finished('ball', BOX, { count: 2 });
    await put(key);
    const { layer } = panel.card(key).variations[0].placed;
    control.addLayer(document, { name: 'group', children: [layer] });
    await put(key, { indices: [0, 1] });
    assert.deepEqual(tree(control), ['(ball #2)', 'group', 'Background']);
    assert.deepEqual(control.tree()[1].children.map(({ id }) => id), [layer]);
});

test('a locked group is named, with what to do', async () => {
    const { control, document, finished, put, told } = scene();
    const sky = control.addLayer(document, { name: 'sky', bounds: { left: 0, top: 0, right: 90, bottom: 60 } });
    const group = control.addLayer(document, { name: 'Heavens', children: [sky] });
    control.editLayer(document, group, (layer) => (layer.locks.all = true));
    const key = finished('ball', BOX, { notes: { source: 'layer', layer: String(sky) } });
    await put(key);
    assert.match(told(key), /^The group “Heavens” is locked\. Unlock it .* or set Source to “All visible layers”/);
    assert.equal(control.tree().length, 2);
    control.editLayer(document, group, (layer) => (layer.locks.all = false));
    await put(key);
    assert.deepEqual(control.tree()[0].children.map((layer) => layer.name), ['ball', 'sky']);
});

test('a result that is locked is not replaced, and the user is told what to do', async () => {
    const { control, document, finished, put, told } = scene();
    const key = finished('ball', BOX, { count: 2 });
    await put(key);
    control.editLayer(document, control.tree()[0].id, (layer) => (layer.locks.all = true));
    await put(key, { indices: [1], replace: true });
    assert.match(told(key), /^“ball” is locked\. Unlock it .* or choose Place/);
    assert.equal(control.tree().length, 2);
});
