'use strict';

/**
 * Every text that a painter reads. `{name}` stands for a value. Another language is another table with the same keys:
 * `TABLES[language]`; what it lacks is shown in English.
 *
 * @typedef {Object<string, string>} Table
 */

/** @type {Table} */
const ENGLISH = {
  // Tabs, jobs and fields
  paint: 'Paint',
  history: 'History',
  settings: 'Settings',
  kind_inpaint: 'Inpaint Selection',
  kind_outpaint: 'Outpaint',
  kind_img2img: 'Image to Image',
  kind_txt2img: 'Text to Image',
  job: 'Job',
  prompt: 'Prompt',
  promptHint_inpaint: 'What to paint there; empty continues the surroundings',
  promptHint_outpaint: 'What lies beyond the edges; empty continues the picture',
  promptHint_img2img: 'What the picture becomes',
  promptHint_txt2img: 'Describe the picture',
  negative: 'Negative',
  negativeHint: 'What is not to be seen',
  model: 'Model',
  modelDefault: 'Default',
  modelDefaultNamed: 'Default ({name})',
  strength: 'Strength (%)',
  steps: 'Steps',
  guidance: 'Guidance',
  sampler: 'Sampler',
  automatic: 'Automatic',
  auto: 'auto',
  seed: 'Seed',
  random: 'random',
  variations: 'Variations',
  source: 'Source',
  sourceVisible: 'All visible layers',
  sourceLayer: 'Active layer',
  sourceLayerNamed: 'Active layer (“{name}”)',
  grow: 'Grow (px)',
  feather: 'Feather (px)',
  padding: 'Padding (px)',
  keep: 'Keep to selection',
  addPixels: 'Expand canvas by (px)',
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

  // What the document is
  sceneSelection: 'Selection {width} × {height} px',
  sceneCanvas: 'Canvas {width} × {height} px',
  sceneDepth: '{depth} bit',
  sceneBeyond: 'The selection reaches past the picture: the canvas grows with it.',
  hintBeyond:
    'The selection reaches past the picture. Only its part on the canvas is painted; Outpaint extends the canvas.',
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

  // Failures of the panel's own
  notRunning: 'Start it with “layerbridge serve” in a terminal, then choose Check again.',
  refusedWays:
    'Photoshop refused the connection. Settings shows what was tried; run “layerbridge doctor” in a terminal and compare the port.',
  lostText:
    'It has not come back. Start it with “layerbridge serve”; the job then goes on here, and History has what was finished.',
  notUnderstood: 'Layerbridge gave an answer that is not understood. Update the panel.',
  notLayerbridge: 'Something that is not Layerbridge answered at its address (HTTP {status}).',
  daemonOlder:
    'Layerbridge {version} is older than this panel. Update Layerbridge, then restart it with “layerbridge stop” and “layerbridge serve”.',
  panelOlder:
    'This panel is older than Layerbridge {version}. Run “layerbridge plugin install photoshop”, then restart Photoshop.',
  needMargin: 'Outpaint needs room: expand at least one side, or select past the edge of the picture.',
  needPrompt: 'Text to Image needs a prompt: describe the picture.',
  seedTooLarge: 'The seed is too large for so many variations. Choose a smaller one.',
  badNumber: '{field}: type a number from {minimum} to {maximum}, or leave it empty.',
  noDocument: 'No document is open. Open one, or make one with File ▸ New.',
  noLayer: 'No layer is selected. Select one, or set Source to “All visible layers”.',
  manyLayers: 'Several layers are selected. Select one, or set Source to “All visible layers”.',
  groupLayer: '“{name}” is a group. Select one layer in it, or set Source to “All visible layers”.',
  adjustmentLayer: '“{name}” is an adjustment layer and has no pixels of its own. Set Source to “All visible layers”.',
  unreadableLayer:
    'Photoshop does not give out the pixels of “{name}”. Set Source to “All visible layers”, or rasterize a copy of it.',
  unreadablePicture:
    'Photoshop could not read “{name}”: {reason}. Nothing was sent. Try again; if that area is empty, fill it first.',
  quickMask: 'Quick Mask is on. Press Q to make it a selection, then try again.',
  mode_CMYKColorMode:
    'CMYK documents cannot take the result without loss. Work on an RGB copy: Image ▸ Duplicate, then Image ▸ Mode ▸ RGB Color. History can also open results as new RGB documents.',
  mode_labColorMode:
    'Lab documents cannot take the result without loss. Choose Image ▸ Mode ▸ RGB Color (at 16 bit nothing visible is lost), then try again.',
  mode_bitmapMode:
    'A Bitmap document has only black and white. Choose Image ▸ Mode ▸ Grayscale, then RGB Color, and try again.',
  mode_indexedColorMode:
    'An Indexed document has too few colours for the result. Choose Image ▸ Mode ▸ RGB Color, then try again.',
  mode_duotoneMode:
    'A Duotone document cannot take the result. Choose Image ▸ Mode ▸ RGB Color or Grayscale, then try again.',
  mode_multichannelMode:
    'A Multichannel document has no colours to paint with. Choose Image ▸ Mode ▸ RGB Color, then try again.',
  mode_other: 'This kind of document cannot be painted on. Choose Image ▸ Mode ▸ RGB Color, then try again.',
  depthOther:
    'Documents of this depth cannot be painted on. Choose Image ▸ Mode ▸ 8, 16 or 32 Bits/Channel, then try again.',
  artboardsOutpaint:
    'A document with artboards has no single canvas to extend. Make the artboard larger, select the empty part, and inpaint it.',
  artboardsPlaced: 'The document has artboards: the result lies above them. Drag it into the one it belongs to.',
  nothingThere: 'Nothing is visible in that area: it was sent as transparent.',
  profileConverted: 'Layerbridge does not know the profile “{profile}”: Photoshop converts to {via} and back.',
  sourceGone: 'The layer this was made from is gone. Select another layer, set the job again, and choose Generate.',
  sourceElsewhere:
    'This was made from the layer “{name}” of another document. Select the layer that it is to be made from, set the job again, and choose Generate.',
  selectAgain:
    'This was made with a selection that is not there any more. Select the area again, then choose Again; or set the job and choose Generate.',
  keepsChanging:
    'The selection or the canvas kept changing while the picture was read. Finish the change, then try again.',
  tooLargeToRead:
    'The area has {megapixels} megapixels; at {depth} bit the panel can hold {most}. Select a smaller area, set a smaller Padding, or scale the picture down with Image ▸ Image Size.',
  tooLargeTogether:
    'All {count} variations at once do not fit into the panel’s memory. Select one, and place them one after another.',
  nothingToRepeat: 'There is nothing to repeat yet. Choose Generate first.',
  photoshopBusy: 'Another command or dialog holds Photoshop. Finish it, then try again. Nothing is lost.',
  photoshopFailed: 'Photoshop could not do this: {reason}',
  escaped: 'Stopped with Escape. Nothing was changed; History has the result.',
  damagedResult: 'The result is damaged. Fetch it again from History, or update the panel.',

  // Where a result can go
  docClosed:
    '“{name}” was closed. Open it again and place the result from here, or open it as a new document. Nothing is lost.',
  docNotInFront: '“{name}” is not in front any more.',
  docSwitch: 'Go to it and place',
  docResized: '“{name}” was {oldWidth} × {oldHeight} pixels when the job was sent and is {width} × {height} now.',
  docMode:
    '“{name}” has another mode or depth than when the job was sent. Change it back, or open the result as a new document.',
  docOther: 'This was made for “{name}” ({oldWidth} × {oldHeight} px), not for the document in front.',
  placeAnyway: 'Place at the same pixels',
  later: 'Later',
  lockedGroup:
    'The group “{name}” is locked. Unlock it in the Layers panel and place the result again, or set Source to “All visible layers” for the next job.',
  lockedResult: '“{name}” is locked. Unlock it in the Layers panel, or choose Place to add the variation above it.',
  layerGoneTop: 'The layer was deleted meanwhile: the result lies on top of all layers.',
  nothingReplaced: 'The earlier result is not in this document: nothing was taken away.',
  close: 'Close',
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
