'use strict';

/** Writing pixels. */

const { RGB, all, box, is } = require('./answers.js');

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const {
    newDocument,
    newGroup,
    background,
    newLayer,
    flat,
    put,
    patch,
    pixels,
    layerPixels,
    refused,
    orThrows,
    select,
    imaging,
  } = kit;
  return {
    'put.pixel-layer': async () => {
      const group = await newGroup(await newDocument(), { name: 'group' });
      return refused(async () => put(group, await flat(4, 4, [1, 2, 3, 255]), 0, 0));
    },
    'put.replace': async () => {
      const layer = await patch(await newDocument());
      await put(layer, await flat(4, 4, [0, 255, 0, 255]), 0, 0);
      return is((await layerPixels(layer)).bounds, [0, 0, 4, 4]);
    },
    'put.replace-false': async () => {
      const layer = await patch(await newDocument());
      await put(layer, await flat(4, 4, [0, 255, 0, 255]), 0, 0, { replace: false });
      const seen = await layerPixels(layer);
      return all(is(seen.bounds, [0, 0, 30, 18]), is(seen.at(25, 12), [255, 0, 0, 255]));
    },
    'put.replace-false-covers': async () => {
      const layer = await patch(await newDocument());
      await put(layer, await flat(4, 4, [0, 255, 0, 0]), 22, 12, { replace: false });
      const alpha = (await layerPixels(layer)).at(3, 3)[3];
      return alpha === 0 ? 'covers' : alpha === 255 ? 'blends' : `saw an alpha of ${alpha}`;
    },
    'put.origin': async () => {
      const layer = await newLayer(await newDocument());
      const imageData = await flat(4, 4, [1, 2, 3, 255]);
      await imaging.putPixels({ layerID: layer.id, imageData });
      imageData.dispose();
      return is((await layerPixels(layer)).bounds, [0, 0, 4, 4]);
    },
    'put.beyond-canvas': async () => {
      const layer = await newLayer(await newDocument());
      await put(layer, await flat(10, 10, [1, 2, 3, 255]), 60, 40);
      const [, , right, bottom] = box(layer.boundsNoEffects);
      return right === 70 && bottom === 50
        ? 'kept'
        : right === 64 && bottom === 48
          ? 'clipped'
          : `saw ${right}, ${bottom}`;
    },
    'put.opaque': async () => {
      const layer = await newLayer(await newDocument());
      await put(layer, await flat(4, 4, [1, 2, 3]), 0, 0);
      return is((await layerPixels(layer)).at(1, 1), [1, 2, 3, 255]);
    },
    'put.depth': async () => {
      const layer = await newLayer(await newDocument({ depth: 16 }));
      return orThrows(async () => {
        await put(layer, await flat(4, 4, [128, 0, 255, 255]), 0, 0);
        const seen = is((await layerPixels(layer)).at(0, 0), [16448, 0, 32768, 32768], 1);
        return seen === 'yes' ? 'converted' : seen;
      });
    },
    'put.profile': async () => {
      const layer = await newLayer(await newDocument());
      await put(layer, await flat(4, 4, [100, 150, 100, 255], { colorProfile: 'Adobe RGB (1998)' }), 0, 0);
      return is((await layerPixels(layer)).at(0, 0), [66, 151, 97, 255], 4);
    },
    'put.color-space': async () => {
      const layer = await newLayer(await newDocument());
      await put(layer, await flat(4, 4, [128, 255], { colorProfile: 'Gray Gamma 2.2' }), 0, 0);
      return is((await layerPixels(layer)).at(0, 0), [128, 128, 128, 255], 2);
    },
    'put.locked': async () => {
      const layer = await patch(await newDocument());
      layer.pixelsLocked = true;
      return refused(async () => put(layer, await flat(4, 4, [1, 2, 3, 255]), 0, 0));
    },
    'put.selection-ignored': async () => {
      const document = await newDocument();
      await select(document, 0, 0, 2, 2);
      return is((await layerPixels(await patch(document))).bounds, [20, 10, 30, 18]);
    },
    'put.background': async () => {
      const document = await newDocument();
      await put(background(document), await flat(4, 4, [1, 2, 3]), 0, 0, { replace: false });
      const seen = await pixels(document);
      return is([...seen.at(1, 1), ...seen.at(10, 10)], [1, 2, 3, 255, 255, 255]);
    },
    'put.disposed': async () => {
      const layer = await newLayer(await newDocument());
      const imageData = await flat(4, 4, [1, 2, 3, 255]);
      imageData.dispose();
      return refused(() => imaging.putPixels({ layerID: layer.id, imageData }));
    },
  };
};
