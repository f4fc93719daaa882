'use strict';

/**
 * The form of all operations, made from their table: one field for each option, by what the option says of itself. Fields are
 * there from the beginning and are hidden where the operation has no such option: UXP's Tab does not reach what comes later.
 *
 * @typedef {import('../operations.js').Operation} Operation
 * @typedef {import('../operations.js').Option} Option
 * @typedef {import('../operations.js').OperationName} OperationName
 * @typedef {import('../state.js').State} State
 * @typedef {{id: string, option: Option, of: Record<OperationName, Option>}} Slot a field: `option` as it is built, `of` each operation's
 * @typedef {import('./conditions.js').Context} Context
 * @typedef {object} Asked what the fields call
 * @property {(values: Object<string, any>) => void} set
 * @property {(field: string, text: string) => void} onProblem
 * @property {() => void} onEnter
 * @property {() => import('../parameters.js').Parameters} values
 * @property {(role: string) => void} pick a file
 * @typedef {{row: any, set: (option: Option, value: any, context: Context) => void}} Field
 */

const { el, show } = require('./dom.js');
const { contextOf, isDefault, isShown, planOf } = require('./conditions.js');
const { labelled, textArea, numberField, choiceField, checkField } = require('./fields.js');
const { createRoleRows } = require('./role_rows.js');
const { inputOf, optionsOf } = require('../operations.js');
const { SIDES, choiceLabel, labelOf, scaleOf, shownRange } = require('../parameters.js');
const { chosenLayer, withSelectedMargins } = require('../scene.js');
const { t } = require('../texts.js');

/** What an option may say otherwise from operation to operation, and still have one field. */
const BY_OPERATION = Object.freeze(['default', 'automatic_is', 'hint', 'required', 'optional_with', 'shown_when']);

/** @type {Object<string, (slot: Slot, asked: Asked) => Field>} by the option's widget */
const WIDGETS = Object.freeze({
  text: textRow,
  number: numberRow,
  slider: numberRow,
  pixels: numberRow,
  percent: numberRow,
  seed: numberRow,
  choice: choiceRow,
  model: choiceRow,
  sampler: choiceRow,
  check: checkRow,
  margins: marginsRow,
});

/**
 * @param {readonly Operation[]} operations
 * @param {Asked} asked
 * @returns {{main: any[], advanced: any[], update: (state: State) => string[]}} rows of the two groups, in their order; `update`
 *   gives the fields with a problem that cannot be seen now
 */
function createForm(operations, asked) {
  const source = sourceRow(operations, asked);
  const roles = createRoleRows(operations, asked);
  const rows = slotsOf(operations).map((slot) => ({ slot, field: fieldOf(slot, asked) }));
  const of = (/** @type {string} */ group) =>
    rows.filter(({ slot }) => slot.option.group === group).map(({ field }) => field.row);
  return {
    main: [...of('main'), ...roles.nodes],
    advanced: [source.row, ...of('advanced')],
    update(state) {
      const context = contextOf(state);
      source.update(state);
      roles.update(state);
      /** @type {string[]} */
      const unseen = [];
      for (const { slot, field } of rows) {
        const option = slot.of[state.operation];
        const shown = Boolean(option) && isShown(option, context);
        show(field.row, shown);
        if (shown) field.set(option, state.values[state.operation][option.name], context);
        else if (state.problems[slot.id]) unseen.push(slot.id);
      }
      return unseen;
    },
  };
}

/**
 * @param {readonly Operation[]} operations
 * @returns {Slot[]} a field for each option that is not the same as one before it, in an order that fits all operations
 */
function slotsOf(operations) {
  /** @type {Array<{key: string, option: Option, of: Record<OperationName, Option>}>} */
  const slots = [];
  for (const operation of operations) {
    let at = -1;
    for (const option of optionsOf(operation)) {
      const key = JSON.stringify({ ...option, ...Object.fromEntries(BY_OPERATION.map((name) => [name, null])) });
      const known = slots.findIndex((slot) => slot.key === key);
      if (known < 0) slots.splice(++at, 0, { key, option, of: { [operation.name]: option } });
      else {
        slots[known].of[operation.name] = option;
        at = Math.max(at, known);
      }
    }
  }
  /** @type {Object<string, number>} */
  const taken = {};
  const main = slots.filter(({ option }) => option.group === 'main');
  return [...main, ...slots.filter((slot) => !main.includes(slot))].map(({ option, of }) => {
    const name = option.name.split('_')[0];
    taken[name] = (taken[name] || 0) + 1;
    return { id: taken[name] > 1 ? name + taken[name] : name, option, of };
  });
}

/** @param {Option} option @param {Context} context @returns {string} what an empty field shows */
function hintOf(option, { model, state }) {
  if (!option.automatic || option.hint) return t(option.hint);
  const { automatic_is: is } = option;
  if (is === 'random') return t('random');
  const [holder, name] = typeof is === 'string' ? is.split('.') : ['', ''];
  /** @type {Object<string, any>} */
  const holders = { model, plan: planOf(state) };
  const found = name ? (holders[holder] || {})[name] : is;
  return typeof found === 'number' ? t('automaticIs', { value: shownNumber(option, found) }) : t('automatic');
}

/** @param {Option} option @param {Context} context @returns {{minimum?: number, maximum?: number}} what the model takes, where it tells */
function rangeOf({ name }, { model }) {
  const { minimum = null, maximum = null } = ((model || {}).options || {})[name] || {};
  return { ...(minimum === null ? {} : { minimum }), ...(maximum === null ? {} : { maximum }) };
}

/** @param {Option} option @param {number} value @returns {number} */
function shownNumber(option, value) {
  const scale = scaleOf(option);
  return scale === 1 ? value : Math.round(value * scale);
}

/** @param {Slot} slot @param {Asked} asked @returns {Field} */
function fieldOf(slot, asked) {
  const make = WIDGETS[slot.option.widget];
  if (!make) throw new Error(`the panel has no field for ${slot.option.name}, a ${slot.option.widget}`);
  return make(slot, asked);
}

/** @param {Slot} slot @param {Asked} asked @returns {Field} */
function textRow({ id, option }, { set, onEnter }) {
  const { lines, name, description } = option;
  const area = textArea({ id, lines, onChange: (text) => set({ [name]: text }), onEnter });
  return {
    row: labelled(labelOf(option), area.node, 'above', t(description)),
    set(own, value) {
      area.set(value);
      area.hint(t(own.hint));
    },
  };
}

/** @param {Slot} slot @param {Asked} asked @returns {Field} */
function numberRow({ id, option }, { set, onProblem }) {
  const scale = scaleOf(option);
  const field = numberField({
    id,
    name: labelOf(option),
    ...shownRange(option),
    step: (option.step || 1) * scale,
    whole: option.type === 'integer' || scale !== 1,
    optional: option.automatic,
    onChange: (value) => set({ [option.name]: value === null ? null : value / scale }),
    onProblem,
  });
  return {
    row: labelled(labelOf(option), field.node, 'beside', t(option.description)),
    set(own, value, context) {
      field.set(value === null ? null : shownNumber(own, value));
      field.limit(shownRange({ ...own, ...rangeOf(own, context) }));
      field.hint(hintOf(own, context));
    },
  };
}

/** @param {Slot} slot @param {Asked} asked @returns {Field} */
function choiceRow({ id, option }, { set }) {
  const { name, description } = option;
  const field = choiceField({ id, choices: [], onChange: (value) => set({ [name]: value || null }) });
  return {
    row: labelled(labelOf(option), field.node, 'beside', t(description)),
    set: (own, value, context) => field.fill(choicesOf(own, context), value || ''),
  };
}

/** @param {Option} option @param {Context} context @returns {Array<[string, string]>} values and what is shown of them */
function choicesOf(option, { models, model, state }) {
  /** @type {string[]} */
  let names = option.choices || [];
  let first = t('automatic');
  const { automatic_is: is } = option;
  const planned = typeof is === 'string' && is.startsWith('plan.') ? (planOf(state) || {})[is.slice('plan.'.length)] : null;
  if (names.includes(planned)) first = t('automaticIs', { value: choiceLabel(planned, option) });
  if (option.choices_from === 'models') {
    const standard = models.find((known) => isDefault(known, state.operation));
    if (planned !== '') first = standard ? t('modelDefaultNamed', { name: standard.name }) : t('modelDefault');
    names = models.map((known) => known.name);
  } else if (option.choices_from) {
    names = (model || {})[option.choices_from.slice('model.'.length)] || [];
  }
  const named = names.filter((name) => name !== 'auto').map((name) => /** @type {[string, string]} */ ([name, option.choices ? choiceLabel(name, option) : name]));
  return option.automatic ? [['', first], ...named] : named;
}

/** @param {Slot} slot @param {Asked} asked @returns {Field} */
function checkRow({ id, option }, { set }) {
  const field = checkField({ id, name: labelOf(option), onChange: (on) => set({ [option.name]: on }) });
  field.node.setAttribute('title', t(option.description));
  return { row: field.node, set: (_own, value) => field.set(value) };
}

/** @param {Slot} slot @param {Asked} asked @returns {Field} */
function marginsRow({ option }, { set, onProblem, values }) {
  const { name, step, description } = option;
  const fields = SIDES.map((side) =>
    numberField({
      id: side,
      name: t(side),
      ...shownRange(option),
      step: step || 1,
      onChange: (value) => set({ [name]: { ...values()[name], [side]: value } }),
      onProblem,
    }),
  );
  const cells = SIDES.map((side, i) =>
    el('div', { class: 'cell' }, el('div', { class: 'celllabel' }, t(side)), fields[i].node),
  );
  return {
    row: labelled(labelOf(option), el('div', { class: 'cells' }, ...cells), 'above', t(description)),
    set(own, _value, { state }) {
      const chosen = state.values[state.operation];
      const used = state.scene ? withSelectedMargins(state.scene, chosen) : chosen;
      SIDES.forEach((side, i) => {
        fields[i].set(used[own.name][side]);
        fields[i].enable(used === chosen);
      });
    },
  };
}

/**
 * Of which layers the picture is made: not an option of the operation, but of what is read.
 * @param {readonly Operation[]} operations @param {Asked} asked
 */
function sourceRow(operations, { set }) {
  const read = operations.flatMap(({ inputs }) => inputs).find(({ role }) => role === 'image');
  const field = choiceField({ id: 'source', choices: [], onChange: (value) => set({ source: value }) });
  const row = labelled(t(read ? read.title : ''), field.node);
  return {
    row,
    /** @param {State} state */
    update({ operation, scene, values }) {
      show(row, inputOf(operation, 'image') !== null);
      const layer = scene && chosenLayer(scene);
      field.fill(
        [
          ['visible', t('sourceVisible')],
          ['layer', layer ? t('sourceLayerNamed', { name: layer.name }) : t('sourceLayer')],
        ],
        values[operation].source,
      );
    },
  };
}

module.exports = { createForm, slotsOf, hintOf, WIDGETS };
