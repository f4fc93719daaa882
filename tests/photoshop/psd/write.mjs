// A document of the fake as a PSD file, by ag-psd: 8-bit RGB with layers, groups, masks and opacities.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { initializeCanvas, writePsdBuffer } = require('ag-psd');
const MODES = { normal: 'normal', passThrough: 'pass through' };

initializeCanvas(() => { throw new Error('there is no canvas'); }, (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height * 4) }));

const image = ({ bounds, data }) => ({ width: bounds.right - bounds.left, height: bounds.bottom - bounds.top, data: new Uint8ClampedArray(data) });

/** @param {object} dump what control.dump gives @returns {Buffer} */
export function psdOf(dump) {
    if (dump.depth !== 8 || dump.mode !== 'RGBColorMode') throw new Error('only 8-bit RGB documents are written as PSD');
    const children = dump.layers.map(written).reverse();
    return writePsdBuffer({ width: dump.width, height: dump.height, children, imageData: image(dump.composite) }, { generateThumbnail: false });
}

function written(layer) {
    const { name, opacity, visible, blendMode, raster, mask, children } = layer;
    const out = { name, opacity: opacity / 100, hidden: !visible, blendMode: MODES[blendMode] };
    if (children) Object.assign(out, { opened: true, children: children.map(written).reverse() });
    if (raster) Object.assign(out, { ...raster.bounds, imageData: image(raster) });
    if (mask) out.mask = { ...maskImage(mask), defaultColor: mask.outside, disabled: !mask.enabled };
    return out;
}

function maskImage({ raster }) {
    if (!raster) return {};
    const { width, height, data } = image(raster);
    const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
    for (let i = 0; i < data.length; i++) rgba.fill(data[i], i * 4, i * 4 + 3);
    return { ...raster.bounds, imageData: { width, height, data: rgba } };
}
