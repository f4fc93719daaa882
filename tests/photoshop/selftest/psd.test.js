// Documents of the fake, written as PSD, are composed alike by psd-tools: an independent check of the fake's composite.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { createHost } = require('../fake/index.js');

async function check(make) {
    const { checkedAsPsd } = await import('../psd/check.mjs');
    const { control } = createHost();
    const document = control.openDocument({ width: 60, height: 40, paint: (x, y) => [x / 60, y / 40, 0.3] });
    make(control, document);
    return checkedAsPsd(control.dump(document));
}
const wavy = (x, y) => [(x * 7 % 11) / 10, (y * 5 % 13) / 12, ((x + y) % 17) / 16, ((x * y) % 19) / 18];

test('layers with soft alpha, offsets beyond the canvas and opacity', async () => {
    const { difference, layers } = await check((control, document) => {
        control.addLayer(document, { name: 'beyond', bounds: { left: -10, top: -5, right: 30, bottom: 50 }, paint: wavy, opacity: 60 });
        control.addLayer(document, { name: 'hidden', bounds: { left: 0, top: 0, right: 60, bottom: 40 }, visible: false });
        control.addLayer(document, { name: 'small', bounds: { left: 40, top: 20, right: 55, bottom: 35 }, paint: wavy });
    });
    assert.equal(difference, 0);
    assert.deepEqual(layers.map((layer) => layer.name), ['Background', 'beyond', 'hidden', 'small']);
    assert.deepEqual(layers[1].bounds.slice(0, 2), [-10, -5]);
});

test('soft masks that are smaller than the layer, with both values outside', async () => {
    for (const outside of [0, 255]) {
        const { difference, layers } = await check((control, document) => {
            control.addLayer(document, { name: 'masked', bounds: { left: 5, top: 5, right: 50, bottom: 35 }, paint: (x, y) => [...wavy(x, y).slice(0, 3), 1],
                mask: { bounds: { left: 10, top: 8, right: 40, bottom: 30 }, paint: (x, y) => [(x + y) / 100], outside } });
        });
        assert.equal(difference, 0);
        assert.deepEqual(layers[1].mask, { bounds: [10, 8, 40, 30], outside });
    }
});

test('groups: passing through, isolated with opacity, and with a mask', async () => {
    for (const group of [{}, { blendMode: 'normal', opacity: 50 }, { blendMode: 'normal', mask: { bounds: { left: 0, top: 0, right: 30, bottom: 40 } } }]) {
        const { difference, layers } = await check((control, document) => {
            const a = control.addLayer(document, { name: 'a', bounds: { left: 5, top: 5, right: 50, bottom: 35 }, paint: wavy });
            const b = control.addLayer(document, { name: 'b', bounds: { left: 20, top: 10, right: 58, bottom: 38 }, paint: wavy, opacity: 70 });
            control.addLayer(document, { name: 'group', children: [b, a], ...group });
        });
        assert.equal(difference, 0, JSON.stringify(group));
        assert.deepEqual(layers[1].children.map((layer) => layer.name), ['a', 'b']);
    }
});

test('a document without a Background layer keeps its transparency', async () => {
    const { difference } = await check((control, document) => {
        control.unlockBackground(document);
        control.editLayer(document, control.tree(document)[0].id, (layer) => { layer.mask = null; layer.opacity = 40; });
        control.addLayer(document, { bounds: { left: 0, top: 0, right: 20, bottom: 20 }, paint: wavy });
    });
    assert.equal(difference, 0);
});
