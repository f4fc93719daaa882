'use strict';

/**
 * Every text that a user reads but for those of operations and options, which operation_table.js has: of these the
 * English text is the key. `{name}` stands for a value. Another language is another table with the same keys:
 * `TABLES[language]`; what it lacks is shown in English.
 *
 * @typedef {Object<string, string>} Table
 */

const { SHARED } = require('./english.js');
const { FAILURES } = require('./texts_failures.js');
const { SELFTEST } = require('./texts_selftest.js');

/** @type {Table} */
const ENGLISH = {
  ...SHARED,
  ...FAILURES,
  ...SELFTEST,

  // Tabs, jobs and fields
  paint: 'Paint',
  history: 'History',
  settings: 'Settings',
  job: 'Job',
  modelDefault: 'Default',
  random: 'random',
  pictureChoose: 'Choose…',
  pictureGone: '{name} (not in this document)',
  advanced: 'More settings',
  again: 'Again',
  againTip: 'The same with a new seed: the selected Layerbridge layer, or the last run',
  generateTip: 'Enter generates; Shift+Enter begins a new line in the prompt',

  // Commands, Actions and the panel's menu
  stepGenerate: 'Layerbridge: Generate',
  menuReload: 'Reload models',
  menuSettings: 'Settings',
  nothingRuns: 'No job of Layerbridge is running.',
  nothingToSwitch: 'No result of Layerbridge lies in this document. Select its layer, or place one from History first.',
  oneVariation: 'This result has only one variation. Set Variations to 2 or more before Generate.',

  // What the document is
  sceneSelection: 'Selection {width} × {height} px',
  sceneCanvas: 'Canvas {width} × {height} px',
  sceneDepth: '{depth} bit',
  sceneBeyond: 'The selection reaches past the picture: the canvas grows with it.',
  hintBeyond:
    'The selection reaches past the picture. Only its part on the canvas is painted; {operation} extends the canvas.',
  hintSelect: 'No selection outline is visible: select the area to work on.',
  hintNothingSelected: 'No selection outline is visible. With nothing selected, the whole picture is repainted.',

  // Progress
  reading: 'Reading the picture…',
  sending: 'Sending…',
  placing: 'Placing…',
  waitingForPhotoshop: 'Waiting for Photoshop to finish another command…',
  failed: 'Failed',
  stopTip: 'Escape stops',

  // Results
  place: 'Place',
  placeAll: 'Place all',
  replace: 'Replace',
  dismiss: 'Remove from list',
  apply: 'Apply',
  copied: 'Copied',
  placedMark: 'placed',
  appliedMark: 'applied',
  documentNamed: '{name} – {title}',
  variationPlain: 'Variation {number}',
  variation: 'Variation {number}, seed {seed}',
  layerNumber: '{title} #{number}',

  // History
  historySearch: 'Search prompts, models, documents',
  historySize: '{width} × {height} px',
  historyNote: '{width} × {height} px; seed {seed}',
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
  way: 'Connected by',
  connectBy: 'Connect by',
  wayAuto: 'Automatic',
  wayHttp: 'HTTP only',
  waySocket: 'WebSocket only',
  viaHttp: 'HTTP',
  viaSocket: 'WebSocket',
  tried: 'What was tried',
  pairLost:
    'Photoshop no longer has this panel’s pairing. Run “layerbridge pair” in a terminal and type the code that it shows.',
  unpair: 'Forget pairing',
  placeFirst: 'Place the first variation by itself',
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
