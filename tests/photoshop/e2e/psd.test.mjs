// What the panel placed, saved as a PSD, is the same picture to an independent reader.
import test from 'node:test';
import assert from 'node:assert/strict';
import { open, generate, placed, state } from './scene.mjs';

test('a placed layer with its mask, saved as PSD, is composed by psd-tools to the same pixels', async () => {
    const panel = await open({ feather: 3 });
    await generate(panel, 'inpaint', { fields: { seed: '5' } });
    await placed(panel);
    const [layer] = (await state(panel)).tree;
    const { difference, layers } = await panel.checkedAsPsd();
    assert.equal(difference, 0);
    assert.deepEqual(layers.map((known) => known.name), ['Background', layer.name]);
    const { left, top, right, bottom } = layer.bounds;
    assert.deepEqual(layers[1].bounds, [left, top, right, bottom]);
    assert.equal(layers[1].mask.outside, layer.mask.outside);
    await panel.close();
});
