'use strict';

/** Reading pixels. */

const { GRAY, HEIGHT, RGB, WIDTH, all, bounds, box, is } = require('./answers.js');

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const {
    newDocument,
    newGroup,
    background,
    newLayer,
    emptyDocument,
    flat,
    put,
    putMask,
    patch,
    taken,
    pixels,
    layerPixels,
    refused,
    orThrows,
    play,
    note,
    imaging,
    constants,
    core,
    suspended,
  } = kit;
  return {
    'pixels.trimmed': async () =>
      is(
        (await layerPixels(await patch(await newDocument()), { sourceBounds: bounds(0, 0, 64, 48) })).bounds,
        [20, 10, 30, 18],
      ),
    'pixels.trimmed-tight': async () => {
      const layer = await newLayer(await newDocument());
      const data = new Uint8Array(10 * 8 * 4);
      data.set([9, 9, 9, 255], (3 * 10 + 4) * 4);
      await put(
        layer,
        await imaging.createImageDataFromBuffer(data, { width: 10, height: 8, components: 4, colorSpace: 'RGB' }),
        20,
        10,
      );
      return all(
        is((await layerPixels(layer)).bounds, [24, 13, 25, 14]),
        is(box(layer.boundsNoEffects), [24, 13, 25, 14]),
      );
    },
    'pixels.layer-origin': async () => {
      const layer = await newLayer(await newDocument());
      await put(layer, await flat(10, 8, [1, 2, 3, 255]), -5, -3);
      return is((await layerPixels(layer)).bounds, [-5, -3, 5, 5]);
    },
    'pixels.composite-bounds': async () => is((await pixels(await newDocument())).bounds, [0, 0, WIDTH, HEIGHT]),
    'pixels.composite-trimmed': async () => {
      const document = await emptyDocument();
      await patch(document);
      const seen = (await pixels(document, { sourceBounds: bounds(0, 0, 64, 48) })).bounds;
      return is(seen, [20, 10, 30, 18]) === 'yes'
        ? 'trimmed'
        : is(seen, [0, 0, 64, 48]) === 'yes'
          ? 'whole'
          : `saw ${seen}`;
    },
    'pixels.bounds-forms': async () =>
      is(
        (await pixels(await newDocument(), { sourceBounds: { left: 3, top: 4, width: 10, height: 5 } })).bounds,
        [3, 4, 13, 9],
      ),
    'pixels.components': async () => {
      const document = await newDocument();
      const below = await layerPixels(background(document));
      return is([below.components, (await layerPixels(await patch(document))).components], [3, 4]);
    },
    'pixels.composite-alpha': async () => {
      const document = await emptyDocument();
      await patch(document);
      return is([(await pixels(await newDocument())).components, (await pixels(document)).components], [3, 4]);
    },
    'pixels.component-size': async () => {
      const document = await newDocument({ depth: 16 });
      const sizes = [];
      for (const componentSize of [undefined, -1, 8, 16, 32])
        sizes.push((await pixels(document, componentSize ? { componentSize } : {})).componentSize);
      return is(sizes, [16, 16, 8, 16, 32]);
    },
    'pixels.component-size-refused': async () =>
      refused(async () => pixels(await newDocument(), { componentSize: 12 })),
    'pixels.apply-alpha': async () => {
      const layer = await newLayer(await newDocument());
      await put(layer, await flat(10, 8, [255, 0, 0, 128]), 20, 10);
      const seen = await layerPixels(layer, { applyAlpha: true });
      return all(is(seen.bounds, [20, 10, 30, 18]), is(seen.at(0, 0), [255, 127, 127], 2));
    },
    'pixels.target-size': async () => {
      const seen = await pixels(await newDocument(), { targetSize: { width: 32 } });
      return is([seen.width, seen.height], [32, 24]);
    },
    'pixels.target-size-level': async () => {
      const seen = await pixels(await newDocument({ width: 512, height: 384 }), {
        sourceBounds: bounds(64, 32, 320, 224),
        targetSize: { height: 48 },
      });
      const scale = 2 ** seen.level;
      note(`level ${seen.level}`);
      return is(
        seen.bounds,
        [64, 32, 320, 224].map((side) => side / scale),
        1,
      );
    },
    'pixels.target-size-larger': async () => {
      const { width } = await pixels(await newDocument(), { targetSize: { width: 128, height: 96 } });
      return width === 64 ? 'same' : width === 128 ? 'enlarged' : `saw ${width}`;
    },
    'pixels.color-space': async () => {
      const document = await newDocument({ mode: constants.NewDocumentMode.GRAYSCALE, profile: GRAY });
      const own = await pixels(document);
      const rgb = await pixels(document, { colorSpace: 'RGB', colorProfile: RGB });
      return is(
        [own.colorSpace, own.components, own.colorProfile, rgb.colorSpace, rgb.components, rgb.colorProfile],
        ['Grayscale', 1, GRAY, 'RGB', 3, RGB],
      );
    },
    'pixels.profile-unknown': async () =>
      refused(async () => pixels(await newDocument(), { colorProfile: 'No such profile' })),
    'pixels.no-profile': async () => is((await pixels(await newDocument({ profile: 'none' }))).colorProfile, ''),
    'pixels.empty': async () => {
      const layer = await patch(await newDocument());
      return orThrows(async () => {
        const seen = await layerPixels(layer, { sourceBounds: bounds(0, 0, 5, 5) });
        return seen.width * seen.height === 0 ? 'zero' : `saw ${seen.width} x ${seen.height}`;
      });
    },
    'pixels.layer-without-pixels': async () =>
      refused(async () => layerPixels(await newGroup(await newDocument(), { name: 'group' }))),
    'pixels.smart-object': async () => {
      const document = await newDocument();
      await patch(document);
      await play({ _obj: 'newPlacedLayer' });
      const [layer] = document.activeLayers;
      if (layer.kind !== 'smartObject') return `saw a layer of kind ${layer.kind}`;
      const seen = await orThrows(async () => (await layerPixels(layer)).bounds);
      return seen === 'throws' ? 'refused' : is(seen, [20, 10, 30, 18]) === 'yes' ? 'shown' : `saw ${seen}`;
    },
    'pixels.layer-alone': async () => {
      const layer = await patch(await newDocument());
      await putMask(layer, await flat(WIDTH, HEIGHT, [0]), 0, 0);
      layer.opacity = 50;
      layer.visible = false;
      return is((await layerPixels(layer)).at(0, 0), [255, 0, 0, 255]);
    },
    'pixels.composite-stale': async () => {
      const document = await newDocument();
      const layer = await patch(document);
      /** @type {string[]} */
      const seen = [];
      const work = async () => {
        layer.visible = false;
        seen.push((await pixels(document)).at(25, 14).join());
        await core.redrawDocument({ documentID: document.id });
        seen.push((await pixels(document)).at(25, 14).join());
      };
      await suspended(document, work, { commit: false });
      note(`at once ${seen[0]}; after redrawDocument ${seen[1]}`);
      const white = '255,255,255';
      return seen[0] === white ? 'fresh' : seen[1] === white ? 'until-redrawn' : 'always';
    },
    'document.default': async () => {
      const document = await newDocument({ width: 70 });
      return is(
        [(await taken(imaging.getPixels({}))).width, (await pixels(document, { documentID: -1 })).width],
        [70, 70],
      );
    },
  };
};
