'use strict';

/**
 * What the user asks for, independent of Photoshop: the values of an operation's options, and the JSON that the daemon
 * takes. Which options there are, their limits and defaults, the table says (operations.js).
 *
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./geometry.js').Margins} Margins
 * @typedef {import('./operations.js').OperationName} OperationName
 * @typedef {import('./operations.js').Source} Source
 * @typedef {import('./operations.js').Option} Option
 * @typedef {import('./operations.js').Operation} Operation
 * @typedef {{width: number, height: number, id: string, name: string}} DocumentInfo as the daemon takes it
 *
 * A job as the user put it: beside these the operation's options by name; null leaves one to the model or the daemon.
 * @typedef {{operation: OperationName, source: Source, roles: import('./roles.js').Roles, [option: string]: any}} Parameters
 */

const { MAX_SEED, REQUESTS } = require('./wire.js');
const { BridgeError } = require('./failures.js');
const { hasMargins } = require('./geometry.js');
const { furtherInputs, rolesFrom, rolesOfClientData, withoutTags } = require('./roles.js');
const {
  firstOperation,
  isOperation,
  meansLayer,
  modelOption,
  operationOf,
  operations,
  optionsOf,
  readsMask,
} = require('./operations.js');
const { t } = require('./texts.js');

const PLANNED = REQUESTS.PlanRequest.map(({ name }) => name);
const BASE = 'base'; // the role of the model that paints
const SIDES = /** @type {Array<keyof Margins>} */ (['left', 'right', 'top', 'bottom']);

/** @returns {Record<OperationName, Parameters>} of every operation of the table */
function defaults() {
  return Object.fromEntries(operations().map((operation) => [operation.name, defaultsOf(operation)]));
}

/** @param {Operation} operation @returns {Parameters} */
function defaultsOf(operation) {
  const source = operation.inputs.find(({ role }) => role === 'image')?.source || 'visible';
  return { operation: operation.name, source, roles: rolesFrom(operation, {}), ...valuesOf(operation, {}) };
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
 * @param {OperationName} [name] without it the one that the value tells
 * @returns {Parameters}
 */
function fromJson(value, name) {
  const given = typeof value === 'object' && value !== null ? { ...value } : {};
  const operation = operationOf(name || given.operation || given.kind); // kind: of earlier versions
  const base = defaultsOf(operation);
  const source = given.source === 'layer' || given.source === 'visible' ? given.source : base.source;
  return { operation: base.operation, source, roles: rolesFrom(operation, given.roles), ...valuesOf(operation, given) };
}

/**
 * The parameters of a job that the daemon remembers, with every value as it was used.
 * @param {any} request
 * @returns {Parameters}
 */
function fromRequest(request) {
  const clientData = request.client_data || {};
  // a removal of an earlier version is an inpaint to the daemon, and only its client_data tells
  const name = [clientData.procedure, request.operation].find(isOperation) || firstOperation();
  const operation = operationOf(name);
  const params = request.params || {};
  const used = Object.fromEntries(optionsOf(operation).map(({ name }) => [name, params[name] ?? null]));
  const named = modelOption(operation);
  const base = (request.models || []).find((/** @type {any} */ use) => use.role === BASE);
  if (named) used[named] = base ? base.model : null;
  const source = clientData.source === 'layer' ? 'layer' : 'visible';
  return { operation: name, source, roles: rolesOfClientData(operation, clientData), ...valuesOf(operation, used) };
}

/**
 * A random seed becomes a number now, so that a repeated submission stays the same job.
 * @param {Parameters} parameters
 * @param {() => number} [random] 0 to below 1
 * @returns {Parameters}
 */
function withFixedSeed(parameters, random = Math.random) {
  if (parameters.seed !== null) return parameters;
  return { ...parameters, seed: Math.floor(random() * (MAX_SEED + 2 - (parameters.num_images || 1))) };
}

/** @param {Option} option @param {Parameters} parameters @returns {boolean} whether a form goes on without it */
function isNeeded({ required, optional_with: others = '' }, parameters) {
  const pairs = others.split(' ').map((pair) => pair.split('='));
  return required && !pairs.some(([name, value]) => name && parameters[name] === value);
}

/**
 * Refuse what cannot work, before anything is read.
 * @param {Parameters} parameters
 * @throws {BridgeError} with what to change
 */
function check(parameters) {
  const operation = operationOf(parameters.operation);
  const named = { operation: t(operation.title) };
  for (const { role, required, title } of furtherInputs(operation)) {
    if (required && !parameters.roles[role]) throw new BridgeError('refused', t('needPicture', { title: t(title) }));
  }
  for (const option of optionsOf(operation)) {
    const value = parameters[option.name];
    const needed = isNeeded(option, parameters);
    if (needed && option.type === 'margins' && !hasMargins(value))
      throw new BridgeError('refused', t('needMargin', named));
    if (needed && option.type === 'text' && !value.trim())
      throw new BridgeError('refused', t('needPrompt', named));
    if (typeof value === 'number' && !fits(option, value))
      throw new BridgeError('refused', t('badNumber', { field: labelOf(option), ...shownRange(option) }));
  }
  const { seed, num_images: count = 1 } = parameters;
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

/**
 * @param {string} word that an option may be @param {{labels?: Record<string, string>}} option
 * @returns {string} what is shown of it: “Photograph” of photograph
 */
function choiceLabel(word, { labels = {} }) {
  return t(labels[word] || word.slice(0, 1).toUpperCase() + word.slice(1).replace(/-/g, ' '));
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
  const { operation } = parameters;
  const sent = Object.entries(sentOptions(parameters));
  const options = sent.filter(([name]) => PLANNED.includes(name));
  /** @type {Object<string, any>} */
  const body = { operation, document, ...Object.fromEntries(options) };
  if (String(parameters.prompt || '').trim()) body.has_prompt = true;
  const { estimates } = operationOf(operation);
  const further = furtherInputs(operationOf(operation)).flatMap(({ role }) => (parameters.roles[role] ? [role] : []));
  if (further.length) body.further = further;
  if (estimates) body.params = Object.fromEntries(sent.filter(([name]) => !PLANNED.includes(name)));
  if (selection && readsMask(operation)) body.selection = selection;
  if (layer && (estimates || meansLayer(operation)) && parameters.source === 'layer') body.layer = layer;
  return body;
}

/**
 * The message of the request frame.
 * @param {Parameters} parameters
 * @param {DocumentInfo} document
 * @param {Box} bounds what the tensors cover
 * @param {string | null} profile a profile's name, or null for sRGB
 * @param {Object<string, string>} clientData
 * @param {string[]} roles of the tensors that are sent
 * @returns {Object<string, any>}
 */
function jobMessage(parameters, document, bounds, profile, clientData, roles) {
  const operation = operationOf(parameters.operation);
  const { name, version } = operation;
  const params = sentOptions(parameters);
  const named = modelOption(operation);
  const model = named ? params[named] : null;
  if (named) delete params[named];
  /** @type {Object<string, any>} */
  const inputs = Object.fromEntries(roles.map((role) => [role, { bounds }]));
  if (profile) inputs.image = { bounds, profile }; // also where no picture is sent: what is painted is in it
  const models = model ? [{ model, role: BASE }] : [];
  return { operation: name, version, params, inputs, models, document, client_data: clientData };
}

/** @param {Parameters} parameters @returns {Object<string, any>} what is automatic is left out */
function sentOptions(parameters) {
  const own = optionsOf(operationOf(parameters.operation)).map(({ name }) => [name, parameters[name]]);
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

/**
 * @param {Parameters} parameters
 * @param {import('./operations.js').Output} [output] the first one without it
 * @returns {string} the prompt, shortened; what was made where there is none
 */
function titleOf({ operation, prompt }, output = operationOf(operation).outputs[0]) {
  return shortened(withoutTags(String(prompt || ''))) || t(output.stack || output.title);
}

module.exports = {
  SIDES,
  defaults,
  fromJson,
  fromRequest,
  withFixedSeed,
  check,
  choiceLabel,
  labelOf,
  scaleOf,
  shownRange,
  planRequest,
  jobMessage,
  shortened,
  titleOf,
};
