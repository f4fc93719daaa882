'use strict';

/** The checks as a script of File > Scripts: asks where the report goes, then runs them, and asks once more before the last. */

const { runChecks } = require('./run.js');
const { textOf } = require('./answers.js');

const TITLE = 'Layerbridge: how does this Photoshop behave?';
const OPENING =
  'Save your documents first. This script makes documents of its own and closes them without saving; it changes nothing else ' +
  'and sends nothing anywhere. It takes two to five minutes, in which Photoshop cannot be used. First choose where its report ' +
  'is saved: it is written anew before each of about 180 checks, so that nothing is lost should Photoshop end.';
/** @type {Record<'cmyk' | 'memory', string>} */
const QUESTIONS = {
  memory:
    'One check reads a document of 100 megapixels at 16 bit, which takes about 2 GB of memory and up to a minute. Run it as well?',
  cmyk:
    'The last two checks read CMYK documents. By two reports this may end Photoshop 26.9, without asking about unsaved documents. ' +
    'Run them as well? Save your documents first.',
};
const YES = 'yes';

/**
 * A dialog with a text and two buttons.
 * @param {string} text @param {string} yes @param {string} no
 * @returns {Promise<boolean>} false also where it was closed
 */
async function ask(text, yes, no) {
  /** @type {any} */
  const dialog = document.createElement('dialog');
  const line = document.createElement('p');
  line.textContent = text;
  dialog.appendChild(line);
  for (const [label, value] of [
    [no, ''],
    [yes, YES],
  ]) {
    const button = document.createElement('button');
    button.textContent = label;
    button.addEventListener('click', () => dialog.close(value));
    dialog.appendChild(button);
  }
  document.body.appendChild(dialog);
  try {
    return (await dialog.uxpShowModal({ title: TITLE, size: { width: 440, height: 260 } })) === YES;
  } finally {
    dialog.remove();
  }
}

/** Where this Photoshop shows a script no dialogs, what needs an agreement is left out. @param {'cmyk' | 'memory'} what */
async function agreed(what) {
  try {
    return await ask(QUESTIONS[what], 'Run', 'Leave out');
  } catch (error) {
    return false;
  }
}

/** @param {import('./kit.js').Host} host */
async function main(host) {
  const { core } = host.photoshop;
  try {
    if (!(await ask(OPENING, 'Choose where…', 'Cancel'))) return;
  } catch (error) {
    await core.showAlert(OPENING);
  }
  const name = 'layerbridge-conformance.json';
  const file = await host.uxp.storage.localFileSystem.getFileForSaving(name, { types: ['json'] });
  if (!file) {
    await core.showAlert('Nothing was run, since no file was chosen for the report.');
    return;
  }
  const { executionContext = null } = host.uxp.script || {}; // scripting/how-it-works
  const closer = (executionContext && executionContext.hostControl) || null;
  const stopped = () => Boolean(executionContext && executionContext.isCancelled);
  const keep = (/** @type {import('./run.js').Report} */ report) => file.write(JSON.stringify(report, null, 2));
  try {
    await runChecks(host, { by: 'script', inScope: (work) => work(), keep, agreed, stopped, closer });
    if (stopped()) return;
    await core.showAlert(`The report is saved as ${file.name}. Please send it to the project.`);
  } catch (error) {
    await core.showAlert(`The checks ended early: ${textOf(error)}. What was seen until then is in ${file.name}.`);
  }
}

module.exports = { main };
