'use strict';

/**
 * Every text that a painter reads but for those of operations and options, which the table in wire.js has: of these the
 * English text is the key. `{name}` stands for a value. Another language is another table with the same keys:
 * `TABLES[language]`; what it lacks is shown in English.
 *
 * @typedef {Object<string, string>} Table
 */

const { FAILURES } = require('./texts_failures.js');
const { SELFTEST } = require('./texts_selftest.js');

/** @type {Table} */
const ENGLISH = {
  ...FAILURES,
  ...SELFTEST,

  // Tabs, jobs and fields
  paint: 'Paint',
  history: 'History',
  settings: 'Settings',
  job: 'Job',
  modelDefault: 'Default',
  modelDefaultNamed: 'Default ({name})',
  automatic: 'Automatic',
  automaticIs: 'Automatic ({value})',
  random: 'random',
  sourceVisible: 'All visible layers',
  sourceLayer: 'Active layer',
  sourceLayerNamed: 'Active layer (“{name}”)',
  left: 'Left',
  top: 'Top',
  right: 'Right',
  bottom: 'Bottom',
  advanced: 'More settings',
  reset: 'Reset',
  generate: 'Generate',
  again: 'Again',
  againTip: 'The same with a new seed: the selected Layerbridge layer, or the last run',
  generateTip: 'Enter generates; Shift+Enter begins a new line in the prompt',

  // Commands, Actions and the panel's menu
  stepGenerate: 'Layerbridge: Generate',
  menuReload: 'Reload models',
  menuSettings: 'Settings',
  nothingRuns: 'No job of Layerbridge is running.',
  nothingToSwitch: 'No result of Layerbridge lies in this document. Select its layer, or place one from History first.',
  oneVariation: 'This result has one variation only. Set Variations to 2 or more before Generate.',

  // What the document is
  sceneSelection: 'Selection {width} × {height} px',
  sceneCanvas: 'Canvas {width} × {height} px',
  sceneDepth: '{depth} bit',
  sceneBeyond: 'The selection reaches past the picture: the canvas grows with it.',
  hintBeyond:
    'The selection reaches past the picture. Only its part on the canvas is painted; Outpaint extends the canvas.',
  hintSelect: 'No outline of a selection shows: select what is to be removed.',
  hintNothingSelected: 'No outline of a selection shows: where nothing is selected, the whole picture will be repainted.',

  // Progress
  reading: 'Reading the picture…',
  sending: 'Sending…',
  placing: 'Placing…',
  waitingForPhotoshop: 'Waiting for Photoshop to finish another command…',
  waiting: 'Waiting…',
  waitingBehind: 'Waiting: {count} before this one',
  loadingModel: 'Loading model…',
  preparing: 'Preparing…',
  painting: 'Painting: step {step} of {steps}',
  paintingOf: 'Painting: variation {number} of {count}, step {step} of {steps}',
  finishing: 'Finishing the picture…',
  finished: 'Finished',
  stopping: 'Stopping…',
  stopped: 'Stopped',
  failed: 'Failed',
  reconnecting: 'Layerbridge stopped answering. Reconnecting…',
  etaMoment: 'A moment left',
  etaSeconds: 'About {seconds} seconds left',
  etaMinutes: 'About {minutes} minutes left',
  stop: 'Stop',
  stopTip: 'Escape stops',

  // Results
  place: 'Place',
  placeAll: 'Place all',
  replace: 'Replace',
  dismiss: 'Remove from list',
  placedMark: 'placed',
  variation: 'Variation {number}, seed {seed}',
  someFinished: '{done} of {count} variations were finished. {message}',
  runAgain: 'Run again',
  layerNumber: '{title} #{number}',

  // History
  thisDocument: 'This document',
  allDocuments: 'All documents',
  historyEmpty: 'Nothing here yet. Finished results appear here and stay for two weeks.',
  historySearch: 'Search prompts, models, documents',
  historyNothing: 'No result has all of these words: {words}',
  historyNote: '{width} × {height} px; seed {seed}',
  more: 'More…',
  delete: 'Delete',
  deleteNow: 'Delete now',
  deleteAsk: 'Delete “{title}” from Layerbridge? Layers in your documents stay.',
  deleteAskAll: 'Delete all {count} variations of “{title}” from Layerbridge? Layers in your documents stay.',
  openNew: 'Open as new document',
  useSettings: 'Use settings',
  refresh: 'Refresh',
  stateWaiting: 'Waiting',
  statePainting: 'Painting',

  // Settings and pairing
  connection: 'Connection',
  connected: 'Connected and paired.',
  looking: 'Looking for Layerbridge…',
  address: 'Address',
  way: 'Connected by',
  connectBy: 'Connect by',
  wayAuto: 'Automatic',
  wayHttp: 'HTTP only',
  waySocket: 'WebSocket only',
  version: 'Version',
  viaHttp: 'HTTP',
  viaSocket: 'WebSocket',
  tried: 'What was tried',
  checkAgain: 'Check again',
  pairTitle: 'Pair with Layerbridge',
  pairText: 'Run “layerbridge pair” in a terminal and type the code that it shows.',
  pairLost:
    'Photoshop no longer has this panel’s pairing. Run “layerbridge pair” in a terminal and type the code that it shows.',
  code: 'Code',
  pair: 'Pair',
  unpair: 'Forget pairing',
  placeFirst: 'Place the first variation by itself',
  models: 'Models',
  modelsNone: 'none',
  isDefault: '{name} (default)',

  // Titles of failures
  title_unreachable: 'Layerbridge is not running',
  title_lost: 'Layerbridge stopped',
  title_unauthorized: 'This panel is not paired',
  title_pairing_refused: 'The code was not accepted',
  title_pairing_rate_limited: 'The code was not accepted',
  title_incompatible_version: 'Layerbridge and the panel do not fit together',
  title_out_of_memory: 'Not enough memory',
  title_worker_unavailable: 'Layerbridge cannot paint',
  title_interrupted: 'The job was interrupted',
  title_worker_died: 'The job was interrupted',
  title_worker_unresponsive: 'The job was interrupted',
  title_refused: 'This cannot be done here',
  title_gone: 'The result was not placed',
  title_busy: 'Photoshop is busy',
  title_empty_selection: 'There is nothing to paint',
  title_too_many_pixels: 'The area is too large',
  title_too_large: 'The area is too large',
  title_queue_full: 'Too many jobs are waiting',
  title_disk_full: 'The disk is full',
  title_folder_unwritable: 'Layerbridge cannot write its files',
  title_model_not_found: 'The model was not found',
  title_model_unreadable: 'The model cannot be read',
  title_model_unsafe: 'The model is not safe to open',
  title_unsupported: 'The model cannot do this',
  title_safety_blocked: 'The safety checker blocked the picture',
  title_bad_output: 'The model gave no picture',
  title_shutting_down: 'Layerbridge is stopping',
  title_forbidden_host: 'Layerbridge refused the connection',
  title_forbidden_origin: 'Layerbridge refused the connection',
  title_not_found: 'It is not there any more',
  title_not_ready: 'The result is not there yet',
  title_idempotency_conflict: 'The job was sent twice',
  title_method_not_allowed: 'Layerbridge and the panel do not fit together',
  title_invalid_frame: 'Layerbridge and the panel do not fit together',
  title_invalid_request: 'A setting is not accepted',
  title_internal: 'Layerbridge made a mistake',
  title_other: 'Layerbridge could not finish this',
};

/** @type {Object<string, Table>} */
const TABLES = { en: ENGLISH };

let language = 'en';

/** @param {string} locale such as 'de_DE' @returns {void} */
function useLanguage(locale) {
  const name = String(locale || '')
    .slice(0, 2)
    .toLowerCase();
  language = TABLES[name] ? name : 'en';
}

/**
 * @param {string} key
 * @param {Object<string, string | number>} [values]
 * @returns {string}
 */
function t(key, values = {}) {
  const text = TABLES[language][key] || ENGLISH[key] || key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** @param {string} code of a failure @returns {string} */
function failureTitle(code) {
  return ENGLISH['title_' + code] ? t('title_' + code) : t('title_other');
}

module.exports = { t, useLanguage, failureTitle, ENGLISH, TABLES };
