'use strict';

/**
 * From a click to a job: read the scene, plan, capture, submit. After `send` the document is not read again.
 *
 * @typedef {import('./parameters.js').Parameters} Parameters
 * @typedef {import('./scene.js').Scene} Scene
 * @typedef {import('./session.js').Session} Session
 * @typedef {import('./area.js').Area} Area
 * @typedef {object} Task
 * @property {number} documentId
 * @property {Parameters} parameters
 * @property {number | null} layerId the layer that is read; null: the selected one, or all visible
 * @property {number[]} hidden earlier results, left out of what is read
 * @property {Area | null} area what the job that is repeated was made of; null: this one is new
 * @property {string} first the job that all repetitions began with; '': this one
 * @typedef {object} Known what is remembered
 * @property {(document: string) => import('./geometry.js').Move[]} moves of a document's canvas
 * @property {(id: string) => string | null} picture the token of a file that was chosen
 * @typedef {object} Sent
 * @property {string} job
 * @property {number} seq
 * @property {any} message as it was sent, with its seed
 * @property {Area} area
 * @property {string[]} remarks for the user
 */

const host = require('./host.js');
const { newKey } = require('./client.js');
const { pixelBox } = require('./bounds.js');
const { capture } = require('./capture.js');
const { frameOf } = require('./frame.js');
const { readScene, layerInfo, findLayer } = require('./read_scene.js');
const { withFixedSeed, check, planRequest, jobMessage } = require('./parameters.js');
const { askedPictures, layerInputsIn, mentionedRoles, readFiles } = require('./further.js');
const { growsCanvas, hidesSource, inputOf, meansLayer, operationOf, readsImage, readsMask } = require('./operations.js');
const { namesMentioned, roleNotes } = require('./roles.js');
const { chosenLayer, documentInfo, isGray, jobProblem, selectionOnCanvas, withSelectedMargins } = require('./scene.js');
const { canvasOf, hasMargins, isEmpty, marginsBeyond, sameBox, sameSize, shiftBetween, shifted } = require('./geometry.js');
const { areaNotes, areaOfMask, keptArea } = require('./area.js');
const { checkSize } = require('./memory.js');
const { recut } = require('./pixels.js');
const { sourceLayerNotes } = require('./source_layer.js');
const { documentNotes } = require('./source_document.js');
const { travelOf } = require('./profiles.js');
const { BridgeError, CancelError } = require('./failures.js');
const { t } = require('./texts.js');

const MAX_TRIES = 4; // the user goes on painting: read it again where it changed while it was planned or waited for

/**
 * @param {Session} session
 * @param {Task} task
 * @param {(text: string) => void} say
 * @param {() => boolean} stopped
 * @param {Known} remembered
 * @returns {Promise<Sent>}
 */
async function send(session, task, say, stopped, remembered) {
  say(t('reading'));
  const files = await readFiles(askedPictures(task.parameters), remembered.picture);
  const { moves } = remembered;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const now = readSituation(task, moves);
    const { scene, moved, parameters, layer, kept } = now;
    const plan = operationOf(parameters.operation).plans ? await planned(session, now) : await planOf(now);
    if (stopped()) throw new CancelError();
    checkSize(plan, scene.depth || 8);
    const travel = travelOf(scene.profile, scene.depth || 8, isGray(scene));
    const got = await capture(
      {
        scene,
        box: shifted(plan.capture, moved),
        layerId: layer ? layer.id : null,
        hidden: task.hidden,
        needsImage: plan.needs_image === true,
        layerInputs: now.layerInputs,
        needsMask: readsMask(parameters.operation) && !kept,
        sendsMask: (mask) => maskOf(now, mask, plan.capture) !== null,
        travel,
      },
      () => sameScene(now, readSituation(task, moves)),
      (waiting) => say(t(waiting ? 'waitingForPhotoshop' : 'reading')),
    );
    if (stopped()) throw new CancelError();
    if (got) return submit(session, now, plan, travel, { ...got, further: { ...files, ...got.further } }, say);
  }
  throw new BridgeError('refused', t('keepsChanging'));
}

/** @param {Session} session @param {Now} now @returns {Promise<any>} PlanReply */
async function planned(session, now) {
  const { parameters, scene, selection } = now;
  const body = planRequest(parameters, documentInfo(scene), selection, await layerBox(now));
  return session.call((client) => client.plan(body));
}

/** Of an operation that plans nothing: the layer that is read, or the whole canvas. @param {Now} now @returns {Promise<any>} */
async function planOf({ scene, layer, moved, parameters }) {
  const box = layer ? await pixelsOf(scene, layer, moved) : canvasOf(scene);
  if (isEmpty(box)) throw new BridgeError('refused', t('emptyLayer', { name: layer ? layer.name : scene.name }));
  return { capture: box, target: box, needs_image: readsImage(parameters.operation), warnings: [] };
}

/**
 * @param {Session} session
 * @param {Now} now
 * @param {any} plan
 * @param {import('./profiles.js').PixelEncoding} travel
 * @param {import('./capture.js').Captured} got
 * @param {(text: string) => void} say
 * @returns {Promise<Sent>}
 */
async function submit(session, now, plan, travel, got, say) {
  const { scene } = now;
  const box = plan.capture;
  const mask = maskOf(now, got.mask, box);
  const area = areaOfMask(now.kept || got.mask ? mask : null, box, scene);
  const parameters = withFixedSeed(now.parameters);
  const chosen = roleNotes(operationOf(parameters.operation), parameters.roles);
  const notes = { ...clientData(now, travel, area.selected), ...areaNotes(area), ...chosen };
  const roles = [...(got.frame ? ['image'] : []), ...(mask ? ['mask'] : [])];
  const message = jobMessage(parameters, documentInfo(scene), box, travel.wire, notes, roles);
  const further = Object.entries(got.further);
  const names = namesMentioned(String(parameters.prompt || ''), parameters.roles);
  for (const [role, { about }] of further) message.inputs[role] = { ...about, ...(names[role] ? { name: names[role] } : {}) };
  const tensors = Object.fromEntries(further.map(([role, { tensor }]) => [role, tensor]));
  const frame = got.frame ? got.frame.sealed(message, mask, tensors) : frameOf(message, mask, box, tensors);
  say(t('sending'));
  const key = newKey();
  const accepted = await session.call((client) => client.submit(frame, key));
  const remarks = (plan.warnings || []).map(String);
  if (travel.converts && plan.needs_image)
    remarks.push(t('profileConverted', { profile: scene.profile, via: travel.host || 'sRGB' }));
  if (got.blank) remarks.push(t('nothingThere'));
  if (got.unseen) remarks.push(t('hiddenUnseen'));
  return { job: String(accepted.id), seq: Number(accepted.seq), message, area, remarks };
}

/** @param {Now} now @returns {Promise<import('./geometry.js').Box | null>} of the pixels of the layer that is read */
async function layerBox({ scene, layer, moved, parameters }) {
  if (!layer || !meansLayer(parameters.operation)) return null; // no other plan asks for it
  return pixelsOf(scene, layer, moved);
}

/**
 * @param {Scene} scene @param {import('./scene.js').LayerInfo} layer @param {import('./geometry.js').Shift} moved
 * @returns {Promise<import('./geometry.js').Box>} of all pixels of the layer, in the coordinates that the job is made in
 */
async function pixelsOf(scene, layer, moved) {
  const document = host.findDocument(scene.id);
  const there = findLayer(document, layer.id);
  return document && there ? shifted(await pixelBox(document, there), { x: -moved.x, y: -moved.y }) : layer.box;
}

/**
 * What is there now. @param {Task} task @param {(document: string) => import('./geometry.js').Move[]} moves
 */
function readSituation(task, moves) {
  const document = host.findDocument(task.documentId);
  const scene = readScene(document);
  if (!document || !scene) throw new BridgeError('refused', t('noDocument'));
  const today = task.layerId !== null ? { ...scene, layers: [layerInfo(known(document, task.layerId))] } : scene;
  const selected = withSelectedMargins(today, task.parameters);
  const parameters = { ...selected, roles: mentionedRoles(document, selected) };
  const { scene: asked, moved } = asItWas(task, today, moves(documentInfo(today).id));
  const problem = jobProblem(asked, parameters);
  if (problem) throw problem;
  check(parameters);
  const needsLayer = parameters.source === 'layer' && readsImage(parameters.operation);
  const repeats = task.area && task.area.selected && readsMask(parameters.operation) && !selectionOnCanvas(asked);
  const kept = task.area && repeats ? keptArea(task.area, asked, moves(documentInfo(asked).id)) : null;
  if (repeats && !kept) throw new BridgeError('refused', t('selectAgain'));
  return {
    scene: asked,
    moved,
    parameters,
    layer: needsLayer ? chosenLayer(asked) : null,
    layerInputs: layerInputsIn(document, askedPictures(parameters)),
    above: parameters.source === 'layer' ? chosenLayer(asked) : null,
    selection: kept ? kept.box : selectionOnCanvas(asked),
    kept,
  };
}

/** @typedef {ReturnType<typeof readSituation>} Now */

/**
 * The picture in the coordinates that a job is made in. An outpaint that is repeated is another try at the same border: seen
 * as before the canvas grew with it, unless a selection reaches past the picture of today.
 * @param {Task} task @param {Scene} today @param {import('./geometry.js').Move[]} moves
 * @returns {{scene: Scene, moved: import('./geometry.js').Shift}} `moved` leads from its pixels to those of today
 */
function asItWas({ parameters, area }, today, moves) {
  const repeats = area && growsCanvas(parameters.operation) && !hasMargins(marginsBeyond(today.selection, today));
  const moved = repeats ? shiftBetween(moves, area.size, today) : null;
  if (!repeats || !moved) return { scene: today, moved: { x: 0, y: 0 } };
  const back = { x: -moved.x, y: -moved.y };
  const { selection, layers } = today;
  return {
    scene: {
      ...today,
      ...area.size,
      selection: selection && shifted(selection, back),
      layers: layers.map((layer) => ({ ...layer, box: shifted(layer.box, back) })),
    },
    moved,
  };
}

/** @param {import('./host.js').PsDocument} document @param {number} layerId @returns {import('./host.js').PsLayer} */
function known(document, layerId) {
  const layer = findLayer(document, layerId);
  if (!layer) throw new BridgeError('refused', t('sourceGone'));
  return layer;
}

/**
 * @param {Now} now
 * @param {Uint8Array | null} read
 * @param {import('./geometry.js').Box} box
 * @returns {Uint8Array | null}
 * @throws {BridgeError} where nothing is selected, and everything is not meant by that
 */
function maskOf(now, read, box) {
  const input = inputOf(now.parameters.operation, 'mask');
  if (!input) return null;
  if (now.kept) return recut(now.kept.mask, now.kept.box, box);
  if (read) return read;
  if (input.unselected === 'refused') throw new BridgeError('refused', t('needSelection'));
  return input.required ? new Uint8Array(box.width * box.height).fill(255) : null;
}

/** @param {Now} a @param {Now} b @returns {boolean} */
function sameScene(a, b) {
  const [before, after] = [a.scene.selection, b.scene.selection]; // also what of it lies past the canvas: an outpaint's margins
  const sameSelection = before && after ? sameBox(before, after) : before === after;
  const sameLayer =
    a.layer && b.layer ? a.layer.id === b.layer.id && sameBox(a.layer.box, b.layer.box) : a.layer === b.layer;
  const { mode, depth, profile } = a.scene;
  const samePixels = b.scene.mode === mode && b.scene.depth === depth && b.scene.profile === profile;
  const sameMove = a.moved.x === b.moved.x && a.moved.y === b.moved.y;
  return sameSize(a.scene, b.scene) && sameMove && sameSelection && sameLayer && samePixels;
}

/**
 * What is needed to place a result as this run would have, also after a crash.
 * @param {Now} now @param {import('./profiles.js').PixelEncoding} travel @param {boolean} selected @returns {Object<string, string>}
 */
function clientData(now, travel, selected) {
  const { scene, parameters, above } = now;
  const whole = meansLayer(parameters.operation) && !selected && above && !above.isBackground;
  return {
    host: 'photoshop',
    procedure: parameters.operation,
    source: parameters.source,
    ...sourceLayerNotes(above),
    hide: whole || (above && hidesSource(parameters.operation)) ? '1' : '',
    ...documentNotes(scene, travel),
  };
}

module.exports = { send };
