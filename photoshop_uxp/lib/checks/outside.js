'use strict';

/** What only a panel can ask: a script is in a modal scope from its beginning to its end, and has no storage. */

const { is, textOf } = require('./answers.js');

const KEY = 'layerbridge-selftest';

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const { newDocument, newLayer, patch, flat, layerPixels, refused, orThrows, play, note, inScope, core, app, uxp } =
    kit;
  const store = () => uxp.storage.secureStorage;
  const open = (/** @type {number} */ id) => Array.from(app.documents).some((document) => document.id === id);

  /** History states after a scope that leaves its suspension open. @param {boolean} fails */
  async function leftOpen(fails) {
    const document = await inScope(() => newDocument());
    const before = document.historyStates.length;
    const scope = core.executeAsModal(
      async ({ hostControl }) => {
        await hostControl.suspendHistory({ documentID: document.id, name: 'Left open' });
        await newLayer(document);
        if (fails) throw new Error('on purpose');
      },
      { commandName: 'Layerbridge self-test' },
    );
    await scope.catch((error) => note(textOf(error)));
    return document.historyStates.slice(before).map((state) => state.name);
  }

  return {
    'modal.required': async () => {
      const document = await inScope(() => newDocument());
      return refused(() => newLayer(document));
    },
    'layer.setters': async () => {
      const layer = await inScope(async () => patch(await newDocument()));
      return refused(() => {
        layer.opacity = 50;
        if (layer.opacity === 100) throw new Error('it was silently ignored');
      });
    },
    'batch.required': async () => {
      const layer = await inScope(async () => patch(await newDocument()));
      const reference = { _ref: 'layer', _id: layer.id };
      const read = await orThrows(() => play({ _obj: 'get', _target: [{ _property: 'metadata' }, reference] }));
      if (read === 'throws') return 'reading was refused';
      return refused(() => play({ _obj: 'set', _target: [reference], to: { _obj: 'layer', name: 'renamed' } }));
    },
    'buffer.needs-modal': async () => {
      const imageData = await flat(2, 2, [1, 2, 3]);
      const { width } = imageData;
      imageData.dispose();
      return is(width, 2);
    },
    'pixels.needs-modal': async () => {
      const layer = await inScope(async () => patch(await newDocument()));
      return (await orThrows(() => layerPixels(layer))) === 'throws' ? 'refused' : 'allowed';
    },
    'modal.auto-close': async () => {
      const id = await core.executeAsModal(
        async ({ hostControl }) => {
          const document = await newDocument();
          kit.forget(document);
          await hostControl.registerAutoCloseDocument(document.id);
          return document.id;
        },
        { commandName: 'Layerbridge self-test' },
      );
      return is(open(id), false);
    },
    'history.auto-commit': async () => is(await leftOpen(false), ['Left open']),
    'history.auto-rollback': async () => is(await leftOpen(true), []),
    'storage.secure': async () => {
      await store().setItem(KEY, 'kept');
      const bytes = await store().getItem(KEY);
      const empty = await refused(() => store().setItem(`${KEY}-empty`, ''));
      await store().removeItem(KEY);
      const text = String.fromCharCode(...(bytes || []));
      return is([bytes && bytes.constructor.name, text, empty], ['Uint8Array', 'kept', 'yes']);
    },
    'storage.secure-missing': async () => {
      const seen = await orThrows(() => store().getItem(`${KEY}-missing`));
      if (seen === null || seen === 'throws') return String(seen);
      return seen && seen.length === 0 ? 'empty' : `saw ${seen}`;
    },
  };
};
