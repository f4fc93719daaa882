'use strict';

/**
 * What can be asked for: the table in wire.js, which Layerbridge's own declarations were written into. Pure functions.
 *
 * @typedef {string} Kind an operation's name
 * @typedef {'layer' | 'visible'} Source the active layer alone, or all that is visible
 * @typedef {{role: string, title: string, required: boolean, source: Source | null,
 *   unselected: 'everything' | 'refused' | null}} Input
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
 * @property {number | null} minimum
 * @property {number | null} maximum
 * @property {number | null} step
 * @property {number} lines
 * @property {string[] | null} choices
 * @property {string} choices_from models, or model.X
 * @property {string} hint
 * @property {boolean} required
 * @property {string} shown_when
 * @typedef {object} Operation
 * @property {Kind} name
 * @property {string} title
 * @property {string} description
 * @property {string} help
 * @property {Input[]} inputs
 * @property {Array<{role: string, kind: string, title: string, several: boolean, grows_canvas: boolean}>} outputs
 * @property {Option[]} options
 */

const { OPERATIONS } = require('./wire.js');

/** @type {Kind} what the panel begins with, and what stands in for a name that it does not know */
const FIRST = OPERATIONS[0].name;

/** @param {unknown} kind @returns {boolean} */
function isKind(kind) {
  return OPERATIONS.some(({ name }) => name === kind);
}

/** @param {Kind} kind @returns {Operation} */
function operationOf(kind) {
  return OPERATIONS.find(({ name }) => name === kind) || OPERATIONS[0];
}

/** @param {Operation} operation @returns {Option[]} those that the panel has, in the order in which they are shown */
function optionsOf(operation) {
  return operation.options.filter(({ group }) => group !== 'script');
}

/** @param {Operation} operation @returns {Option[]} what a painter tells in words, and the model: taken along to others */
function carriedOptions(operation) {
  return optionsOf(operation).filter(({ widget }) => widget === 'text' || widget === 'model');
}

/** @param {Kind} kind @param {string} role @returns {Input | null} */
function inputOf(kind, role) {
  return operationOf(kind).inputs.find((input) => input.role === role) || null;
}

/** @param {Kind} kind @returns {boolean} whether pixels of the document are read */
function readsImage(kind) {
  return inputOf(kind, 'image') !== null;
}

/** @param {Kind} kind @returns {boolean} whether the selection is read */
function readsMask(kind) {
  return inputOf(kind, 'mask') !== null;
}

/** @param {Kind} kind @returns {boolean} whether the layer itself is meant where nothing is selected */
function meansLayer(kind) {
  return readsImage(kind) && inputOf(kind, 'mask')?.required === false;
}

/** @param {Kind} kind @returns {boolean} whether it paints beyond the canvas */
function growsCanvas(kind) {
  return operationOf(kind).outputs.some((output) => output.grows_canvas);
}

module.exports = {
  FIRST,
  isKind,
  operationOf,
  optionsOf,
  carriedOptions,
  inputOf,
  readsImage,
  readsMask,
  meansLayer,
  growsCanvas,
};
