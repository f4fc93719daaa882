'use strict';

/**
 * Where layers lie in the tree, which are selected, and their masks. Inside a modal scope only.
 *
 * @typedef {import('./host.js').PsDocument} PsDocument
 * @typedef {import('./host.js').PsLayer} PsLayer
 */

const host = require('./host.js');

/**
 * @param {PsDocument} document
 * @param {PsLayer} layer
 * @returns {PsLayer[]} the layers beside it, from the top
 */
function siblings(document, layer) {
  return Array.from((layer.parent && layer.parent.layers) || document.layers);
}

/** @param {PsLayer[]} beside from the top @param {number} at @returns {number} the uppermost of what is clipped to it */
function topOfStack(beside, at) {
  let top = at;
  while (top > 0 && beside[top - 1].isClippingMask) top--;
  return top;
}

/**
 * The layer above which a new one can be made for the place above `anchor`, or on top of all without one. Photoshop makes
 * it above the active layer: within a clipping mask it would become a part of that, and in a locked group it is refused.
 * @param {PsDocument} document
 * @param {PsLayer | null} anchor
 * @returns {PsLayer}
 */
function seatFor(document, anchor) {
  const root = Array.from(document.layers);
  const beside = anchor ? siblings(document, anchor) : root;
  const nearest = anchor ? topOfStack(beside, positionOf(beside, anchor)) : 0;
  const found = [beside.slice(nearest), root].map((layers) => layers.find((_layer, i) => isSeat(layers, i))).find(Boolean);
  return found || root.find((layer) => !layer.allLocked) || root[0];
}

/** @param {PsLayer[]} beside @param {number} at @returns {boolean} a group may take the new layer in */
function isSeat(beside, at) {
  return String(beside[at].kind) !== 'group' && topOfStack(beside, at) === at;
}

/** @param {PsLayer[]} beside @param {PsLayer} layer @returns {number} */
function positionOf(beside, { id }) {
  return beside.findIndex((known) => known.id === id);
}

/**
 * Move a new layer directly above `anchor`, and above what is clipped to that; on top of all without one. It is clipped to
 * nothing there. Only there is it released: with a layer Photoshop also releases those of its clipping mask above it.
 * @param {PsDocument} document
 * @param {PsLayer} layer
 * @param {PsLayer | null} anchor
 */
function moveAbove(document, layer, anchor) {
  const { PLACEBEFORE } = host.constants.ElementPlacement;
  const all = anchor ? siblings(document, anchor) : Array.from(document.layers);
  const position = positionOf(all, layer);
  const beside = all.filter((_known, i) => i !== position);
  const below = beside[anchor ? topOfStack(beside, positionOf(beside, anchor)) : 0];
  if (position < 0 || all[position + 1]?.id !== below.id) layer.move(below, PLACEBEFORE);
  if (layer.isClippingMask) layer.isClippingMask = false;
}

/**
 * Put a layer in the place of another, which is deleted: also in its clipping mask, as its base or clipped as it was.
 * @param {PsDocument} document
 * @param {PsLayer} old
 * @param {PsLayer} layer
 */
async function takePlace(document, old, layer) {
  const beside = siblings(document, old);
  const at = positionOf(beside, old);
  const clipped = beside.slice(topOfStack(beside, at), at).filter((known) => known.id !== layer.id);
  const { isClippingMask } = old;
  layer.move(old, host.constants.ElementPlacement.PLACEAFTER);
  if (layer.isClippingMask !== isClippingMask) layer.isClippingMask = isClippingMask;
  await old.delete();
  for (const known of clipped.reverse()) if (!known.isClippingMask) known.isClippingMask = true;
}

/**
 * @param {PsLayer | null | undefined} layer
 * @returns {PsLayer | null} the layer, or the group around it, that is locked as a whole; null: none
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
  await makeMask('hideAll');
}

/** A mask of what is selected. @param {number} layerId */
async function addSelectedMask(layerId) {
  await select([layerId]);
  await makeMask('revealSelection');
}

/** @param {string} using how the active layer's mask begins */
async function makeMask(using) {
  await host.play({
    _obj: 'make',
    new: { _class: 'channel' },
    at: { _ref: 'channel', _enum: 'channel', _value: 'mask' },
    using: { _enum: 'userMaskEnabled', _value: using },
  });
}

/** @param {number} layerId */
async function deleteMask(layerId) {
  const channel = { _ref: 'channel', _enum: 'channel', _value: 'mask' };
  await host.play({ _obj: 'delete', _target: [channel, { _ref: 'layer', _id: layerId }] });
}

module.exports = { seatFor, moveAbove, takePlace, lockedBy, select, addHiddenMask, addSelectedMask, deleteMask };
