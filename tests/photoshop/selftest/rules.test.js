// The table of rules: complete, named by the code, checked by the conformance script, and every choice can be seen.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { RULES } = require('../fake/rules/index.js');
const constants = require('../fake/constants.js');
const { createHost } = require('../fake/index.js');
const { createKit } = require('../../../photoshop_uxp/lib/checks/kit.js');
const { groupsOf } = require('../../../photoshop_uxp/lib/checks/index.js');

const kitOf = () => createKit(createHost(), (work) => work(), { megapixels: 1, layers: 10 });
const runChosen = async (...given) => (await import('../conformance/run.mjs')).runChosen(...given);

const FOLDERS = ['fake', 'rig'].map((name) => path.join(__dirname, '..', name));
const code = FOLDERS.flatMap((folder) => fs.readdirSync(folder).filter((f) => /\.m?js$/.test(f)).map((f) => fs.readFileSync(path.join(folder, f), 'utf8'))).join('\n');
const named = (id, text) => new RegExp(`(?<![\\w.-])${id.replace('.', '\\.')}(?![\\w-]|\\.[a-z])`).test(text);

test('every rule says what it is and where it was read', () => {
    for (const rule of RULES) {
        assert.match(rule.id, /^[a-z]+(\.[a-z-]+)?$/);
        assert.ok(['documented', 'reported', 'assumed'].includes(rule.status), rule.id);
        assert.ok(/[."]$/.test(rule.text) && rule.source.length > 3, rule.id);
        if (rule.choices) assert.ok(Object.keys(rule.choices).length > 1, rule.id);
    }
});

test('the code names every rule', () => {
    assert.deepEqual(RULES.map((rule) => rule.id).filter((id) => !named(id, code)), []);
});

test('the script checks every rule, or the table says why not; the panel checks those besides that it can', async () => {
    const rulesOf = (by) => groupsOf(kitOf(), by).flatMap(({ checks }) => Object.keys(checks));
    const [script, panel] = [rulesOf('script'), rulesOf('panel')];
    assert.equal(new Set(panel).size, panel.length, 'a rule is checked twice');
    assert.deepEqual(RULES.filter((rule) => script.includes(rule.id) === Boolean(rule.because)).map((rule) => rule.id), []);
    assert.deepEqual(RULES.filter((rule) => panel.includes(rule.id) === Boolean(rule.because && !rule.panel)).map((rule) => rule.id), []);
    assert.deepEqual(panel.filter((id) => !RULES.some((rule) => rule.id === id)), []);
});

test('what may end Photoshop comes last, and only what asks is asked about', () => {
    const groups = groupsOf(kitOf(), 'panel');
    assert.deepEqual(groups.slice(-2).map(({ ask }) => ask), ['memory', 'cmyk']);
    assert.ok(groups.slice(0, -2).every(({ ask }) => ask === ''));
    assert.deepEqual(Object.keys(groups[groups.length - 1].checks), ['pixels.other-modes', 'pixels.other-modes-own']);
});

test('the very large document is read and disposed of; here it is a small one', async () => {
    const { report, control } = await runChosen(['memory.large']);
    assert.equal(report.observed['memory.large'], 'yes');
    assert.match(report.notes['memory.large'], /^1000 x 1000 at 16 bit/);
    assert.equal(control.leaks(), 0);
});

test('each choice of a rule is what its check then reports', async () => {
    for (const rule of RULES.filter((r) => r.choices && (!r.because || r.panel))) {
        for (const choice of Object.keys(rule.choices)) {
            const { report, control } = await runChosen([rule.id], { assume: { [rule.id]: choice } });
            assert.deepEqual(report.observed, { [rule.id]: choice });
            assert.equal(control.leaks(), 0, `${rule.id}: ${choice}`);
            assert.equal(control.host.documents.length, 0, `${rule.id} leaves a document open`);
        }
    }
});

test('the constants are those of Adobe\'s types', () => {
    const types = fs.readFileSync(path.join(__dirname, '../node_modules/@types/photoshop/dom/Constants.d.ts'), 'utf8');
    for (const [name, members] of Object.entries(constants)) {
        const [, body] = new RegExp(`enum ${name} \\{([\\s\\S]*?)\\n\\}`).exec(types) || [];
        assert.ok(body, name);
        for (const [member, value] of Object.entries(members)) {
            assert.match(body, new RegExp(`\\b${member} = ${typeof value === 'number' ? value : `"${value}"`}`), `${name}.${member}`);
        }
    }
});
