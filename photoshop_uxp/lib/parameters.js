'use strict';

/**
 * What the painter asks for, independent of Photoshop: values, defaults, and the JSON that the daemon takes.
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./geometry.js').Margins} Margins
 * @typedef {'inpaint' | 'outpaint' | 'img2img' | 'txt2img'} Kind
 * @typedef {'layer' | 'visible'} Source the active layer alone, or all that is visible
 * @typedef {{width: number, height: number, id: string, name: string}} DocumentInfo as the daemon takes it
 *
 * A job as the painter put it. Lengths in document pixels; null leaves a value to the model or the daemon.
 * @typedef {object} Parameters
 * @property {Kind} kind
 * @property {Source} source
 * @property {string} prompt
 * @property {string} negative_prompt
 * @property {string} model '': the daemon's default
 * @property {number | null} strength MIN_STRENGTH to 1
 * @property {number | null} steps
 * @property {number | null} guidance 0 to 50
 * @property {string} sampler
 * @property {number | null} seed null: random
 * @property {number} count
 * @property {number | null} grow
 * @property {number | null} feather
 * @property {number | null} padding
 * @property {boolean} keep_to_selection
 * @property {Margins} margins outpaint only
 */

const { MAX_SEED, MAX_COUNT, MIN_STRENGTH } = require('./wire.js');
const { BridgeError } = require('./failures.js');
const { hasMargins } = require('./geometry.js');
const { t } = require('./texts.js');

/** @type {Margins} */
const NO_MARGINS = Object.freeze({ left: 0, top: 0, right: 0, bottom: 0 });

/** @type {Parameters} */
const BASE = Object.freeze({
  kind: 'inpaint',
  source: 'visible',
  prompt: '',
  negative_prompt: '',
  model: '',
  strength: null,
  steps: null,
  guidance: null,
  sampler: 'auto',
  seed: null,
  count: 1,
  grow: null,
  feather: null,
  padding: null,
  keep_to_selection: false,
  margins: NO_MARGINS,
});

/** @type {Readonly<Record<Kind, Parameters>>} */
const DEFAULTS = Object.freeze({
  inpaint: BASE,
  outpaint: { ...BASE, kind: 'outpaint', margins: { left: 128, top: 0, right: 128, bottom: 0 } },
  img2img: { ...BASE, kind: 'img2img', source: 'layer', strength: 0.6 },
  txt2img: { ...BASE, kind: 'txt2img' },
});

/** @param {unknown} kind @returns {Kind} */
function kindOf(kind) {
  return Object.keys(DEFAULTS).includes(String(kind)) ? /** @type {Kind} */ (kind) : 'inpaint';
}

/**
 * Parameters from an older file or note: unknown keys and values of the wrong type fall back to the defaults.
 * @param {any} value
 * @param {Kind} [kind]
 * @returns {Parameters}
 */
function fromJson(value, kind) {
  const given = typeof value === 'object' && value !== null ? value : {};
  const base = DEFAULTS[kind || kindOf(given.kind)];
  return {
    kind: base.kind,
    source: given.source === 'layer' || given.source === 'visible' ? given.source : base.source,
    prompt: text(given.prompt, base.prompt),
    negative_prompt: text(given.negative_prompt, base.negative_prompt),
    model: text(given.model, base.model),
    strength: number(given.strength, base.strength),
    steps: number(given.steps, base.steps),
    guidance: number(given.guidance, base.guidance),
    sampler: text(given.sampler, base.sampler) || 'auto',
    seed: number(given.seed, base.seed),
    count: Math.min(MAX_COUNT, Math.max(1, number(given.count, base.count) || 1)),
    grow: number(given.grow, base.grow),
    feather: number(given.feather, base.feather),
    padding: number(given.padding, base.padding),
    keep_to_selection: typeof given.keep_to_selection === 'boolean' ? given.keep_to_selection : base.keep_to_selection,
    margins: marginsFrom(given.margins, base.margins),
  };
}

/**
 * The parameters of a job that the daemon remembers, with every value as it was used.
 * @param {any} request
 * @returns {Parameters}
 */
function fromRequest(request) {
  const notes = request.client_data || {};
  const length = (/** @type {any} */ value) => (typeof value === 'number' ? value : null);
  return {
    kind: kindOf(request.kind),
    source: notes.source === 'layer' ? 'layer' : 'visible',
    prompt: text(request.prompt, ''),
    negative_prompt: text(request.negative_prompt, ''),
    model: text(request.model, ''),
    strength: length(request.strength),
    steps: length(request.steps),
    guidance: length(request.guidance_scale),
    sampler: text(request.sampler, 'auto'),
    seed: length(request.seed),
    count: length(request.count) || 1,
    grow: length(request.grow),
    feather: length(request.feather),
    padding: length(request.padding),
    keep_to_selection: request.keep_to_selection === true,
    margins: marginsFrom(request.margins, NO_MARGINS),
  };
}

/** @param {any} value @param {string} fallback @returns {string} */
function text(value, fallback) {
  return typeof value === 'string' ? value : fallback;
}

/**
 * @template {number | null} T
 * @param {any} value @param {T} fallback
 * @returns {number | T}
 */
function number(value, fallback) {
  return typeof value === 'number' && isFinite(value) ? value : fallback;
}

/** @param {any} value @param {Margins} fallback @returns {Margins} */
function marginsFrom(value, fallback) {
  if (typeof value !== 'object' || value === null) return fallback;
  const side = (/** @type {any} */ given) => Math.max(0, Math.round(number(given, 0)));
  return { left: side(value.left), top: side(value.top), right: side(value.right), bottom: side(value.bottom) };
}

/**
 * A random seed becomes a number now, so that a repeated submission stays the same job.
 * @param {Parameters} parameters
 * @param {() => number} [random] 0 to below 1
 * @returns {Parameters}
 */
function withFixedSeed(parameters, random = Math.random) {
  if (parameters.seed !== null) return parameters;
  return { ...parameters, seed: Math.floor(random() * (MAX_SEED + 2 - parameters.count)) };
}

/**
 * Refuse what cannot work, before anything is read.
 * @param {Parameters} parameters
 * @throws {BridgeError} with what to change
 */
function check(parameters) {
  if (parameters.kind === 'outpaint' && !hasMargins(parameters.margins))
    throw new BridgeError('refused', t('needMargin'));
  if (parameters.kind === 'txt2img' && !parameters.prompt.trim()) throw new BridgeError('refused', t('needPrompt'));
  const { seed, strength } = parameters;
  if (strength !== null && !(strength >= MIN_STRENGTH && strength <= 1)) {
    const range = { minimum: MIN_STRENGTH * 100, maximum: 100 };
    throw new BridgeError('refused', t('badNumber', { field: t('strength'), ...range }));
  }
  if (seed !== null && seed + parameters.count - 1 > MAX_SEED) throw new BridgeError('refused', t('seedTooLarge'));
}

/**
 * The body of `POST /v1/plan`.
 * @param {Parameters} parameters
 * @param {DocumentInfo} document
 * @param {Box | null} selection on the canvas
 * @param {Box | null} layer
 * @returns {Object<string, any>}
 */
function planRequest(parameters, document, selection, layer) {
  /** @type {Object<string, any>} */
  const body = { kind: parameters.kind, document, ...maskOptions(parameters) };
  if (selection && parameters.kind !== 'outpaint') body.selection = selection;
  if (layer && parameters.kind === 'img2img' && parameters.source === 'layer') body.layer = layer;
  if (parameters.kind === 'outpaint') body.margins = parameters.margins;
  if (parameters.model) body.model = parameters.model;
  if (parameters.strength !== null) body.strength = parameters.strength;
  return body;
}

/**
 * The message of the request frame.
 * @param {Parameters} parameters
 * @param {DocumentInfo} document
 * @param {Box} bounds what the tensors cover
 * @param {string | null} profile a profile's name, or null for sRGB
 * @param {Object<string, string>} clientData
 * @returns {Object<string, any>}
 */
function jobMessage(parameters, document, bounds, profile, clientData) {
  /** @type {Object<string, any>} */
  const message = {
    kind: parameters.kind,
    document,
    bounds,
    prompt: parameters.prompt.trim(),
    negative_prompt: parameters.negative_prompt.trim(),
    count: parameters.count,
    sampler: parameters.sampler || 'auto',
    client_data: clientData,
    ...maskOptions(parameters),
  };
  if (parameters.seed !== null) message.seed = parameters.seed;
  if (parameters.model) message.model = parameters.model;
  if (parameters.strength !== null) message.strength = parameters.strength;
  if (parameters.steps !== null) message.steps = parameters.steps;
  if (parameters.guidance !== null) message.guidance_scale = parameters.guidance;
  if (parameters.kind === 'outpaint') message.margins = parameters.margins;
  if (profile) message.profile = profile;
  return message;
}

/** @param {Parameters} parameters @returns {Object<string, any>} */
function maskOptions(parameters) {
  const auto = (/** @type {number | null} */ value) => (value === null ? 'auto' : value);
  return {
    grow: auto(parameters.grow),
    feather: auto(parameters.feather),
    padding: auto(parameters.padding),
    keep_to_selection: parameters.keep_to_selection && parameters.kind !== 'outpaint',
  };
}

/**
 * One line of at most `longest` characters, cut between words where that is possible.
 * @param {string} given
 * @param {number} [longest]
 * @returns {string}
 */
function shortened(given, longest = 48) {
  const line = given.split(/\s+/).filter(Boolean).join(' ');
  if (line.length <= longest) return line;
  const space = line.slice(0, longest).lastIndexOf(' ');
  return line.slice(0, space > longest / 2 ? space : longest - 1).replace(/[ ,;.]+$/, '') + '…';
}

/** @param {Parameters} parameters @returns {string} the prompt, shortened; what was done where there is none */
function titleOf(parameters) {
  return shortened(parameters.prompt) || t('kind_' + parameters.kind);
}

module.exports = {
  DEFAULTS,
  NO_MARGINS,
  fromJson,
  fromRequest,
  withFixedSeed,
  check,
  planRequest,
  jobMessage,
  shortened,
  titleOf,
};
