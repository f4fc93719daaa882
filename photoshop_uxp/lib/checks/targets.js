'use strict';

/** Placing while a mask, a channel or the Quick Mask is what the user works on; hiding and taking back. */

const { box, is } = require('./answers.js');

const TARGET = { _ref: 'channel', _enum: 'ordinal', _value: 'targetEnum' };

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const {
    newDocument,
    newLayer,
    flat,
    put,
    patch,
    layerPixels,
    pixels,
    orThrows,
    play,
    makeMask,
    selectLayer,
    select,
  } = kit;
  const { suspended, note } = kit;
  /** @typedef {import('./kit.js').Document} Document */

  /** The name of the channel that is painted on. */
  const target = () =>
    orThrows(async () =>
      String((await play({ _obj: 'get', _target: [{ _property: 'channelName' }, TARGET] }))[0].channelName),
    );

  /** What a placement does: a layer, its pixels, and what was selected before again. @param {Document} document */
  async function placed(document) {
    const [before] = document.activeLayers;
    const layer = await newLayer(document, { name: 'placed' });
    await put(layer, await flat(10, 8, [0, 0, 255, 255]), 20, 10);
    await selectLayer(before);
    return layer;
  }

  /** A white document with a red layer that hides it, and a state that could be redone. */
  async function covered() {
    const document = await newDocument();
    const layer = await newLayer(document, { name: 'red' });
    await put(layer, await flat(64, 48, [255, 0, 0, 255]), 0, 0);
    await newLayer(document, { name: 'undone' });
    const { historyStates } = document;
    document.activeHistoryState = historyStates[historyStates.length - 2];
    return { document, layer };
  }

  return {
    'target.mask': async () => {
      const document = await newDocument();
      const masked = await patch(document);
      await makeMask(masked, 'revealAll');
      await play({
        _obj: 'select',
        _target: [{ _ref: 'channel', _enum: 'channel', _value: 'mask' }],
        makeVisible: false,
      });
      const before = await target();
      const layer = await placed(document);
      const after = await target();
      note(`the channel before: ${before}; after: ${after}`);
      const wrote = is((await layerPixels(layer)).at(0, 0), [0, 0, 255, 255]);
      if (wrote !== 'yes') return wrote;
      return after === before ? 'kept' : 'left';
    },
    'target.channel': async () => {
      const document = await newDocument();
      await patch(document);
      await play({ _obj: 'make', new: { _obj: 'channel', name: 'alpha' } });
      const before = await target();
      const layer = await placed(document);
      note(`the channel before: ${before}; after: ${await target()}`);
      return is((await layerPixels(layer)).at(0, 0), [0, 0, 255, 255]);
    },
    'target.quick-mask': async () => {
      const document = await newDocument();
      await patch(document);
      await select(document, 5, 5, 15, 15);
      document.quickMaskMode = true;
      const answer = await orThrows(async () =>
        is((await layerPixels(await placed(document))).at(0, 0), [0, 0, 255, 255]),
      );
      note(`the Quick Mask is ${document.quickMaskMode ? 'still on' : 'off'}`);
      document.quickMaskMode = false;
      if (answer !== 'yes') return answer === 'throws' ? 'refused' : answer;
      return is(box(document.selection.bounds || {}), [5, 5, 15, 15]);
    },
    'history.hide-rollback': async () => {
      const { document, layer } = await covered();
      const count = document.historyStates.length;
      const hide = async () => {
        layer.visible = false;
      };
      await suspended(document, hide, { commit: false });
      const after = document.historyStates.length;
      note(`${count} states before, ${after} after; saved: ${document.saved}`);
      if (!layer.visible) return 'saw the layer hidden';
      return after === count ? 'redo-kept' : 'redo-lost';
    },
  };
};
