'use strict';

/**
 * Where results of a job can go today: the document may have been closed, resized, converted, or another may be in front.
 * Pure functions; whoever asks decides what the painter is asked.
 *
 * @typedef {import('./geometry.js').Shift} Shift
 * @typedef {import('./geometry.js').Move} Move
 * @typedef {import('./scene.js').Scene} Scene
 * @typedef {{kind: 'ok', scene: Scene, moved: Shift}
 *   | {kind: 'closed', name: string}
 *   | {kind: 'behind', scene: Scene}
 *   | {kind: 'resized', scene: Scene, name: string}
 *   | {kind: 'mode', name: string}
 *   | {kind: 'other', scene: Scene, name: string}} Target
 */

const { shiftBetween } = require('./geometry.js');
const { documentId, documentProblem, isGray } = require('./scene.js');

/**
 * @param {any} request of the job
 * @param {number} sessionDocument Photoshop's number of its document; 0 where that is not known
 * @param {Scene[]} open
 * @returns {Scene | null} its document, if it is open
 */
function ownScene(request, sessionDocument, open) {
  const same = open.find((scene) => sessionDocument > 0 && scene.id === sessionDocument);
  return same || open.find((scene) => documentId(scene) === request.document.id) || null;
}

/**
 * @param {any} request of the job
 * @param {number} sessionDocument
 * @param {Scene[]} open
 * @param {Scene | null} front
 * @param {(document: string) => Move[]} moves
 * @returns {Target}
 */
function targetOf(request, sessionDocument, open, front, moves) {
  const { document } = request;
  const name = String(document.name || '');
  const own = ownScene(request, sessionDocument, open);
  if (!own) return front && !unfit(request, front) ? { kind: 'other', scene: front, name } : { kind: 'closed', name };
  if (unfit(request, own)) return { kind: 'mode', name: own.name };
  if (!front || front.id !== own.id) return { kind: 'behind', scene: own };
  const moved = shiftBetween(moves(documentId(own)), document, own);
  return moved ? { kind: 'ok', scene: own, moved } : { kind: 'resized', scene: own, name: own.name };
}

/** @param {any} request @param {Scene} scene @returns {boolean} whether the result's kind of pixels does not fit */
function unfit(request, scene) {
  const { space, depth } = request.client_data || {};
  if (documentProblem({ ...scene, quickMask: false })) return true;
  if (space && (space === 'Grayscale') !== isGray(scene)) return true;
  return Boolean(depth) && (Number(depth) === 32) !== (scene.depth === 32); // linear or not
}

module.exports = { targetOf };
