'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const depth = require('../../../photoshop_uxp/lib/depth.js');
const { recut } = require('../../../photoshop_uxp/lib/pixels.js');

test("each of Photoshop's 32769 values comes back as it was, and the ends meet", () => {
    const all = Uint16Array.from({ length: 32769 }, (_, i) => i);
    const there = depth.fromPhotoshop16(all);
    assert.equal(there[0], 0);
    assert.equal(there[32768], 65535);
    assert.ok(there.every((v, i) => v === Math.round((i * 65535) / 32768)));
    assert.deepEqual(depth.toPhotoshop16(there), all);
});

test("values beyond Photoshop's range are the range's end", () => {
    assert.deepEqual([...depth.fromPhotoshop16(Uint16Array.of(32769, 65535))], [65535, 65535]);
});

test("a mask's 256 values come back from every depth", () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (const bits of [8, 16, 32]) assert.deepEqual(depth.maskFromPhotoshop(depth.toPhotoshop(all, bits)), all);
});

test("results in the document's depth", () => {
    assert.deepEqual([...depth.toPhotoshop(Uint8Array.of(0, 128, 255), 16)], [0, 16448, 32768]);
    assert.deepEqual([...depth.toPhotoshop(Uint16Array.of(0, 65535), 8)], [0, 255]);
    assert.deepEqual([...depth.toPhotoshop(Float32Array.of(-0.5, 2), 8)], [0, 255]);
    const hdr = Float32Array.of(-0.5, 2);
    assert.equal(depth.toPhotoshop(hdr, 32), hdr, 'what lies outside 0 to 1 stays');
});

test('a mask is cut or extended with zeros', () => {
    assert.deepEqual(
        [...recut(Uint8Array.of(9, 8), { x: 0, y: 0, width: 2, height: 1 }, { x: 1, y: -1, width: 2, height: 2 })],
        [0, 0, 8, 0],
    );
});
