// The table of rules: complete, named by the code, checked by the conformance script, and every choice can be seen.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { RULES, expected } = require('../fake/rules/index.js');
const constants = require('../fake/constants.js');

const FOLDERS = ['fake', 'rig'].map((name) => path.join(__dirname, '..', name));
const code = FOLDERS.flatMap((folder) => fs.readdirSync(folder).filter((f) => /\.m?js$/.test(f)).map((f) => fs.readFileSync(path.join(folder, f), 'utf8'))).join('\n');
const script = fs.readFileSync(path.join(__dirname, '../../../photoshop_uxp/conformance.psjs'), 'utf8');
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

test('the script checks every rule, or the table says why not', () => {
    const checked = new Set([...script.matchAll(/^ {4}'([a-z.-]+)': async/gm)].map((match) => match[1]));
    assert.deepEqual(RULES.filter((rule) => checked.has(rule.id) === Boolean(rule.because)).map((rule) => rule.id), []);
    assert.deepEqual([...checked].filter((id) => !RULES.some((rule) => rule.id === id)), []);
});

test('each choice of a rule is what the script then reports', async () => {
    const { runOnFake } = await import('../conformance/run.mjs');
    for (const rule of RULES.filter((r) => r.choices && !r.because)) {
        for (const choice of Object.keys(rule.choices).filter((c) => c !== expected(rule))) {
            const { report, control } = await runOnFake({ assume: { [rule.id]: choice } });
            assert.equal(report.observed[rule.id], choice, rule.id);
            assert.equal(control.leaks(), 0, `${rule.id}: ${choice}`);
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
