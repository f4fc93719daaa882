'use strict';

/**
 * All that the panel shows, and how it changes. Pure functions.
 *
 * @typedef {import('./parameters.js').Parameters} Parameters
 * @typedef {import('./operations.js').OperationName} OperationName
 * @typedef {import('./scene.js').Scene} Scene
 * @typedef {import('./session.js').Connection} Connection
 * @typedef {{id: string, label: string}} Choice
 * @typedef {{title: string, text: string, tone: 'error' | 'warning' | 'info', choices: Choice[]}} Notice
 * @typedef {{document: number, layer: number}} Spot Photoshop's numbers: a layer's holds within its document only
 * @typedef {object} Variation
 * @property {number} index
 * @property {string[]} roles of the artifacts that there are
 * @property {number} seed
 * @property {Spot | null} placed where it lies; null: nowhere
 * @property {string[]} applied roles of artifacts that are no layers and were applied
 * @property {string | null} text null: it has none, or it was not read yet
 *
 * A job in the list of the Paint view.
 * @typedef {object} Card
 * @property {number} key of the panel's own
 * @property {string} job the daemon's id; '' while the picture is read and sent
 * @property {string} title
 * @property {number} documentId Photoshop's number of the document; 0: made before this start of the panel
 * @property {'preparing' | 'active' | 'ended'} stage
 * @property {string} text
 * @property {number} fraction 0 to 1
 * @property {number | null} eta
 * @property {string} preview base64 of a JPEG
 * @property {boolean} lost
 * @property {boolean} stopping
 * @property {any} request as the daemon has it; null while preparing
 * @property {import('./area.js').Area | null} area what it was made of; null while preparing
 * @property {string} first the job that all repetitions began with
 * @property {Variation[]} variations
 * @property {number} chosen position in `variations`
 * @property {Notice | null} notice
 * @property {boolean} busy its results are being placed
 * @property {boolean} documentClosed a document that it was placed in was closed: it is not offered again after a restart
 *
 * @typedef {{documents: Array<string | null>, before: string | null, words: string}} Cursor where History goes on: documents that
 *   are left (null: all), the last job that was read of the first of them, and the words that its jobs have
 * @typedef {{jobs: any[], next: Cursor | null, all: boolean, words: string, loading: boolean, deleting: string}} History
 *   `deleting`: a resultKey; '': none
 * @typedef {object} State
 * @property {'paint' | 'history' | 'settings'} view
 * @property {Connection} connection
 * @property {Scene | null} scene
 * @property {import('./tree.js').Leveled[]} layers of its document, where the form offers them
 * @property {readonly import('./operations.js').Operation[]} operations that are offered
 * @property {string} disagreement a sentence where the panel and the daemon do not know the same of them
 * @property {OperationName} operation the one that is shown
 * @property {Record<OperationName, Parameters>} values
 * @property {Object<string, string>} problems of fields, by their name
 * @property {any[]} models
 * @property {any} plan of what is in the form, as the daemon last told it; null: not known
 * @property {Card[]} cards newest first
 * @property {Notice | null} notice
 * @property {History} history
 * @property {Object<string, string>} pictures thumbnails as addresses for <img>, by resultKey
 * @property {{way: string, placeFirst: boolean}} settings
 * @property {boolean} more whether the further settings are open
 *
 * @typedef {{type: 'set', values: Partial<State>}
 *   | {type: 'operation', operation: OperationName}
 *   | {type: 'parameters', values: Partial<Parameters>}
 *   | {type: 'problem', field: string, text: string}
 *   | {type: 'card', card: Card}
 *   | {type: 'change', key: number, values: Partial<Card>}
 *   | {type: 'snapshot', key: number, snapshot: any}
 *   | {type: 'variation', key: number, index: number, values: Partial<Variation>}
 *   | {type: 'drop', key: number}
 *   | {type: 'picture', name: string, picture: string}
 *   | {type: 'history', values: Partial<History>}} Action
 */

const { LOOKING } = require('./session.js');
const { carriedOptions, firstOperation, operationOf, operations } = require('./operations.js');
const { defaults } = require('./parameters.js');

const MAX_CARDS = 12;

/** @returns {State} */
function initialState() {
  return {
    view: 'paint',
    connection: LOOKING,
    scene: null,
    layers: [],
    operations: operations(),
    disagreement: '',
    operation: firstOperation(),
    values: defaults(),
    problems: {},
    models: [],
    plan: null,
    cards: [],
    notice: null,
    history: { jobs: [], next: null, all: false, words: '', loading: false, deleting: '' },
    pictures: {},
    settings: { way: 'auto', placeFirst: true },
    more: false,
  };
}

/** @param {State} state @param {Action} action @returns {State} */
function reduce(state, action) {
  switch (action.type) {
    case 'set':
      return { ...state, ...action.values };
    case 'operation':
      return withOperation(state, action.operation);
    case 'parameters': {
      const values = { ...state.values, [state.operation]: { ...state.values[state.operation], ...action.values } };
      return { ...state, values };
    }
    case 'problem': {
      const { [action.field]: _old, ...problems } = state.problems;
      return { ...state, problems: action.text ? { ...problems, [action.field]: action.text } : problems };
    }
    case 'card':
      return { ...state, cards: limited([action.card, ...state.cards]) };
    case 'change':
      return withCard(state, action.key, (card) => ({ ...card, ...action.values }));
    case 'snapshot':
      return withCard(state, action.key, (card) => withSnapshot(card, action.snapshot));
    case 'variation':
      return withCard(state, action.key, (card) => ({
        ...card,
        variations: card.variations.map((known) =>
          known.index === action.index ? { ...known, ...action.values } : known,
        ),
      }));
    case 'drop':
      return { ...state, cards: state.cards.filter((card) => card.key !== action.key) };
    case 'picture':
      return { ...state, pictures: { ...state.pictures, [action.name]: action.picture } };
    case 'history':
      return { ...state, history: { ...state.history, ...action.values } };
    default:
      return state;
  }
}

/**
 * A prompt that was typed for one operation is offered in another that can have one and has none.
 * @param {State} state
 * @param {OperationName} operation
 * @returns {State}
 */
function withOperation(state, operation) {
  const before = state.values[state.operation];
  const own = state.values[operation];
  const called = state.models.filter(({ name }) => name === before.model); // a LoRA may be called so too
  const fits = (/** @type {{widget: string}} */ { widget }) =>
    widget !== 'model' || !called.length || called.some((model) => model.operations.includes(operation));
  const carried = carriedOptions(operationOf(operation)).filter((option) => option.name in before && fits(option));
  const taken = Object.fromEntries(carried.map(({ name }) => [name, before[name]]));
  const offered = own.prompt || !before.prompt ? own : { ...own, ...taken };
  return { ...state, operation, values: { ...state.values, [operation]: offered }, notice: null, problems: {} };
}

/** @param {State} state @param {number} key @param {(card: Card) => Card} change @returns {State} */
function withCard(state, key, change) {
  return { ...state, cards: state.cards.map((card) => (card.key === key ? change(card) : card)) };
}

/**
 * Variations that the snapshot has and the card has not; the others keep what is known of them.
 * @param {Card} card
 * @param {any} snapshot
 * @returns {Card}
 */
function withSnapshot(card, snapshot) {
  /** @type {Variation[]} */
  const variations = [];
  for (const { index, role, meta } of snapshot.artifacts || []) {
    const at = variations.findIndex((variation) => variation.index === index);
    const known = card.variations.find((variation) => variation.index === index);
    if (at >= 0) variations[at] = { ...variations[at], roles: [...variations[at].roles, role] };
    else variations.push({ ...(known || newVariation(index, meta.seed)), roles: [role] });
  }
  return { ...card, job: snapshot.id, request: snapshot.request, variations };
}

/** @param {number} index @param {number} seed @returns {Variation} */
function newVariation(index, seed) {
  return { index, roles: [], seed, placed: null, applied: [], text: null };
}

/** Ended jobs at the end of the list give way; running ones stay. @param {Card[]} cards @returns {Card[]} */
function limited(cards) {
  return cards.filter((card, position) => position < MAX_CARDS || card.stage !== 'ended');
}

/**
 * @param {number} key
 * @param {Partial<Card>} values
 * @returns {Card}
 */
function newCard(key, values) {
  return {
    key,
    job: '',
    title: '',
    documentId: 0,
    stage: 'preparing',
    text: '',
    fraction: 0,
    eta: null,
    preview: '',
    lost: false,
    stopping: false,
    request: null,
    area: null,
    first: '',
    variations: [],
    chosen: 0,
    notice: null,
    busy: false,
    documentClosed: false,
    ...values,
  };
}

/** @param {string} job @param {number | null} index of a variation @returns {string} by which its thumbnail is known */
function resultKey(job, index) {
  return `${job}/${index}`;
}

/** @param {Card} card @returns {Array<Variation & {placed: Spot}>} those that lie in an open document */
function placedVariations(card) {
  return card.variations.flatMap(({ placed, ...others }) => (placed ? [{ ...others, placed }] : []));
}

/** @param {Variation} variation @returns {boolean} whether something of it was put into a document */
function isUsed({ placed, applied }) {
  return placed !== null || applied.length > 0;
}

/** @param {(state: State) => void} onChange */
function createStore(onChange) {
  let state = initialState();
  return {
    get: () => state,
    /** @param {Action} action */
    dispatch(action) {
      state = reduce(state, action);
      onChange(state);
    },
  };
}

module.exports = { initialState, reduce, newCard, placedVariations, resultKey, isUsed, createStore };
