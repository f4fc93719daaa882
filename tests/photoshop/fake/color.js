// Color spaces and profiles: the matrix and gamma profiles that come with Photoshop, converted over linear light (D50).
// Matrices: Lindbloom's RGB working spaces, adapted to D50. Relative colorimetric, clipped at 8 and 16 bit, not at 32.
'use strict';
const { stored, WHITE, ARRAYS, atDepth } = require('./raster.js');

const SRGB_CURVE = {
    linear: (v) => Math.sign(v) * (Math.abs(v) <= 0.04045 ? Math.abs(v) / 12.92 : ((Math.abs(v) + 0.055) / 1.055) ** 2.4),
    encoded: (v) => Math.sign(v) * (Math.abs(v) <= 0.0031308 ? Math.abs(v) * 12.92 : 1.055 * Math.abs(v) ** (1 / 2.4) - 0.055),
};
const gamma = (g) => ({
    linear: (v) => Math.sign(v) * Math.abs(v) ** g,
    encoded: (v) => Math.sign(v) * Math.abs(v) ** (1 / g),
});
const SRGB_MATRIX = [0.4360747, 0.3850649, 0.1430804, 0.2225045, 0.7168786, 0.0606169, 0.0139322, 0.0971045, 0.7141733];
const P3_MATRIX = [0.5151187, 0.2919778, 0.1571035, 0.2411892, 0.6922441, 0.0665668, -0.0010505, 0.0418791, 0.7840713];
const ADOBE_MATRIX = [0.6097559, 0.2052401, 0.149224, 0.3111242, 0.625656, 0.0632197, 0.0194811, 0.0608902, 0.7448387];
const PROPHOTO_MATRIX = [0.7976749, 0.1351917, 0.0313534, 0.2880402, 0.7118741, 0.0000857, 0, 0, 0.82521];

const PROFILES = {
    RGB: {
        'sRGB IEC61966-2.1': { curve: SRGB_CURVE, matrix: SRGB_MATRIX },
        'Adobe RGB (1998)': { curve: gamma(563 / 256), matrix: ADOBE_MATRIX },
        'Display P3': { curve: SRGB_CURVE, matrix: P3_MATRIX },
        'ProPhoto RGB': { curve: gamma(1.8), matrix: PROPHOTO_MATRIX },
    },
    Grayscale: {
        'Gray Gamma 2.2': { curve: gamma(2.2) },
        'Gray Gamma 1.8': { curve: gamma(1.8) },
        sGray: { curve: SRGB_CURVE },
        'Dot Gain 15%': { curve: gamma(1.71) },
        'Dot Gain 20%': { curve: gamma(1.85) },
    },
};
/** The working spaces of Photoshop's default color settings in North America. */
const WORKING = { RGB: 'sRGB IEC61966-2.1', Grayscale: 'Dot Gain 20%' };
const COMPONENTS = { RGB: 3, Grayscale: 1 };
const LINEAR_SUFFIX = { RGB: ' (Linear RGB Profile)', Grayscale: ' (Linear Grayscale Profile)' };

function profileOf(space, name) {
    const found = PROFILES[space] && PROFILES[space][name];
    if (!found) throw new Error(`no ${space} profile is called "${name}"`);
    return found;
}

/** A profile's name as Photoshop says it for data of that depth: rule data.linear-name. */
function reportedName(space, name, depth) {
    return depth === 32 && name ? name + LINEAR_SUFFIX[space] : name;
}

/** Pixels with another space, profile or depth; `from` and `to` are {space, profile}; alpha is only scaled. At 32 bit
 *  values are linear light (rule data.float-linear). A profile of '' or undefined is not converted. */
function converted(source, from, to, depth) {
    const sameColor = from.space === to.space && (from.profile === to.profile || !from.profile || !to.profile);
    const sameCurve = (source.depth === 32) === (depth === 32);
    if (sameColor && sameCurve) return atDepth(source, depth);
    const given = profileOf(from.space, from.profile || to.profile || WORKING[from.space]);
    const wanted = profileOf(to.space, to.profile || from.profile || WORKING[to.space]);
    const n = COMPONENTS[from.space], m = COMPONENTS[to.space];
    const alpha = source.channels > n;
    const channels = m + (alpha ? 1 : 0), pixels = source.data.length / source.channels;
    const data = new ARRAYS[depth](pixels * channels);
    const across = transfer(given.matrix, wanted.matrix);
    const linear = curveTable(given.curve, source.depth);
    const value = [0, 0, 0];
    for (let i = 0, at = 0, to_ = 0; i < pixels; i++, at += source.channels, to_ += channels) {
        for (let c = 0; c < 3; c++) value[c] = linear(source.data[at + (n === 1 ? 0 : c)]);
        for (let c = 0; c < m; c++) {
            const light = across[3 * c] * value[0] + across[3 * c + 1] * value[1] + across[3 * c + 2] * value[2];
            data[to_ + c] = depth === 32 ? light : stored(wanted.curve.encoded(light), depth);
        }
        if (alpha) data[to_ + m] = stored(source.data[at + n] / WHITE[source.depth], depth);
    }
    return { bounds: source.bounds, channels, depth, data };
}

/** Element → linear light. */
function curveTable(curve, depth) {
    if (depth === 32) return (v) => v;
    const table = new Float64Array(WHITE[depth] + 1);
    for (let i = 0; i < table.length; i++) table[i] = curve.linear(i / WHITE[depth]);
    return (v) => table[v];
}

/** Linear RGB of one profile to that of another; no matrix stands for gray, whose light is the same in each channel. */
function transfer(given, wanted) {
    if (!given) return [1, 0, 0, 1, 0, 0, 1, 0, 0];
    if (!wanted) return given.slice(3, 6);
    const back = inverse(wanted);
    const out = [];
    for (let r = 0; r < 3; r++) {
        for (let c = 0; c < 3; c++) out.push(back[3 * r] * given[c] + back[3 * r + 1] * given[3 + c] + back[3 * r + 2] * given[6 + c]);
    }
    return out;
}

function inverse([a, b, c, d, e, f, g, h, i]) {
    const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
    return [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f,
        d * h - e * g, b * g - a * h, a * e - b * d].map((v) => v / det);
}

module.exports = { WORKING, COMPONENTS, LINEAR_SUFFIX, profileOf, reportedName, converted };
