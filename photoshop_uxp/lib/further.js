'use strict';

/**
 * Further pictures of a job: a layer or a group of the document, read while it is held still, or a file as it is. A group is read
 * as it shows, with all beside it out of sight.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./host.js').PsDocument} PsDocument
 * @typedef {import('./host.js').PsLayer} PsLayer
 * @typedef {import('./roles.js').Choice} Choice
 * @typedef {{role: string, title: string, choice: Choice}} Asked
 * @typedef {{tensor: import('./codec.js').Tensor, about: Object<string, any>}} Taken `about`: its entry in `inputs` of the message
 * @typedef {{role: string, title: string, name: string, layer: number}} LayerInput of the layer or group of that number;
 *   ALL_VISIBLE: all that is visible
 */

const { isGroup, pixelBox, shownLayers } = require('./bounds.js');
const { canvasOf, fromEdges, intersection, isEmpty, union } = require('./geometry.js');
const { withoutLayers } = require('./hiding.js');
const { findLayer } = require('./read_scene.js');
const { checkFurther } = require('./memory.js');
const { operationOf } = require('./operations.js');
const { readPictureFile } = require('./pictures.js');
const { probeOf, readPicture } = require('./reading.js');
const { furtherInputs, withMentioned } = require('./roles.js');
const { isGray } = require('./scene.js');
const { BridgeError } = require('./failures.js');
const { t } = require('./texts.js');

const ALL_VISIBLE = 0; // the number of no layer

/** @param {import('./parameters.js').Parameters} parameters @returns {Asked[]} pictures that were chosen */
function askedPictures({ operation, roles }) {
  return furtherInputs(operationOf(operation)).flatMap(({ role, title }) => {
    const choice = /** @type {Choice | undefined} */ (roles[role]);
    return choice ? [{ role, title: t(title), choice }] : [];
  });
}

/**
 * @param {Asked[]} asked
 * @param {(id: string) => string | null} tokenOf a file that was chosen
 * @returns {Promise<Record<string, Taken>>} by role
 * @throws {BridgeError} refused
 */
async function readFiles(asked, tokenOf) {
  /** @type {Record<string, Taken>} */
  const taken = {};
  for (const { role, choice } of asked) {
    if (choice.from !== 'file') continue;
    const { bytes, mediaType } = await readPictureFile(tokenOf(choice.id), choice.name);
    taken[role] = { tensor: { dtype: 'U8', shape: [bytes.length], data: bytes }, about: { media_type: mediaType } };
  }
  return taken;
}

/**
 * @param {PsDocument} document @param {Asked[]} asked
 * @returns {LayerInput[]} where the chosen layers are now: by their number, or by their name where another document is in front
 * @throws {BridgeError} refused
 */
function layerInputsIn(document, asked) {
  return asked.flatMap(({ role, title, choice }) => {
    if (choice.from === 'visible') return [{ role, title, name: t('pictureVisible'), layer: ALL_VISIBLE }];
    if (choice.from !== 'layer') return [];
    const { name } = choice;
    const own = findLayer(document, choice.id);
    const layer = own && own.name === name ? own : byName(document.layers, name);
    if (!layer) throw new BridgeError('refused', t('pictureLayerGone', { name, title }));
    return [{ role, title, name, layer: layer.id }];
  });
}

/**
 * @param {PsDocument} document @param {import('./parameters.js').Parameters} parameters
 * @returns {import('./roles.js').Roles} with the layers that the prompt mentions
 * @throws {BridgeError} refused
 */
function mentionedRoles(document, { operation, prompt, roles }) {
  const numberOf = (/** @type {string} */ name) => byName(document.layers, name)?.id ?? null;
  return withMentioned(operationOf(operation), String(prompt || ''), roles, numberOf);
}

/** @param {Iterable<PsLayer> | null | undefined} layers @param {string} name @returns {PsLayer | null} */
function byName(layers, name) {
  for (const layer of Array.from(layers || [])) {
    const found = layer.name === name ? layer : byName(layer.layers, name);
    if (found) return found;
  }
  return null;
}

/**
 * Inside a modal scope.
 * @param {import('./host.js').ModalContext} context
 * @param {PsDocument} document
 * @param {import('./scene.js').Scene} scene
 * @param {import('./profiles.js').PixelEncoding} travel
 * @param {LayerInput[]} layerInputs
 * @param {number[]} [hidden] layers that are left out of all that is visible
 * @returns {Promise<Record<string, Taken>>} by role
 * @throws {BridgeError} refused
 */
async function readLayerInputs(context, document, scene, travel, layerInputs, hidden = []) {
  /** @type {Record<string, Taken>} */
  const taken = {};
  const depth = scene.depth || 8;
  for (const input of layerInputs) {
    const layer = findLayer(document, input.layer);
    if (!layer && input.layer !== ALL_VISIBLE) throw new BridgeError('refused', t('pictureLayerGone', input));
    const box = await boxOf(document, layer, scene, input);
    if (isEmpty(box)) throw new BridgeError('refused', t('pictureEmpty', input));
    checkFurther(box, depth, input.name);
    const source = { document, layer, name: input.name, depth, gray: isGray(scene), profile: travel.host };
    const read = () => readPicture(context, source, box, false);
    const picture = !layer
      ? (await withoutLayers(context, document, hidden, box, probeOf(context, source), read)).done
      : isGroup(layer)
        ? await readGroup(context, { ...source, layer: null }, layer, box)
        : await read();
    const about = { bounds: box, ...(travel.wire ? { profile: travel.wire } : {}) };
    taken[input.role] = { tensor: picture.finished().tensor, about };
  }
  return taken;
}

/**
 * @param {PsDocument} document @param {PsLayer | null} layer null: all that is visible @param {import('./scene.js').Scene} scene
 * @param {LayerInput} input
 * @returns {Promise<Box>}
 */
async function boxOf(document, layer, scene, input) {
  if (!layer) return canvasOf(scene);
  return isGroup(layer) ? groupBox(layer, scene, input) : pixelBox(document, layer);
}

/** @param {PsLayer} group @param {import('./scene.js').Scene} scene @param {LayerInput} input @returns {Box} of what it shows on the canvas */
function groupBox(group, scene, input) {
  for (let at = /** @type {PsLayer | null} */ (group); at; at = at.parent)
    if (!at.visible) throw new BridgeError('refused', t('pictureHidden', { ...input, name: at.name }));
  const boxes = shownLayers(group.layers)
    .filter((layer) => !isGroup(layer))
    .map((layer) => intersection(fromEdges(layer.boundsNoEffects), canvasOf(scene)))
    .filter((box) => !isEmpty(box));
  return boxes.length ? boxes.reduce(union) : { x: 0, y: 0, width: 0, height: 0 };
}

/**
 * @param {import('./host.js').ModalContext} context
 * @param {import('./reading.js').Source} source of all that is visible
 * @param {PsLayer} group
 * @param {Box} box
 */
async function readGroup(context, source, group, box) {
  const { document } = source;
  const work = () => readPicture(context, source, box, false);
  const { done } = await withoutLayers(context, document, besides(document, group), box, probeOf(context, source), work);
  return done;
}

/** @param {PsDocument} document @param {PsLayer} layer @returns {number[]} ids of what lies beside it and the groups around it */
function besides(document, layer) {
  const others = [];
  for (let at = /** @type {PsLayer | null} */ (layer); at; at = at.parent) {
    const own = at;
    const beside = Array.from((at.parent && at.parent.layers) || document.layers);
    others.push(...beside.filter(({ id }) => id !== own.id).map(({ id }) => id));
  }
  return others;
}

module.exports = { mentionedRoles, askedPictures, readFiles, layerInputsIn, readLayerInputs };
