'use strict';

/** batchPlay, and what stays with a layer. */

const { PACKET, all, is } = require('./answers.js');

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const {
    newDocument,
    newLayer,
    patch,
    mask,
    orThrows,
    play,
    makeMask,
    selectLayer,
    select,
    layerReference,
    note,
    action,
    readProperty,
  } = kit;
  /** @typedef {import('./kit.js').Layer} Layer */
  const writeXmp = (/** @type {Layer} */ layer, /** @type {string} */ text) =>
    play({
      _obj: 'set',
      _target: [{ _ref: 'property', _property: 'XMPMetadataAsUTF8' }, layerReference(layer)],
      to: { _obj: 'layer', XMPMetadataAsUTF8: text },
    });
  const xmpOfMetadata = async (/** @type {Layer} */ layer) =>
    (await readProperty(layer, 'metadata')).metadata.layerXMP || '';
  const xmpOfProperty = async (/** @type {Layer} */ layer) =>
    (await readProperty(layer, 'XMPMetadataAsUTF8')).XMPMetadataAsUTF8 || '';
  /** By whichever of the two properties gives it. */
  const readXmp = async (/** @type {Layer} */ layer) =>
    (await xmpOfMetadata(layer)) || xmpOfProperty(layer).catch(() => '');
  return {
    'batch.result': async () =>
      is(
        (
          await play({
            _obj: 'get',
            _target: [{ _property: 'metadata' }, layerReference((await newDocument()).layers[0])],
          })
        ).length,
        1,
      ),
    'batch.error': async () => {
      await newDocument();
      const [seen] = await action.batchPlay(
        [{ _obj: 'delete', _target: [{ _ref: 'channel', _enum: 'channel', _value: 'mask' }] }],
        {},
      );
      note(JSON.stringify(seen));
      return is([seen._obj, typeof seen.message], ['error', 'string']);
    },
    'batch.mask': async () => {
      const layer = await patch(await newDocument());
      await makeMask(layer, 'hideAll');
      const hidden = (await mask(layer)).at(0, 0)[0];
      await play({
        _obj: 'delete',
        _target: [{ _ref: 'channel', _enum: 'channel', _value: 'mask' }, layerReference(layer)],
      });
      await makeMask(layer, 'revealAll');
      return is([hidden, (await mask(layer)).at(0, 0)[0]], [0, 255]);
    },
    'batch.mask-selection': async () => {
      const document = await newDocument();
      const layer = await patch(document);
      await select(document, 5, 5, 20, 20);
      await makeMask(layer, 'revealSelection');
      return all(
        is(document.selection.bounds, null),
        is([(await mask(layer)).at(10, 10)[0], (await mask(layer)).at(30, 30)[0]], [255, 0]),
      );
    },
    'batch.select': async () => {
      const document = await newDocument();
      const [low, high] = [await newLayer(document, { name: 'low' }), await newLayer(document, { name: 'high' })];
      const selected = () => document.activeLayers.map((layer) => layer.name).sort();
      await selectLayer(low);
      const one = selected();
      await selectLayer(high, { selectionModifier: { _enum: 'selectionModifierType', _value: 'addToSelection' } });
      return is([one.join(), selected().join()], ['low', 'high,low']);
    },
    'layer.xmp': async () => {
      const layer = await patch(await newDocument());
      const before = await readXmp(layer);
      await writeXmp(layer, PACKET);
      const after = await readXmp(layer);
      note(after.slice(0, 400));
      return is([before, after.includes('kept')], ['', true]);
    },
    'layer.xmp-metadata': async () => {
      const layer = await patch(await newDocument());
      await writeXmp(layer, PACKET);
      const seen = await xmpOfMetadata(layer);
      return seen === '' ? 'absent' : seen.includes('kept') ? 'text' : `saw ${seen}`;
    },
    'layer.xmp-property': async () => {
      const layer = await patch(await newDocument());
      await writeXmp(layer, PACKET);
      const seen = await orThrows(() => xmpOfProperty(layer));
      return seen === 'throws' ? 'refused' : seen.includes('kept') ? 'text' : `saw ${seen}`;
    },
    'layer.xmp-packet': async () => {
      const layer = await patch(await newDocument());
      const seen = await orThrows(async () => {
        await writeXmp(layer, '{"not": "XMP"}');
        return (await readXmp(layer)) === '{"not": "XMP"}' ? 'text' : 'packet';
      });
      return seen === 'throws' ? 'packet' : seen;
    },
    'layer.generator-settings': async () => {
      const layer = await patch(await newDocument());
      const target = [{ _ref: 'property', _property: 'generatorSettings' }, layerReference(layer)];
      await play({
        _obj: 'set',
        _target: target,
        property: 'layerbridge',
        to: { _obj: 'layerbridge', json: '{"seed":1}' },
      });
      const [seen] = await play({ _obj: 'get', _target: target, property: 'layerbridge' });
      note(JSON.stringify(seen));
      return is(JSON.stringify(seen).includes('seed'), true);
    },
    'layer.metadata-history': async () => {
      const document = await newDocument();
      const layer = await patch(document);
      const before = document.historyStates.length;
      await writeXmp(layer, PACKET);
      const states = document.historyStates.length - before;
      document.activeHistoryState = document.historyStates[before - 1];
      return is([states, await readXmp(layer)], [1, '']);
    },
  };
};
