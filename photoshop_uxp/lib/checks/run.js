'use strict';

/**
 * Runs the checks one after the other, and has the report kept before each: one that ends Photoshop leaves its name in it.
 *
 * @typedef {import('./kit.js').Host} Host
 * @typedef {{report: string, version: number, by: 'script' | 'panel', photoshop: string, uxp: string, system: string,
 *   running: string, left_out: string[], observed: Record<string, string>, notes: Record<string, string>,
 *   milliseconds: Record<string, number>}} Report `running`: the rule whose check runs; '' when all have run. `left_out`: what the
 *   user did not agree to. `milliseconds`: what each check took
 * @typedef {object} How
 * @property {'script' | 'panel'} by
 * @property {<T>(work: () => Promise<T>) => Promise<T>} inScope
 * @property {(report: Report) => Promise<void>} keep called before each check and at the end
 * @property {(what: 'cmyk' | 'memory') => Promise<boolean>} agreed
 * @property {() => boolean} [stopped] asked before each check
 * @property {import('./kit.js').Closer | null} [closer] of a script
 * @property {string[]} [only] rules
 * @property {import('./kit.js').Sizes} [sizes]
 */

const { createKit } = require('./kit.js');
const { groupsOf } = require('./index.js');
const { textOf } = require('./answers.js');

const VERSION = 2; // of the report
/** @type {import('./kit.js').Sizes} */
const SIZES = { megapixels: 100, layers: 500 };

/** @param {() => any} get @returns {string} */
function orUnknown(get) {
  try {
    return String(get());
  } catch (error) {
    return 'unknown';
  }
}

/** @param {Host} host @param {How} how @returns {Promise<Report>} */
async function runChecks(host, { by, inScope, keep, agreed, stopped = () => false, closer, only, sizes = SIZES }) {
  const kit = createKit(host, inScope, sizes, closer);
  const { uxp } = host;
  /** @type {Report} */
  const report = {
    report: 'layerbridge-conformance',
    version: VERSION,
    by,
    photoshop: orUnknown(() => uxp.host.version),
    uxp: orUnknown(() => uxp.versions.uxp),
    system: orUnknown(() => require('os').platform()),
    running: '',
    left_out: [],
    observed: {},
    notes: kit.notes,
    milliseconds: {},
  };
  const run = (/** @type {boolean} */ scope, /** @type {() => Promise<any>} */ work) =>
    scope ? inScope(work) : work();
  for (const { checks, scope, ask } of groupsOf(kit, by)) {
    const chosen = Object.entries(checks).filter(([rule]) => !only || only.includes(rule));
    if (chosen.length && ask && !(await agreed(ask))) {
      report.left_out.push(...chosen.map(([rule]) => rule));
      continue;
    }
    for (const [rule, check] of chosen) {
      if (stopped()) return report;
      report.running = rule;
      await keep(report);
      kit.begin(rule);
      const began = Date.now();
      try {
        report.observed[rule] = await run(scope, check);
      } catch (error) {
        report.observed[rule] = `failed: ${textOf(error)}`;
      }
      report.milliseconds[rule] = Date.now() - began;
      await inScope(kit.end);
    }
  }
  report.running = '';
  await keep(report);
  return report;
}

module.exports = { runChecks };
