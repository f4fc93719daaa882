// The linter: what UXP lacks is refused, what it has is not.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { cssFaults, elementFaults, scriptFaults } = require('../rig/ui-rules.js');

test('the panel uses only what UXP has', async () => {
    const { lint } = await import('../rig/lint.mjs');
    assert.deepEqual(lint(path.join(__dirname, '../../../photoshop_uxp')), []);
});

test('each fault of a page that uses more is told with its place', async () => {
    const { lint } = await import('../rig/lint.mjs');
    const faults = lint(path.join(__dirname, 'refused'));
    const told = (file, line, word) => assert.ok(faults.some((f) => f.startsWith(`${file}:${line}: `) && f.includes(word)), `${file}:${line} ${word}\n${faults.join('\n')}`);
    for (const word of ['display', 'gap', 'float', 'transition', 'font', 'text-transform', 'border']) told('style.css', 1, word);
    for (const word of ['focus-visible', 'min()']) told('style.css', 2, word);
    told('style.css', 3, '@font-face');
    told('style.css', 4, 'row-gap');
    for (const word of ['for', '<select value>', '<option>']) told('index.html', 3, word);
    for (const word of ['color', '<form>', 'rows']) told('index.html', 4, word);
    for (const word of ['data-id', 'aria-label', 'tabindex', '<table>']) told('index.html', 5, word);
    told('index.html', 2, '<title>');
    told('index.html', 6, 'ES modules');
    told('main.js', 1, 'extension');
    told('main.js', 2, 'no such module');
    for (const word of ['Worker', 'eval']) told('main.js', 3, word);
    told('main.js', 4, 'drawImage');
    for (const word of ['dataset', 'keypress']) told('main.js', 5, word);
    assert.equal(faults.length, 30, faults.join('\n'));
});

test('what UXP has is let through', () => {
    assert.deepEqual(cssFaults('.a:hover, .b > .c::before { display: inline-flex; width: calc(100% - 4px); background-color: var(--uxp-host-background-color) } @media (prefers-color-scheme: dark) { .a { color: rgba(0, 0, 0, 0.5) } }'), []);
    assert.deepEqual(elementFaults('input', { type: 'range', min: '0' }), []);
    assert.deepEqual(elementFaults('SP-BUTTON', { variant: 'cta' }), []);
    assert.deepEqual(scriptFaults("const { app } = require('photoshop');\nconst x = require('./lib/x.js');\nfetch(a, { body });"), []);
});
