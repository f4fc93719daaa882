'use strict';

/**
 * From a click to a job: look, plan, capture, submit. After `send` the document is not read again.
 *
 * @typedef {import('./parameters.js').Parameters} Parameters
 * @typedef {import('./scene.js').Scene} Scene
 * @typedef {import('./session.js').Session} Session
 * @typedef {import('./note.js').Note} Note
 * @typedef {object} Task
 * @property {number} documentId
 * @property {Parameters} parameters
 * @property {number} layerId the layer that is read; 0: the selected one, or all visible
 * @property {number[]} hidden earlier results, left out of what is read
 * @property {Note | null} note of the result that is repeated
 * @typedef {object} Sent
 * @property {string} job
 * @property {number} seq
 * @property {any} message as it was sent, with its seed
 * @property {import('./note.js').PackedMask | null} selection
 * @property {string[]} remarks for the painter
 */

const host = require('./host.js');
const wire = require('./wire.js');
const { capture } = require('./capture.js');
const { look, layerInfo, findLayer } = require('./look.js');
const { withFixedSeed, check, planRequest, jobMessage } = require('./parameters.js');
const { chosenLayer, documentInfo, isGray, jobProblem, selectionOnCanvas, withSelectedMargins } = require('./scene.js');
const { shiftBetween, shifted, sameBox, sameSize } = require('./geometry.js');
const { packMask, unpackMask } = require('./note.js');
const { recut } = require('./pixels.js');
const { travelOf } = require('./profiles.js');
const { BridgeError, CancelError } = require('./failures.js');
const { t } = require('./texts.js');

const MAX_LOOKS = 4; // the painter goes on painting: look again where the scene changed while the daemon planned

/**
 * @param {Session} session
 * @param {Task} task
 * @param {(text: string) => void} say
 * @param {() => boolean} stopped
 * @param {(document: string) => import('./geometry.js').Move[]} moves
 * @returns {Promise<Sent>}
 */
async function send(session, task, say, stopped, moves) {
  say(t('reading'));
  let now = lookFor(task, moves);
  let plan = null;
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const { scene, parameters, layer, selection } = now;
    const body = planRequest(parameters, documentInfo(scene), selection, layer ? layer.box : null);
    plan = await session.call((client) => client.plan(body));
    if (stopped()) throw new CancelError();
    const then = now;
    now = lookFor(task, moves);
    if (sameScene(then, now)) break;
  }
  const { scene, layer, selection, kept } = now;
  const parameters = withFixedSeed(now.parameters);
  const box = plan.capture;
  const travel = travelOf(scene.profile, scene.depth || 8, isGray(scene));
  const got = await capture(
    {
      scene,
      box,
      layerId: layer ? layer.id : 0,
      hidden: task.hidden,
      needsImage: plan.needs_image === true,
      needsMask: parameters.kind !== 'outpaint' && !kept,
      travel,
    },
    (waiting) => say(t(waiting ? 'waitingForPhotoshop' : 'reading')),
  );
  const mask = maskOf(now, got.mask, box);
  const message = jobMessage(parameters, documentInfo(scene), box, travel.wire, clientData(now, travel));
  const frame = encoded(message, got.image, mask, box);
  if (stopped()) throw new CancelError();
  say(t('sending'));
  const key = newKey();
  const accepted = await session.call((client) => client.submit(frame, key));
  const packed = mask && selection ? packMask(recut(mask, box, selection), selection) : null;
  const remarks = (plan.warnings || []).map(String);
  if (travel.converts && plan.needs_image)
    remarks.push(t('profileConverted', { profile: scene.profile, via: travel.host || 'sRGB' }));
  if (got.blank) remarks.push(t('nothingThere'));
  return { job: String(accepted.id), seq: Number(accepted.seq), message, selection: packed, remarks };
}

/**
 * What is there now. @param {Task} task @param {(document: string) => import('./geometry.js').Move[]} moves
 */
function lookFor(task, moves) {
  const document = host.findDocument(task.documentId);
  const scene = look(document);
  if (!document || !scene) throw new BridgeError('refused', t('noDocument'));
  const asked = task.layerId ? { ...scene, layers: [layerInfo(known(document, task.layerId))] } : scene;
  const parameters = withSelectedMargins(asked, task.parameters);
  const problem = jobProblem(asked, parameters);
  if (problem) throw problem;
  check(parameters);
  const needsLayer = parameters.source === 'layer' && parameters.kind !== 'txt2img';
  const kept = selectionOnCanvas(asked) ? null : keptSelection(asked, task.note, moves);
  return {
    scene: asked,
    parameters,
    layer: needsLayer ? chosenLayer(asked) : null,
    above: parameters.source === 'layer' ? chosenLayer(asked) : null,
    selection: kept ? kept.box : selectionOnCanvas(asked),
    kept,
  };
}

/** @typedef {ReturnType<typeof lookFor>} Now */

/** @param {import('./host.js').PsDocument} document @param {number} layerId @returns {import('./host.js').PsLayer} */
function known(document, layerId) {
  const layer = findLayer(document, layerId);
  if (!layer) throw new BridgeError('refused', t('sourceGone'));
  return layer;
}

/**
 * The selection that a result was made with, where nothing is selected now.
 * @param {Scene} scene @param {Note | null} note @param {(document: string) => import('./geometry.js').Move[]} moves
 */
function keptSelection(scene, note, moves) {
  if (!note || !note.selection) return null;
  const moved = shiftBetween(moves(documentInfo(scene).id), note.size, scene);
  const mask = moved && unpackMask(note.selection);
  return moved && mask ? { box: shifted(note.selection.box, moved), mask } : null;
}

/**
 * @param {Now} now
 * @param {Uint8Array | null} read
 * @param {import('./geometry.js').Box} box
 * @returns {Uint8Array | null}
 */
function maskOf(now, read, box) {
  if (now.parameters.kind === 'outpaint') return null;
  if (now.kept) return recut(now.kept.mask, now.kept.box, box);
  if (read) return read;
  return now.parameters.kind === 'inpaint' ? new Uint8Array(box.width * box.height).fill(255) : null;
}

/** @param {Now} a @param {Now} b @returns {boolean} */
function sameScene(a, b) {
  const sameSelection = a.selection && b.selection ? sameBox(a.selection, b.selection) : a.selection === b.selection;
  const sameLayer =
    a.layer && b.layer ? a.layer.id === b.layer.id && sameBox(a.layer.box, b.layer.box) : a.layer === b.layer;
  return sameSize(a.scene, b.scene) && sameSelection && sameLayer;
}

/**
 * What is needed to place a result as this run would have, also after a crash.
 * @param {Now} now @param {import('./profiles.js').Travel} travel @returns {Object<string, string>}
 */
function clientData(now, travel) {
  const { scene, parameters, above } = now;
  const whole = parameters.kind === 'img2img' && !now.selection && above && !above.isBackground;
  return {
    host: 'photoshop',
    procedure: parameters.kind,
    source: parameters.source,
    layer: above ? String(above.id) : '',
    hide: whole ? '1' : '',
    profile: travel.host || '',
    space: isGray(scene) ? 'Grayscale' : 'RGB',
    depth: String(scene.depth),
  };
}

/**
 * @param {any} message @param {wire.Tensor | null} image @param {Uint8Array | null} mask
 * @param {import('./geometry.js').Box} box @returns {Uint8Array}
 */
function encoded(message, image, mask, box) {
  /** @type {Object<string, wire.Tensor>} */
  const tensors = {};
  if (image) tensors.image = image;
  if (mask) tensors.mask = { dtype: 'U8', shape: [box.height, box.width], data: mask };
  try {
    return wire.encode(message, tensors);
  } catch (error) {
    throw new BridgeError('invalid_frame', /** @type {Error} */ (error).message);
  }
}

/** @returns {string} new for each press of the button */
function newKey() {
  return Array.from({ length: 4 }, () =>
    Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
}

module.exports = { send };
