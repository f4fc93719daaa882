'use strict';

/**
 * What the rows of a form depend on: the selection, the model that will be used, and the plan. Pure functions.
 *
 * @typedef {import('../state.js').State} State
 * @typedef {object} Context what the form depends on
 * @property {State} state
 * @property {boolean} selected whether something is selected, or nothing is known of that
 * @property {any[]} models those that the operation can use
 * @property {any} model of them the one that will be used; undefined: none is known
 */

const { selectionOnCanvas } = require('../scene.js');

/** @param {State} state @returns {Context} */
function contextOf(state) {
  const { operation, scene } = state;
  const models = state.models.filter((known) => known.operations.includes(operation));
  const { model: chosen } = state.values[operation];
  const model = models.find((known) => (chosen ? known.name === chosen : isDefault(known, operation)));
  return { state, models, model, selected: !scene || selectionOnCanvas(scene) !== null };
}

/** @param {State['models'][number]} model @param {string} operation @returns {boolean} whether it paints where none is chosen; an older daemon has one for all */
function isDefault(model, operation) {
  return model.default_for ? model.default_for.includes(operation) : model.default;
}

/** @param {State} state @returns {State['plan']} that of the operation that is shown */
function planOf({ plan, operation }) {
  return plan && plan.operation === operation ? plan : null;
}

/**
 * @param {{shown_when?: string}} row an option, or an input @param {Context} context
 * @param {boolean} [unknown] whether what the model or the plan does not tell of counts as there
 * @returns {boolean}
 */
function isShown({ shown_when: when = '' }, { selected, model, state }, unknown = true) {
  /** @type {Record<string, any>} */
  const holders = { model, plan: planOf(state) };
  return when.split(' ').every((condition) => {
    if (condition === 'selection') return selected;
    const [holder, name] = condition.split('.');
    if (!name || !(holder in holders)) return true;
    const has = (holders[holder] || {})[name];
    return has === undefined || has === null ? unknown : Boolean(has) && has !== 'none';
  });
}

module.exports = { contextOf, isDefault, isShown, planOf };
