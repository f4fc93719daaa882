'use strict';

/** Texts of the self-test in the Settings. */

/** @type {import('./texts.js').Table} */
const SELFTEST = {
  selftest: 'Self-test…',
  selftestClose: 'Close self-test',
  selftestWhat:
    'Finds out how this Photoshop behaves where nobody wrote it down. Save your documents first. It makes documents of its own and ' +
    'closes them without saving; it changes nothing else and sends nothing to anybody. It takes two to five minutes, in which ' +
    'Photoshop is busy; Stop, or Escape, ends it.',
  selftestType:
    'First, in each of these fields: press a letter, Enter, Escape, the arrow keys and Tab; choose something; double-click the box. ' +
    'Hide the panel behind another one for ten seconds, and show it again.',
  selftestLook: 'Tick what is true:',
  selftestTooltip: 'a tooltip came up over the box',
  selftestProgress: 'the progress bar fits the theme',
  selftestPicture: 'the red and white picture is twice as wide as high',
  selftestTab: 'Tab reached all of the fields',
  selftestAlso: 'And, only if you wish:',
  selftestCmyk: 'CMYK documents (may end Photoshop 26.9)',
  selftestMemory: 'a document of 100 megapixels (about 2 GB)',
  selftestRun: 'Run self-test',
  selftestStop: 'Stop',
  selftestRunning: '{count} done, now: {rule}',
  selftestNetwork: '{count} done, now: the network',
  selftestDone: '{count} checked. Please copy the text below and send it to the project.',
  selftestStopped: 'Stopped after {count} checks. The text below has what was seen until then.',
  selftestBroken:
    'The last self-test broke off while “{rule}” was checked. The text below is its report: please send it.',
  selftestFailed: 'The self-test could not be run: {reason}',
};

module.exports = { SELFTEST };
