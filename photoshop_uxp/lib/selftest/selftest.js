'use strict';

/**
 * The self-test: the conformance checks over this Photoshop, then the network. Its report lies in the plug-in's own folder and is
 * written before each check, so that one which ends Photoshop is named in it.
 *
 * @typedef {import('../checks/run.js').Report & {interface?: import('./interface.js').Facts}} Report
 * @typedef {object} SelftestOptions
 * @property {boolean} cmyk whether CMYK documents, which may end Photoshop, are read
 * @property {boolean} memory whether the document of 100 megapixels is read
 * @property {() => Promise<import('./interface.js').Facts>} facts of the interface
 * @property {() => boolean} stopped
 * @property {(report: Report) => void} onProgress
 */

const host = require('../host.js');
const storage = require('../storage.js');
const { runChecks } = require('../checks/run.js');
const { waysOf, bodyOf } = require('./network.js');
const { CancelError } = require('../failures.js');

const FILE = 'selftest.json'; // in the plug-in's data folder
const SCOPE = 'Layerbridge self-test';

/** @param {import('../panel.js').Panel} panel @param {SelftestOptions} options @returns {Promise<Report>} */
async function runSelftest(panel, { cmyk, memory, facts, stopped, onProgress }) {
  let cancelled = false;
  const over = () => cancelled || stopped();
  const front = host.activeDocument();
  /** @type {import('../checks/kit.js').InScope} */
  const inScope = (work) =>
    host.modal(SCOPE, work).catch((error) => {
      if (error instanceof CancelError) cancelled = true;
      throw error;
    });
  const seen = await facts(); // before Photoshop is busy with the checks
  const keep = async (/** @type {import('../checks/run.js').Report} */ report) => {
    const whole = { ...report, interface: seen };
    onProgress(whole);
    await storage.files.write(FILE, textOf(whole));
  };
  const agreed = async (/** @type {'cmyk' | 'memory'} */ what) => (what === 'cmyk' ? cmyk : memory);
  const report = await runChecks(host.native, { by: 'panel', inScope, keep, agreed, stopped: over });
  if (!over()) Object.assign(seen, await waysOf(host.net, over), await bodyOf(panel.session));
  report.running = '';
  await keep(report);
  if (front && host.findDocument(front.id)) await inScope(async () => host.bringToFront(front));
  return { ...report, interface: seen };
}

/** @param {Report} report @returns {string} */
function textOf(report) {
  return JSON.stringify(report, null, 2);
}

/** The report of the last self-test. @returns {Promise<Report | null>} null: there was none */
async function lastReport() {
  const text = await storage.files.read(FILE);
  return text ? JSON.parse(text) : null;
}

module.exports = { runSelftest, lastReport, textOf };
