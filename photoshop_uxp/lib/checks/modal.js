'use strict';

/** Modal scopes and history. */

const { HEIGHT, WIDTH, all, is } = require('./answers.js');

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const { newDocument, newGroup, newLayer, flat, putMask, patch, refused, suspended, said, core, constants } = kit;
  return {
    'modal.nested': async () =>
      is(
        await core.executeAsModal(() => core.executeAsModal(async () => 'inner', { commandName: 'Inner' }), {
          commandName: 'Outer',
        }),
        'inner',
      ),
    'modal.result': async () => {
      const thrown = await refused(() =>
        core.executeAsModal(
          async () => {
            throw new Error('mine');
          },
          { commandName: 'Throws' },
        ),
      );
      return all(thrown, is(said(), 'mine'), is(await core.executeAsModal(async () => 7, { commandName: 'Gives' }), 7));
    },
    'modal.descriptor': async () =>
      is(
        await core.executeAsModal(async (_context, descriptor) => /** @type {any} */ (descriptor).value, {
          commandName: 'Takes',
          descriptor: { value: 3 },
        }),
        3,
      ),
    'modal.command-name': async () => is(await core.executeAsModal(async () => 1, /** @type {any} */ ({})), 1),
    'modal.progress': async () =>
      core.executeAsModal(
        async (context) => {
          context.reportProgress({ value: 0.5, commandName: 'Half' });
          return 'yes';
        },
        { commandName: 'Progress' },
      ),
    'modal.context': async () =>
      is(await core.executeAsModal(async (context) => Object.keys(context).length, { commandName: 'Context' }), 0),
    'modal.is-modal': async () =>
      is(await core.executeAsModal(async () => core.isModal(), { commandName: 'Is modal' }), true),
    'history.one-state': async () => {
      const document = await newDocument();
      return is(
        await suspended(document, async () => {
          await patch(document);
        }),
        ['One state'],
      );
    },
    'history.final-name': async () => {
      const document = await newDocument();
      return is(
        await suspended(
          document,
          async () => {
            await patch(document);
          },
          { finalName: 'Renamed' },
        ),
        ['Renamed'],
      );
    },
    'history.rollback': async () => {
      const document = await newDocument();
      const names = await suspended(
        document,
        async () => {
          await patch(document);
        },
        { commit: false },
      );
      return is([names.length, document.layers.length], [0, 1]);
    },
    'history.unchanged': async () => is((await suspended(await newDocument(), async () => {})).length, 0),
    'history.twice': async () =>
      core.executeAsModal(
        async ({ hostControl }) => {
          const documentID = (await newDocument()).id;
          const suspension = await hostControl.suspendHistory({ documentID, name: 'First' });
          const seen = await refused(() => hostControl.suspendHistory({ documentID, name: 'Second' }));
          await hostControl.resumeHistory(suspension);
          return seen;
        },
        { commandName: 'Twice' },
      ),
    'history.each': async () => {
      const document = await newDocument();
      const before = document.historyStates.length;
      await newLayer(document);
      await newLayer(document);
      return is(document.historyStates.length - before, 2);
    },
    'history.command-name': async () => {
      const document = await newDocument();
      await patch(document, { commandName: 'My pixels' });
      return is(document.historyStates[document.historyStates.length - 1].name, 'My pixels');
    },
    'history.resize': async () => {
      const document = await newDocument();
      const names = await suspended(
        document,
        async () => {
          await document.resizeCanvas(80, HEIGHT, constants.AnchorPosition.MIDDLELEFT);
          const layer = await patch(document);
          await putMask(layer, await flat(4, 4, [9]), 0, 0);
          await newGroup(document, { fromLayers: [layer] });
        },
        { commit: false },
      );
      return is([names.length, document.width, document.layers.length], [0, WIDTH, 1]);
    },
  };
};
