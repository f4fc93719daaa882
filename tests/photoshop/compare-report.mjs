// node tests/photoshop/compare-report.mjs report.json: where a real Photoshop differs from the fake.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { compared } = require('./conformance/compare.js');
const { saidOf } = require('./conformance/versions.js');
const FIGURES = /^(speed|memory|large)\./;
const [file] = process.argv.slice(2);
if (!file) {
    console.error('usage: node compare-report.mjs REPORT.json (what conformance.psjs or the self-test of the panel saved)');
    process.exit(2);
}
const report = JSON.parse(fs.readFileSync(file, 'utf8'));
const lines = compared(report);
const count = (verdict) => lines.filter((line) => line.verdict === verdict).length;
console.log(`Photoshop ${report.photoshop}, ${report.uxp}: ${count('holds')} rules hold, ${count('differs')} differ, ` +
    `${count('unknown')} are not in the report, ${count('left out')} were left out, ${count('not checked')} cannot be checked in this way.`);
if (report.running) console.log(`The report breaks off while ${report.running} was checked: did Photoshop end there?`);
for (const { id, status, text, expected, observed, note, verdict } of lines) {
    if (verdict !== 'differs' && verdict !== 'unknown') continue;
    console.log(`\n${id} (${status}): ${text}\n  the fake: ${expected}\n  this Photoshop: ${observed ?? 'no answer'}${note ? `\n  note: ${note}` : ''}`);
}
const figures = lines.filter(({ id, note }) => FIGURES.test(id) && note);
if (figures.length) console.log(`\nFigures:\n${figures.map(({ id, note }) => `  ${id}: ${note}`).join('\n')}`);
const said = saidOf(String(report.photoshop));
if (said.length) console.log(`\nSaid of this version until now:\n${said.map(({ rules, what, source }) => `  ${what} (${rules.join(', ')}; ${source})`).join('\n')}`);
if (report.interface) console.log(`\nThe panel and its network:\n${Object.entries(report.interface).map(([name, seen]) => `  ${name}: ${seen}`).join('\n')}`);
process.exit(count('differs') ? 1 : 0);
