'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { scaled } = require('../../../photoshop_uxp/lib/scale.js');
const { asLayer } = require('../../../photoshop_uxp/lib/artifacts.js');

const size = (width, height) => ({ width, height });

test('smaller: the mean of what falls into a pixel, also where sizes are no multiples', () => {
    assert.deepEqual(Array.from(scaled(Uint8Array.of(10, 20, 30, 40), 1, size(2, 2), size(1, 1))), [25]);
    const three = scaled(Float32Array.of(0, 3, 6), 1, size(3, 1), size(2, 1));
    assert.deepEqual(Array.from(three), [1, 5]); // (0 + 3/2) / 1.5 and (3/2 + 6) / 1.5
});

test('larger: straight lines between the middles of pixels, edges as they are; one color stays itself', () => {
    assert.deepEqual(Array.from(scaled(Float32Array.of(0, 4), 1, size(2, 1), size(4, 1))), [0, 1, 3, 4]);
    const flat = scaled(Uint16Array.from({ length: 27 }, (_, i) => [7, 65535, 300][i % 3]), 3, size(3, 3), size(7, 5));
    for (let i = 0; i < flat.length; i += 3) assert.deepEqual(Array.from(flat.slice(i, i + 3)), [7, 65535, 300]);
});

test('what is transparent gives no color', () => {
    const two = Uint8Array.of(200, 100, 50, 255, 0, 0, 0, 0); // one pixel of color beside one without
    assert.deepEqual(Array.from(scaled(two, 4, size(2, 1), size(1, 1))), [200, 100, 50, 128]);
    assert.deepEqual(Array.from(scaled(new Uint8Array(8), 4, size(2, 1), size(1, 1))), [0, 0, 0, 0]);
});

test('a picture of another size becomes a layer in its box, with an alpha', () => {
    const bounds = { x: 5, y: 6, width: 2, height: 1 };
    const image = Uint16Array.from({ length: 4 * 2 * 3 }, (_, i) => (Math.floor(i / 3) % 4 < 2 ? 100 : 300));
    const layer = asLayer({ message: {}, bounds, width: 4, height: 2, channels: 3, image });
    assert.deepEqual([layer.channels, layer.bounds, Array.from(layer.image), Array.from(layer.mask)], [4, bounds, [100, 100, 100, 65535, 300, 300, 300, 65535], [255, 255]]);
    const gray = asLayer({ message: {}, bounds, width: 2, height: 1, channels: 1, image: Float32Array.of(0.25, 2) });
    assert.deepEqual([gray.channels, Array.from(gray.image)], [2, [0.25, 1, 2, 1]]);
});
