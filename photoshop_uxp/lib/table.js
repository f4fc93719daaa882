'use strict';

/**
 * The daemon's table of operations beside the one that the panel came with. Pure functions.
 *
 * What the daemon can do is what is offered. Of that the panel leaves out what it has no means for: an operation with an
 * input or an output of a kind that it does not know, and options of an unknown kind that may be left out. Whatever the two do
 * not have in common is told in one sentence.
 *
 * @typedef {import('./operations.js').Operation} Operation
 * @typedef {import('./operations.js').Option} Option
 */

const { isKnownInput, isKnownOutput } = require('./roles.js');
const { t } = require('./texts.js');

/** Kinds of fields that the panel has: views/form.js. */
const WIDGETS = Object.freeze(
  ['text', 'number', 'slider', 'pixels', 'percent', 'seed', 'choice', 'model', 'sampler', 'check', 'margins'],
);

/**
 * @param {readonly Operation[]} own that the panel came with
 * @param {any} told by the daemon; null: it does not tell any
 * @param {string} version of the daemon
 * @returns {{offered: readonly Operation[], disagreement: string}} `disagreement`: '' where there is none
 */
function agreed(own, told, version) {
  if (!Array.isArray(told) || !told.length) return { offered: own, disagreement: t('tableMissing', { version }) };
  const all = /** @type {Operation[]} */ (told.map(({ schema: _schema, ...operation }) => operation));
  const usable = all.filter(isUsable).map(withKnownOptions);
  const offered = usable.length ? usable : own;
  const named = (/** @type {string} */ key, /** @type {readonly Operation[]} */ operations) =>
    operations.length ? [t(key, { names: operations.map(({ title }) => `“${t(title)}”`).join(', ') })] : [];
  const find = (/** @type {readonly Operation[]} */ operations, /** @type {string} */ name) =>
    operations.find((operation) => operation.name === name);
  const parts = [
    ...named('tableGone', own.filter(({ name }) => !find(all, name))),
    ...named('tableNew', usable.filter(({ name }) => !find(own, name))),
    ...named('tableOther', usable.filter(({ name, version: now }) => (find(own, name)?.version ?? now) !== now)),
    ...named('tableUnknown', all.filter((operation) => !isUsable(operation))),
  ];
  return { offered, disagreement: parts.length ? t('tableDiffers', { version, parts: parts.join('; ') }) : '' };
}

/** @param {Operation} operation @returns {boolean} */
function isUsable({ inputs, outputs, options }) {
  return (
    inputs.every(({ role, required }) => !required || isKnownInput(role)) &&
    outputs.length > 0 &&
    outputs.every(({ kind }) => isKnownOutput(kind)) &&
    options.every((option) => isKnownOption(option) || !option.required)
  );
}

/** @param {Operation} operation @returns {Operation} */
function withKnownOptions(operation) {
  const inputs = operation.inputs.filter(({ role }) => isKnownInput(role));
  return { ...operation, inputs, options: operation.options.filter(isKnownOption) };
}

/** @param {Option} option @returns {boolean} */
function isKnownOption({ widget, group }) {
  return group === 'script' || WIDGETS.includes(widget);
}

module.exports = { agreed, WIDGETS };
