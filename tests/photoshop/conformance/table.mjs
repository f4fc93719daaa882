// Writes the tables of rules and of versions into docs/photoshop-fake.md: node conformance/table.mjs [--check]
import fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { RULES, expected } = require('../fake/rules/index.js');
const { VERSIONS } = require('./versions.js');
const PAGE = new URL('../../../docs/photoshop-fake.md', import.meta.url);
const TABLES = { rules: table, versions };
const AREAS = [
    [/^pixels|^document\.default/, 'Reading pixels'], [/^put/, 'Writing pixels'], [/^mask/, 'Masks'],
    [/^selection\.(values|none|region|beyond|put)$|^encode/, 'The selection\'s pixels, and JPEG'], [/^data|^buffer/, 'Image data'],
    [/^large|^deep|^target|^speed|^memory/, 'Large documents, 32 bits, what is painted on, speed'], [/^modal/, 'Modal scopes'], [/^history/, 'History'], [/^app|^document|^layer|^selection/, 'Documents, layers, selection'],
    [/^batch/, 'batchPlay'], [/./, 'UXP'],
];
const cell = (text) => text.replace(/\|/g, '\\|');

function row(rule) {
    const choices = rule.choices ? ` ${Object.entries(rule.choices).map(([name, what]) => `\`${name}\`: ${what}`).join('; ')}. The fake: \`${expected(rule)}\`.` : '';
    const because = rule.because ? ` (${rule.panel ? 'only in the self-test of the panel' : 'not in the script'}: ${rule.because})` : '';
    return `| \`${rule.id}\` | ${rule.status} | ${cell(rule.text + choices)} | ${cell(rule.source + because)} |`;
}

function table() {
    const left = [...RULES];
    const count = (status) => RULES.filter((rule) => rule.status === status).length;
    const parts = [`${RULES.length} rules: ${count('documented')} documented, ${count('reported')} reported, ${count('assumed')} assumed; ` +
        `${RULES.filter((rule) => !rule.because).length} are checked by the script and the self-test of the panel, ` +
        `${RULES.filter((rule) => rule.panel).length} more by the self-test alone.`];
    for (const [pattern, title] of AREAS) {
        const here = left.filter((rule) => pattern.test(rule.id));
        for (const rule of here) left.splice(left.indexOf(rule), 1);
        parts.push(`### ${title}\n\n| rule | status | what | source |\n| --- | --- | --- | --- |\n${here.map(row).join('\n')}`);
    }
    return parts.join('\n\n');
}

function versions() {
    const rows = VERSIONS.map(({ from, to, rules, what, source }) => {
        const span = to === from ? from : `${from} ${to ? `to ${to}` : 'on'}`;
        return `| ${span} | ${cell(what)} | ${rules.map((rule) => `\`${rule}\``).join(', ') || '–'} | ${cell(source)} |`;
    });
    return `| version | what is said of it | rules | source |\n| --- | --- | --- | --- |\n${rows.join('\n')}`;
}

const page = fs.readFileSync(PAGE, 'utf8');
const written = Object.entries(TABLES).reduce((text, [name, make]) => {
    const [begin, end] = [`<!-- begin: ${name} (generated) -->`, `<!-- end: ${name} -->`];
    const at = text.indexOf(begin) + begin.length;
    return `${text.slice(0, at)}\n${make()}\n${text.slice(text.indexOf(end))}`;
}, page);
if (process.argv.includes('--check')) {
    if (written !== page) {
        console.error('docs/photoshop-fake.md is not up to date: node tests/photoshop/conformance/table.mjs');
        process.exitCode = 1;
    }
} else {
    fs.writeFileSync(PAGE, written);
}
