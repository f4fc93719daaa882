'use strict';

/** 32 bits and masks of each depth: what the values mean there. */

const { RGB, WIDTH, HEIGHT, is } = require('./answers.js');

const EIGHT = () => Uint8Array.from({ length: 256 }, (_, i) => i);
const GRAY_8 = 128; // of 255: 0.216 as linear light

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const { newDocument, newLayer, flat, put, pixels, layerPixels, orThrows, rampThrough, play, note } = kit;
  const bent = (/** @type {string} */ seen, /** @type {string} */ name) => (seen === 'yes' ? name : 'bent');
  return {
    'deep.mask-eight': async () => bent(await rampThrough(await newDocument({ depth: 32 }), EIGHT()), 'taken'),
    'deep.mask-float': async () => {
      const document = await newDocument({ depth: 32 });
      const seen = await orThrows(() =>
        rampThrough(
          document,
          Float32Array.from(EIGHT(), (value) => value / 255),
        ),
      );
      return seen === 'throws' ? 'refused' : bent(seen, 'converted');
    },
    'deep.write': async () => {
      const layer = await newLayer(await newDocument({ depth: 32 }));
      await put(layer, await flat(4, 4, [0.25, 1.5, 0, 1], { colorProfile: RGB }, Float32Array), 0, 0);
      const values = (await layerPixels(layer, { colorSpace: 'RGB', colorProfile: RGB, componentSize: 32 })).at(0, 0);
      note(`0.25, 1.5, 0, 1 came back as ${values.map((value) => value.toFixed(4)).join(', ')}`);
      return is(values, [0.25, 1.5, 0, 1], 0.001);
    },
    'deep.fill': async () => {
      const document = await newDocument({ depth: 32 });
      const color = { _obj: 'RGBColor', red: GRAY_8, grain: GRAY_8, blue: GRAY_8 };
      await play({ _obj: 'fill', using: { _enum: 'fillContents', _value: 'color' }, color });
      const [value] = (await pixels(document, { colorSpace: 'RGB', colorProfile: RGB, componentSize: 32 })).at(1, 1);
      note(`128 of 255 became ${value.toFixed(4)}`);
      if (is(value, 0.2158, 0.01) === 'yes') return 'linear';
      return is(value, 0.502, 0.01) === 'yes' ? 'encoded' : `saw ${value}`;
    },
    'deep.sixteen-as-eight': async () => {
      const document = await newDocument({ depth: 16 });
      return orThrows(async () =>
        is((await pixels(document, { componentSize: 8 })).at(WIDTH - 1, HEIGHT - 1), [255, 255, 255]),
      );
    },
  };
};
