'use strict';

/** The Paint view: what is to be painted, the settings, and the jobs below. */

const { el, clear, show, setText, enable, button } = require('./dom.js');
const { labelled, choiceField } = require('./fields.js');
const { createForm } = require('./form.js');
const { createNotice } = require('./notice.js');
const { createCards } = require('./cards.js');
const { listenKeys } = require('./keys.js');
const { defaults } = require('../parameters.js');
const { operationOf } = require('../operations.js');
const { pickPicture } = require('../pictures.js');
const { hints, jobProblem, sceneLine } = require('../scene.js');
const { again } = require('../jobs.js');
const { generate } = require('../commands.js');
const { t } = require('../texts.js');

/**
 * @param {import('../panel.js').Panel} panel
 * @returns {{node: any, update: (state: import('../state.js').State) => void}}
 */
function createPaint(panel) {
  const go = () => generate(panel);
  const rows = createRows(panel, go);
  const choice = choiceField({
    id: 'operation',
    choices: [],
    onChange: (value) => {
      panel.store.dispatch({ type: 'operation', operation: value });
      panel.refreshScene();
    },
  });
  const operationRow = labelled(t('job'), choice.node, 'beside narrow');
  const generateButton = button(t('generate'), go, { kind: 'primary', id: 'generate', title: t('generateTip') });
  const againButton = button(t('again'), () => again(panel), { id: 'again', title: t('againTip') });
  const disagreement = el('div', { class: 'hint strong', id: 'disagreement' });
  const line = el('div', { class: 'dim line', id: 'scene' });
  const hint = el('div', { class: 'hint', id: 'hint' });
  const notice = createNotice(() => {});
  const cards = createCards(panel);
  const more = createMore(panel, rows.advanced);
  const node = el(
    'div',
    { class: 'view', id: 'paint' },
    disagreement,
    operationRow,
    rows.main,
    el('div', { class: 'row actions' }, generateButton, againButton),
    line,
    hint,
    notice.node,
    cards.node,
    more.node,
  );

  return {
    node,
    update(state) {
      const parameters = state.values[state.operation];
      const { description, help } = operationOf(state.operation);
      setText(disagreement, state.disagreement);
      show(disagreement, state.disagreement !== '');
      choice.fill(state.operations.map(({ name, title }) => [name, t(title)]), state.operation);
      operationRow.setAttribute('title', `${t(description)} ${t(help)}`);
      const unseen = rows.update(state);
      const problem = jobProblem(state.scene, parameters);
      setText(line, state.scene && !problem ? sceneLine(state.scene, parameters) : '');
      const texts = problem ? [problem.message] : state.scene ? hints(state.scene, parameters) : [];
      texts.push(...Object.values(state.problems), ...(problem ? [] : estimateOf(state)));
      setText(hint, texts.join('\n'));
      hint.className = problem || Object.keys(state.problems).length ? 'hint strong' : 'hint';
      show(hint, texts.length > 0);
      show(line, Boolean(state.scene && !problem));
      const ready = state.connection.phase === 'connected' && !problem && !Object.keys(state.problems).length;
      enable(generateButton, ready);
      enable(againButton, state.connection.phase === 'connected' && Boolean(state.scene));
      notice.update(state.notice);
      cards.update(state);
      more.update(state);
      for (const field of unseen) panel.store.dispatch({ type: 'problem', field, text: '' });
    },
  };
}

/** @param {import('../state.js').State} state @returns {string[]} how long the job that is shown will take */
function estimateOf({ operation, plan }) {
  if (!operationOf(operation).estimates || !plan || plan.operation !== operation) return [];
  return (plan.notices || []).map((/** @type {any} */ notice) => String(notice.message));
}

/** @param {import('../panel.js').Panel} panel @returns {import('../parameters.js').Parameters} of the job that is shown */
function valuesOf(panel) {
  const { values, operation } = panel.store.get();
  return values[operation];
}

/**
 * The form's rows, made anew where other operations are offered: with a daemon of another version than the panel.
 * @param {import('../panel.js').Panel} panel @param {() => void} go
 */
function createRows(panel, go) {
  const [main, advanced] = [el('div', {}), el('div', {})];
  /** @type {readonly any[] | null} */
  let made = null;
  /** @type {ReturnType<typeof createForm> | null} */
  let form = null;
  return {
    main,
    advanced,
    /** @param {import('../state.js').State} state @returns {string[]} */
    update(state) {
      if (!form || made !== state.operations) {
        made = state.operations;
        form = createForm(state.operations, {
          set: (values) => panel.store.dispatch({ type: 'parameters', values }),
          onProblem: (field, text) => panel.store.dispatch({ type: 'problem', field, text }),
          onEnter: go,
          values: () => valuesOf(panel),
          pick: (role) => pickPicture(panel, role),
        });
        [main, advanced].forEach(clear);
        for (const row of form.main) main.appendChild(row);
        for (const row of form.advanced) advanced.appendChild(row);
        for (const rows of [main, advanced]) listenKeys(panel, rows);
      }
      return form.update(state);
    },
  };
}

/** What can be folded away. @param {import('../panel.js').Panel} panel @param {any} rows */
function createMore(panel, rows) {
  const startAgain = () => {
    const { operation, prompt } = valuesOf(panel);
    const values = prompt ? { ...defaults()[operation], prompt } : defaults()[operation];
    panel.store.dispatch({ type: 'parameters', values });
  };
  const reset = button(t('reset'), startAgain, { kind: 'quiet', id: 'reset' });
  const body = el('div', { class: 'more' }, rows, el('div', { class: 'row' }, reset));
  const toggle = button(
    t('advanced'),
    () => {
      const open = !panel.store.get().more;
      panel.remembered.keepSetting('more', open);
      panel.store.dispatch({ type: 'set', values: { more: open } });
    },
    { kind: 'quiet', id: 'more' },
  );
  return {
    node: el('div', { class: 'section' }, toggle, body),
    /** @param {import('../state.js').State} state */
    update(state) {
      setText(toggle, `${state.more ? '▾' : '▸'} ${t('advanced')}`);
      show(body, state.more);
    },
  };
}

module.exports = { createPaint };
