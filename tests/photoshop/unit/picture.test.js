// A picture that comes in strips, each trimmed, and the frame that it is laid into.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Picture } = require('../../../photoshop_uxp/lib/picture.js');
const { Frame, frameOf } = require('../../../photoshop_uxp/lib/frame.js');
const { fromEdges, intersection, isEmpty, stripsOf, toEdges } = require('../../../photoshop_uxp/lib/geometry.js');
const wire = require('../../../photoshop_uxp/lib/wire.js');

const BOX = { x: -2, y: 3, width: 7, height: 9 };
const TYPES = { 8: Uint8Array, 16: Uint16Array, 32: Float32Array };
const OPAQUE = { 8: 255, 16: 65535, 32: 1 };
const value = (x, y, c, depth) => (depth === 32 ? (x * 31 + y * 7 + c) / 100 : Math.abs(x * 31 + y * 7 + c * 50) % 255);

/** What Photoshop gives of `strip`, where the source has pixels in `content`; null: nothing. `whole`: it does not trim. */
function readOf(content, strip, channels, depth, whole) {
    const have = whole ? strip : intersection(content, strip);
    if (isEmpty(intersection(content, strip))) return null;
    const data = new TYPES[depth](have.width * have.height * channels);
    for (let i = 0; i < data.length; i++) {
        const [x, y] = [have.x + (Math.floor(i / channels) % have.width), have.y + Math.floor(i / channels / have.width)];
        const inside = !isEmpty(intersection(content, { x, y, width: 1, height: 1 }));
        data[i] = inside ? value(x, y, i % channels, depth) : 0;
    }
    return { data, channels, edges: toEdges(have), profile: '' };
}

/** The numbers of the frame's picture, of a source that is transparent outside of `content`. */
function wanted(content, colors, channels, out, depth) {
    const data = new TYPES[depth](BOX.width * BOX.height * out);
    const { fromPhotoshop16 } = require('../../../photoshop_uxp/lib/depth.js');
    for (let i = 0; i < data.length; i++) {
        const [x, y, c] = [BOX.x + (Math.floor(i / out) % BOX.width), BOX.y + Math.floor(i / out / BOX.width), i % out];
        if (isEmpty(intersection(content, { x, y, width: 1, height: 1 }))) continue;
        if (c === colors && channels === colors) data[i] = OPAQUE[depth];
        else data[i] = depth === 16 ? fromPhotoshop16(Uint16Array.of(value(x, y, c, depth)))[0] : value(x, y, c, depth);
    }
    return data;
}

const CONTENTS = [
    { x: -2, y: 3, width: 7, height: 9 }, // all of it
    { x: -9, y: -9, width: 40, height: 40 }, // more than all
    { x: 0, y: 6, width: 3, height: 2 }, // strips above and below have nothing
    { x: -2, y: 3, width: 7, height: 4 }, // nothing at the bottom
    { x: -2, y: 8, width: 7, height: 4 }, // nothing at the top
    { x: 4, y: 3, width: 1, height: 9 }, // a column
];

test('strips of every height, of every kind of source: as if it had been read at once', () => {
    for (const content of CONTENTS) {
        for (const [gray, channels] of [[true, 1], [true, 2], [false, 3], [false, 4]]) {
            for (const depth of [8, 16, 32]) {
                for (const rows of [1, 2, 4, 8, 9, 100]) {
                    for (const whole of channels % 2 ? [false] : [false, true]) {
                        const picture = new Picture(BOX, depth, gray, false);
                        for (const strip of stripsOf(BOX, rows)) picture.add(readOf(content, strip, channels, depth, whole), strip);
                        const colors = gray ? 1 : 3;
                        const all = CONTENTS.indexOf(content) < 2;
                        const out = channels > colors || !all ? colors + 1 : colors;
                        const frame = picture.finished();
                        const about = JSON.stringify({ content, gray, channels, depth, rows, whole });
                        assert.equal(frame.channels, out, about);
                        assert.deepEqual(frame.image, wanted(content, colors, channels, out, depth), about);
                        assert.equal(picture.empty, false);
                    }
                }
            }
        }
    }
});

test('a source whose alpha begins in a later strip', () => {
    const picture = new Picture(BOX, 16, false, true);
    const [first, second] = stripsOf(BOX, 5);
    picture.add(readOf(BOX, first, 3, 16), first);
    picture.add(readOf(BOX, second, 4, 16), second);
    const { image } = picture.finished();
    const at = (y) => Array.from(image.slice((y - BOX.y) * BOX.width * 4, (y - BOX.y) * BOX.width * 4 + 4));
    assert.equal(at(3)[3], 65535);
    assert.deepEqual(at(8), Array.from(wanted(BOX, 3, 4, 4, 16).slice(5 * BOX.width * 4, 5 * BOX.width * 4 + 4)));
});

test('nothing at all is transparent, with alpha', () => {
    for (const [gray, channels] of [[true, 2], [false, 4]]) {
        const picture = new Picture(BOX, 8, gray, false);
        for (const strip of stripsOf(BOX, 4)) picture.add(null, strip);
        assert.equal(picture.empty, true);
        const frame = picture.finished();
        assert.deepEqual([frame.channels, frame.image.some(Boolean)], [channels, false]);
    }
});

const MESSAGE = { kind: 'inpaint', prompt: 'a red ball' };
const SHAPE = [3, 5, 4];

test('a sealed frame is one buffer that the protocol reads: with and without a mask, and with a header longer than its room', () => {
    for (const dtype of ['U8', 'U16', 'F32']) {
        for (const withMask of [false, true]) {
            for (const mask of [null, Uint8Array.from({ length: 15 }, (_, i) => i * 3)]) {
                for (const prompt of ['a', 'ü'.repeat(4000), '語'.repeat(8000)]) {
                    const frame = new Frame(dtype, SHAPE, withMask);
                    frame.image.forEach((_v, i) => (frame.image[i] = i));
                    const bytes = frame.sealed({ ...MESSAGE, prompt }, mask);
                    assert.equal(bytes.byteOffset, 0);
                    assert.equal(bytes.byteLength, bytes.buffer.byteLength, 'nothing is copied to be sent');
                    const read = wire.decode(bytes);
                    assert.equal(read.message.prompt, prompt);
                    assert.deepEqual(read.tensors.get('image').shape, SHAPE);
                    assert.deepEqual(read.tensor('image'), frame.image);
                    assert.deepEqual(mask && read.tensor('mask'), mask);
                    assert.equal(read.tensors.has('mask'), Boolean(mask));
                    if (Boolean(mask) === withMask && prompt.length < 5000) assert.equal(read.tensor('image').buffer, frame.image.buffer);
                }
            }
        }
    }
});

test('a frame without a picture', () => {
    const mask = Uint8Array.of(1, 2);
    const read = wire.decode(frameOf(MESSAGE, mask, { width: 2, height: 1 }));
    assert.deepEqual([read.tensors.size, read.tensor('mask')], [1, mask]);
    assert.equal(wire.decode(frameOf(MESSAGE, null, { width: 2, height: 1 })).tensors.size, 0);
});

test('a message that no frame can hold is refused', () => {
    const long = { ...MESSAGE, prompt: 'a'.repeat(70000) };
    for (const make of [() => frameOf(long, null, { width: 1, height: 1 }), () => new Frame('U8', SHAPE, false).sealed(long, null)]) {
        assert.throws(make, (error) => error.code === 'invalid_frame' && /shorten the prompt/.test(error.message));
    }
});

test('strips cover a box without gaps', () => {
    for (const rows of [1, 2, 4, 9, 50]) {
        const strips = stripsOf(BOX, rows);
        assert.equal(strips.reduce((sum, { height }) => sum + height, 0), BOX.height);
        strips.forEach((strip, i) => assert.equal(strip.y, i ? strips[i - 1].y + strips[i - 1].height : BOX.y));
        assert.ok(strips.every(({ height, x, width }) => height <= rows && x === BOX.x && width === BOX.width));
    }
    assert.deepEqual(fromEdges(toEdges(BOX)), BOX);
});
