'use strict';

/** The Paint view: what is to be painted, the settings, and the jobs below. */

const { el, show, setText, enable, button } = require('./dom.js');
const { labelled, textArea, numberField, choiceField, checkField } = require('./fields.js');
const { createNotice } = require('./notice.js');
const { createCards } = require('./cards.js');
const { DEFAULTS } = require('../parameters.js');
const { chosenLayer, hints, jobProblem, sceneLine, withSelectedMargins } = require('../scene.js');
const { MAX_COUNT, MAX_SEED, MAX_SIDE, MAX_STEPS, MIN_STRENGTH } = require('../wire.js');
const { again } = require('../jobs.js');
const { generate } = require('../commands.js');
const { t } = require('../texts.js');

const SIDES = /** @type {Array<'left' | 'right' | 'top' | 'bottom'>} */ (['left', 'right', 'top', 'bottom']);

/**
 * @param {import('../panel.js').Panel} panel
 * @returns {{node: any, update: (state: import('../state.js').State) => void}}
 */
function createPaint(panel) {
  const set = (/** @type {Partial<import('../parameters.js').Parameters>} */ values) =>
    panel.store.dispatch({ type: 'parameters', values });
  const onProblem = (/** @type {string} */ field, /** @type {string} */ text) =>
    panel.store.dispatch({ type: 'problem', field, text });
  const go = () => generate(panel);
  const number = (/** @type {any} */ options) => numberField({ onProblem, ...options });

  const kind = choiceField({
    id: 'kind',
    choices: Object.keys(DEFAULTS).map((name) => [name, t('kind_' + name)]),
    onChange: (value) => panel.store.dispatch({ type: 'kind', kind: /** @type {any} */ (value) }),
  });
  const prompt = textArea({ id: 'prompt', lines: 3, onChange: (text) => set({ prompt: text }), onEnter: go });
  const strength = number({
    id: 'strength',
    name: t('strength'),
    minimum: MIN_STRENGTH * 100,
    maximum: 100,
    step: 5,
    optional: true,
    hint: t('auto'),
    onChange: (/** @type {number | null} */ value) => set({ strength: value === null ? null : value / 100 }),
  });
  const count = number({
    id: 'count',
    name: t('variations'),
    minimum: 1,
    maximum: MAX_COUNT,
    onChange: (/** @type {number} */ value) => set({ count: value }),
  });
  const margins = createMargins(panel, number, set);
  const strengthRow = labelled(t('strength'), strength.node);
  const generateButton = button(t('generate'), go, { kind: 'primary', id: 'generate', title: t('generateTip') });
  const againButton = button(t('again'), () => again(panel), { id: 'again', title: t('againTip') });
  const line = el('div', { class: 'dim line', id: 'scene' });
  const hint = el('div', { class: 'hint', id: 'hint' });
  const notice = createNotice(() => {});
  const cards = createCards(panel);
  const more = createMore(panel, number, set, { strength });
  const node = el(
    'div',
    { class: 'view', id: 'paint' },
    labelled(t('job'), kind.node),
    prompt.node,
    margins.node,
    strengthRow,
    labelled(t('variations'), count.node),
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
      kind.set(state.kind);
      prompt.set(parameters.prompt);
      prompt.hint(t('promptHint_' + state.kind));
      margins.update(state);
      show(strengthRow, state.kind === 'img2img');
      strength.set(parameters.strength === null ? null : Math.round(parameters.strength * 100));
      count.set(parameters.count);
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
    },
  };
}

/**
 * @param {import('../panel.js').Panel} panel
 * @param {(options: any) => any} number
 * @param {(values: any) => void} set
 */
function createMargins(panel, number, set) {
  const own = () => panel.store.get().values.outpaint.margins;
  const fields = SIDES.map((side) =>
    number({
      id: side,
      name: t(side),
      minimum: 0,
      maximum: MAX_SIDE,
      step: 8,
      onChange: (/** @type {number} */ value) => set({ margins: { ...own(), [side]: value } }),
    }),
  );
  const cells = SIDES.map((side, i) =>
    el('div', { class: 'cell' }, el('div', { class: 'celllabel' }, t(side)), fields[i].node),
  );
  const node = el(
    'div',
    { class: 'field above' },
    el('div', { class: 'label' }, t('addPixels')),
    el('div', { class: 'cells' }, ...cells),
  );
  return {
    node,
    /** @param {import('../state.js').State} state */
    update(state) {
      show(node, state.kind === 'outpaint');
      if (state.kind !== 'outpaint') return;
      const chosen = state.values.outpaint;
      const used = state.scene ? withSelectedMargins(state.scene, chosen) : chosen;
      SIDES.forEach((side, i) => {
        fields[i].set(used.margins[side]);
        fields[i].enable(used === chosen);
      });
    },
  };
}

/**
 * @param {import('../panel.js').Panel} panel @param {(options: any) => any} number @param {(values: any) => void} set
 * @param {{strength: any}} shared
 */
function createMore(panel, number, set, shared) {
  const negative = textArea({
    id: 'negative',
    lines: 2,
    hint: t('negativeHint'),
    onChange: (text) => set({ negative_prompt: text }),
    onEnter: () => generate(panel),
  });
  const source = choiceField({ id: 'source', choices: [], onChange: (value) => set({ source: value }) });
  const model = choiceField({
    id: 'model',
    choices: [['', t('modelDefault')]],
    onChange: (value) => set({ model: value }),
  });
  const sampler = choiceField({
    id: 'sampler',
    choices: [['auto', t('automatic')]],
    onChange: (value) => set({ sampler: value }),
  });
  const optional = { optional: true, hint: t('auto'), minimum: 0 };
  const field = (/** @type {string} */ id, /** @type {any} */ range) =>
    number({
      id,
      name: t(id),
      ...optional,
      ...range,
      onChange: (/** @type {number | null} */ value) => set({ [id]: value }),
    });
  const strength = number({
    id: 'strength2',
    name: t('strength'),
    ...optional,
    minimum: MIN_STRENGTH * 100,
    maximum: 100,
    step: 5,
    onChange: (/** @type {number | null} */ value) => set({ strength: value === null ? null : value / 100 }),
  });
  const steps = field('steps', { minimum: 1, maximum: MAX_STEPS });
  const guidance = field('guidance', { maximum: 50, step: 0.5, whole: false });
  const seed = field('seed', { maximum: MAX_SEED, hint: t('random') });
  const grow = field('grow', { maximum: 4096 });
  const feather = field('feather', { maximum: 4096 });
  const padding = field('padding', { maximum: 4096, step: 8 });
  const keep = checkField({ id: 'keep', name: t('keep'), onChange: (on) => set({ keep_to_selection: on }) });
  const sourceRow = labelled(t('source'), source.node);
  const strengthRow = labelled(t('strength'), strength.node);
  const edges = el(
    'div',
    {},
    labelled(t('grow'), grow.node),
    labelled(t('feather'), feather.node),
    labelled(t('padding'), padding.node),
  );
  const reset = button(
    t('reset'),
    () => set({ ...DEFAULTS[panel.store.get().kind], prompt: panel.store.get().values[panel.store.get().kind].prompt }),
    { kind: 'quiet', id: 'reset' },
  );
  const body = el(
    'div',
    { class: 'more' },
    labelled(t('negative'), negative.node, 'above'),
    sourceRow,
    labelled(t('model'), model.node),
    strengthRow,
    labelled(t('steps'), steps.node),
    labelled(t('guidance'), guidance.node),
    labelled(t('sampler'), sampler.node),
    labelled(t('seed'), seed.node),
    edges,
    keep.node,
    el('div', { class: 'row' }, reset),
  );
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
      const parameters = state.values[state.kind];
      setText(toggle, `${state.more ? '▾' : '▸'} ${t('advanced')}`);
      show(body, state.more);
      negative.set(parameters.negative_prompt);
      const layer = state.scene && chosenLayer(state.scene);
      source.fill(
        [
          ['visible', t('sourceVisible')],
          ['layer', layer ? t('sourceLayerNamed', { name: layer.name }) : t('sourceLayer')],
        ],
        parameters.source,
      );
      show(sourceRow, state.kind !== 'txt2img');
      const fitting = state.models.filter((known) => known.kinds.includes(state.kind));
      const standard = fitting.find((known) => known.default);
      const first = standard ? t('modelDefaultNamed', { name: standard.name }) : t('modelDefault');
      model.fill(
        [['', first], ...fitting.map((known) => /** @type {[string, string]} */ ([known.name, known.name]))],
        parameters.model,
      );
      const used = fitting.find((known) => (parameters.model ? known.name === parameters.model : known.default));
      const samplers = (used ? used.samplers : []).filter((/** @type {string} */ name) => name !== 'auto');
      sampler.fill(
        [
          ['auto', t('automatic')],
          ...samplers.map((/** @type {string} */ name) => /** @type {[string, string]} */ ([name, name])),
        ],
        parameters.sampler,
      );
      show(strengthRow, state.kind === 'inpaint' || state.kind === 'outpaint');
      strength.set(parameters.strength === null ? null : Math.round(parameters.strength * 100));
      for (const [name, control] of Object.entries({ steps, guidance, seed, grow, feather, padding }))
        control.set(/** @type {any} */ (parameters)[name]);
      show(edges, state.kind !== 'txt2img');
      keep.set(parameters.keep_to_selection);
      show(keep.node, state.kind === 'inpaint' || state.kind === 'img2img');
    },
  };
}

module.exports = { createPaint };
