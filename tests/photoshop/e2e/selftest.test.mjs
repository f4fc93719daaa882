// The self-test in the Settings: the same checks as the script, what it finds of interface and network, and what it leaves behind.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { open, PATIENCE } from './scene.mjs';

const { compared } = createRequire(import.meta.url)('../conformance/compare.js');
const PORTS = 5;
const WAYS = 4; // HTTP and WebSocket, each to a name and to a number
/** What the checks do on purpose, and the fake counts as a fault of a panel. */
const ON_PURPOSE = /without a commandName/;

async function opened(options) {
    const panel = await open({ height: 1300, ...options });
    await panel.page.click('#tab-settings');
    await panel.page.click('#selftest');
    return panel;
}

/** Closes the self-test, which shows what a panel must not use, and the panel, which fails for problems, but for the faults that
 *  checks bring about. */
async function close(panel) {
    await panel.page.click('#selftest');
    await panel.page.waitForSelector('#probe-input', { state: 'detached' });
    await panel.page.evaluate((pattern) => {
        const { faults } = window.__rig.control.host;
        faults.splice(0, faults.length, ...faults.filter((fault) => !new RegExp(pattern).test(fault)));
    }, ON_PURPOSE.source);
    await panel.close();
}

const documents = (panel) => panel.fake((control) => control.host.documents.map((record) => [record.name, record.history.length]));

test('it runs only when told to, and leaves the documents as they were', async () => {
    const panel = await opened();
    const before = await documents(panel);
    assert.deepEqual(await panel.page.evaluate(() => Object.keys(window.__rig.control.uxp.dataFiles()).includes('selftest.json')), false);
    await panel.page.focus('#probe-input');
    await panel.page.keyboard.press('b');
    await panel.page.keyboard.press('Escape');
    await panel.page.keyboard.press('Tab');
    await panel.page.dblclick('#probe-box');
    await panel.screenshot('selftest-before');
    await panel.page.click('#selftestCmyk');
    await panel.page.click('#selftestrun');
    await panel.page.waitForSelector('#selftestreport', { state: 'visible', timeout: PATIENCE });
    const report = JSON.parse(await panel.page.inputValue('#selftestreport'));
    assert.deepEqual(await documents(panel), before);

    const lines = compared(report);
    const told = (verdict) => lines.filter((line) => line.verdict === verdict).map((line) => `${line.id}: ${line.observed}`);
    assert.deepEqual([told('differs'), told('unknown'), told('left out')], [[], [], ['memory.large: undefined']]);
    assert.ok(told('holds').includes('pixels.needs-modal: refused'), 'what only a panel can ask');

    const { interface: seen } = report;
    assert.match(seen['events input'], /keydown b x 1/);
    assert.match(seen['events input'], /keydown Escape x 1/);
    assert.match(seen['events box'], /dblclick x 1/);
    assert.equal(seen['events around the fields'], 'none', 'rule ui.keys');
    assert.equal(seen['select.value'], 'at first a 0; set to b a 0; its attribute set to c c 2', 'rules ui.select-value and ui.select-attribute');
    assert.match(seen['document.activeElement'], /probe-input/);
    for (const fact of ['object-fit', 'progress', 'performance.now', 'timers', 'timers while hidden']) assert.ok(seen[fact], fact);
    assert.equal(Object.keys(seen).filter((name) => /^(http|ws):\/\//.test(name)).length, PORTS * WAYS);
    assert.match(seen['http://localhost:47821'], /^Layerbridge .* after \d+ ms$/);
    assert.deepEqual([seen['Origin by http'], seen['Origin by ws']], ['file:// or none', 'file:// or none']);
    assert.match(seen['a body of 64 MiB'], /^answered with invalid_frame after \d+ ms \(http\)$/);
    await panel.page.evaluate(() => document.querySelector('#selftestline').scrollIntoView());
    await panel.screenshot('selftest-after');
    await close(panel);
});

test('Stop ends it between two checks, and what was seen until then is kept; nothing is cut off in a narrow panel', async () => {
    const panel = await opened({ width: 230 });
    const cut = await panel.page.evaluate(() =>
        [...document.querySelectorAll('#settings *')]
            .filter((node) => node.offsetParent !== null && node.getBoundingClientRect().right > window.innerWidth + 0.5)
            .map((node) => node.outerHTML.slice(0, 80)),
    );
    assert.deepEqual(cut, []);
    const before = await documents(panel);
    await panel.page.click('#selftestrun');
    await panel.page.waitForFunction(() => /now: /.test(document.querySelector('#selftestline').textContent), undefined, { timeout: PATIENCE });
    await panel.page.click('#selfteststop');
    await panel.page.waitForSelector('#selftestreport', { state: 'visible', timeout: PATIENCE });
    assert.match(await panel.page.textContent('#selftestline'), /Stopped after \d+ checks/);
    assert.deepEqual(await documents(panel), before);
    await close(panel);
});

test('one that ended Photoshop is told at the next start, with its report', async () => {
    const panel = await opened();
    const report = { report: 'layerbridge-conformance', by: 'panel', running: 'pixels.other-modes', observed: { 'pixels.trimmed': 'yes' } };
    await panel.page.evaluate((text) => window.__rig.control.uxp.putDataFiles({ 'selftest.json': text }), JSON.stringify(report));
    await panel.restart();
    await panel.page.click('#tab-settings');
    await panel.page.click('#selftest');
    await panel.page.waitForSelector('#selftestreport', { state: 'visible' });
    assert.match(await panel.page.textContent('#selftestline'), /broke off while “pixels.other-modes” was checked/);
    assert.deepEqual(JSON.parse(await panel.page.inputValue('#selftestreport')), report);
    assert.equal(await panel.page.evaluate(() => window.__rig.control.host.documents.length), 1);
    await close(panel);
});
