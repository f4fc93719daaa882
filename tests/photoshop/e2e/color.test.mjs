// Depths, gray and profiles: what comes back is in the document's own numbers, and where nothing was painted they are the same.
import test from 'node:test';
import assert from 'node:assert/strict';
import { open, generate, placed, notice, state, checkOutside } from './scene.mjs';

const CASES = [
    { name: '16 bit, Adobe RGB (1998)', document: { depth: 16, profile: 'Adobe RGB (1998)' } },
    { name: '32 bit, linear', document: { depth: 32, profile: 'sRGB IEC61966-2.1' } },
    { name: '8 bit gray', document: { mode: 'grayscaleMode', profile: 'Gray Gamma 2.2' } },
    { name: '16 bit gray', document: { mode: 'grayscaleMode', depth: 16, profile: 'Gray Gamma 2.2' } },
    { name: '8 bit without a profile', document: { profile: 'none' } },
    { name: '16 bit, ProPhoto RGB', document: { depth: 16, profile: 'ProPhoto RGB' } },
];

for (const { name, document } of CASES) {
    test(`inpaint at ${name}: the layer holds the document's own pixels where its mask is 0`, async () => {
        const panel = await open({ document, feather: 4 });
        const before = await state(panel);
        const [background] = before.tree;
        await generate(panel, 'inpaint', { fields: { grow: '12' } });
        await placed(panel);
        const after = await state(panel);
        const [layer] = after.tree;
        const mask = await panel.fake((control, _p, id) => control.mask(null, id), layer.id);
        checkOutside(before, after, mask);
        const own = await panel.fake((control, _p, id) => control.pixels(null, id), background.id);
        const result = await panel.fake((control, _p, id) => control.pixels(null, id), layer.id);
        let checked = 0;
        for (let i = 0; i < mask.data.length; i++) {
            const at = i * own.channels;
            if (mask.data[i] || !result.data[at + own.channels - 1]) continue;
            assert.deepEqual(result.data.slice(at, at + own.channels), own.data.slice(at, at + own.channels));
            checked++;
        }
        assert.ok(checked > 0, 'there are pixels to compare');
        await panel.close();
    });
}

test('a profile that the worker does not know: Photoshop converts, and the user is told', async () => {
    const panel = await open({ document: { mode: 'grayscaleMode', depth: 16, profile: 'Dot Gain 20%' } });
    await generate(panel, 'inpaint');
    await notice(panel, 'does not know the profile “Dot Gain 20%”: Photoshop converts to Gray Gamma 2.2 and back');
    await placed(panel);
    await panel.close();
});
