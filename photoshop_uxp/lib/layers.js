'use strict';

/** Where layers lie in the tree, which are selected, and their masks. Inside a modal scope only. */

const host = require('./host.js');

/**
 * @param {import('./host.js').PsDocument} document
 * @param {import('./host.js').PsLayer} layer
 * @returns {import('./host.js').PsLayer[]} the layers beside it, from the top
 */
function siblings(document, layer) {
  return Array.from((layer.parent && layer.parent.layers) || document.layers);
}

/**
 * Move a layer directly above `anchor`, and above what is clipped to that; on top of all without one.
 * @param {import('./host.js').PsDocument} document
 * @param {import('./host.js').PsLayer} layer
 * @param {import('./host.js').PsLayer | null} anchor
 */
function settle(document, layer, anchor) {
  if (!anchor) {
    const [uppermost] = document.layers;
    if (uppermost.id !== layer.id) layer.move(uppermost, host.constants.ElementPlacement.PLACEBEFORE);
    return;
  }
  const beside = siblings(document, anchor).filter((known) => known.id !== layer.id);
  let at = beside.findIndex((known) => known.id === anchor.id);
  while (at > 0 && beside[at - 1].isClippingMask) at--;
  const all = siblings(document, anchor).map((known) => known.id);
  const place = all.indexOf(layer.id);
  if (place < 0 || all[place + 1] !== beside[at].id)
    layer.move(beside[at], host.constants.ElementPlacement.PLACEBEFORE);
  if (layer.isClippingMask) layer.isClippingMask = false;
}

/**
 * @param {import('./host.js').PsLayer | null | undefined} layer
 * @returns {import('./host.js').PsLayer | null} the layer, or the group around it, that is locked as a whole; null: none
 */
function lockedBy(layer) {
  for (let at = layer || null; at; at = at.parent) if (at.allLocked) return at;
  return null;
}

/** @param {number[]} ids none: nothing is done */
async function select(ids) {
  for (let i = 0; i < ids.length; i++) {
    /** @type {{_obj: string} & Object<string, any>} */
    const descriptor = { _obj: 'select', _target: [{ _ref: 'layer', _id: ids[i] }], makeVisible: false };
    if (i > 0) descriptor.selectionModifier = { _enum: 'selectionModifierType', _value: 'addToSelection' };
    await host.play(descriptor);
  }
}

/**
 * A mask that hides everything: what lies outside of the pixels that are written to it next stays hidden, whatever
 * Photoshop takes for the rest.
 * @param {number} layerId
 */
async function addHiddenMask(layerId) {
  await select([layerId]);
  await host.play({
    _obj: 'make',
    new: { _class: 'channel' },
    at: { _ref: 'channel', _enum: 'channel', _value: 'mask' },
    using: { _enum: 'userMaskEnabled', _value: 'hideAll' },
  });
}

module.exports = { settle, lockedBy, select, addHiddenMask };
