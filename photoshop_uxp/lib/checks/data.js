'use strict';

/** Image data. */

const { RGB, all, is } = require('./answers.js');

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const { newDocument, newLayer, flat, put, patch, pixels, layerPixels, refused, note, imaging } = kit;
  return {
    'data.types': async () => {
      const kinds = [];
      for (const componentSize of [8, 16, 32])
        kinds.push((await pixels(await newDocument(), { componentSize })).data.constructor.name);
      return is(kinds, ['Uint8Array', 'Uint16Array', 'Float32Array']);
    },
    'data.range': async () => {
      const document = await newDocument();
      const white = [];
      for (const componentSize of [8, 16, 32]) white.push((await pixels(document, { componentSize })).at(0, 0)[0]);
      return is(white, [255, 32768, 1], 0.0001);
    },
    'data.full-range': async () => {
      const document = await newDocument({ depth: 16 });
      const layer = await newLayer(document);
      await put(layer, await flat(4, 4, [65535, 32768, 0, 65535], { fullRange: true }, Uint16Array), 0, 0);
      return all(
        is((await pixels(document, {}, { fullRange: true })).at(10, 10), [65535, 65535, 65535]),
        is((await layerPixels(layer)).at(0, 0), [32768, 16384, 0, 32768], 1),
      );
    },
    'data.chunky': async () => {
      const layer = await newLayer(await newDocument());
      await put(layer, await flat(2, 1, [10, 20, 30, 255]), 0, 0);
      const planar = await pixels(layer.document, { layerID: layer.id }, { chunky: false });
      return all(
        is(Array.from((await layerPixels(layer)).data), [10, 20, 30, 255, 10, 20, 30, 255]),
        is(Array.from(planar.data), [10, 10, 20, 20, 30, 30, 255, 255]),
      );
    },
    'data.chunky-name': async () => {
      const imageData = await flat(2, 2, [1, 2, 3]);
      const names = ['isChunky', 'chunky'].filter((name) => /** @type {any} */ (imageData)[name] !== undefined);
      imageData.dispose();
      return names.length === 2 ? 'both' : names[0] || 'neither';
    },
    'data.options': async () => {
      const imageData = await flat(2, 2, [1, 2, 3]);
      const data = await imageData.getData();
      imageData.dispose();
      return is(data.length, 12);
    },
    'data.copy': async () => {
      const imageData = await flat(2, 2, [1, 2, 3]);
      const first = await imageData.getData({});
      first[0] = 99;
      const second = await imageData.getData({});
      imageData.dispose();
      return is([first[0], second[0], second[1]], [99, 1, 2]);
    },
    'data.disposed': async () => {
      const imageData = await flat(2, 2, [1, 2, 3]);
      imageData.dispose();
      return refused(() => imageData.getData({}));
    },
    'data.float-linear': async () => {
      const layer = await newLayer(await newDocument());
      await put(layer, await flat(4, 4, [128, 128, 128, 255]), 0, 0);
      return is((await layerPixels(layer, { componentSize: 32 })).at(0, 0)[0], 0.2158, 0.005);
    },
    'data.linear-name': async () => {
      const imageData = await flat(2, 2, [0.5, 0.5, 0.5], {}, Float32Array);
      const { colorProfile } = imageData;
      imageData.dispose();
      note(colorProfile);
      return all(
        is(colorProfile, `${RGB} (Linear RGB Profile)`),
        await refused(() => flat(2, 2, [0, 0, 0], { colorProfile: `${RGB} (Linear RGB Profile)` }, Float32Array)),
      );
    },
    'data.pixel-format': async () => {
      const seen = await layerPixels(await patch(await newDocument()));
      return is(
        [seen.pixelFormat, seen.colorSpace, seen.hasAlpha, seen.type],
        ['RGBA', 'RGB', true, 'image/uncompressed'],
      );
    },
    'buffer.required': async () =>
      refused(() =>
        imaging.createImageDataFromBuffer(
          new Uint8Array(12),
          /** @type {any} */ ({ width: 2, height: 2, components: 3 }),
        ),
      ),
    'buffer.length': async () =>
      refused(() =>
        imaging.createImageDataFromBuffer(new Uint8Array(11), {
          width: 2,
          height: 2,
          components: 3,
          colorSpace: 'RGB',
        }),
      ),
    'buffer.type': async () =>
      refused(() =>
        imaging.createImageDataFromBuffer(/** @type {any} */ (new Int32Array(12)), {
          width: 2,
          height: 2,
          components: 3,
          colorSpace: 'RGB',
        }),
      ),
    'buffer.components': async () =>
      refused(() =>
        imaging.createImageDataFromBuffer(new Uint8Array(4), { width: 2, height: 2, components: 1, colorSpace: 'RGB' }),
      ),
  };
};
