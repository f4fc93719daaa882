'use strict';

/** Layer masks. */

const { GRAY, HEIGHT, WIDTH, all, bounds, is } = require('./answers.js');

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const {
    newDocument,
    background,
    flat,
    putMask,
    patch,
    mask,
    refused,
    orThrows,
    makeMask,
    rampThrough,
    note,
    imaging,
  } = kit;
  return {
    'mask.component': async () => {
      const layer = await patch(await newDocument());
      return refused(async () => putMask(layer, await flat(4, 4, [1, 2, 3]), 0, 0));
    },
    'mask.kinds': async () => {
      const layer = await patch(await newDocument());
      return refused(async () => putMask(layer, await flat(4, 4, [9]), 0, 0, { kind: 'vector' }));
    },
    'mask.create': async () => {
      const layer = await patch(await newDocument());
      await putMask(layer, await flat(WIDTH, HEIGHT, [128]), 0, 0);
      return is((await mask(layer)).at(5, 5), [128]);
    },
    'mask.background': async () => {
      const layer = background(await newDocument());
      return refused(async () => putMask(layer, await flat(4, 4, [9]), 0, 0));
    },
    'mask.replace': async () => {
      const layer = await patch(await newDocument());
      await putMask(layer, await flat(20, 20, [200]), 0, 0);
      await putMask(layer, await flat(5, 5, [100]), 0, 0, { replace: false });
      const added = (await mask(layer)).at(10, 10)[0];
      await putMask(layer, await flat(5, 5, [100]), 0, 0);
      const replaced = (await mask(layer)).at(10, 10)[0];
      return added === 200 && replaced !== 200 ? 'yes' : `saw ${added} and ${replaced}`;
    },
    'mask.outside': async () => {
      const layer = await patch(await newDocument());
      await putMask(layer, await flat(10, 10, [128]), 20, 10);
      const [value] = (await mask(layer, { sourceBounds: bounds(0, 0, WIDTH, HEIGHT) })).at(0, 0);
      return value === 255 ? 'white' : value === 0 ? 'black' : `saw ${value}`;
    },
    'mask.none': async () => refused(async () => mask(await patch(await newDocument()))),
    'mask.bounds': async () => {
      const layer = await patch(await newDocument());
      await putMask(layer, await flat(WIDTH, HEIGHT, [128]), 0, 0);
      return all(
        is((await mask(layer)).bounds, [0, 0, WIDTH, HEIGHT]),
        is((await mask(layer, { sourceBounds: bounds(-5, -5, 10, 10) })).bounds, [0, 0, 10, 10]),
      );
    },
    'mask.kept-by-position': async () => {
      const layer = await patch(await newDocument());
      await putMask(layer, await flat(10, 10, [128]), 22, 12);
      const seen = await mask(layer, { sourceBounds: bounds(0, 0, WIDTH, HEIGHT) });
      return is([seen.at(22, 12)[0], seen.at(31, 21)[0], seen.at(21, 11)[0] === 128], [128, 128, false]);
    },
    'mask.depth': async () => {
      const layer = await patch(await newDocument({ depth: 16 }));
      await putMask(layer, await flat(WIDTH, HEIGHT, [128]), 0, 0);
      const { componentSize } = await mask(layer);
      return componentSize === 8 ? 'eight' : componentSize === 16 ? 'document' : `saw ${componentSize}`;
    },
    'mask.put-depth': async () => {
      const seen = await rampThrough(
        await newDocument({ depth: 16 }),
        new Uint8Array(256).map((_, i) => i),
      );
      return seen === 'yes' ? 'taken' : 'bent';
    },
    'mask.put-deep': async () => {
      const document = await newDocument({ depth: 16 });
      const seen = await orThrows(() =>
        rampThrough(
          document,
          new Uint16Array(256).map((_, i) => Math.round((i / 255) * 32768)),
        ),
      );
      return seen === 'throws' ? 'refused' : seen === 'yes' ? 'converted' : 'bent';
    },
    'mask.zero-blocks': async () => {
      const size = { width: 700, height: 420 };
      const data = new Uint8Array(size.width * size.height);
      for (let y = 0; y < 50; y++) data.fill(200, y * size.width, y * size.width + 50);
      const farOff = async (/** @type {boolean} */ into) => {
        const layer = await patch(await newDocument(size));
        if (into) await makeMask(layer, 'hideAll');
        const imageData = await imaging.createImageDataFromBuffer(data, {
          ...size,
          components: 1,
          colorSpace: 'Grayscale',
          colorProfile: GRAY,
        });
        await putMask(layer, imageData, 0, 0, into ? { replace: false } : {});
        const seen = await mask(layer);
        return seen.data.filter((/** @type {number} */ value) => value === 255).length > 0;
      };
      const [fresh, into] = [await farOff(false), await farOff(true)];
      note(`white in a new mask: ${fresh}, in one that was there: ${into}`);
      return into ? 'white' : fresh ? 'white-new' : 'kept';
    },
    'mask.values': async () =>
      rampThrough(
        await newDocument(),
        new Uint8Array(256).map((_, i) => i),
      ),
  };
};
