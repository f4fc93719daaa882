'use strict';

/** Documents, and selections of the DOM. */

const { HEIGHT, RGB, WIDTH, all, bounds, box, is } = require('./answers.js');

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const {
    newDocument,
    newGroup,
    background,
    newLayer,
    flat,
    put,
    layerPixels,
    putMask,
    patch,
    mask,
    selected,
    refused,
    orThrows,
    selectLayer,
    select,
    note,
    said,
    forget,
    constants,
  } = kit;
  return {
    'document.closed': async () => {
      const document = await newDocument();
      forget(document);
      document.closeWithoutSaving();
      return refused(async () => document.width);
    },
    'document.modes': async () => {
      const document = await newDocument({ depth: 16 });
      return is(
        [document.mode, document.bitsPerChannel],
        [constants.DocumentMode.RGB, constants.BitsPerChannelType.SIXTEEN],
      );
    },
    'document.profile-name': async () =>
      is(
        [(await newDocument()).colorProfileName, (await newDocument({ profile: 'none' })).colorProfileName],
        [RGB, 'None'],
      ),
    'document.profile-name-linear': async () =>
      is((await newDocument({ depth: 32 })).colorProfileName, `${RGB} (Linear RGB Profile)`),
    'document.resolution': async () => is((await newDocument({ resolution: 300 })).resolution, 300, 0.001),
    'document.create-first': async () => {
      const document = await newDocument({ fill: constants.DocumentFill.TRANSPARENT });
      const [layer, ...others] = Array.from(document.layers);
      await put(layer, await flat(4, 3, [255, 0, 0]), 0, 0);
      const seen = await layerPixels(layer);
      return all(
        is([others.length, layer.isBackgroundLayer], [0, false]),
        is([...seen.bounds, ...seen.at(0, 0)], [0, 0, 4, 3, 255, 0, 0, 255]),
      );
    },
    'document.quick-mask': async () => {
      const document = await newDocument();
      document.quickMaskMode = true;
      const on = document.quickMaskMode;
      document.quickMaskMode = false;
      return is([on, document.quickMaskMode], [true, false]);
    },
    'document.quick-mask-selection': async () => {
      const document = await newDocument();
      await select(document, 5, 5, 10, 10);
      document.quickMaskMode = true;
      const meanwhile = document.selection.bounds;
      document.quickMaskMode = false;
      return is([meanwhile, ...box(document.selection.bounds || bounds(0, 0, 0, 0))], [null, 5, 5, 10, 10]);
    },
    'document.resize-canvas': async () => {
      const document = await newDocument();
      const layer = await patch(document);
      await document.resizeCanvas(84, 58);
      return is([document.width, document.height, ...box(layer.boundsNoEffects)], [84, 58, 30, 15, 40, 23]);
    },
    'document.resize-moves': async () => {
      const document = await newDocument();
      const layer = await patch(document);
      await putMask(layer, await flat(10, 8, [77]), 20, 10);
      await document.resizeCanvas(74, 53, constants.AnchorPosition.BOTTOMRIGHT);
      const seen = await mask(layer, { sourceBounds: bounds(0, 0, 74, 53) });
      return is([...box(layer.boundsNoEffects), seen.at(30, 15)[0], seen.at(39, 22)[0]], [30, 15, 40, 23, 77, 77]);
    },
    'document.resize-background': async () => {
      const document = await newDocument();
      await document.resizeCanvas(74, HEIGHT, constants.AnchorPosition.MIDDLELEFT);
      return is(box(background(document).boundsNoEffects), [0, 0, 74, HEIGHT]);
    },
    'document.resize-crops': async () => {
      const document = await newDocument();
      const layer = await patch(document);
      await document.resizeCanvas(25, HEIGHT, constants.AnchorPosition.MIDDLELEFT);
      return is(box(layer.boundsNoEffects), [20, 10, 30, 18]);
    },
    'document.crop-negative': async () => {
      const document = await newDocument();
      const seen = await orThrows(async () => {
        await document.crop(/** @type {any} */ (bounds(-10, -5, WIDTH, HEIGHT)));
        return document.width === 74 && document.height === 53
          ? 'expands'
          : `saw ${document.width} x ${document.height}`;
      });
      return seen === 'throws' ? 'refused' : seen;
    },
    'document.create-above': async () => {
      const document = await newDocument();
      const low = await newLayer(document, { name: 'low' });
      await newLayer(document, { name: 'high' });
      for (const layer of document.activeLayers) layer.selected = false;
      low.selected = true;
      await newLayer(document, { name: 'new' });
      return is(
        [...document.layers.map((layer) => layer.name).slice(0, 3), document.activeLayers[0].name],
        ['high', 'new', 'low', 'new'],
      );
    },
    'document.create-in-group': async () => {
      const document = await newDocument();
      const group = await newGroup(document, { name: 'group' });
      await selectLayer(group);
      await newLayer(document, { name: 'new' });
      const inside = group.layers.length === 1;
      return inside
        ? 'inside'
        : document.layers[0].name === 'new'
          ? 'above'
          : `saw ${document.layers.map((layer) => layer.name)}`;
    },
    'document.create-locked': async () => {
      const document = await newDocument();
      const layer = await newLayer(document, { name: 'layer' });
      const group = await newGroup(document, { name: 'group', fromLayers: [layer] });
      group.allLocked = true;
      await selectLayer(layer);
      return refused(() => newLayer(document, { name: 'new' }));
    },
    'document.group-from': async () => {
      const document = await newDocument();
      const layers = [await newLayer(document, { name: 'a' }), await newLayer(document, { name: 'b' })];
      const group = await newGroup(document, { name: 'group', fromLayers: layers });
      return is([group.kind, ...group.layers.map((layer) => layer.name)], ['group', 'b', 'a']);
    },
    'document.group-place': async () => {
      const document = await newDocument();
      const low = await newLayer(document, { name: 'low' });
      const middle = await newLayer(document, { name: 'middle' });
      await newLayer(document, { name: 'high' });
      await newGroup(document, { name: 'group', fromLayers: [low, middle] });
      return is(
        [...document.layers.map((layer) => layer.name).slice(0, 2), document.activeLayers[0].name],
        ['high', 'group', 'group'],
      );
    },
    'selection.bounds': async () => {
      const document = await newDocument();
      const none = document.selection.bounds;
      await select(document, 5, 6, 20, 30);
      return is([none, ...box(document.selection.bounds)], [null, 5, 6, 20, 30]);
    },
    'selection.bounds-soft': async () => {
      const document = await newDocument();
      await document.selection.selectRectangle(bounds(20, 16, 44, 32), constants.SelectionType.REPLACE, 4);
      const told = box(document.selection.bounds);
      const seen = await selected(document, { sourceBounds: bounds(0, 0, WIDTH, HEIGHT) });
      const [left, top, width] = [seen.bounds[0], seen.bounds[1], seen.width];
      const extent = (/** @type {number} */ least) => {
        /** @type {number[]} */
        const xs = [];
        /** @type {number[]} */
        const ys = [];
        for (let i = 0; i < seen.data.length; i++)
          if (seen.data[i] >= least) (xs.push(left + (i % width)), ys.push(top + Math.floor(i / width)));
        return [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
      };
      note(`bounds ${told}, half ${extent(128)}, all ${extent(1)}`);
      if (is(told, extent(1)) === 'yes') return 'all';
      return is(told, extent(128), 1) === 'yes' ? 'half' : `saw ${said()}`;
    },
    'selection.rectangle': async () => {
      const document = await newDocument();
      await select(document, 5, 6, 20, 30);
      await document.selection.selectRectangle(bounds(30, 6, 40, 10), constants.SelectionType.EXTEND);
      return is([...box(document.selection.bounds), document.selection.solid], [5, 6, 40, 30, false]);
    },
    'selection.rectangle-beyond': async () => {
      const document = await newDocument();
      await select(document, -10, -5, 20, 20);
      const seen = box(document.selection.bounds);
      return is(seen, [-10, -5, 20, 20]) === 'yes'
        ? 'kept'
        : is(seen, [0, 0, 20, 20]) === 'yes'
          ? 'clipped'
          : `saw ${seen}`;
    },
    'selection.resize': async () => {
      const document = await newDocument();
      await select(document, 5, 5, 20, 20);
      await document.resizeCanvas(74, 58, constants.AnchorPosition.BOTTOMRIGHT);
      return is(box(document.selection.bounds || bounds(0, 0, 0, 0)), [15, 15, 30, 30]);
    },
  };
};
