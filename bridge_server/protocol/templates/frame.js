'use strict';

/**
 * The codec of Layerbridge's frames for JavaScript hosts such as Photoshop's UXP: no TextEncoder, no Buffer.
 *
 * (generated)
 *
 * A frame is typed arrays and one JSON message in the safetensors format: 8 bytes little-endian header length, a JSON
 * header padded with spaces to a multiple of 8, then the tensors without gaps, largest element first. Whatever `encode`
 * writes `decode` reads, here and in Python; everything else is refused.
 */

/**
 * @typedef {'U8' | 'U16' | 'F32'} Dtype
 * @typedef {Uint8Array | Uint16Array | Float32Array} TensorData
 * @typedef {{dtype: Dtype, shape: number[], data: TensorData}} Tensor data: shape's elements in C order
 * @typedef {{dtype: Dtype, shape: number[], begin: number, end: number}} TensorSpec bytes [begin, end) of the body
 * @typedef {{message: Object<string, any>, tensors: Map<string, TensorSpec>, headerBytes: number, bodyBytes: number,
 *   totalBytes: number}} FrameHeader headerBytes: length and JSON together, where the first tensor begins
 * @typedef {FrameHeader & {tensor: (name: string) => TensorData}} Frame tensor(name): a view where it is aligned
 */

const {
  FrameError, MAX_DEPTH, MAX_NUMBER, checkValue, own, parseJson, quote, utf8Decode, utf8Encode,
} = require('./message_json.js');

/* tables */

const TYPED = { U8: Uint8Array, U16: Uint16Array, F32: Float32Array };

/**
 * The frame as byte views to send one after another: no tensor is copied.
 * @param {Object<string, any>} message
 * @param {Object<string, Tensor>} tensors
 * @returns {Uint8Array[]}
 * @throws {FrameError} for whatever `decode` would refuse, and if a tensor's data does not fit its shape
 */
function encodeParts(message, tensors) {
  checkValue(message, 'The message', MAX_DEPTH);
  const names = Object.keys(tensors);
  for (const name of names) {
    checkName(name);
    checkDtype(name, tensors[name].dtype);
  }
  names.sort((a, b) => ELEMENT_SIZE[tensors[b].dtype] - ELEMENT_SIZE[tensors[a].dtype]);
  /** @type {Array<[string, Object<string, any>]>} */
  const entries = [['__metadata__', { message: JSON.stringify(message) }]];
  const parts = [];
  let offset = 0;
  for (const name of names) {
    const tensor = tensors[name];
    const data = byteView(tensor.data);
    const size = elementCount(tensor.shape) * ELEMENT_SIZE[tensor.dtype];
    if (data.length !== size) {
      throw new FrameError(`Tensor ${name} holds ${data.length} bytes; its shape [${tensor.shape}] needs ${size}.`);
    }
    entries.push([name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, offset + size] }]);
    parts.push(data);
    offset += size;
  }
  let text = '{' + entries.map((entry) => `${JSON.stringify(entry[0])}:${JSON.stringify(entry[1])}`).join(',') + '}';
  let length = utf8Encode(text).length;
  text += ' '.repeat((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);
  const json = utf8Encode(text);
  length = json.length;
  if (length > MAX_HEADER_BYTES) {
    throw new FrameError(`The header is ${length} bytes long; ${MAX_HEADER_BYTES} is the limit: shorten the prompt.`);
  }
  decodeHeader(json);
  const head = new Uint8Array(PREFIX_BYTES + length);
  new DataView(head.buffer).setUint32(0, length, true);
  head.set(json, PREFIX_BYTES);
  return [head, ...parts];
}

/**
 * The frame as one byte array, for a `fetch` body.
 * @param {Object<string, any>} message
 * @param {Object<string, Tensor>} tensors
 * @returns {Uint8Array}
 */
function encode(message, tensors) {
  const parts = encodeParts(message, tensors);
  const frame = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    frame.set(part, offset);
    offset += part.length;
  }
  return frame;
}

/**
 * Length of the JSON header, from a frame's first 8 bytes.
 * @param {Uint8Array} prefix
 * @returns {number}
 */
function headerLength(prefix) {
  if (prefix.length < PREFIX_BYTES) {
    throw new FrameError(`The frame is ${prefix.length} bytes long; it begins with an 8-byte length.`);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, PREFIX_BYTES);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > MAX_HEADER_BYTES) {
    throw new FrameError(`The header claims ${length} bytes; ${MAX_HEADER_BYTES} is the limit. Is this a frame?`);
  }
  if (length < 2) throw new FrameError('The header is empty.');
  if (length % ALIGNMENT) {
    throw new FrameError(`The header is ${length} bytes long; it must be padded with spaces to a multiple of 8.`);
  }
  return length;
}

/**
 * Check the JSON header (without the 8-byte length).
 * @param {Uint8Array} text
 * @returns {FrameHeader}
 */
function decodeHeader(text) {
  const entries = parseJson(utf8Decode(text), 'The header', true);
  const metadata = asObject(own(entries, '__metadata__'), '__metadata__');
  if (!Object.keys(metadata).every((key) => typeof metadata[key] === 'string')) {
    throw new FrameError('__metadata__ may hold only strings.');
  }
  const written = own(metadata, 'message');
  if (written === undefined) throw new FrameError('__metadata__ has no message.');
  const message = parseJson(written, 'The message', false);
  const names = Object.keys(entries).filter((name) => name !== '__metadata__');
  if (names.length > MAX_TENSORS) {
    throw new FrameError(`The frame has ${names.length} tensors; ${MAX_TENSORS} is the limit.`);
  }
  const tensors = new Map();
  for (const name of names) tensors.set(name, tensorSpec(name, own(entries, name)));
  const headerBytes = PREFIX_BYTES + text.length;
  const bodyBytes = checkLayout(tensors);
  return { message, tensors, headerBytes, bodyBytes, totalBytes: headerBytes + bodyBytes };
}

/**
 * A frame whose tensors are views into `buffer` (copies only where the buffer itself is not aligned).
 * @param {ArrayBufferLike | ArrayBufferView} buffer
 * @returns {Frame}
 * @throws {FrameError} that says what is wrong and where
 */
function decode(buffer) {
  const bytes = byteView(buffer);
  const length = headerLength(bytes);
  if (bytes.length < PREFIX_BYTES + length) {
    throw new FrameError(`The frame ends inside its header (${bytes.length} of ${PREFIX_BYTES + length} bytes).`);
  }
  const header = decodeHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
  if (bytes.length !== header.totalBytes) {
    throw new FrameError(`The frame is ${bytes.length} bytes long; its header describes ${header.totalBytes}.`);
  }
  const tensor = (/** @type {string} */ name) => {
    const spec = header.tensors.get(name);
    if (!spec) throw new FrameError(`The frame has no tensor ${quote(name)}.`);
    const start = header.headerBytes + spec.begin;
    const count = (spec.end - spec.begin) / ELEMENT_SIZE[spec.dtype];
    if ((bytes.byteOffset + start) % ELEMENT_SIZE[spec.dtype] === 0) {
      return new TYPED[spec.dtype](/** @type {ArrayBuffer} */ (bytes.buffer), bytes.byteOffset + start, count);
    }
    const copy = new TYPED[spec.dtype](count);
    byteView(copy).set(bytes.subarray(start, header.headerBytes + spec.end));
    return copy;
  };
  return Object.assign({ tensor }, header);
}

/** @param {ArrayBufferLike | ArrayBufferView} data @returns {Uint8Array} */
function byteView(data) {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data);
}

/** @param {number[]} shape @returns {number} */
function elementCount(shape) {
  return shape.reduce((count, side) => count * side, 1);
}

/** @param {string} name @param {any} value @returns {TensorSpec} */
function tensorSpec(name, value) {
  checkName(name);
  const entry = asObject(value, `Tensor ${name}`);
  if (Object.keys(entry).sort().join() !== 'data_offsets,dtype,shape') {
    throw new FrameError(`Tensor ${name} must have exactly dtype, shape and data_offsets.`);
  }
  checkDtype(name, entry.dtype);
  const shape = entry.shape;
  if (!areNaturals(shape) || shape.length > MAX_DIMENSIONS) {
    throw new FrameError(`Tensor ${name} needs a shape of at most ${MAX_DIMENSIONS} whole numbers.`);
  }
  const offsets = entry.data_offsets;
  if (!areNaturals(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw new FrameError(`Tensor ${name} needs data_offsets [begin, end] with begin <= end.`);
  }
  const size = elementCount(shape) * ELEMENT_SIZE[/** @type {Dtype} */ (entry.dtype)];
  if (offsets[1] - offsets[0] !== size) {
    throw new FrameError(`Tensor ${name} spans ${offsets[1] - offsets[0]} bytes; its shape [${shape}] needs ${size}.`);
  }
  return { dtype: entry.dtype, shape, begin: offsets[0], end: offsets[1] };
}

/** @param {Map<string, TensorSpec>} tensors @returns {number} length of the body in bytes */
function checkLayout(tensors) {
  let offset = 0;
  for (const [name, spec] of [...tensors].sort((a, b) => a[1].begin - b[1].begin || a[1].end - b[1].end)) {
    if (spec.begin !== offset) {
      const kind = spec.begin > offset ? 'a gap' : 'an overlap';
      throw new FrameError(`There is ${kind} before tensor ${name}: it begins at ${spec.begin}, not at ${offset}.`);
    }
    if (spec.begin % ELEMENT_SIZE[spec.dtype]) {
      throw new FrameError(`Tensor ${name} is not aligned: put larger elements first.`);
    }
    offset = spec.end;
  }
  return offset;
}

/** @param {string} name */
function checkName(name) {
  if (!/^[a-z0-9_/]+$/.test(name) || name.length > MAX_NAME_LENGTH || name === '__metadata__') {
    throw new FrameError(`${quote(name)} is no tensor name: use a-z, 0-9, _ and /, at most 64 letters.`);
  }
}

/** @param {string} name @param {any} dtype */
function checkDtype(name, dtype) {
  if (typeof dtype !== 'string' || !Object.prototype.hasOwnProperty.call(ELEMENT_SIZE, dtype)) {
    const allowed = Object.keys(ELEMENT_SIZE).join(', ');
    throw new FrameError(`Tensor ${name} has dtype ${quote(dtype)}; only ${allowed} are allowed.`);
  }
}

/** @param {any} value @returns {boolean} a list of whole numbers not below 0 */
function areNaturals(value) {
  return Array.isArray(value) && value.every((item) => Number.isInteger(item) && item >= 0);
}

/** @param {any} value @param {string} what @returns {Object<string, any>} */
function asObject(value, what) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FrameError(`${what} must be a JSON object.`);
  }
  return value;
}
