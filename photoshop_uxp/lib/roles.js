'use strict';

/**
 * What the user chooses of an operation's inputs and outputs: from where a further picture comes, and as what a result is
 * applied. Kept in the parameters as `roles`: an input's role → Choice, an output's role → way. Pure functions.
 *
 * @typedef {import('./operations.js').Operation} Operation
 * @typedef {import('./operations.js').Input} Input
 * @typedef {import('./operations.js').Output} Output
 * @typedef {{from: 'layer', id: number, name: string} | {from: 'file', id: string, name: string} | {from: 'visible', id: '', name: ''}}
 *   Choice of a further picture: a layer or group by Photoshop's number and its name, a file by the number under which its token
 *   is remembered, or all that is visible
 * @typedef {'layer' | 'selection' | 'mask' | 'channel' | 'document' | 'text'} Way
 * @typedef {Record<string, Choice | Way>} Roles
 */

const { BridgeError } = require('./failures.js');
const { t } = require('./texts.js');

const SHOWN_TO_A_MODEL = 'model.references'; // of an input
const MENTION = /<layer:\s*([^<>]*?[^<>\s])\s*>/gi; // in a prompt
/** All that is visible, as a further picture. @type {Choice} */
const VISIBLE = Object.freeze({ from: 'visible', id: '', name: '' });
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
  if (from === 'visible') return VISIBLE;
  if (from === 'layer' && typeof id === 'number') return { from, id, name };
  return from === 'file' && typeof id === 'string' ? { from, id, name } : null;
}

/** @param {string} prompt @returns {string[]} the names of layers that it mentions as <layer:name>, each once */
function mentioned(prompt) {
  return [...new Set(Array.from(prompt.matchAll(MENTION), ([, name]) => name))];
}

/** @param {string} prompt @returns {string} with the names alone of the layers that it mentions, in quotes */
function withoutTags(prompt) {
  return prompt.replace(MENTION, '“$1”'); // not a layer's own name, for which the next run would take the result
}

/**
 * The choices with the layers that the prompt mentions, each in the first free role.
 * @param {Operation} operation @param {string} prompt @param {Roles} roles
 * @param {(name: string) => number | null} numberOf a layer of that name in the document
 * @returns {Roles}
 * @throws {BridgeError} refused
 */
function withMentioned(operation, prompt, roles, numberOf) {
  const found = { ...roles };
  const references = furtherInputs(operation).filter((input) => input.shown_when === SHOWN_TO_A_MODEL);
  if (!references.length) return found; // the names are words
  for (const name of mentioned(prompt)) {
    if (references.some(({ role }) => nameOf(found[role]) === name)) continue;
    const id = numberOf(name);
    if (id === null) throw new BridgeError('refused', t('mentionedGone', { name }));
    const free = references.find(({ role }) => !found[role]);
    const title = t(operation.title);
    if (!free) throw new BridgeError('refused', t('mentionedTooMany', { name, operation: title, count: references.length }));
    found[free.role] = { from: 'layer', id, name };
  }
  return found;
}

/** @param {Choice | Way | undefined} chosen @returns {string} */
function nameOf(chosen) {
  return typeof chosen === 'object' ? chosen.name : '';
}

/** @param {string} prompt @param {Roles} roles @returns {Record<string, string>} by role, the names of those that the prompt mentions */
function namesMentioned(prompt, roles) {
  const names = mentioned(prompt);
  const named = Object.entries(roles).map(([role, chosen]) => [role, nameOf(chosen)]);
  return Object.fromEntries(named.filter(([, name]) => name && names.includes(name)));
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
  VISIBLE,
  isKnownInput,
  isKnownOutput,
  furtherInputs,
  chosenOutputs,
  waysOf,
  wayOf,
  rolesFrom,
  roleNotes,
  rolesOfClientData,
  withMentioned,
  withoutTags,
  namesMentioned,
};
