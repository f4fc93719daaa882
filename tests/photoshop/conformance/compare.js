// Compares a report of conformance.psjs with the table of rules.
'use strict';
const { RULES, expected } = require('../fake/rules/index.js');

/** One line for each rule: {id, status, text, expected, observed, note, verdict}; verdict: 'holds', 'differs', 'unknown' (not in the
 *  report) or 'not checked' (the script does not check it). */
function compared(report) {
    if (!report || report.report !== 'layerbridge-conformance') throw new Error('this is not a report of conformance.psjs');
    return RULES.map((rule) => {
        const observed = report.observed[rule.id];
        const wanted = expected(rule);
        const verdict = rule.because ? 'not checked' : observed === undefined ? 'unknown' : observed === wanted ? 'holds' : 'differs';
        return { id: rule.id, status: rule.status, text: rule.text, expected: wanted, observed, note: (report.notes || {})[rule.id], verdict };
    });
}

module.exports = { compared };
