'use strict';

/** The self-test's part of the Settings. It is made when it is opened, and runs nothing until its button is pressed. */

const { el, show, setText, clear, button } = require('./dom.js');
const { checkField } = require('./fields.js');
const { createProbe } = require('../selftest/interface.js');
const { runSelftest, lastReport, textOf } = require('../selftest/selftest.js');
const { reasonOf } = require('../failures.js');
const { t } = require('../texts.js');

const LOOKS = ['selftestTooltip', 'selftestProgress', 'selftestPicture', 'selftestTab'];

/** @param {import('../panel.js').Panel} panel @returns {any} a node */
function createSelftest(panel) {
  const body = el('div', { class: 'section' });
  /** @type {ReturnType<typeof createPage> | null} */
  let page = null;
  const toggle = button(
    t('selftest'),
    () => {
      if (page && page.busy()) return;
      if (page) page.close();
      clear(body);
      page = page ? null : createPage(panel);
      if (page) body.appendChild(page.node);
      setText(toggle, t(page ? 'selftestClose' : 'selftest'));
    },
    { kind: 'quiet', id: 'selftest' },
  );
  return el('div', { class: 'section' }, toggle, body);
}

/** @param {string} id @param {Set<string>} chosen @returns {any} */
function choice(id, chosen) {
  return checkField({ id, name: t(id), onChange: (on) => (on ? chosen.add(id) : chosen.delete(id)) }).node;
}

/** @param {import('../panel.js').Panel} panel @returns {{node: any, busy: () => boolean, close: () => void}} */
function createPage(panel) {
  const probe = createProbe();
  /** @type {Set<string>} */
  const chosen = new Set();
  const line = el('div', { class: 'hint', id: 'selftestline' });
  const report = el('textarea', { id: 'selftestreport', class: 'text lines3' });
  let running = false;
  let stopping = false;

  const run = button(t('selftestRun'), () => void go(), { kind: 'primary', id: 'selftestrun' });
  const stop = button(t('selftestStop'), () => void (stopping = true), { id: 'selfteststop' });
  const looks = async () => ({
    ...(await probe.facts()),
    ...Object.fromEntries(LOOKS.map((id) => [`seen: ${t(id)}`, chosen.has(id) ? 'yes' : 'not ticked'])),
  });
  const counted = (/** @type {import('../selftest/selftest.js').Report} */ seen) => Object.keys(seen.observed).length;

  async function go() {
    if (running) return;
    [running, stopping] = [true, false];
    show(stop, true);
    show(run, false);
    show(report, false);
    try {
      const seen = await runSelftest(panel, {
        cmyk: chosen.has('selftestCmyk'),
        memory: chosen.has('selftestMemory'),
        facts: looks,
        stopped: () => stopping,
        onProgress: (now) => {
          const values = { count: counted(now), rule: now.running };
          setText(line, t(now.running ? 'selftestRunning' : 'selftestNetwork', values));
        },
      });
      tell(seen, t(stopping ? 'selftestStopped' : 'selftestDone', { count: counted(seen) }));
    } catch (error) {
      setText(line, t('selftestFailed', { reason: reasonOf(error) }));
    }
    running = false;
    show(stop, false);
    show(run, true);
  }

  /** @param {import('../selftest/selftest.js').Report} seen @param {string} text */
  function tell(seen, text) {
    setText(line, text);
    report.value = textOf(seen);
    show(report, true);
  }

  show(stop, false);
  show(report, false);
  lastReport().then(
    (last) => {
      if (last && last.running && !running) tell(last, t('selftestBroken', { rule: last.running }));
    },
    (error) => console.warn(`Layerbridge: the last self-test cannot be read: ${reasonOf(error)}`),
  );
  const text = (/** @type {string} */ key) => el('div', { class: 'hint' }, t(key));
  const node = el(
    'div',
    {},
    text('selftestWhat'),
    text('selftestType'),
    probe.node,
    text('selftestLook'),
    ...LOOKS.map((id) => choice(id, chosen)),
    text('selftestAlso'),
    choice('selftestCmyk', chosen),
    choice('selftestMemory', chosen),
    el('div', { class: 'row' }, run, stop),
    line,
    report,
  );
  return { node, busy: () => running, close: probe.close };
}

module.exports = { createSelftest };
