'use strict';

/**
 * The commands of the Plugins menu, to which a user gives keys, and the step of an Action. They also work where the panel
 * is not open: what it would say is then said in a message of Photoshop's.
 *
 * @typedef {import('./panel.js').Panel} Panel
 * @typedef {'generate' | 'again' | 'nextVariation' | 'previousVariation' | 'stop'} Command
 */

const host = require('./host.js');
const jobs = require('./jobs.js');
const { switchVariation } = require('./switching.js');
const { fromJson } = require('./parameters.js');
const { BridgeError } = require('./failures.js');
const { t } = require('./texts.js');

/** The step that an Action plays: the name of a global function, which recorded Actions keep. */
const STEP = 'layerbridgeGenerate';
const INFO = 'org.layerbridge.parameters'; // a prefix of its own, so that Photoshop does not show it as something of its own

/** @type {Record<Command, (panel: Panel) => Promise<string | void>>} what is to be said of it, beside a notice */
const COMMANDS = {
  async generate(panel) {
    await jobs.generate(panel);
  },
  again: (panel) => jobs.again(panel),
  nextVariation: (panel) => switchVariation(panel, 1),
  previousVariation: (panel) => switchVariation(panel, -1),
  async stop(panel) {
    if (!jobs.stopNewest(panel)) throw new BridgeError('refused', t('nothingRuns'));
  },
};

/** @param {Panel} panel @param {Command} name @returns {Promise<void>} */
function runCommand(panel, name) {
  return said(panel, () => COMMANDS[name](panel), !panel.visible());
}

/**
 * From the panel: also a step of the Action that is being recorded, if one is.
 * @param {Panel} panel
 */
async function generate(panel) {
  const { values, operation } = panel.store.get();
  if (!(await jobs.generate(panel))) return;
  await host.recordStep({ name: t('stepGenerate'), methodName: STEP }, { [INFO]: JSON.stringify(values[operation]) });
}

/** The step as it is played. @param {Panel} panel @param {any} info what was recorded @returns {Promise<void>} */
function playStep(panel, info) {
  const work = async () => {
    await jobs.generate(panel, fromJson(JSON.parse(String(info[INFO]))));
  };
  return said(panel, work, true);
}

/** @param {Panel} panel @param {() => Promise<string | void>} work @param {boolean} aloud also in a message of Photoshop's */
async function said(panel, work, aloud) {
  let text = '';
  try {
    await panel.loaded;
    panel.store.dispatch({ type: 'set', values: { notice: null } });
    text = (await work()) || '';
  } catch (error) {
    panel.fail(error);
  }
  if (!aloud) return;
  const { notice, connection } = panel.store.get();
  const away = !['connected', 'looking'].includes(connection.phase);
  const told = notice ? notice.text : away ? connection.message : text;
  if (told) await host.say(told);
}

/** @param {Panel} panel @param {string} id of an item of the panel's menu */
function openMenu(panel, id) {
  if (id === 'settings') panel.store.dispatch({ type: 'set', values: { view: 'settings', notice: null } });
  if (id === 'reload') panel.reloadModels();
}

module.exports = { STEP, runCommand, generate, playStep, openMenu };
