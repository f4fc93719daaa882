'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const g = require('../../../photoshop_uxp/lib/geometry.js');

const box = (x, y, width, height) => ({ x, y, width, height });
const NONE = { x: 0, y: 0 };

test('edges become boxes of whole pixels, outwards', () => {
    assert.deepEqual(g.fromEdges({ left: 1.2, top: -3.5, right: 4, bottom: 2.1 }), box(1, -4, 3, 7));
    assert.deepEqual(g.fromEdges({ left: 5, top: 5, right: 2, bottom: 9 }), box(5, 5, 0, 4));
    assert.deepEqual(g.toEdges(box(2, 3, 4, 5)), { left: 2, top: 3, right: 6, bottom: 8 });
});

test('intersections and unions are half-open', () => {
    assert.ok(g.isEmpty(g.intersection(box(0, 0, 4, 4), box(4, 0, 4, 4))));
    assert.deepEqual(g.union(box(0, 0, 4, 4), box(-2, 3, 3, 9)), box(-2, 0, 6, 12));
});

test('how far a selection reaches past the canvas', () => {
    const canvas = { width: 100, height: 50 };
    assert.deepEqual(g.marginsBeyond(box(-5, 10, 120, 60), canvas), { left: 5, top: 0, right: 15, bottom: 20 });
    assert.ok(!g.hasMargins(g.marginsBeyond(box(0, 0, 100, 50), canvas)));
    assert.ok(!g.hasMargins(g.marginsBeyond(null, canvas)));
});

test('a result is placed where it was made, and its canvas where the document must grow', () => {
    const now = { width: 100, height: 50 };
    assert.deepEqual(g.placementOf(box(10, 20, 30, 10), null, NONE, now), { bounds: box(10, 20, 30, 10), canvas: null, shift: NONE });
    const grown = g.placementOf(box(-16, 0, 40, 50), box(-16, -8, 116, 58), NONE, now);
    assert.deepEqual(grown, { bounds: box(0, 8, 40, 50), canvas: box(-16, -8, 116, 58), shift: { x: 16, y: 8 } });
    const again = g.placementOf(box(-16, 0, 40, 50), box(-16, -8, 116, 58), { x: 16, y: 8 }, { width: 116, height: 58 });
    assert.deepEqual(again, { bounds: box(0, 8, 40, 50), canvas: null, shift: NONE });
});

test('moves of the picture follow the canvas sizes, so that an undone resize does not count', () => {
    const [a, b, c] = [
        { width: 10, height: 10 },
        { width: 20, height: 10 },
        { width: 20, height: 16 },
    ];
    const moves = [
        { from: a, to: b, shift: { x: 10, y: 0 } },
        { from: b, to: c, shift: { x: 0, y: 6 } },
    ];
    assert.deepEqual(g.shiftBetween(moves, a, c), { x: 10, y: 6 });
    assert.deepEqual(g.shiftBetween(moves, a, b), { x: 10, y: 0 });
    assert.deepEqual(g.shiftBetween(moves, a, a), NONE);
    assert.equal(g.shiftBetween(moves, c, a), null);
    assert.equal(g.shiftBetween(moves, a, { width: 11, height: 10 }), null);
    assert.deepEqual(g.shiftBetween([...moves, { from: a, to: b, shift: { x: 4, y: 0 } }], a, b), { x: 4, y: 0 }, 'the newest of two');
});
