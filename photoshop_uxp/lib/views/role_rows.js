'use strict';

/**
 * Rows for an operation's inputs and outputs that leave a choice: from where a further picture comes, and as what a result is
 * applied. One row for each role that any operation has; hidden where the operation that is shown has it not.
 *
 * @typedef {import('../operations.js').Operation} Operation
 * @typedef {import('../state.js').State} State
 * @typedef {import('../roles.js').Choice} Choice
 * @typedef {{node: any, update: (state: State) => void}} Row
 */

const { el, setText, show } = require('./dom.js');
const { contextOf, isShown } = require('./conditions.js');
const { choiceField } = require('./fields.js');
const { operationOf } = require('../operations.js');
const { VISIBLE, chosenOutputs, furtherInputs, wayOf, waysOf } = require('../roles.js');
const { t } = require('../texts.js');

const WHOLE = 'visible:'; // the entry of all that is visible
const FILE = 'file'; // the entry that opens the file picker
const INDENT = '\u2003'; // of a layer within a group

/**
 * @param {readonly Operation[]} operations
 * @param {import('./form.js').Asked} asked
 * @returns {{nodes: any[], update: (state: State) => void}}
 */
function createRoleRows(operations, asked) {
  const rolesOf = (/** @type {(operation: Operation) => Array<{role: string}>} */ of) => [
    ...new Set(operations.flatMap(of).map(({ role }) => role)),
  ];
  const rows = [
    ...rolesOf(furtherInputs).map((role) => pictureRow(role, asked)),
    ...rolesOf(chosenOutputs).map((role) => wayRow(role, asked)),
  ];
  return {
    nodes: rows.map(({ node }) => node),
    update: (state) => rows.forEach((row) => row.update(state)),
  };
}

/** @param {string} role @param {import('./form.js').Asked} asked @returns {Row} */
function pictureRow(role, { set, values, pick }) {
  const label = el('div', { class: 'label' });
  const field = choiceField({
    id: `input-${role.replace('/', '-')}`,
    choices: [],
    onChange: (value) => (value === FILE ? pick(role) : set({ roles: chosen(values().roles, value) })),
  });
  const chosen = (/** @type {import('../roles.js').Roles} */ roles, /** @type {string} */ value) => {
    const { [role]: before, ...others } = roles;
    const layer = offered.find(({ id }) => value === `layer:${id}`);
    if (layer) return { ...others, [role]: { from: /** @type {'layer'} */ ('layer'), id: layer.id, name: layer.name } };
    if (value === WHOLE) return { ...others, [role]: VISIBLE };
    return value ? roles : others; // what was chosen before is chosen again
  };
  /** @type {State['layers']} */
  let offered = [];
  const node = el('div', { class: 'field beside' }, label, field.node);
  return {
    node,
    update(state) {
      const { operation, values: all, layers } = state;
      const input = furtherInputs(operationOf(operation)).find((known) => known.role === role);
      show(node, Boolean(input && (all[operation].roles[role] || isShown(input, contextOf(state), false))));
      if (!input) return;
      offered = layers;
      setText(label, t(input.title));
      label.setAttribute('title', t(input.description || ''));
      const choice = /** @type {Choice | undefined} */ (all[operation].roles[role]);
      field.fill(choicesOf(input, choice, layers), choice ? `${choice.from}:${choice.id}` : '');
    },
  };
}

/**
 * @param {import('../operations.js').Input} input @param {Choice | undefined} choice @param {State['layers']} layers
 * @returns {Array<[string, string]>}
 */
function choicesOf({ required, absent, whole }, choice, layers) {
  /** @type {Array<[string, string]>} */
  const own = [];
  const there = choice?.from === 'layer' && layers.some(({ id }) => id === choice.id);
  if (whole) own.push([WHOLE, t('pictureVisible')]);
  if (choice && choice.from !== 'visible' && !there) {
    own.push([`${choice.from}:${choice.id}`, choice.from === 'file' ? choice.name : t('pictureGone', choice)]);
  }
  const named = layers.map(
    ({ id, name, level }) => /** @type {[string, string]} */ ([`layer:${id}`, INDENT.repeat(level) + name]),
  );
  const nothing = required ? t('pictureChoose') : absent ? t(absent) : t('pictureNone');
  return [['', nothing], ...own, ...named, [FILE, t('pictureFile')]];
}

/** @param {string} role @param {import('./form.js').Asked} asked @returns {Row} */
function wayRow(role, { set, values }) {
  const label = el('div', { class: 'label' });
  const field = choiceField({
    id: `result-${role.replace('/', '-')}`,
    choices: [],
    onChange: (value) => set({ roles: { ...values().roles, [role]: /** @type {any} */ (value) } }),
  });
  const node = el('div', { class: 'field beside' }, label, field.node);
  return {
    node,
    update({ operation, values: all }) {
      const outputs = chosenOutputs(operationOf(operation));
      const output = outputs.find((known) => known.role === role);
      show(node, Boolean(output));
      if (!output) return;
      setText(label, outputs.length > 1 ? t('resultNamedAs', { title: t(output.title) }) : t('resultAs'));
      const choices = waysOf(output).map((way) => /** @type {[string, string]} */ ([way, t(`way_${way}`)]));
      field.fill(choices, wayOf(output, all[operation].roles));
    },
  };
}

module.exports = { createRoleRows };
