// Reads of Photoshop's properties in documents of hundreds of layers: each costs a call (rule app.reads).
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { scene, BOX } = require('./apply-scene.js');

const BUDGET = 40; // reads of an event, whatever the number of layers
const PLACING = 220; // reads of a placement, which looks at the document several times: most are of the document and of the few layers made

/** A picture with `count` layers, in groups of 50 within groups of 5 where `deep`; gives all ids. */
function crowded(count, deep, options = {}) {
    const made = scene(options);
    const { control, document } = made;
    const ids = [];
    for (let i = 0; i < count; i++) ids.push(control.addLayer(document, { name: `layer ${i}`, bounds: { left: 0, top: 0, right: 9, bottom: 9 } }));
    const groups = [];
    for (let i = 0; deep && i < count; i += 50) groups.push(control.addLayer(document, { name: `group ${i}`, children: ids.slice(i, i + 50) }));
    for (let i = 0; i < groups.length; i += 5) control.addLayer(document, { name: `outer ${i}`, children: groups.slice(i, i + 5) });
    control.activateLayer(document, ids[0]);
    return { ...made, ids };
}

for (const [count, deep] of [[10, false], [500, false], [500, true]]) {
    test(`an event in a document of ${count} layers${deep ? ' in groups' : ''} is read in at most ${BUDGET} reads`, async () => {
        const { control, document, panel, ids, finished, put } = crowded(count, deep);
        const key = finished('ball', BOX, { count: 3 });
        for (const index of [0, 1, 2]) await put(key, { indices: [index] });
        for (const selected of [[ids[0]], ids, []]) {
            control.activateLayer(document, ...selected);
            control.reads();
            panel.refreshScene();
            const reads = control.reads();
            assert.ok(reads > 5 && reads <= BUDGET, `${selected.length} selected: ${reads} reads`);
            assert.equal(panel.store.get().scene.layers.length, selected.length);
        }
        control.reads();
        panel.poll();
        assert.ok(control.reads() <= 3);
    });

    test(`placing, replacing and Again in a document of ${count} layers${deep ? ' in groups' : ''} read no more than in a small one`, async () => {
        const { control, document, panel, ids, finished, put, load, told } = crowded(count, deep);
        const key = finished('ball', BOX, { count: 3, notes: { source: 'layer', layer: String(ids[1]), hide: '1' } });
        const reads = {};
        for (const [step, options] of [['place', {}], ['replace', { indices: [1], replace: true }], ['all', { indices: [0, 1, 2] }]]) {
            control.activateLayer(document, ids[2]);
            control.reads();
            await put(key, options);
            reads[step] = control.reads();
            assert.equal(told(key), '');
        }
        control.reads();
        const task = await load('lib/again.js').againTask(panel.remembered);
        reads.again = control.reads();
        assert.equal(task, null);
        control.activateLayer(document, panel.card(key).variations[0].placed.layer);
        control.reads();
        const { hidden } = await load('lib/again.js').againTask(panel.remembered);
        reads.chain = control.reads();
        assert.ok(hidden.length > 0);
        assert.ok(Object.values(reads).every((number) => number <= PLACING), JSON.stringify(reads));
    });
}

test('where the lists of layers begin does not matter', async () => {
    for (const order of ['top', 'bottom']) {
        const { load, document, ids, control } = crowded(60, true, { assume: { 'app.layer-tree-order': order } });
        const { findLayer } = load('lib/read_scene.js');
        for (const id of ids) assert.equal(findLayer(document, id).name, `layer ${ids.indexOf(id)}`);
        assert.equal(findLayer(document, 12345), null);
        assert.equal(control.tree().length, 2);
    }
});

test('a Photoshop that does not tell the tree of layers is walked through', () => {
    const { load, document, ids, photoshop } = crowded(10, true);
    photoshop.core.getLayerTreeSync = () => {
        throw new Error('not there');
    };
    assert.equal(load('lib/read_scene.js').findLayer(document, ids[3]).name, 'layer 3');
});

test('each event that Adobe lists of selections and layers has the panel look again', async () => {
    const { control, load, panel } = crowded(3, false);
    const heard = [];
    load('lib/host.js').onChange(() => heard.push(1));
    const events = ['addTo', 'subtractFrom', 'inverse', 'feather', 'expand', 'contract', 'grow', 'similar', 'border', 'smoothness', 'interfaceWhite',
        'colorRange', 'deselect', 'duplicate', 'placeEvent', 'paste', 'undoEvent', 'revert', 'crop', 'imageSize', 'canvasSize', 'convertMode', 'set', 'select', 'make', 'delete'];
    for (const event of events) {
        heard.length = 0;
        control.host.notify(event, {});
        await new Promise((resolve) => setTimeout(resolve, 1));
        assert.equal(heard.length, 1, event);
    }
    assert.ok(panel);
});

test('what was done without any event is noticed by the poll, and nothing is read again while nothing was done', async () => {
    const { control, document, panel } = scene();
    let looks = 0;
    panel._settle = () => { looks++; };
    panel.poll();
    panel.poll();
    assert.equal(looks, 1, 'the first time');
    control.host.notify = () => {};
    for (const change of [
        () => control.select(document, { left: 1, top: 1, right: 9, bottom: 9 }),
        () => control.addLayer(document, {}),
        () => control.undo(document),
        () => control.openDocument({ width: 8, height: 8 }),
        () => control.activate(document),
        () => control.closeDocument(document),
    ]) {
        const before = looks;
        change();
        panel.poll();
        assert.equal(looks, before + 1, String(change));
        panel.poll();
        assert.equal(looks, before + 1, 'once');
    }
});
