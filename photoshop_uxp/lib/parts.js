'use strict';

/**
 * What a job's results are made of, and what is to be done with each: one artifact for each output of a variation. Pure functions.
 *
 * @typedef {import('./operations.js').Output} Output
 * @typedef {import('./roles.js').Way} Way
 * @typedef {{index: number, output: Output, way: Way}} Part an artifact, and as what it is applied
 * @typedef {{layers: Part[], others: Part[]}} Parts `layers`: of the one output whose layers stand for the job, or of all whose
 *   layers belong together; `others`: applied after them, one by one; those that become documents last, since these come to the front
 */

const { operationOf } = require('./operations.js');
const { rolesOfClientData, wayOf } = require('./roles.js');
const { t } = require('./texts.js');

/** Ways of which a document has one: another variation would take the place of the first. */
const SINGLE = Object.freeze(['selection', 'mask']);

/** @param {any} request of a job @param {string} role @returns {Output | null} null: this version knows no such output */
function outputOf(request, role) {
  return operationOf(request.operation).outputs.find((output) => output.role === role) || null;
}

/** @param {any} request of a job @param {string} role @returns {Way | null} */
function chosenWay(request, role) {
  const output = outputOf(request, role);
  return output && wayOf(output, rolesOfClientData(operationOf(request.operation), request.client_data || {}));
}

/**
 * @param {any} request of the job
 * @param {Array<{index: number, roles: string[]}>} variations
 * @param {number[]} indices of those that are wanted
 * @param {import('./apply_options.js').Rest[] | null} [rest] null: all
 * @returns {Parts}
 */
function partsOf(request, variations, indices, rest = null) {
  const all = indices.flatMap((index, position) => {
    const roles = variations.find((known) => known.index === index)?.roles || [];
    return operationOf(request.operation).outputs.flatMap((output) => {
      const way = chosenWay(request, output.role);
      const left = !rest || rest.some((known) => known.index === index && known.role === output.role);
      const wanted = roles.includes(output.role) && left;
      if (!wanted || !way || way === 'text' || (position && SINGLE.includes(way))) return [];
      return [{ index, output, way }];
    });
  });
  const standing = (/** @type {Part} */ { output }) => isMain(request, output.role);
  const others = all.filter((part) => !standing(part));
  const isDocument = (/** @type {Part} */ { way }) => way === 'document';
  return {
    layers: all.filter(standing),
    others: [...others.filter((part) => !isDocument(part)), ...others.filter(isDocument)],
  };
}

/** @param {any} request @returns {string | null} the output whose layers stand for the job; null: none becomes a layer */
function mainRole(request) {
  return operationOf(request.operation).outputs.find(({ role }) => chosenWay(request, role) === 'layer')?.role ?? null;
}

/** @param {any} request @param {string} role @returns {boolean} whether its layers stand for the job */
function isMain(request, role) {
  const main = mainRole(request);
  return role === main || Boolean(main && stackOf(request) && outputOf(request, role)?.stack === stackOf(request));
}

/** @param {any} request @returns {string} the group of the layers that together stand for the job; '': each stands alone */
function stackOf(request) {
  const main = mainRole(request);
  return (main && outputOf(request, main)?.stack) || '';
}

/** @param {any} request @returns {boolean} whether anything of it can be put into a document */
function isApplied(request) {
  return operationOf(request.operation).outputs.some(({ kind }) => kind !== 'text');
}

/** @param {any} request @returns {boolean} whether anything of it goes into a document that is there, and is not one itself */
function goesIntoDocument(request) {
  return operationOf(request.operation).outputs.some(({ role }) => !['document', 'text'].includes(chosenWay(request, role) || 'text'));
}

/** @param {any} request @returns {string} of the button that puts a result into the document */
function applyText(request) {
  return t(mainRole(request) === null ? 'apply' : 'place');
}

/** @param {any} request @returns {boolean} whether another seed would give another result */
function hasSeed(request) {
  return operationOf(request.operation).options.some(({ widget }) => widget === 'seed');
}

/** @param {any} request @param {string[]} roles of a variation @returns {string | null} the one that is a text */
function textRole(request, roles) {
  return roles.find((role) => outputOf(request, role)?.kind === 'text') ?? null;
}

module.exports = { partsOf, mainRole, stackOf, isApplied, goesIntoDocument, applyText, hasSeed, textRole };
