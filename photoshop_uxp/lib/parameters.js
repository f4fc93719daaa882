'use strict';

/**
 * What the painter asks for, independent of Photoshop: the values of an operation's options, and the JSON that the daemon
 * takes. Which options there are, their limits and defaults, the table says (operations.js).
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./geometry.js').Margins} Margins
 * @typedef {import('./operations.js').Kind} Kind
 * @typedef {import('./operations.js').Source} Source
 * @typedef {import('./operations.js').Option} Option
 * @typedef {import('./operations.js').Operation} Operation
 * @typedef {{width: number, height: number, id: string, name: string}} DocumentInfo as the daemon takes it
 *
 * A job as the painter put it: beside these two the operation's options by name; null leaves one to the model or the daemon.
 * @typedef {{kind: Kind, source: Source, [option: string]: any}} Parameters
 */

const { MAX_SEED, OPERATIONS, REQUESTS } = require('./wire.js');
const { BridgeError } = require('./failures.js');
const { hasMargins } = require('./geometry.js');
const { FIRST, isKind, meansLayer, operationOf, optionsOf, readsMask } = require('./operations.js');
const { t } = require('./texts.js');

/** Names of options in files, layers and Actions of earlier versions → those of the table. */
const EARLIER = Object.freeze({ guidance: 'guidance_scale' });
const PLANNED = REQUESTS.PlanRequest.map(({ name }) => name);
const SIDES = /** @type {Array<keyof Margins>} */ (['left', 'right', 'top', 'bottom']);

/** @type {Readonly<Record<Kind, Parameters>>} */
const DEFAULTS = Object.freeze(Object.fromEntries(OPERATIONS.map((operation) => [operation.name, defaultsOf(operation)])));

/** @param {Operation} operation @returns {Parameters} */
function defaultsOf(operation) {
  const source = operation.inputs.find(({ role }) => role === 'image')?.source || 'visible';
  return { kind: operation.name, source, ...valuesOf(operation, {}) };
}

/**
 * @param {Operation} operation
 * @param {Object<string, any>} given
 * @returns {Object<string, any>} its options; what is not given, or is no value of the option, is the default
 */
function valuesOf(operation, given) {
  return Object.fromEntries(
    optionsOf(operation).map((option) => {
      const value = valueOf(option, given[option.name]);
      return [option.name, value === undefined ? option.default : value];
    }),
  );
}

/**
 * @param {Option} option @param {any} value
 * @returns {any} the value as the panel keeps it; undefined: it is of another type
 */
function valueOf(option, value) {
  if (option.automatic && (value === null || value === 'auto' || value === '')) return null;
  switch (option.type) {
    case 'integer':
    case 'number':
      if (typeof value !== 'number' || !isFinite(value)) return undefined;
      return option.automatic ? value : within(option, option.type === 'integer' ? Math.round(value) : value);
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'choice':
      return option.choices?.includes(value) ? value : undefined;
    case 'margins':
      return typeof value === 'object' && value !== null ? marginsFrom(option, value) : undefined;
    default:
      return typeof value === 'string' ? value : undefined;
  }
}

/** @param {Option} option @param {number} value @returns {number} */
function within({ minimum, maximum }, value) {
  return Math.min(maximum ?? Infinity, Math.max(minimum ?? -Infinity, value));
}

/** @param {Option} option @param {any} value @returns {Margins} */
function marginsFrom(option, value) {
  const side = (/** @type {any} */ given) =>
    typeof given === 'number' && isFinite(given) ? within(option, Math.round(given)) : 0;
  return { left: side(value.left), top: side(value.top), right: side(value.right), bottom: side(value.bottom) };
}

/**
 * Parameters from an older file or note: unknown keys are dropped, values of the wrong type fall back to the defaults.
 * @param {any} value
 * @param {Kind} [kind]
 * @returns {Parameters}
 */
function fromJson(value, kind) {
  const given = typeof value === 'object' && value !== null ? { ...value } : {};
  for (const [before, name] of Object.entries(EARLIER)) if (!(name in given)) given[name] = given[before];
  const base = DEFAULTS[kind || (isKind(given.kind) ? given.kind : FIRST)];
  const source = given.source === 'layer' || given.source === 'visible' ? given.source : base.source;
  return { kind: base.kind, source, ...valuesOf(operationOf(base.kind), given) };
}

/**
 * The parameters of a job that the daemon remembers, with every value as it was used.
 * @param {any} request
 * @returns {Parameters}
 */
function fromRequest(request) {
  const notes = request.client_data || {};
  // a removal of an earlier version is an inpaint to the daemon, and only its notes tell
  const kind = [notes.procedure, request.kind].find(isKind) || FIRST;
  const operation = operationOf(kind);
  const used = Object.fromEntries(optionsOf(operation).map(({ name }) => [name, request[name] ?? null]));
  return { kind, source: notes.source === 'layer' ? 'layer' : 'visible', ...valuesOf(operation, used) };
}

/**
 * A random seed becomes a number now, so that a repeated submission stays the same job.
 * @param {Parameters} parameters
 * @param {() => number} [random] 0 to below 1
 * @returns {Parameters}
 */
function withFixedSeed(parameters, random = Math.random) {
  if (parameters.seed !== null) return parameters;
  return { ...parameters, seed: Math.floor(random() * (MAX_SEED + 2 - (parameters.count || 1))) };
}

/**
 * Refuse what cannot work, before anything is read.
 * @param {Parameters} parameters
 * @throws {BridgeError} with what to change
 */
function check(parameters) {
  for (const option of optionsOf(operationOf(parameters.kind))) {
    const value = parameters[option.name];
    if (option.required && option.type === 'margins' && !hasMargins(value))
      throw new BridgeError('refused', t('needMargin'));
    if (option.required && option.type === 'text' && !value.trim()) throw new BridgeError('refused', t('needPrompt'));
    if (typeof value === 'number' && !fits(option, value))
      throw new BridgeError('refused', t('badNumber', { field: labelOf(option), ...shownRange(option) }));
  }
  const { seed, count = 1 } = parameters;
  if (seed && seed + count - 1 > MAX_SEED) throw new BridgeError('refused', t('seedTooLarge'));
}

/** @param {Option} option @param {number} value @returns {boolean} */
function fits(option, value) {
  return within(option, value) === value && (option.type !== 'integer' || Number.isInteger(value));
}

/** @param {Option} option @returns {string} its name, with the unit */
function labelOf({ title, unit }) {
  return unit ? `${t(title)} (${unit})` : t(title);
}

/** @param {Option} option @returns {number} what a value is multiplied with where it is shown */
function scaleOf({ widget }) {
  return widget === 'percent' ? 100 : 1;
}

/** @param {Option} option @returns {{minimum: number, maximum: number}} as it is shown */
function shownRange(option) {
  const scale = scaleOf(option);
  return { minimum: (option.minimum ?? -Infinity) * scale, maximum: (option.maximum ?? Infinity) * scale };
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
  const { kind } = parameters;
  const options = Object.entries(sentOptions(parameters)).filter(([name]) => PLANNED.includes(name));
  /** @type {Object<string, any>} */
  const body = { kind, document, ...Object.fromEntries(options) };
  if (selection && readsMask(kind)) body.selection = selection;
  if (layer && meansLayer(kind) && parameters.source === 'layer') body.layer = layer;
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
  const message = { kind: parameters.kind, document, bounds, client_data: clientData, ...sentOptions(parameters) };
  if (profile) message.profile = profile;
  return message;
}

/** @param {Parameters} parameters @returns {Object<string, any>} what is automatic is left out */
function sentOptions(parameters) {
  const own = optionsOf(operationOf(parameters.kind)).map(({ name }) => [name, parameters[name]]);
  const given = own.filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, typeof value === 'string' ? value.trim() : value]));
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

/** @param {Parameters} parameters @returns {string} the prompt, shortened; what was made where there is none */
function titleOf({ kind, prompt }) {
  return shortened(prompt || '') || t(operationOf(kind).outputs[0].title);
}

module.exports = {
  DEFAULTS,
  SIDES,
  defaultsOf,
  fromJson,
  fromRequest,
  withFixedSeed,
  check,
  labelOf,
  scaleOf,
  shownRange,
  planRequest,
  jobMessage,
  shortened,
  titleOf,
};
