// Results beside a user's clipping masks and locked groups, in each way that Photoshop may treat a new or moved layer there.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { scene, BOX } = require('./apply-scene.js');
const { RULES, expected } = require('../fake/rules/index.js');

const OPEN = ['layer.created-in-stack', 'layer.moved-into-stack', 'layer.moved-clipped', 'layer.release-clipping', 'layer.base-deleted', 'document.create-in-group'];
const WHOLE = { left: 0, top: 0, right: 96, bottom: 64 };
const CORNER = { left: 0, top: 0, right: 9, bottom: 9 };

/** Photoshops in which these rules hold as in the fake, or all the other way, or all but one of them. */
function* photoshops() {
    const rules = OPEN.map((id) => RULES.find((rule) => rule.id === id));
    const all = 2 ** rules.length - 1;
    for (const bits of [0, all, ...rules.flatMap((_rule, i) => [1 << i, all - (1 << i)])]) {
        yield Object.fromEntries(rules.map((rule, i) => [rule.id, Object.keys(rule.choices)[(bits >> i) & 1]]));
    }
}

/** Layers from the top: a name in brackets is clipped, those of a group follow its name. */
const shape = (layers) => layers.map(({ name, clipped, children }) => `${clipped ? `[${name}]` : name}${children ? `(${shape(children)})` : ''}`).join(' ');

/** `build(control, document)` gives the id of the layer that is selected; `job` the notes of the job; then what is placed. */
async function everywhere(build, notes, wanted, steps = async (put, key) => put(key), count = 1) {
    for (const assume of photoshops()) {
        const made = scene({ assume });
        const active = build(made.control, made.document);
        made.control.activateLayer(made.document, active);
        const key = made.finished('ball', BOX, { count, notes: notes(active) });
        await steps(made.put, key, made);
        assert.equal(shape(made.control.tree()), wanted, JSON.stringify(assume));
        assert.equal(made.told(key), '', JSON.stringify(assume));
    }
}
const visible = () => ({});
const ofLayer = (layer) => ({ source: 'layer', layer: String(layer) });

/** A photo under two clipped layers, and another picture below it. */
function stack(control, document, chosen) {
    const ids = {};
    ids.below = control.addLayer(document, { name: 'below', bounds: CORNER });
    ids.photo = control.addLayer(document, { name: 'photo', bounds: CORNER });
    ids.curves = control.addLayer(document, { name: 'curves', kind: 'curves', clipped: true });
    ids.grain = control.addLayer(document, { name: 'grain', bounds: WHOLE, clipped: true });
    return ids[chosen];
}

test('a result of all that is visible is not clipped, whichever layer of a clipping mask is active', async () => {
    for (const chosen of ['photo', 'curves', 'grain', 'below']) {
        await everywhere((control, document) => stack(control, document, chosen), visible, 'ball [grain] [curves] photo below Background');
    }
});

test('a result of a layer lies above what is clipped to that, and is not clipped', async () => {
    await everywhere((control, document) => stack(control, document, 'photo'), ofLayer, 'ball [grain] [curves] photo below Background');
    const between = (control, document) => {
        const photo = stack(control, document, 'photo');
        control.activateLayer(document, control.tree()[0].id);
        control.addLayer(document, { name: 'upper', bounds: CORNER });
        return photo;
    };
    await everywhere(between, ofLayer, 'upper ball [grain] [curves] photo below Background');
});

test('several results: none of the group is clipped, nor the group', async () => {
    const all = (put, key) => put(key, { indices: [0, 1, 2] });
    const wanted = 'ball(ball #1 ball #2 ball #3) [grain] [curves] photo below Background';
    for (const notes of [visible, ofLayer]) await everywhere((control, document) => stack(control, document, 'photo'), notes, wanted, all, 3);
});

test('a clipping mask in a group, whose uppermost layer is a group that is clipped as well', async () => {
    const inGroup = (control, document) => {
        const photo = control.addLayer(document, { name: 'photo', bounds: CORNER });
        const paint = control.addLayer(document, { name: 'paint', bounds: CORNER });
        const inner = control.addLayer(document, { name: 'inner', children: [paint], clipped: true });
        control.addLayer(document, { name: 'group', children: [inner, photo] });
        return photo;
    };
    await everywhere(inGroup, ofLayer, 'group(ball [inner](paint) photo) Background');
    await everywhere(inGroup, visible, 'ball group([inner](paint) photo) Background');
});

test('locked groups are no obstacle to a result that lies on top of all', async () => {
    const inLocked = (control, document) => {
        const photo = control.addLayer(document, { name: 'photo', bounds: CORNER });
        const group = control.addLayer(document, { name: 'group', children: [photo] });
        control.editLayer(document, group, (layer) => (layer.locks.all = true));
        return photo;
    };
    await everywhere(inLocked, visible, 'ball group(photo) Background');
    const nothingElse = (control, document) => {
        const photo = inLocked(control, document);
        control.removeLayer(document, 1);
        control.addLayer(document, { name: 'open', children: [] });
        return photo;
    };
    await everywhere(nothingElse, visible, 'ball open() group(photo)');
});

const PLACED_TWICE = async (put, key, { control, document, panel }, change) => {
    await put(key);
    change(control, document, panel.card(key).variations[0].placed.layer);
    await put(key, { indices: [1], replace: true });
};

test('Replace of a result that has layers clipped to it: they are clipped to the new one', async () => {
    const clipToIt = (put, key, made) =>
        PLACED_TWICE(put, key, made, (control, document, layer) => {
            control.activateLayer(document, layer);
            control.addLayer(document, { name: 'levels', kind: 'levels', clipped: true });
            control.addLayer(document, { name: 'grade', kind: 'curves', clipped: true });
        });
    await everywhere((control, document) => stack(control, document, 'photo'), visible, '[grade] [levels] ball [grain] [curves] photo below Background', clipToIt, 2);
});

test('Replace of a result that was clipped itself, between others: the new one is as well', async () => {
    const clipIt = (put, key, made) =>
        PLACED_TWICE(put, key, made, (control, document, layer) => {
            control.editLayer(document, layer, (edited) => (edited.clipped = true));
            control.activateLayer(document, layer);
            control.addLayer(document, { name: 'grade', kind: 'curves', clipped: true });
        });
    await everywhere((control, document) => stack(control, document, 'photo'), visible, '[grade] [ball] [grain] [curves] photo below Background', clipIt, 2);
});

test('these rules are the open ones of clipping', () => {
    const about = RULES.filter((rule) => rule.choices && (/clip|stack/.test(rule.id) || /clipped/.test(rule.text)));
    assert.deepEqual(about.map((rule) => rule.id).filter((id) => !OPEN.includes(id)), []);
    assert.equal(expected(about[0]), 'clipped');
});
