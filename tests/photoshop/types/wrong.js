'use strict';
// Deliberate mistakes: each line that ends with a number must be an error of tsc, and no other line may be. Never run.
const { app, core, imaging } = require('photoshop');
const { storage, entrypoints } = require('uxp');

async function mistakes() {
    const context = /** @type {HTMLCanvasElement} */ (/** @type {unknown} */ (document.getElementById('c'))).getContext('2d');
    context.drawImage(null, 0, 0); // 1
    context.getImageData(0, 0, 1, 1); // 2
    new Worker('worker.js'); // 3
    new TextEncoder(); // 4
    await imaging.putPixels({ imageData: /** @type {any} */ (null) }); // 5
    await imaging.createImageDataFromBuffer(new Uint8Array(4), { width: 1, height: 1, components: 4 }); // 6
    await imaging.createImageDataFromBuffer(new Int8Array(4), { width: 1, height: 1, components: 4, colorSpace: 'RGB' }); // 7
    await imaging.getPixels({ componentSize: 12 }); // 8
    (await imaging.getPixels({})).imageData.isChunky; // 9
    (await imaging.getPixels({})).imageData.release(); // 10
    await app.activeDocument.suspendHistory('x'); // 11
    await core.executeAsModal(async () => 1, {}); // 12
    await app.activeDocument.resizeCanvas(10, 10, 'left'); // 13
    await storage.secureStorage.setItem('key', 5); // 14
    (await storage.secureStorage.getItem('key')).length; // 15
    entrypoints.setup({ panels: [] , panel: {} }); // 16
    await fetch('http://localhost', { signal: null }); // 17
    structuredClone({}); // 18
    app.activeDocument.layers[0].parent.name; // 19
}

module.exports = { mistakes };
