'use strict';

/**
 * What the user chooses of an operation's inputs and outputs: from where a further picture comes, and as what a result is
 * applied. Kept in the parameters as `roles`: an input's role → Choice, an output's role → way. Pure functions.
 *
 * @typedef {import('./operations.js').Operation} Operation
 * @typedef {import('./operations.js').Input} Input
 * @typedef {import('./operations.js').Output} Output
 * @typedef {{from: 'layer', id: number, name: string} | {from: 'file', id: string, name: string}} Choice of a further picture:
 *   a layer or group by Photoshop's number and its name, or a file by the number under which its token is remembered
 * @typedef {'layer' | 'selection' | 'mask' | 'channel' | 'document' | 'text'} Way
 * @typedef {Record<string, Choice | Way>} Roles
 */

const FURTHER = /^(reference|control)\/\d+$/;

/** What a result of each kind can be applied as; the first where nothing was chosen. @type {Record<string, readonly Way[]>} */
const WAYS = Object.freeze({
  layer: /** @type {Way[]} */ (['layer']),
  selection: /** @type {Way[]} */ (['selection', 'mask', 'channel']),
  document: /** @type {Way[]} */ (['document', 'layer']),
  text: /** @type {Way[]} */ (['text']),
});

/** @param {string} role @returns {boolean} whether the panel knows how to capture it */
function isKnownInput(role) {
  return role === 'image' || role === 'mask' || FURTHER.test(role);
}

/** @param {string} kind of an output @returns {boolean} whether the panel knows how to apply it */
function isKnownOutput(kind) {
  return kind in WAYS;
}

/** @param {Operation} operation @returns {Input[]} pictures beside that of the document */
function furtherInputs({ inputs }) {
  return inputs.filter(({ role }) => FURTHER.test(role));
}

/** @param {Output} output @returns {readonly Way[]} */
function waysOf({ kind }) {
  return WAYS[kind] || [];
}

/** @param {Operation} operation @returns {Output[]} those that can be applied in more than one way */
function chosenOutputs({ outputs }) {
  return outputs.filter((output) => waysOf(output).length > 1);
}

/** @param {Output} output @param {Roles} roles @returns {Way} */
function wayOf(output, roles) {
  const ways = waysOf(output);
  return ways.find((way) => way === roles[output.role]) || ways[0];
}

/** @param {Operation} operation @param {any} given from a file or a note @returns {Roles} what of it holds for the operation */
function rolesFrom(operation, given) {
  const known = typeof given === 'object' && given !== null ? given : {};
  const pictures = furtherInputs(operation).flatMap(({ role }) => {
    const choice = choiceFrom(known[role]);
    return choice ? [[role, choice]] : [];
  });
  return Object.fromEntries([...pictures, ...chosenOutputs(operation).map((output) => [output.role, wayOf(output, known)])]);
}

/** @param {any} value @returns {Choice | null} */
function choiceFrom(value) {
  if (typeof value !== 'object' || value === null || typeof value.name !== 'string') return null;
  const { from, id, name } = value;
  if (from === 'layer' && typeof id === 'number') return { from, id, name };
  return from === 'file' && typeof id === 'string' ? { from, id, name } : null;
}

/** @param {Operation} operation @param {Roles} roles @returns {Object<string, string>} for `client_data` of the request */
function roleNotes(operation, roles) {
  const text = (/** @type {Array<{role: string}>} */ of) => {
    const chosen = of.filter(({ role }) => roles[role]).map(({ role }) => [role, roles[role]]);
    return chosen.length ? JSON.stringify(Object.fromEntries(chosen)) : '';
  };
  const [inputs, apply] = [text(furtherInputs(operation)), text(chosenOutputs(operation))];
  return { ...(inputs ? { inputs } : {}), ...(apply ? { apply } : {}) };
}

/** @param {Operation} operation @param {Object<string, string>} clientData of a request @returns {Roles} */
function rolesOfClientData(operation, { inputs, apply }) {
  return rolesFrom(operation, { ...parsed(inputs), ...parsed(apply) });
}

/** @param {string | undefined} text @returns {Object<string, any>} */
function parsed(text) {
  try {
    return JSON.parse(text || '{}') || {};
  } catch {
    return {}; // of another program, or damaged: as if nothing had been chosen
  }
}

module.exports = {
  isKnownInput,
  isKnownOutput,
  furtherInputs,
  chosenOutputs,
  waysOf,
  wayOf,
  rolesFrom,
  roleNotes,
  rolesOfClientData,
};
