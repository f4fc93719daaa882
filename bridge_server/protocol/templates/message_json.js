'use strict';

/**
 * The JSON of a frame's header, written and read strictly, and its UTF-8, for which UXP has nothing.
 *
 * (generated)
 */

/* tables */

/** The bytes are not a frame; `message` is a sentence that says what is wrong and where. */
class FrameError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'FrameError';
  }
}

/** @param {Object<string, any>} object @param {string} key @returns {any} */
function own(object, key) {
  return Object.prototype.hasOwnProperty.call(object, key) ? object[key] : undefined;
}

/** @param {any} value @returns {string} */
function quote(value) {
  const text = String(JSON.stringify(value));
  return text.length <= 80 ? text : text.slice(0, 77) + '...';
}

/** @param {any} value @param {string} what @param {number} levels of objects and arrays that are left */
function checkValue(value, what, levels) {
  if (typeof value === 'string') {
    if (!isWellFormed(value)) throw new FrameError(`${what} has half a surrogate pair in a text.`);
  } else if (typeof value === 'number') {
    if (!(Math.abs(value) <= MAX_NUMBER)) throw new FrameError(`${what} has a number beyond ${MAX_NUMBER}.`);
  } else if (typeof value === 'object' && value !== null) {
    if (levels === 0) throw new FrameError(`${what} is nested deeper than ${MAX_DEPTH} levels.`);
    for (const key of Object.keys(value)) {
      checkValue(key, what, levels - 1);
      checkValue(value[key], what, levels - 1);
    }
  } else if (typeof value !== 'boolean' && value !== null) {
    throw new FrameError(`${what} cannot be written as JSON: it has a value of type ${typeof value}.`);
  }
}

/** @param {string} text @returns {boolean} */
function isWellFormed(text) {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const low = text.charCodeAt(i + 1);
    if (unit > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) return false;
    i++;
  }
  return true;
}

/**
 * The object that `text` is. Stricter than JSON.parse, which keeps the last of two equal keys without a word.
 * @param {string} text
 * @param {string} what
 * @param {boolean} whole a number with a fraction or an exponent becomes NaN, so that 1.0 is not taken for 1
 * @returns {Object<string, any>}
 */
function parseJson(text, what, whole) {
  if (text[0] !== '{') throw new FrameError(`${what} does not begin with '{'.`);
  let at = 0;
  /** @returns {never} */
  const fail = (/** @type {string} */ reason) => {
    throw new FrameError(`${what} is not JSON: ${reason} at character ${at}.`);
  };
  const match = (/** @type {RegExp} */ pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const skip = () => match(/[ \t\n\r]*/y);
  const take = (/** @type {string} */ character) => {
    skip();
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const expect = (/** @type {string} */ character) => take(character) || fail(`'${character}' expected`);

  const string = () => {
    const found = match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    return found ? JSON.parse(found[0]) : fail('a text expected');
  };
  const number = () => {
    const found = match(/-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y);
    if (!found) return fail('a value expected');
    const fractional = found[1] !== undefined || found[2] !== undefined;
    if (!fractional && found[0].length > String(-MAX_NUMBER).length) fail(`a number has ${found[0].length} digits`);
    return fractional && whole ? NaN : Number(found[0]) + 0;
  };
  /** @type {(levels: number) => any[]} */
  const list = (levels) => {
    /** @type {any[]} */
    const items = [];
    if (take(']')) return items;
    do items.push(value(levels)); while (take(','));
    expect(']');
    return items;
  };
  /** @type {(levels: number) => Object<string, any>} */
  const object = (levels) => {
    const result = {};
    if (take('}')) return result;
    do {
      skip();
      const key = string();
      if (Object.prototype.hasOwnProperty.call(result, key)) fail(`the key ${quote(key)} stands twice`);
      expect(':');
      const item = value(levels);
      Object.defineProperty(result, key, { value: item, enumerable: true, writable: true, configurable: true });
    } while (take(','));
    expect('}');
    return result;
  };
  /** @type {(levels: number) => any} */
  const value = (levels) => {
    skip();
    const word = match(/true|false|null/y);
    if (word) return word[0] === 'null' ? null : word[0] === 'true';
    if (text[at] === '"') return string();
    if (text[at] !== '{' && text[at] !== '[') return number();
    if (levels === 0) throw new FrameError(`${what} is nested deeper than ${MAX_DEPTH} levels.`);
    return text[at++] === '{' ? object(levels - 1) : list(levels - 1);
  };

  const result = value(MAX_DEPTH);
  skip();
  if (at !== text.length) fail('more after the object');
  if (!whole) checkValue(result, what, MAX_DEPTH);
  else checkKeysAndTexts(result, what);
  return result;
}

/** As checkValue, where NaN stands for a number that is not whole. @param {any} value @param {string} what */
function checkKeysAndTexts(value, what) {
  if (typeof value === 'number') {
    if (Math.abs(value) > MAX_NUMBER) throw new FrameError(`${what} has a number beyond ${MAX_NUMBER}.`);
  } else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      checkValue(key, what, 0);
      checkKeysAndTexts(value[key], what);
    }
  } else checkValue(value, what, 0);
}

/** @param {string} text @returns {Uint8Array} the text's UTF-8; half a surrogate pair becomes U+FFFD */
function utf8Encode(text) {
  const bytes = [];
  for (const character of text) {
    let code = /** @type {number} */ (character.codePointAt(0));
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return Uint8Array.from(bytes);
}

/** @param {Uint8Array} bytes @returns {string} @throws {FrameError} if they are not UTF-8 */
function utf8Decode(bytes) {
  const characters = [];
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i];
    const size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    let code = size === 1 ? first : first & (0xff >> (size + 1));
    for (let k = 1; k < size; k++) code = (bytes[i + k] & 0xc0) === 0x80 ? (code << 6) | (bytes[i + k] & 63) : -1;
    const least = size === 3 ? 0x800 : size === 4 ? 0x10000 : 0; // a code has one spelling only; -1 stays negative
    if (!size || code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      throw new FrameError(`The header is not UTF-8: a wrong byte at byte ${i}.`);
    }
    characters.push(String.fromCodePoint(code));
    i += size;
  }
  return characters.join('');
}

