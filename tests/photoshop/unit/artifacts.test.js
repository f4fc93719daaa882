'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { readLayer } = require('../../../photoshop_uxp/lib/artifacts.js');
const { madeOf } = require('../../../photoshop_uxp/lib/note.js');
const wire = require('../../../photoshop_uxp/lib/wire.js');

const VECTORS = path.join(__dirname, '../../vectors');

test('the shared float result is read as it is described, once its bounds are those of its pixels', () => {
    const shared = wire.decode(new Uint8Array(fs.readFileSync(path.join(VECTORS, 'good/result-float.frame'))));
    const [height, width, channels] = shared.tensors.get('image').shape;
    const bytes = wire.encode(
        { ...shared.message, bounds: { x: -2, y: 3, width, height } },
        {
            image: { dtype: 'F32', shape: [height, width, channels], data: shared.tensor('image') },
            mask: { dtype: 'U8', shape: [height, width], data: shared.tensor('mask') },
        },
    );
    const { image, mask, message, bounds } = readLayer(bytes);
    assert.deepEqual([...image], [...shared.tensor('image')]);
    assert.equal(image.length, bounds.width * bounds.height * channels);
    assert.equal(mask.length, bounds.width * bounds.height);
    assert.ok(Object.keys(madeOf(message)).every((key) => key in message));
});

test('each shared frame that is no result is refused with what to do, never with a stack trace', () => {
    for (const name of fs.readdirSync(path.join(VECTORS, 'good')).filter((file) => !file.startsWith('result'))) {
        const bytes = new Uint8Array(fs.readFileSync(path.join(VECTORS, 'good', name)));
        assert.throws(
            () => readLayer(bytes),
            (error) => error.code === 'invalid_frame' && /Fetch it again/.test(error.message),
            name,
        );
    }
});

test('a result whose parts do not fit one another is refused', () => {
    const good = { bounds: { x: 0, y: 0, width: 2, height: 1 }, operation: 'inpaint', role: 'layer', canvas: null, seed: 1, index: 0 };
    const frame = (message, shape, maskShape = [1, 2], dtype = 'U8') =>
        wire.encode(
            { ...good, ...message },
            {
                image: { dtype, shape, data: new Uint8Array(shape.reduce((a, b) => a * b, 1)) },
                mask: { dtype: 'U8', shape: maskShape, data: new Uint8Array(maskShape.reduce((a, b) => a * b, 1)) },
            },
        );
    assert.equal(readLayer(frame({}, [1, 2, 4])).channels, 4);
    assert.throws(() => readLayer(frame({}, [1, 2, 3])), /damaged/);
    assert.throws(() => readLayer(frame({}, [1, 2, 4], [2, 2])), /damaged/);
    assert.throws(() => readLayer(frame({ bounds: { x: 0, y: 0, width: 3, height: 1 } }, [1, 2, 4])), /damaged/);
    assert.throws(() => readLayer(frame({ bounds: { x: 0, y: 0, width: 0, height: 0 } }, [1, 2, 4])), /damaged/);
    assert.throws(() => readLayer(frame({}, [1, 2, 4]).subarray(0, 60)), /damaged/);
});
