'use strict';

// The JavaScript copy of the codec against the shared vectors: `node --test tests/protocol/`.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const vm = require('node:vm');

const wire = require('../../photoshop_uxp/lib/wire.js');

const VECTORS = path.join(__dirname, '..', 'vectors');
const read = (name) => JSON.parse(fs.readFileSync(path.join(VECTORS, name), 'utf8'));
const BYTES = { U8: Uint8Array, U16: Uint16Array, F32: Float32Array };

/** Node's file buffers lie in a shared pool; a host's `arrayBuffer()` does not. */
const arrayBuffer = (buffer) => new Uint8Array(buffer).buffer;

for (const [name, expected] of Object.entries(read('good.json'))) {
  test(`good: ${name}`, () => {
    const bytes = arrayBuffer(fs.readFileSync(path.join(VECTORS, 'good', `${name}.frame`)));
    const frame = wire.decode(bytes);
    assert.equal(JSON.stringify(frame.message), JSON.stringify(expected.message));
    assert.deepEqual([...frame.tensors.keys()].sort(), Object.keys(expected.tensors).sort());
    const sent = {};
    for (const [key, tensor] of Object.entries(expected.tensors)) {
      const data = frame.tensor(key);
      assert.ok(data instanceof BYTES[tensor.dtype]);
      assert.equal(data.buffer, bytes, 'a view, no copy');
      assert.deepEqual(frame.tensors.get(key).shape, tensor.shape);
      assert.deepEqual(data, BYTES[tensor.dtype].from(tensor.values));
      sent[key] = { dtype: tensor.dtype, shape: tensor.shape, data };
    }
    const again = wire.encode(expected.message, sent);
    if (expected.python) assert.deepEqual(again, new Uint8Array(bytes), 'the same bytes as Python writes');
    assert.equal(JSON.stringify(wire.decode(again).message), JSON.stringify(expected.message));
  });
}

for (const vector of read('bad.json')) {
  test(`bad: ${vector.name}`, () => {
    assert.throws(() => wire.decode(badBytes(vector)), (error) => {
      assert.ok(error instanceof wire.FrameError, String(error.stack));
      assert.ok(error.message.includes(vector.says), error.message);
      return error.message.length < 300;
    });
  });
}

function badBytes(vector) {
  if (vector.hex !== undefined) return new Uint8Array(Buffer.from(vector.hex, 'hex'));
  const text = Buffer.from(vector.header, 'utf8');
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeUInt32LE(padded.length);
  return new Uint8Array(Buffer.concat([length, padded, Buffer.alloc(vector.body)]));
}

test('a buffer that is not aligned gives copies with the same values', () => {
  const data = Uint16Array.of(1, 2, 65535);
  const frame = wire.encode({}, { image: { dtype: 'U16', shape: [3], data } });
  const shifted = new Uint8Array(frame.length + 1);
  shifted.set(frame, 1);
  assert.deepEqual(wire.decode(shifted.subarray(1)).tensor('image'), data);
});

test('parts are views of what was sent, largest element first', () => {
  const mask = new Uint8Array(3);
  const image = new Float32Array(4);
  const parts = wire.encodeParts(
    {},
    { mask: { dtype: 'U8', shape: [3], data: mask }, image: { dtype: 'F32', shape: [1, 1, 4], data: image } },
  );
  assert.deepEqual(parts.slice(1).map((part) => part.buffer), [image.buffer, mask.buffer]);
});

for (const [name, message, tensors, says] of [
  ['NaN', { strength: NaN }, {}, 'number beyond'],
  ['infinity', { strength: -Infinity }, {}, 'number beyond'],
  ['undefined', { seed: undefined }, {}, 'type undefined'],
  ['half a surrogate pair', { prompt: 'a\ud800' }, {}, 'half a surrogate pair'],
  ['a long prompt', { prompt: 'x'.repeat(65536) }, {}, 'shorten the prompt'],
  ['a bad name', {}, { Image: { dtype: 'U8', shape: [0], data: new Uint8Array(0) } }, 'no tensor name'],
  ['an unknown dtype', {}, { image: { dtype: 'F64', shape: [1], data: new Float64Array(1) } }, 'only U8, U16, F32'],
  ['too few bytes', {}, { image: { dtype: 'U16', shape: [2], data: new Uint8Array(3) } }, 'holds 3 bytes'],
]) {
  test(`encode refuses ${name}`, () => {
    assert.throws(() => wire.encode(message, tensors), (error) => {
      assert.ok(error instanceof wire.FrameError);
      return error.message.includes(says);
    });
  });
}

test('a key cannot reach the prototype', () => {
  const header = '{"__metadata__":{"message":"{\\"__proto__\\":{\\"polluted\\":1}}"}}';
  const frame = wire.decode(badBytes({ header, body: 0 }));
  assert.deepEqual(Object.keys(frame.message), ['__proto__']);
  assert.equal({}.polluted, undefined);
  assert.equal(frame.message.polluted, undefined);
});

test('UTF-8 by hand agrees with TextEncoder and TextDecoder', () => {
  const text = 'aß中😀\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}';
  assert.deepEqual(wire.utf8Encode(text), new TextEncoder().encode(text));
  assert.equal(wire.utf8Decode(new TextEncoder().encode(text)), text);
  assert.equal(new TextDecoder().decode(wire.utf8Encode('a\ud800b')), 'a\ufffdb');
});

test('it runs with the names of the language alone, as in UXP', () => {
  const bare = runBare('wire.js');
  const image = { dtype: 'U8', shape: [2], data: Uint8Array.of(1, 2) };
  const frame = bare.decode(bare.encode({ prompt: 'ß😀' }, { image }));
  assert.equal(frame.message.prompt, 'ß😀');
  assert.deepEqual([...frame.tensor('image')], [1, 2]);
});

/** What a file of the panel exports where there is nothing but the language and `require`. */
function runBare(name) {
  const source = fs.readFileSync(path.join(__dirname, '../../photoshop_uxp/lib', name), 'utf8');
  const scope = { module: { exports: {} }, require: runBare };
  vm.runInNewContext(source, scope);
  return scope.module.exports;
}
