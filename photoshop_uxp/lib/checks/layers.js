'use strict';

/** Layers. */

const { all, box, is } = require('./answers.js');

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
    maskedPatch,
    readProperty,
    refused,
    orThrows,
    selectLayer,
    names,
    stack,
    note,
    constants,
  } = kit;
  return {
    'layer.background-locked': async () => {
      const layer = background(await newDocument());
      return all(
        is(layer.locked, true),
        await refused(async () => {
          layer.opacity = 50;
        }),
      );
    },
    'layer.id-scope': async () => {
      const idsOf = async () => {
        const document = await newDocument();
        await newLayer(document, { name: 'layer' });
        return document.layers.map((layer) => layer.id);
      };
      const [first, second] = [await idsOf(), await idsOf()];
      note(`layer ${first[0]}, Background ${first[1]}`);
      return is(second, first);
    },
    'layer.kinds': async () => {
      const document = await newDocument();
      return is(
        [(await newLayer(document)).kind, (await newGroup(document, { name: 'g' })).kind],
        [constants.LayerKind.NORMAL, constants.LayerKind.GROUP],
      );
    },
    'layer.move': async () => {
      const document = await newDocument();
      const layer = await newLayer(document, { name: 'layer' });
      const group = await newGroup(document, { name: 'group' });
      layer.move(group, constants.ElementPlacement.PLACEBEFORE);
      const above = document.layers[0].name;
      layer.move(group, constants.ElementPlacement.PLACEINSIDE);
      return is([above, group.layers.length], ['layer', 1]);
    },
    'layer.move-out': async () => {
      const document = await newDocument();
      const layer = await newLayer(document, { name: 'inner' });
      await newGroup(document, { name: 'group', fromLayers: [layer] });
      layer.move(document.layers[0], constants.ElementPlacement.PLACEBEFORE);
      return is(document.layers.map((known) => known.name).slice(0, 2), ['inner', 'group']);
    },
    'layer.front': async () => {
      const document = await newDocument();
      const low = await newLayer(document, { name: 'low' });
      const high = await newLayer(document, { name: 'high' });
      const group = await newGroup(document, { name: 'group', fromLayers: [low, high] });
      low.bringToFront();
      const [inside, outside] = [group.layers, document.layers].map((layers) => layers[0].name);
      if (outside === 'low') return 'top';
      return inside === 'low' ? 'group' : `saw ${outside}, in the group ${inside}`;
    },
    'layer.clipping': async () => {
      const { low, high } = await stack();
      return is([low.isClippingMask, high.isClippingMask], [false, true]);
    },
    'layer.created-in-stack': async () => {
      const { document, low } = await stack();
      await selectLayer(low);
      const layer = await newLayer(document, { name: 'new' });
      note(names(document));
      return layer.isClippingMask ? 'clipped' : 'free';
    },
    'layer.moved-into-stack': async () => {
      const { document, low } = await stack();
      await selectLayer(document.layers[0]);
      const layer = await newLayer(document, { name: 'new' });
      layer.move(low, constants.ElementPlacement.PLACEBEFORE);
      note(names(document));
      return layer.isClippingMask ? 'clipped' : 'free';
    },
    'layer.moved-clipped': async () => {
      const { document, high } = await stack();
      const other = await newLayer(document, { name: 'other' });
      high.move(other, constants.ElementPlacement.PLACEBEFORE);
      return high.isClippingMask ? 'kept' : 'released';
    },
    'layer.release-clipping': async () => {
      const { document, high } = await stack();
      await selectLayer(high);
      const higher = await newLayer(document, { name: 'higher' });
      higher.isClippingMask = true;
      high.isClippingMask = false;
      return higher.isClippingMask ? 'alone' : 'above-too';
    },
    'layer.base-deleted': async () => {
      const { low, high } = await stack();
      await low.delete();
      return high.isClippingMask ? 'kept' : 'released';
    },
    'layer.bounds': async () => is(box((await patch(await newDocument())).boundsNoEffects), [20, 10, 30, 18]),
    'layer.bounds-empty': async () => is(box((await newLayer(await newDocument())).boundsNoEffects), [0, 0, 0, 0]),
    'layer.bounds-masked': async () => {
      const seen = box((await maskedPatch()).boundsNoEffects);
      if (is(seen, [22, 12, 26, 15]) === 'yes') return 'cut';
      return is(seen, [20, 10, 30, 18]) === 'yes' ? 'whole' : `saw ${seen}`;
    },
    'layer.bounds-no-mask': async () => {
      const seen = await orThrows(async () => {
        const { boundsNoMask } = await readProperty(await maskedPatch(), 'boundsNoMask');
        note(JSON.stringify(boundsNoMask));
        return ['left', 'top', 'right', 'bottom'].map((side) => boundsNoMask[side]._value);
      });
      if (seen === 'throws') return 'refused';
      return is(seen, [20, 10, 30, 18]) === 'yes' ? 'given' : `saw ${seen}`;
    },
    'layer.mask-enabled': async () =>
      is((await readProperty(await maskedPatch(), 'userMaskEnabled')).userMaskEnabled, true),
    'layer.bounds-group': async () => {
      const document = await newDocument();
      const low = await patch(document);
      const high = await newLayer(document);
      await put(high, await flat(4, 4, [0, 255, 0, 255]), 40, 30);
      const group = await newGroup(document, { name: 'group', fromLayers: [low, high] });
      const empty = await newGroup(document, { name: 'empty' });
      note(`of an empty group: ${box(empty.boundsNoEffects)}`);
      const seen = box(group.boundsNoEffects);
      if (is(seen, [20, 10, 44, 34]) === 'yes') return 'union';
      return is(seen, [0, 0, 0, 0]) === 'yes' ? 'none' : `saw ${seen}`;
    },
    'layer.top-of-stack': async () => {
      const { document, low } = await stack();
      await selectLayer(low);
      const layer = await newLayer(document, { name: 'new' });
      const first = layer.isClippingMask;
      layer.move(document.layers[0], constants.ElementPlacement.PLACEBEFORE);
      const moved = layer.isClippingMask;
      layer.isClippingMask = false;
      note(`${names(document)}; created ${first}, moved to the top ${moved}`);
      return is([layer.isClippingMask, document.layers[0].name], [false, 'new']);
    },
    'layer.locked-changes': async () => {
      const layer = await patch(await newDocument());
      layer.allLocked = true;
      return refused(async () => layer.delete());
    },
  };
};
