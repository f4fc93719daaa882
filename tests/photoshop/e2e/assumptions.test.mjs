// What nobody says of Photoshop, one way and the other: the panel's result is the same. Also layers that are not plain pixels.
import test from 'node:test';
import assert from 'node:assert/strict';
import { open, generate, placed, notice, press, state, checkOutside } from './scene.mjs';

const OTHERWISE = [
    { 'pixels.empty': 'zero', 'mask.outside': 'black', 'mask.depth': 'document', 'pixels.composite-trimmed': 'whole' },
    { 'selection.region': 'canvas', 'selection.beyond': 'canvas', 'pixels.needs-modal': 'allowed', 'storage.secure-missing': 'empty' },
    { 'data.chunky-name': 'chunky', 'put.depth': 'throws', 'put.replace-false-covers': 'blends', 'put.beyond-canvas': 'clipped', 'mask.put-depth': 'bent' },
    { 'selection.none': 'zero', 'selection.beyond': 'all', 'storage.secure-missing': 'throws', 'layer.xmp-packet': 'text', 'layer.created-in-stack': 'free', 'document.create-in-group': 'above' },
];

for (const assume of OTHERWISE) {
    test(`with ${Object.entries(assume)
        .map((entry) => entry.join(': '))
        .join(', ')}`, async () => {
        const panel = await open({ assume, document: { depth: 16 }, feather: 4, selection: { left: 60, top: 30, right: 110, bottom: 60 } });
        const before = await state(panel);
        await generate(panel, 'inpaint');
        await placed(panel);
        const after = await state(panel);
        checkOutside(before, after, await panel.fake((control, _p, id) => control.mask(null, id), after.tree[0].id));
        await panel.close();
    });
}

for (const empty of ['throws', 'zero']) {
    test(`an empty part of a picture without Background, where Photoshop ${empty === 'throws' ? 'refuses to read it' : 'gives nothing'}`, async () => {
        const panel = await open({ assume: { 'pixels.empty': empty }, document: { fill: 'transparent', paint: null } });
        await generate(panel, 'inpaint', { prompt: 'a blue sky' });
        await notice(panel, 'Nothing is visible in that area');
        await placed(panel);
        assert.equal((await state(panel)).tree.length, 2);
        await panel.close();
    });
}

test('a layer that reaches past the canvas, has a mask, and is trimmed: its own pixels are read', async () => {
    const panel = await open({ selection: { left: 0, top: 0, right: 30, bottom: 30 } });
    await panel.fake((control) =>
        control.addLayer(null, { name: 'moved', bounds: { left: -20, top: -10, right: 24, bottom: 22 }, paint: () => [0.9, 0.1, 0.1, 1] }),
    );
    await generate(panel, 'inpaint', { prompt: 'a tree', fields: { source: 'layer' } });
    await placed(panel);
    assert.deepEqual(
        (await state(panel)).tree.map((layer) => layer.name),
        ['a tree', 'moved', 'Background'],
    );
    await panel.close();
});

test('in a group, above the layer it was made of; a locked layer is no obstacle', async () => {
    const panel = await open();
    await panel.fake((control) => {
        const inner = control.addLayer(null, {
            name: 'inner',
            bounds: { left: 0, top: 0, right: 96, bottom: 64 },
            paint: (x, y) => [x / 96, y / 64, 0.5, 1],
        });
        control.addLayer(null, { name: 'group', children: [inner] });
        control.editLayer(null, inner, (layer) => {
            layer.locks.all = true;
        });
        control.activateLayer(null, inner);
    });
    await generate(panel, 'inpaint', { fields: { source: 'layer' } });
    await placed(panel);
    const { tree } = await state(panel);
    assert.deepEqual(
        tree[0].children.map((layer) => layer.name),
        ['a red ball', 'inner'],
    );
    await panel.close();
});

test('the layer was deleted meanwhile: the result lies on top, and that is said', async () => {
    const panel = await open();
    const id = await panel.fake((control) => control.addLayer(null, { name: 'gone', bounds: { left: 0, top: 0, right: 96, bottom: 64 } }));
    await generate(panel, 'inpaint', { fields: { source: 'layer', steps: '20' } });
    await panel.page.waitForFunction(() => /step/.test(document.querySelector('.card').textContent));
    await panel.fake((control, _p, layer) => control.removeLayer(null, layer), id);
    await notice(panel, 'The layer was deleted meanwhile');
    assert.deepEqual(
        (await state(panel)).tree.map((layer) => layer.name),
        ['a red ball', 'Background'],
    );
    await panel.close();
});

for (const smart of ['shown', 'refused']) {
    test(`a smart object of which Photoshop ${smart === 'shown' ? 'gives the pixels' : 'refuses the pixels: the user is told how to go on'}`, async () => {
        const panel = await open({ assume: { 'pixels.smart-object': smart } });
        await panel.fake((control) =>
            control.addLayer(null, { name: 'placed file', kind: 'smartObject', bounds: { left: 10, top: 10, right: 80, bottom: 60 } }),
        );
        await generate(panel, 'inpaint', { fields: { source: 'layer' } });
        if (smart === 'refused') {
            await notice(panel, 'does not give out the pixels of “placed file”. Set Source to “All visible layers”');
            await generate(panel, 'inpaint', { fields: { source: 'visible' } });
        }
        await placed(panel);
        await panel.close();
    });
}

test('History: the settings of a result are used again, and a job is deleted by a second click', async () => {
    const panel = await open();
    await generate(panel, 'inpaint', { fields: { num: '2' } });
    await placed(panel);
    await panel.page.click('#tab-history');
    await panel.page.waitForSelector('.item');
    await panel.page
        .locator('.item button', { hasText: /^Use settings$/ })
        .nth(1)
        .click();
    assert.equal(await panel.page.inputValue('#prompt'), 'a red ball');
    await panel.page.click('#tab-history');
    await panel.page
        .locator('.item button', { hasText: /^Delete$/ })
        .first()
        .click();
    await press(panel, 'Delete now');
    await panel.page.waitForFunction(() => document.querySelectorAll('.item').length === 0);
    await panel.close();
});

test('History: words find results, and a sentence says that there are none', async () => {
    const panel = await open();
    await generate(panel, 'inpaint');
    await placed(panel);
    await generate(panel, 'inpaint', { prompt: 'Blaue Küste' });
    await panel.page.waitForFunction(() => document.querySelectorAll('.card').length === 2);
    await placed(panel);
    await panel.page.click('#tab-history');
    const titles = (wanted) => panel.page.waitForFunction(
        (titles) => {
            const shown = [...document.querySelectorAll('.item .cardtitle')].map((title) => title.textContent);
            return JSON.stringify(shown) === JSON.stringify(titles);
        },
        wanted,
    );
    await titles(['Blaue Küste', 'a red ball']);
    await panel.page.fill('#historywords', 'BALL red');
    await titles(['a red ball']);
    await panel.page.fill('#historywords', 'küste  inpaint');
    await titles(['Blaue Küste']);
    await panel.page.fill('#historywords', 'ball küste');
    await titles([]);
    await panel.page.getByText('No result has all of these words: ball küste').waitFor();
    await panel.page.fill('#historywords', '');
    await titles(['Blaue Küste', 'a red ball']);
    await panel.close();
});

test('artboards: no outpaint, and a result of all that is visible is said to lie above them', async () => {
    const panel = await open();
    await panel.fake((control) => {
        const inner = control.addLayer(null, { name: 'inner', bounds: { left: 0, top: 0, right: 60, bottom: 60 } });
        control.addLayer(null, { name: 'Artboard 1', children: [inner], artboard: { left: 0, top: 0, right: 60, bottom: 60 } });
        control.activateLayer(null, inner);
    });
    await generate(panel, 'inpaint');
    await notice(panel, 'The document has artboards');
    assert.deepEqual(
        (await state(panel)).tree.map((layer) => layer.name),
        ['a red ball', 'Artboard 1', 'Background'],
    );
    await panel.page.selectOption('#operation', 'outpaint');
    await panel.page.waitForFunction(() => document.querySelector('#hint').textContent.includes('artboard larger'));
    await panel.close();
});
