// Every rule that the fake host keeps. The code names rules by id; docs/photoshop-fake.md is written from this table;
// photoshop_uxp/lib/checks, as a script or in the panel, checks in a real Photoshop those that are reported or assumed.
//
// status: documented  Adobe's documentation or types say it
//         reported    others saw it in a real Photoshop
//         assumed     nobody says it; the fake does what is hardest for a panel
// choices: what a real Photoshop may do where nobody settled it. The first is the fake's default; a test may set another
//          with createHost({assume: {id: choice}}).
// because: why the script does not check it; without one it reports 'yes' where the rule holds, or the name of a choice.
// panel: true where the self-test of the panel checks it although the script does not.
'use strict';

const TABLES = [require('./imaging.js'), require('./data.js'), require('./modal.js'), require('./document.js'), require('./measure.js'), require('./uxp.js')];
const RULES = Object.freeze(TABLES.flat().map((entry) => Object.freeze(entry)));
const BY_ID = new Map(RULES.map((entry) => [entry.id, entry]));
if (BY_ID.size !== RULES.length) throw new Error('two rules have the same id');

/** The rule of that id; an id that is not in the table is a mistake in the fake. */
function rule(id) {
    const found = BY_ID.get(id);
    if (!found) throw new Error(`the fake names a rule that is not in its table: ${id}`);
    return found;
}

/** The error that the host throws by a rule; `rule` on it is for tests, Photoshop has no such property. */
function refusal(id, message, number) {
    const error = new Error(message);
    Object.defineProperty(error, 'rule', { value: rule(id).id });
    if (number !== undefined) error.number = number;
    return error;
}

/** What a real Photoshop is expected to report for a rule: the default choice, else 'yes'. */
function expected(entry) {
    return entry.choices ? Object.keys(entry.choices)[0] : 'yes';
}

module.exports = { RULES, rule, refusal, expected };
