'use strict';

/**
 * Where results of a job can go today: the document may have been closed, resized, converted, or another may be in front.
 * Pure functions; whoever asks decides what the user is asked.
 *
 * @typedef {import('./geometry.js').Shift} Shift
 * @typedef {import('./geometry.js').Move} Move
 * @typedef {import('./scene.js').Scene} Scene
 * @typedef {{moves: (document: string) => Move[], keysOf: (document: string) => string[]}} Known what is remembered of documents
 * @typedef {{kind: 'ok', scene: Scene, moved: Shift}
 *   | {kind: 'closed', name: string}
 *   | {kind: 'behind', scene: Scene, moved: Shift}
 *   | {kind: 'resized', scene: Scene, behind: boolean}
 *   | {kind: 'mode', name: string}
 *   | {kind: 'other', scene: Scene, name: string}} Target
 */

const { shiftBetween } = require('./geometry.js');
const { documentId, documentProblem, isGray } = require('./scene.js');
const { sourceDocument } = require('./source_document.js');

/**
 * @param {any} request of the job
 * @param {number} sessionDocument Photoshop's number of its document; 0 where that is not known
 * @param {Scene[]} open
 * @param {Known} known
 * @returns {Scene | null} its document, if it is open
 */
function ownScene(request, sessionDocument, open, known) {
  const { id } = request.document;
  return (
    open.find((scene) => sessionDocument > 0 && scene.id === sessionDocument) ||
    open.find((scene) => documentId(scene) === id) ||
    open.find((scene) => known.keysOf(documentId(scene)).includes(id)) ||
    null
  );
}

/**
 * @param {any} request of the job
 * @param {number} sessionDocument
 * @param {Scene[]} open
 * @param {Scene | null} front
 * @param {Known} known
 * @param {boolean} [pixels] whether some are written: a selection, mask or channel goes into documents of every mode and depth
 * @returns {Target}
 */
function targetOf(request, sessionDocument, open, front, known, pixels = true) {
  const { document } = request;
  const name = String(document.name || '');
  const own = ownScene(request, sessionDocument, open, known);
  const unfit = (/** @type {Scene} */ scene) => pixels && !fits(request, scene);
  if (!own) return front && !unfit(front) ? { kind: 'other', scene: front, name } : { kind: 'closed', name };
  if (unfit(own)) return { kind: 'mode', name: own.name };
  const moved = shiftBetween(known.moves(documentId(own)), document, own);
  const behind = !front || front.id !== own.id;
  return moved ? { kind: behind ? 'behind' : 'ok', scene: own, moved } : { kind: 'resized', scene: own, behind };
}

/** @param {any} request @param {Scene} scene @returns {boolean} whether the result's kind of pixels fits */
function fits(request, scene) {
  const { gray, depth } = sourceDocument(request);
  if (documentProblem({ ...scene, quickMask: false })) return false;
  if (gray !== null && gray !== isGray(scene)) return false;
  return !depth || (depth === 32) === (scene.depth === 32); // linear or not
}

module.exports = { targetOf };
