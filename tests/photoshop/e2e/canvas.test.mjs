// Results and a canvas that Layerbridge itself has made larger: everything stays where it belongs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { open, generate, placed, press, state } from './scene.mjs';

const at = (layer) => [layer.bounds.left, layer.bounds.top, layer.bounds.right, layer.bounds.bottom];

test('outpaint in two variations: the second replaces the first in the grown canvas', async () => {
    const panel = await open({ selection: null });
    await generate(panel, 'outpaint', { fields: { left: '16', top: '8', right: '0', bottom: '0', num: '2' } });
    await placed(panel);
    const first = await state(panel);
    await panel.page.locator('.thumbbox').nth(1).click();
    await press(panel, 'Replace');
    await panel.page.waitForFunction(() => /Variation 2, seed \d+ · placed/.test(document.querySelector('.card').textContent));
    const second = await state(panel);
    assert.deepEqual([second.composite.width, second.composite.height], [112, 72]);
    assert.deepEqual(at(second.tree[0]), at(first.tree[0]));
    assert.equal(second.tree.length, 2);
    await panel.close();
});

test('a result of before an outpaint is placed where the picture has moved to, and after an Undo where it was', async () => {
    const panel = await open();
    await generate(panel, 'inpaint', { prompt: 'a star' });
    await placed(panel);
    const star = (await state(panel)).tree[0];
    await generate(panel, 'outpaint', { prompt: 'a field', fields: { left: '16', top: '0', right: '0', bottom: '0' } });
    await placed(panel);
    const card = panel.page.locator('.card', { hasText: 'a star' });
    const again = async () => {
        const before = (await state(panel)).tree.length;
        await card.locator('button', { hasText: /^Place$/ }).click();
        await panel.page.waitForFunction((count) => window.__rig.control.tree().length === count, before + 1);
        return (await state(panel)).tree.find((layer) => layer.name === 'a star' && layer.id !== star.id);
    };
    const moved = await again();
    assert.deepEqual(
        at(moved),
        at(star).map((v, i) => v + (i % 2 ? 0 : 16)),
    );
    await panel.fake((control) => {
        control.undo();
        control.undo();
    });
    const back = await again();
    assert.deepEqual(at(back), at(star));
    await panel.close();
});

test('outpaint of a document without Background, in gray and 32 bit', async () => {
    const panel = await open({ selection: null, document: { mode: 'grayscaleMode', depth: 32, profile: 'Gray Gamma 2.2' } });
    await panel.fake((control) => control.unlockBackground());
    await generate(panel, 'outpaint', { fields: { left: '0', top: '0', right: '16', bottom: '16' } });
    await placed(panel);
    const { composite, tree } = await state(panel);
    assert.deepEqual([composite.width, composite.height], [112, 80]);
    assert.ok(composite.data[composite.data.length - 1] > 0.99, 'the new corner is painted');
    assert.equal(tree[0].bounds.right, 112);
    await panel.close();
});
