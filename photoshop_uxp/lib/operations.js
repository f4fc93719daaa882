'use strict';

/**
 * What can be asked for: the table that the panel came with (operation_table.js), until the daemon has told its own (table.js).
 *
 * @typedef {string} OperationName
 * @typedef {'layer' | 'visible'} Source the active layer alone, or all that is visible
 * @typedef {{role: string, title: string, required: boolean, source: Source | null,
 *   unselected: 'everything' | 'refused' | null, description?: string, absent?: string, whole?: boolean, shown_when?: string}} Input
 * @typedef {object} Option
 * @property {string} name
 * @property {string} title
 * @property {string} description
 * @property {'text' | 'integer' | 'number' | 'boolean' | 'choice' | 'choices' | 'margins'} type
 * @property {string} widget
 * @property {'main' | 'advanced' | 'script'} group script: for the command line alone
 * @property {string} unit
 * @property {any} default null: automatic
 * @property {boolean} automatic whether it may be left out
 * @property {number | string | null} automatic_is a number, or where it is found: model.steps, plan.grow, models.default, random
 * @property {Record<string, string>} [labels] what is shown of a choice, where that is not the word itself
 * @property {number | null} minimum
 * @property {number | null} maximum
 * @property {number | null} step
 * @property {number} lines
 * @property {string[] | null} choices
 * @property {string} choices_from models, or model.X
 * @property {string} hint
 * @property {boolean} required
 * @property {string} [optional_with] another option's value with which it is not, such as edit_task=remove
 * @property {string} shown_when
 * @typedef {object} Operation
 * @property {OperationName} name
 * @property {number} version of its options
 * @property {string} title
 * @property {string} description
 * @property {string} help
 * @property {number} version
 * @property {Input[]} inputs
 * @property {Output[]} outputs
 * @property {boolean} plans whether the daemon says which pixels are needed
 * @property {boolean} [estimates] whether the daemon says how long it will take
 * @property {Option[]} options
 * @typedef {{role: string, kind: string, title: string, several: boolean, grows_canvas: boolean, hides_source: boolean, stack: string}} Output
 *   `stack`: the group of layers that belong together, the first lowest; '': it is none of them
 */

const { OPERATIONS } = require('./operation_table.js');

/** @type {readonly Operation[]} */
let table = OPERATIONS;

/** @param {readonly Operation[]} operations at least one */
function useOperations(operations) {
  table = operations;
}

/** @returns {readonly Operation[]} in the order in which they are offered */
function operations() {
  return table;
}

/** @returns {OperationName} what the panel begins with, and what stands in for a name that it does not know */
function firstOperation() {
  return table[0].name;
}

/** @param {unknown} name @returns {boolean} */
function isOperation(name) {
  return table.some((operation) => operation.name === name);
}

/** @param {OperationName} name @returns {Operation} */
function operationOf(name) {
  return table.find((operation) => operation.name === name) || table[0];
}

/** @param {Operation} operation @returns {Option[]} those that the panel has, in the order in which they are shown */
function optionsOf(operation) {
  return operation.options.filter(({ group }) => group !== 'script');
}

/** @param {Operation} operation @returns {Option[]} what a user tells in words, and the model: taken along to others */
function carriedOptions(operation) {
  return optionsOf(operation).filter(({ widget }) => widget === 'text' || widget === 'model');
}

/** @param {Operation} operation @returns {string | null} the option that is a model, which a request names among its models */
function modelOption(operation) {
  return operation.options.find(({ widget }) => widget === 'model')?.name || null;
}

/** @param {OperationName} name @param {string} role @returns {Input | null} */
function inputOf(name, role) {
  return operationOf(name).inputs.find((input) => input.role === role) || null;
}

/** @param {OperationName} name @returns {boolean} whether pixels of the document are read */
function readsImage(name) {
  return inputOf(name, 'image') !== null;
}

/** @param {OperationName} name @returns {boolean} whether the selection is read */
function readsMask(name) {
  return inputOf(name, 'mask') !== null;
}

/** @param {OperationName} name @returns {boolean} whether the layer itself is meant where nothing is selected */
function meansLayer(name) {
  return readsImage(name) && inputOf(name, 'mask')?.required === false;
}

/** @param {OperationName} name @returns {boolean} whether it paints beyond the canvas */
function growsCanvas(name) {
  return operationOf(name).outputs.some((output) => output.grows_canvas);
}

/** @param {OperationName} name @returns {boolean} whether the layer that was read is hidden when the result is there */
function hidesSource(name) {
  return operationOf(name).outputs.some((output) => output.hides_source);
}

module.exports = {
  useOperations,
  operations,
  firstOperation,
  isOperation,
  operationOf,
  optionsOf,
  carriedOptions,
  modelOption,
  inputOf,
  readsImage,
  readsMask,
  meansLayer,
  growsCanvas,
  hidesSource,
};
