// Compares a report of the conformance checks, from conformance.psjs or from the panel's self-test, with the table of rules.
'use strict';
const { RULES, expected } = require('../fake/rules/index.js');

/** One line for each rule: {id, status, text, expected, observed, note, verdict}; verdict: 'holds', 'differs', 'left out' (it was not
 *  agreed to), 'unknown' (not in the report) or 'not checked' (this kind of report cannot have it). */
function compared(report) {
    if (!report || report.report !== 'layerbridge-conformance') throw new Error('this is not a report of the conformance checks');
    const possible = (rule) => !rule.because || (report.by === 'panel' && rule.panel);
    return RULES.map((rule) => {
        const observed = report.observed[rule.id];
        const wanted = expected(rule);
        const missing = (report.left_out || []).includes(rule.id) ? 'left out' : 'unknown';
        const verdict = !possible(rule) ? 'not checked' : observed === undefined ? missing : observed === wanted ? 'holds' : 'differs';
        return { id: rule.id, status: rule.status, text: rule.text, expected: wanted, observed, note: (report.notes || {})[rule.id], verdict };
    });
}

module.exports = { compared };
