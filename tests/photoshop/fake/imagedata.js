// PhotoshopImageData and imaging.createImageDataFromBuffer. 16 bit is held as 0..32768.
'use strict';
const { refusal } = require('./rules/index.js');
const { rect, widthOf, heightOf } = require('./geometry.js');
const { COMPONENTS, LINEAR_SUFFIX, profileOf, reportedName } = require('./color.js');

const FORMATS = { RGB: ['RGB', 'RGBA'], Grayscale: ['Grayscale', 'GrayscaleAlpha'] };
const FULL = 65535 / 32768;

class PhotoshopImageData {
    #host;
    #raster;
    #info;
    #space;
    #profile;

    constructor(host, raster, space, profile) {
        this.#host = host;
        this.#raster = raster;
        this.#info = { bounds: raster.bounds, channels: raster.channels, depth: raster.depth };
        this.#space = space;
        this.#profile = profile || '';
        host.imageMade(this, raster.data.byteLength);
    }

    get width() { return widthOf(this.#info.bounds); }
    get height() { return heightOf(this.#info.bounds); }
    get colorSpace() { return this.#space; }
    get colorProfile() { return reportedName(this.#space, this.#profile, this.#info.depth); } // data.linear-name
    get components() { return this.#info.channels; }
    get componentSize() { return this.#info.depth; }
    get hasAlpha() { return this.#info.channels > COMPONENTS[this.#space]; }
    get pixelFormat() { return FORMATS[this.#space][this.hasAlpha ? 1 : 0]; } // data.pixel-format
    get isChunky() { return this.#layoutNamed('isChunky'); }
    get chunky() { return this.#layoutNamed('chunky'); }
    get type() { return 'image/uncompressed'; }

    /** Rules data.types, data.options, data.copy, data.range. */
    async getData(options = {}) {
        if (!this.#raster) throw refusal('data.disposed', 'the image data was disposed');
        const { data, channels, depth } = this.#raster;
        const out = data.slice();
        this.#host.largestCopyBytes = Math.max(this.#host.largestCopyBytes, out.byteLength);
        if (options.chunky === false) { // data.chunky
            const pixels = data.length / channels;
            for (let i = 0; i < data.length; i++) out[(i % channels) * pixels + Math.floor(i / channels)] = data[i];
        }
        if (options.fullRange && depth === 16) out.forEach((v, i) => { out[i] = Math.round(v * FULL); }); // data.full-range
        return out;
    }

    dispose() { // data.dispose
        if (!this.#raster) return;
        this.#host.imageGone(this, this.#raster.data.byteLength);
        this.#raster = null;
    }

    /** The fake's own way in: what was put with this image data (rule put.disposed). */
    static contents(image, who) {
        if (!(image instanceof PhotoshopImageData)) throw refusal('put.disposed', `${who}: imageData is missing or not image data`);
        if (!image.#raster) throw refusal('put.disposed', `${who}: the image data was disposed`);
        return { raster: image.#raster, space: image.#space, profile: image.#profile };
    }

    #layoutNamed(name) {
        const named = this.#host.choice('data.chunky-name');
        return named === 'both' || named === name ? true : undefined;
    }
}

const DEPTHS = [[Uint8Array, 8], [Uint16Array, 16], [Float32Array, 32]];

/** imaging.createImageDataFromBuffer; rule buffer.needs-modal. */
async function createImageDataFromBuffer(host, buffer, options) {
    host.reading('createImageDataFromBuffer');
    const typed = DEPTHS.find(([type]) => buffer instanceof type);
    if (!typed) throw refusal('buffer.type', 'createImageDataFromBuffer: the buffer must be Uint8Array, Uint16Array or Float32Array');
    const depth = typed[1];
    for (const key of ['width', 'height', 'components', 'colorSpace']) {
        if (!options || options[key] === undefined) throw refusal('buffer.required', `createImageDataFromBuffer: ${key} is required`);
    }
    const { width, height, components, colorSpace } = options;
    const colors = COMPONENTS[colorSpace];
    if (!colors) throw refusal('buffer.components', `createImageDataFromBuffer: the fake has no color space ${colorSpace}`);
    if (components !== colors && components !== colors + 1) {
        throw refusal('buffer.components', `createImageDataFromBuffer: ${components} components do not fit ${colorSpace}`);
    }
    if (!(width > 0 && height > 0) || buffer.length !== width * height * components) {
        throw refusal('buffer.length', `createImageDataFromBuffer: ${buffer.length} elements do not fit ${width} x ${height} x ${components}`);
    }
    const profile = options.colorProfile || '';
    if (profile) checkProfile(colorSpace, profile);
    return new PhotoshopImageData(host, { bounds: rect(0, 0, width, height), channels: components, depth,
        data: held(buffer, components, depth, options) }, colorSpace, profile);
}

/** The buffer chunky and with 16 bit as 0..32768. */
function held(buffer, channels, depth, options) {
    let data = buffer.slice();
    if (options.chunky === false) {
        const pixels = buffer.length / channels;
        data = buffer.map((_, i) => buffer[(i % channels) * pixels + Math.floor(i / channels)]);
    }
    if (depth === 16) data = data.map((v) => (options.fullRange ? Math.round(v / FULL) : Math.min(v, 32768)));
    return data;
}

/** A profile's name that a plug-in gives must be an installed one, without the words of 32 bit. */
function checkProfile(space, name) {
    if (Object.values(LINEAR_SUFFIX).some((suffix) => name.endsWith(suffix))) {
        throw refusal('data.linear-name', `the profile's name must not include the words of linear profiles: "${name}"`);
    }
    try {
        profileOf(space, name);
    } catch (error) {
        throw refusal('pixels.profile-unknown', error.message);
    }
}

module.exports = { PhotoshopImageData, createImageDataFromBuffer, checkProfile };
