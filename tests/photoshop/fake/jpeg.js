// imaging.encodeImageData: a real JPEG, from the browser's canvas; in Node.js, which has none, a gray stand-in.
'use strict';
const { refusal } = require('./rules/index.js');
const { widthOf, heightOf } = require('./geometry.js');

/** Kept before the rig takes away what UXP lacks. */
const draw = typeof document === 'undefined' ? null : {
    create: document.createElement.bind(document),
    context: HTMLCanvasElement.prototype.getContext,
    put: CanvasRenderingContext2D.prototype.putImageData,
    url: HTMLCanvasElement.prototype.toDataURL,
    ImageData: window.ImageData,
};
/** A gray JPEG of 1 x 1. */
const STAND_IN = '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVN//2Q==';

/** Rules encode.jpeg and encode.input. */
function encodeImageData({ raster, space }, base64) {
    if (space !== 'RGB' || raster.channels !== 3 || raster.depth !== 8) {
        throw refusal('encode.input', 'encodeImageData: the image data must be RGB without alpha at 8 bit');
    }
    const text = draw ? drawn(raster) : STAND_IN;
    return base64 ? text : Array.from(atob(text), (c) => c.charCodeAt(0));
}

function drawn(raster) {
    const width = widthOf(raster.bounds), height = heightOf(raster.bounds);
    const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
    for (let i = 0; i < raster.data.length; i++) rgba[Math.floor(i / 3) * 4 + (i % 3)] = raster.data[i];
    const canvas = draw.create('canvas');
    canvas.width = width;
    canvas.height = height;
    draw.put.call(draw.context.call(canvas, '2d'), new draw.ImageData(rgba, width, height), 0, 0);
    return draw.url.call(canvas, 'image/jpeg', 0.9).split(',')[1];
}

module.exports = { encodeImageData };
