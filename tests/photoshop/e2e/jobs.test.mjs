// Every kind of job, from the press of the button to the layer in the document.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { open, ready, generate, placed, press, notice, state, checkOutside, noteOf } from './scene.mjs';

const { FAINT } = createRequire(import.meta.url)('../../../photoshop_uxp/lib/wire.js');

test('inpaint: a masked layer in one history state, nothing changed outside the mask, softness of the selection kept', async () => {
    const panel = await open({ feather: 4 });
    const before = await state(panel);
    await generate(panel, 'inpaint', { fields: { seed: '7', steps: '2' } });
    await placed(panel);
    const after = await state(panel);
    assert.equal(after.tree.length, 2);
    const [layer] = after.tree;
    assert.equal(layer.name, 'a red ball');
    assert.deepEqual(after.history.slice(before.history.length), ['a red ball']);
    assert.deepEqual(await panel.fake((control) => control.progress()), [], 'no progress dialog comes up');
    const mask = await panel.fake((control, _p, id) => control.mask(null, id), layer.id);
    checkOutside(before, after, mask);
    assert.ok(
        mask.data.some((v) => v > 0 && v < 255),
        'the mask is soft',
    );
    const note = noteOf(layer);
    assert.equal(note.parameters.seed, 7);
    assert.deepEqual(note.result.bounds, {
        x: layer.bounds.left,
        y: layer.bounds.top,
        width: layer.bounds.right - layer.bounds.left,
        height: layer.bounds.bottom - layer.bounds.top,
    });
    await panel.fake((control) => control.undo());
    const undone = await state(panel);
    assert.deepEqual(undone.composite.data, before.composite.data);
    assert.equal(undone.tree.length, 1);
    await panel.close();
});

test('inpaint kept to the selection: the mask is the selection', async () => {
    const panel = await open({ feather: 3 });
    const selected = await panel.fake(async (_c, photoshop) => {
        const got = await photoshop.core.executeAsModal(() => photoshop.imaging.getSelection({}), { commandName: 'test' });
        const data = await got.imageData.getData({});
        got.imageData.dispose();
        return { data, bounds: got.sourceBounds };
    });
    await generate(panel, 'inpaint', { fields: { keep: true } });
    await placed(panel);
    const { tree } = await state(panel);
    const mask = await panel.fake((control, _p, [id, bounds]) => control.mask(null, id, bounds), [tree[0].id, selected.bounds]);
    const shown = Array.from(selected.data, (value) => value <= FAINT ? 0 : value); // what cannot show does not count
    assert.deepEqual(Array.from(mask.data), shown);
    await panel.close();
});

test('outpaint by the fields: the canvas grows in the same history state, and the picture stays where it was', async () => {
    const panel = await open({ selection: null });
    const before = await state(panel);
    await generate(panel, 'outpaint', { fields: { left: '16', top: '0', right: '0', bottom: '8' } });
    await placed(panel);
    const after = await state(panel);
    assert.equal(after.composite.width, 112);
    assert.equal(after.composite.height, 72);
    assert.equal(after.history.length, before.history.length + 1);
    const mask = await panel.fake((control, _p, id) => control.mask(null, id), after.tree[0].id);
    let untouched = 0;
    for (let y = 0; y < 64; y++)
        for (let x = 0; x < 96; x++) {
            if (mask.data[y * 112 + x + 16] !== 0) continue;
            const old = before.composite.data.slice((y * 96 + x) * 4, (y * 96 + x) * 4 + 3);
            assert.deepEqual(after.composite.data.slice((y * 112 + x + 16) * 4, (y * 112 + x + 16) * 4 + 3), old);
            untouched++;
        }
    assert.ok(untouched > 1000);
    assert.equal(mask.data[0], 255);
    await panel.fake((control) => control.undo());
    const undone = await state(panel);
    assert.deepEqual([undone.composite.width, undone.composite.height], [96, 64]);
    await press(panel, 'Place');
    await placed(panel);
    assert.equal((await state(panel)).composite.width, 112);
    await panel.close();
});

test('outpaint by a selection that reaches past the picture', async () => {
    const panel = await open({ selection: { left: 60, top: -12, right: 112, bottom: 40 } });
    await panel.page.selectOption('#operation', 'outpaint');
    assert.match(await panel.page.textContent('#hint'), /reaches past the picture/);
    assert.equal(await panel.page.inputValue('#right'), '16');
    assert.equal(await panel.page.inputValue('#top'), '12');
    await panel.page.click('#generate');
    await placed(panel);
    const { composite } = await state(panel);
    assert.deepEqual([composite.width, composite.height], [112, 76]);
    await panel.close();
});

test('image to image of a whole layer with transparency: the result goes above it and stands in for it', async () => {
    const panel = await open({ selection: null });
    const source = await panel.fake((control) =>
        control.addLayer(null, {
            name: 'sky',
            bounds: { left: 10, top: 8, right: 74, bottom: 56 },
            paint: (x, y) => [0.2, x / 96, 0.9, y < 12 ? 0.4 : 1],
        }),
    );
    await panel.fake((control) => control.addLayer(null, { name: 'upper', bounds: { left: 0, top: 0, right: 8, bottom: 8 } }));
    await panel.fake((control, _p, id) => control.activateLayer(null, id), source);
    await generate(panel, 'img2img', { prompt: 'a green field', fields: { strength: '50' } });
    await placed(panel);
    const { tree } = await state(panel);
    assert.deepEqual(
        tree.map((layer) => layer.name),
        ['upper', 'a green field', 'sky', 'Background'],
    );
    assert.equal(tree[2].visible, false);
    assert.deepEqual(tree[1].bounds, { left: 10, top: 8, right: 74, bottom: 56 });
    assert.deepEqual([noteOf(tree[1]).sourceLayer.layer, noteOf(tree[1]).sourceLayer.name], [source, 'sky']);
    const active = await panel.fake((_c, photoshop) => photoshop.app.activeDocument.activeLayers.map((layer) => layer.id));
    assert.deepEqual(active, [source], "the user's layer stays selected");
    await panel.close();
});

test('text to image: no picture is read, and the layer is as large as the canvas', async () => {
    const panel = await open({ selection: null });
    await generate(panel, 'txt2img', { prompt: 'a blue sky' });
    await placed(panel);
    const { tree } = await state(panel);
    assert.deepEqual(tree[0].bounds, { left: 0, top: 0, right: 96, bottom: 64 });
    await panel.close();
});

test('several variations: the first is placed, replaced by another, and all go into a group', async () => {
    const panel = await open();
    await generate(panel, 'inpaint', { fields: { num: '3', seed: '100' } });
    await placed(panel);
    const first = (await state(panel)).tree[0];
    assert.equal(noteOf(first).parameters.seed, 100);
    await panel.fake(
        (control, _p, id) =>
            control.editLayer(null, id, (layer) => {
                layer.opacity = 60;
            }),
        first.id,
    );
    await panel.page.locator('.thumbbox').nth(2).click();
    await press(panel, 'Replace');
    await panel.page.waitForFunction(() => document.querySelector('.card').textContent.includes('Variation 3, seed 102 · placed'));
    await placed(panel);
    const replaced = (await state(panel)).tree;
    assert.equal(replaced.length, 2);
    assert.equal(noteOf(replaced[0]).parameters.seed, 102);
    assert.equal(replaced[0].opacity, 60, 'what the user did to the layer goes on');
    await press(panel, 'Place all');
    await placed(panel, 3);
    const { tree, history } = await state(panel);
    assert.equal(tree[0].kind, 'group');
    assert.deepEqual(
        tree[0].children.map((layer) => [layer.name, layer.visible]),
        [
            ['a red ball #1', false],
            ['a red ball #2', false],
            ['a red ball', true],
        ],
    );
    assert.equal(tree.length, 2, 'the one that was placed before lies in the group, not below it once more');
    assert.deepEqual([tree[0].children[2].id, tree[0].children[2].opacity], [replaced[0].id, 60]);
    await panel.page.locator('.thumbbox').nth(2).dblclick();
    await placed(panel, 3);
    assert.equal((await state(panel)).tree[0].children[2].id, replaced[0].id, 'a double click takes no placed layer away');
    assert.equal(history[history.length - 1], 'a red ball');
    await panel.close();
});

test("Again: the selected layer's parameters, also after everything was started anew; earlier results are not read", async () => {
    const panel = await open();
    await generate(panel, 'inpaint', { prompt: 'a yellow star', fields: { seed: '5', grow: '3' } });
    await placed(panel);
    const [made] = (await state(panel)).tree;
    await panel.page.fill('#prompt', 'something else');
    await panel.fake((control) => control.select(null, null));
    await panel.restart();
    await ready(panel);
    await panel.fake((control, _p, id) => {
        control.activateLayer(null, id);
        control.before((name) => {
            if (/getPixels/.test(name)) window.seen = control.tree().map((layer) => layer.visible);
        });
    }, made.id);
    await press(panel, 'Again');
    await placed(panel);
    assert.deepEqual(await panel.page.evaluate(() => window.seen), [false, true]);
    const { tree } = await state(panel);
    assert.equal(tree.length, 3);
    const [again, before] = [noteOf(tree[0]), noteOf(made)];
    assert.equal(tree[0].name, 'a yellow star');
    assert.equal(again.parameters.grow, 3);
    assert.notEqual(again.parameters.seed, 5);
    assert.equal(again.first, before.job);
    assert.deepEqual(tree[0].bounds, made.bounds, 'the selection of that time was used');
    assert.ok(
        tree.every((layer) => layer.visible),
        'hidden layers are shown again',
    );
    await panel.close();
});

test('Again of a result from History, after a restart and with nothing selected: the area of that time, not the whole picture', async () => {
    const panel = await open({ feather: 3 });
    await generate(panel, 'inpaint', { prompt: 'a yellow star' });
    await placed(panel);
    const [made] = (await state(panel)).tree;
    await panel.fake((control, _p, id) => {
        control.removeLayer(null, id);
        control.select(null, null);
    }, made.id);
    await panel.restart();
    await ready(panel);
    await panel.page.click('#tab-history');
    await panel.page.waitForSelector('.item');
    await press(panel, 'Place');
    await placed(panel);
    const [again] = (await state(panel)).tree;
    await panel.fake((control, _p, id) => control.activateLayer(null, id), again.id);
    await press(panel, 'Again');
    await placed(panel);
    const { tree } = await state(panel);
    assert.equal(tree.length, 3);
    assert.deepEqual(tree[0].bounds, made.bounds);
    await panel.fake((control, _p, id) => {
        control.editLayer(null, id, (layer) => {
            const note = JSON.parse(atob(/<layerbridge:note>([^<]*)</.exec(layer.xmp)[1]));
            layer.xmp = layer.xmp.replace(/note>[^<]*</, `note>${btoa(JSON.stringify({ ...note, selection: null }))}<`);
        });
        control.activateLayer(null, id);
    }, tree[0].id);
    await press(panel, 'Again');
    await notice(panel, 'Select the area again');
    assert.equal((await state(panel)).tree.length, 3);
    await panel.close();
});
