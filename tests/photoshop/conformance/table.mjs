// Writes the table of rules into docs/photoshop-fake.md: node conformance/table.mjs [--check]
import fs from 'node:fs';
import { createRequire } from 'node:module';

const { RULES, expected } = createRequire(import.meta.url)('../fake/rules/index.js');
const PAGE = new URL('../../../docs/photoshop-fake.md', import.meta.url);
const [BEGIN, END] = ['<!-- begin: rules (generated) -->', '<!-- end: rules -->'];
const AREAS = [
    [/^pixels|^document\.default/, 'Reading pixels'], [/^put/, 'Writing pixels'], [/^mask/, 'Masks'],
    [/^selection\.(values|none|region|beyond|put)$|^encode/, 'The selection\'s pixels, and JPEG'], [/^data|^buffer/, 'Image data'],
    [/^modal/, 'Modal scopes'], [/^history/, 'History'], [/^app|^document|^layer|^selection/, 'Documents, layers, selection'],
    [/^batch/, 'batchPlay'], [/./, 'UXP'],
];
const cell = (text) => text.replace(/\|/g, '\\|');

function row(rule) {
    const choices = rule.choices ? ` ${Object.entries(rule.choices).map(([name, what]) => `\`${name}\`: ${what}`).join('; ')}. The fake: \`${expected(rule)}\`.` : '';
    const because = rule.because ? ` (not in the script: ${rule.because})` : '';
    return `| \`${rule.id}\` | ${rule.status} | ${cell(rule.text + choices)} | ${cell(rule.source + because)} |`;
}

function table() {
    const left = [...RULES];
    const count = (status) => RULES.filter((rule) => rule.status === status).length;
    const parts = [`${RULES.length} rules: ${count('documented')} documented, ${count('reported')} reported, ${count('assumed')} assumed; ` +
        `${RULES.filter((rule) => !rule.because).length} are checked by the script.`];
    for (const [pattern, title] of AREAS) {
        const here = left.filter((rule) => pattern.test(rule.id));
        for (const rule of here) left.splice(left.indexOf(rule), 1);
        parts.push(`### ${title}\n\n| rule | status | what | source |\n| --- | --- | --- | --- |\n${here.map(row).join('\n')}`);
    }
    return parts.join('\n\n');
}

const page = fs.readFileSync(PAGE, 'utf8');
const at = page.indexOf(BEGIN) + BEGIN.length;
const written = `${page.slice(0, at)}\n${table()}\n${page.slice(page.indexOf(END))}`;
if (process.argv.includes('--check')) {
    if (written !== page) {
        console.error('docs/photoshop-fake.md is not up to date: node tests/photoshop/conformance/table.mjs');
        process.exitCode = 1;
    }
} else {
    fs.writeFileSync(PAGE, written);
}
