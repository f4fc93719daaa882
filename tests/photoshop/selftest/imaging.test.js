// The fake's pixels against independent figures: depths, profiles, soft selections, artboards, leaks.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { createHost } = require('../fake/index.js');

async function read(options, pixel, getPixels = {}) {
    const { photoshop: { core, imaging }, control } = createHost();
    control.openDocument({ width: 4, height: 4, paint: () => pixel, ...options });
    const { imageData } = await core.executeAsModal(() => imaging.getPixels(getPixels), { commandName: 'Read' });
    const data = Array.from((await imageData.getData()).slice(0, imageData.components));
    const profile = imageData.colorProfile;
    imageData.dispose();
    assert.equal(control.leaks(), 0);
    return { data, profile };
}
const near = (seen, wanted, tolerance) => seen.forEach((v, i) => assert.ok(Math.abs(v - wanted[i]) <= tolerance, `${seen} instead of ${wanted}`));

test('a value at each depth', async () => {
    assert.deepEqual((await read({}, [1, 0.5, 0])).data, [255, 128, 0]);
    assert.deepEqual((await read({ depth: 16 }, [1, 0.5, 0])).data, [32768, 16384, 0]);
    const float = await read({ depth: 32 }, [1.5, 0.5, -0.25]);
    assert.deepEqual([float.data, float.profile], [[1.5, 0.5, -0.25], 'sRGB IEC61966-2.1 (Linear RGB Profile)']);
});

test('Photoshop\'s conversions, to figures of lcms2 (littlecms) for the same profiles', async () => {
    const srgb = { colorProfile: 'sRGB IEC61966-2.1' };
    near((await read({ profile: 'Adobe RGB (1998)' }, [100 / 255, 150 / 255, 100 / 255], srgb)).data, [66, 151, 97], 1);
    near((await read({ profile: 'Display P3' }, [200 / 255, 100 / 255, 50 / 255], srgb)).data, [215, 93, 31], 1);
    near((await read({ profile: 'ProPhoto RGB' }, [0.5, 0.5, 0.5], srgb)).data, [146, 146, 146], 1);
    near((await read({}, [0.5, 0.5, 0.5], { componentSize: 32 })).data, [0.2140, 0.2140, 0.2140], 0.003);
    near((await read({ depth: 32 }, [0.214, 0.214, 0.214], { componentSize: 8 })).data, [127.5, 127.5, 127.5], 1);
});

test('gray as RGB, and a document with the working profile of another space', async () => {
    near((await read({ mode: 'grayscaleMode', profile: 'Gray Gamma 2.2' }, [0.5], { colorSpace: 'RGB' })).data, [128, 128, 128], 1);
    assert.equal((await read({}, [0.5, 0.5, 0.5], { colorSpace: 'Grayscale' })).profile, 'Dot Gain 20%');
});

test('modes that a panel must refuse are there', async () => {
    for (const mode of ['bitmapMode', 'indexedColorMode', 'duotoneMode', 'multichannelMode']) {
        const { photoshop: { app, core, imaging }, control } = createHost();
        control.openDocument({ width: 4, height: 4, mode });
        assert.equal(app.activeDocument.mode, mode);
        for (const options of [{}, { colorSpace: 'RGB' }]) {
            await assert.rejects(() => core.executeAsModal(() => imaging.getPixels(options), { commandName: 'Read' }), (e) => e.rule === 'pixels.other-modes-own');
        }
    }
});

test('artboards, quick mask, groups and locks as a user makes them', async () => {
    const { photoshop: { app }, control } = createHost();
    const document = control.openDocument({ width: 40, height: 30 });
    const inner = control.addLayer(document, { name: 'inner', bounds: { left: 0, top: 0, right: 8, bottom: 8 } });
    control.addLayer(document, { name: 'Artboard 1', children: [inner], artboard: { left: 0, top: 0, right: 40, bottom: 30 } });
    control.editLayer(document, inner, (layer) => { layer.locks.all = true; });
    control.select(document, { left: -5, top: 5, right: 20, bottom: 20 }, 2);
    assert.equal(app.activeDocument.artboards[0].layers[0].locked, true);
    assert.equal(document.selection.bounds.left, -5);
    control.setQuickMask(document, true);
    assert.deepEqual([document.quickMaskMode, document.selection.bounds], [true, null]);
});

test('600 MB of image data is warned about', async () => {
    const { photoshop: { imaging }, control } = createHost();
    const made = [];
    for (let i = 0; i < 3; i++) made.push(await imaging.createImageDataFromBuffer(new Float32Array(5000 * 4000 * 3), { width: 5000, height: 4000, components: 3, colorSpace: 'RGB' }));
    assert.deepEqual([control.warnings().length > 0, control.leaks()], [true, 3]);
    for (const image of made) image.dispose();
    assert.equal(control.leaks(), 0);
});

test('what is written over an existing mask is warned about', async () => {
    const { photoshop: { core, imaging }, control } = createHost();
    const document = control.openDocument({ width: 8, height: 8 });
    const id = control.addLayer(document, { bounds: { left: 0, top: 0, right: 8, bottom: 8 }, mask: { bounds: { left: 0, top: 0, right: 8, bottom: 8 } } });
    const imageData = await imaging.createImageDataFromBuffer(new Uint8Array(64), { width: 8, height: 8, components: 1, colorSpace: 'Grayscale' });
    await core.executeAsModal(() => imaging.putLayerMask({ layerID: id, imageData }), { commandName: 'Mask' });
    assert.match(control.warnings().join(), /redrawn/);
});
