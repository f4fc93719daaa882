'use strict';

/** What takes how long: the layers of a large document, and loops over a picture. Each says its figures in the notes. */

const { is } = require('./answers.js');

const MEGAPIXELS = 24; // an ordinary camera's picture
const VIEW_MEGAPIXELS = 4;

/** @param {() => any} work @returns {number} milliseconds */
function timed(work) {
  const began = Date.now();
  work();
  return Date.now() - began;
}

/** @param {any} layers @returns {any[]} */
function walked(layers) {
  return Array.from(layers || []).flatMap((layer) => [layer, ...walked(layer.layers)]);
}

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const { newDocument, newLayer, core, action, note, sizes } = kit;
  return {
    'speed.layers': async () => {
      const document = await newDocument();
      const making = Date.now();
      for (let i = 1; i < sizes.layers; i++) await newLayer(document, { name: `layer ${i}` });
      const made = Date.now() - making;
      let count = 0;
      const walk = timed(() => {
        count = walked(document.layers).length;
      });
      const names = timed(() => walked(document.layers).map((layer) => [layer.id, layer.name, layer.kind]));
      const sides = timed(() => walked(document.layers).map((layer) => layer.boundsNoEffects.left));
      const began = Date.now();
      const reads = document.layers.map((layer) => ({
        _obj: 'get',
        _target: [{ _property: 'metadata' }, { _ref: 'layer', _id: layer.id }, { _ref: 'document', _id: document.id }],
      }));
      await action.batchPlay(reads, { continueOnError: true });
      const played = Date.now() - began;
      const { getLayerTree } = /** @type {any} */ (core);
      const asking = Date.now();
      if (getLayerTree) await getLayerTree.call(core, { documentID: document.id });
      const tree = getLayerTree ? `${Date.now() - asking} ms` : 'is not there';
      note(
        `${count} layers made in ${made} ms; a walk ${walk} ms, with id, name and kind ${names} ms, with bounds ${sides} ms; ` +
          `one batchPlay of as many reads ${played} ms; getLayerTree ${tree}`,
      );
      return is(count, sizes.layers);
    },
    'speed.loops': async () => {
      const length = MEGAPIXELS * 1e6;
      const plane = new Uint16Array(length);
      const write = timed(() => {
        for (let i = 0; i < length; i++) plane[i] = i & 65535;
      });
      const shift = timed(() => {
        for (let i = 0; i < length; i++) plane[i] = ((plane[i] * 65535 + 16384) >> 15) & 65535;
      });
      const view = new DataView(new ArrayBuffer(VIEW_MEGAPIXELS * 1e6 * 2));
      const viewed = timed(() => {
        for (let i = 0; i < view.byteLength; i += 2) view.setUint16(i, 4660, true);
      });
      const copy = timed(() => plane.slice());
      note(
        `${MEGAPIXELS} million values: written ${write} ms, multiplied and shifted ${shift} ms, copied ${copy} ms; ` +
          `${VIEW_MEGAPIXELS} million by a DataView ${viewed} ms; performance.now: ${typeof (/** @type {any} */ (globalThis).performance)}`,
      );
      return is(view.getUint16(0, true), 4660);
    },
  };
};
