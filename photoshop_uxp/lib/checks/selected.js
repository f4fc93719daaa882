'use strict';

/** The selection's pixels, and JPEG. */

const { all, bounds, box, is } = require('./answers.js');

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const { newDocument, flat, imageOf, selected, refused, orThrows, select, note, imaging, constants } = kit;
  return {
    'selection.values': async () => {
      const document = await newDocument();
      await document.selection.selectRectangle(bounds(10, 10, 50, 40), constants.SelectionType.REPLACE, 5);
      const values = Array.from((await selected(document)).data);
      return is([Math.max(...values), values.some((v) => v > 60 && v < 200)], [255, true]);
    },
    'selection.none': async () => {
      const document = await newDocument();
      return orThrows(async () => {
        const seen = await selected(document, { sourceBounds: bounds(0, 0, 10, 10) });
        return seen.width * seen.height === 0
          ? 'zero'
          : seen.data.every((/** @type {number} */ v) => v === 0)
            ? 'black'
            : `saw ${seen.at(0, 0)}`;
      });
    },
    'selection.region': async () => {
      const document = await newDocument();
      await select(document, 10, 12, 30, 32);
      const seen = (await selected(document, { sourceBounds: bounds(0, 0, 64, 48) })).bounds;
      return is(seen, [10, 12, 30, 32]) === 'yes'
        ? 'trimmed'
        : is(seen, [0, 0, 64, 48]) === 'yes'
          ? 'canvas'
          : `saw ${seen}`;
    },
    'selection.beyond': async () => {
      const document = await newDocument();
      await select(document, -10, -8, 20, 20);
      note(`selection.bounds ${box(document.selection.bounds)}`);
      const seen = (await selected(document)).bounds;
      return is(seen, [0, 0, 20, 20]) === 'yes'
        ? 'canvas'
        : is(seen, [-10, -8, 20, 20]) === 'yes'
          ? 'all'
          : `saw ${seen}`;
    },
    'selection.put': async () => {
      const document = await newDocument();
      const add = async (/** @type {number} */ left, /** @type {boolean} */ replace) => {
        const imageData = await flat(5, 5, [255]);
        await imaging.putSelection({ documentID: document.id, imageData, replace, targetBounds: { left, top: 5 } });
        imageData.dispose();
        return box(document.selection.bounds);
      };
      return all(
        is(await add(5, true), [5, 5, 10, 10]),
        is(await add(20, false), [5, 5, 25, 10]),
        is(await add(30, true), [30, 5, 35, 10]),
      );
    },
    'selection.save': async () => {
      const document = await newDocument();
      await select(document, 10, 12, 30, 32);
      await document.selection.save('Layerbridge');
      const names = Array.from(document.channels, (channel) => channel.name);
      return all(
        names.includes('Layerbridge') ? 'yes' : `saw ${names}`,
        is(box(document.selection.bounds), [10, 12, 30, 32]),
      );
    },
    'selection.save-none': async () => {
      const document = await newDocument();
      return refused(() => document.selection.save('Layerbridge'));
    },
    'selection.load': async () => {
      const document = await newDocument();
      const ramp = Uint8Array.from({ length: 256 }, (_, i) => i);
      const imageData = await imageOf(ramp, 16, 16, 1);
      await imaging.putSelection({ documentID: document.id, imageData, replace: true, targetBounds: { left: 8, top: 8 } });
      imageData.dispose();
      await document.selection.save('Layerbridge');
      await document.selection.deselect();
      const channel = Array.from(document.channels).find(({ name }) => name === 'Layerbridge');
      if (!channel) return 'there is no channel';
      await document.selection.load(channel);
      const seen = await selected(document, { sourceBounds: bounds(8, 8, 24, 24) });
      return is(Array.from(seen.data), Array.from(ramp), 1);
    },
    'encode.jpeg': async () => {
      const imageData = await flat(8, 8, [255, 0, 0]);
      const text = await imaging.encodeImageData({ imageData, base64: true });
      const numbers = await imaging.encodeImageData({ imageData, base64: false });
      imageData.dispose();
      return is(
        [String(text).slice(0, 4), ...Array.from(/** @type {number[]} */ (numbers)).slice(0, 2)],
        ['/9j/', 255, 216],
      );
    },
    'encode.input': async () => {
      const imageData = await flat(8, 8, [255, 0, 0, 128]);
      const seen = await refused(() => imaging.encodeImageData({ imageData, base64: true }));
      imageData.dispose();
      return seen;
    },
  };
};
