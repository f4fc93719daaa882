'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { agreed, WIDGETS } = require('../../../photoshop_uxp/lib/table.js');
const form = require('../../../photoshop_uxp/lib/views/form.js');
const { OPERATIONS } = require('../../../photoshop_uxp/lib/operation_table.js');
const { ALL_ROLES } = require('./all-roles.js');

const GENERATED = ['wire.js', 'operation_table.js'];
const KINDS = OPERATIONS.map(({ name }) => name);
const PANEL = path.resolve(__dirname, '../../../photoshop_uxp');
const told = (changes = {}) => OPERATIONS.map((operation) => ({ ...operation, schema: {}, ...changes[operation.name] }));
const [first, second] = OPERATIONS;

test('the same table: what the daemon tells is offered, and nothing is said', () => {
    assert.deepEqual(agreed(OPERATIONS, told(), '1'), { offered: [...OPERATIONS], disagreement: '' });
});

test('an option that the daemon has more is shown, and nothing is said', () => {
    const options = [...first.options, { ...first.options[0], name: 'more' }];
    const { offered, disagreement } = agreed(OPERATIONS, told({ [first.name]: { options } }), '1');
    assert.equal(offered[0].options.at(-1).name, 'more');
    assert.equal(disagreement, '');
});

test('one sentence for all that the two do not have in common', () => {
    const strange = { ...ALL_ROLES, name: 'strange', title: 'Be Strange', outputs: [{ ...ALL_ROLES.outputs[0], kind: 'hologram' }] };
    const daemon = [...told({ [second.name]: { version: 2 } }).slice(1), ALL_ROLES, strange];
    const { offered, disagreement } = agreed(OPERATIONS, daemon, '0.9');
    assert.deepEqual(offered.map(({ name }) => name), [...KINDS.slice(1), ALL_ROLES.name]);
    assert.equal(
        disagreement,
        `The panel and Layerbridge 0.9 are not of the same version: Layerbridge has no “${first.title}”; ` +
            `the panel came without “${ALL_ROLES.title}”; “${second.title}” has changed since; the panel is too old for “Be Strange”. Update the older one.`,
    );
});

test('a daemon that tells no table: what the panel came with, and a sentence', () => {
    const { offered, disagreement } = agreed(OPERATIONS, null, '0.0.1');
    assert.equal(offered, OPERATIONS);
    assert.match(disagreement, /^Layerbridge 0\.0\.1 does not say what it can do/);
});

test('an option of an unknown kind is left out where it may be, and takes the operation along where it must be there', () => {
    const strange = { ...first.options[0], name: 'strange', widget: 'dial' };
    const optional = agreed(OPERATIONS, told({ [first.name]: { options: [...first.options, strange] } }), '1');
    assert.deepEqual(optional.offered[0].options, first.options);
    const needed = agreed(OPERATIONS, told({ [first.name]: { options: [{ ...strange, required: true }] } }), '1');
    assert.ok(!needed.offered.some(({ name }) => name === first.name));
});

test('the form has a field for each kind that the table may have', () => {
    assert.deepEqual(Object.keys(form.WIDGETS).sort(), [...WIDGETS].sort());
});

test('no operation is named in the panel', () => {
    const files = fs.readdirSync(PANEL, { recursive: true }).map(String).filter((file) => file.endsWith('.js') && !GENERATED.includes(path.basename(file)));
    assert.ok(files.length > 60);
    const titles = OPERATIONS.map(({ title }) => title).filter((title) => title.includes(' ') || !/^(Remove)$/.test(title));
    for (const file of files) {
        const code = fs.readFileSync(path.join(PANEL, file), 'utf8').replace(/\/\*[^]*?\*\//g, '').replace(/\/\/ .*$/gm, '');
        for (const name of KINDS) assert.ok(!new RegExp(`['"\`]${name}['"\`]`).test(code), `${file} names ${name}`);
        for (const title of titles) assert.ok(!code.includes(title), `${file} names “${title}”`);
    }
});
