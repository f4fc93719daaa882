// node tests/photoshop/compare-report.mjs report.json: where a real Photoshop differs from the fake.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const { compared } = createRequire(import.meta.url)('./conformance/compare.js');
const [file] = process.argv.slice(2);
if (!file) {
    console.error('usage: node compare-report.mjs REPORT.json (what photoshop_uxp/conformance.psjs saved)');
    process.exit(2);
}
const report = JSON.parse(fs.readFileSync(file, 'utf8'));
const lines = compared(report);
const count = (verdict) => lines.filter((line) => line.verdict === verdict).length;
console.log(`Photoshop ${report.photoshop}, ${report.uxp}: ${count('holds')} rules hold, ${count('differs')} differ, ` +
    `${count('unknown')} are not in the report, ${count('not checked')} cannot be checked by a script.`);
for (const { id, status, text, expected, observed, note, verdict } of lines) {
    if (verdict !== 'differs' && verdict !== 'unknown') continue;
    console.log(`\n${id} (${status}): ${text}\n  the fake: ${expected}\n  this Photoshop: ${observed ?? 'no answer'}${note ? `\n  note: ${note}` : ''}`);
}
process.exit(count('differs') ? 1 : 0);
