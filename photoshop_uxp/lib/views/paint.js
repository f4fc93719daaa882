'use strict';

/** The Paint view: what is to be painted, the settings, and the jobs below. */

const { el, show, setText, enable, button } = require('./dom.js');
const { labelled, choiceField } = require('./fields.js');
const { createForm } = require('./form.js');
const { createNotice } = require('./notice.js');
const { createCards } = require('./cards.js');
const { DEFAULTS } = require('../parameters.js');
const { operationOf } = require('../operations.js');
const { hints, jobProblem, sceneLine } = require('../scene.js');
const { OPERATIONS } = require('../wire.js');
const { again } = require('../jobs.js');
const { generate } = require('../commands.js');
const { t } = require('../texts.js');

/**
 * @param {import('../panel.js').Panel} panel
 * @returns {{node: any, update: (state: import('../state.js').State) => void}}
 */
function createPaint(panel) {
  const go = () => generate(panel);
  const form = createForm(OPERATIONS, {
    set: (values) => panel.store.dispatch({ type: 'parameters', values }),
    onProblem: (field, text) => panel.store.dispatch({ type: 'problem', field, text }),
    onEnter: go,
    values: () => valuesOf(panel),
  });
  const kind = choiceField({
    id: 'kind',
    choices: OPERATIONS.map(({ name, title }) => [name, t(title)]),
    onChange: (value) => panel.store.dispatch({ type: 'kind', kind: value }),
  });
  const kindRow = labelled(t('job'), kind.node);
  const generateButton = button(t('generate'), go, { kind: 'primary', id: 'generate', title: t('generateTip') });
  const againButton = button(t('again'), () => again(panel), { id: 'again', title: t('againTip') });
  const line = el('div', { class: 'dim line', id: 'scene' });
  const hint = el('div', { class: 'hint', id: 'hint' });
  const notice = createNotice(() => {});
  const cards = createCards(panel);
  const more = createMore(panel, form.advanced);
  const node = el(
    'div',
    { class: 'view', id: 'paint' },
    kindRow,
    ...form.main,
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
      const parameters = state.values[state.kind];
      const { description, help } = operationOf(state.kind);
      kind.set(state.kind);
      kindRow.setAttribute('title', `${t(description)} ${t(help)}`);
      const unseen = form.update(state);
      const problem = jobProblem(state.scene, parameters);
      setText(line, state.scene && !problem ? sceneLine(state.scene) : '');
      const texts = problem ? [problem.message] : state.scene ? hints(state.scene, parameters) : [];
      texts.push(...Object.values(state.problems));
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

/** @param {import('../panel.js').Panel} panel @returns {import('../parameters.js').Parameters} of the job that is shown */
function valuesOf(panel) {
  const { values, kind } = panel.store.get();
  return values[kind];
}

/** What can be folded away. @param {import('../panel.js').Panel} panel @param {any[]} rows */
function createMore(panel, rows) {
  const startAgain = () => {
    const { kind, prompt } = valuesOf(panel);
    const values = prompt ? { ...DEFAULTS[kind], prompt } : DEFAULTS[kind];
    panel.store.dispatch({ type: 'parameters', values });
  };
  const reset = button(t('reset'), startAgain, { kind: 'quiet', id: 'reset' });
  const body = el('div', { class: 'more' }, ...rows, el('div', { class: 'row' }, reset));
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
