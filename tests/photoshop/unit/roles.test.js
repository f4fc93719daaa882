'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const r = require('../../../photoshop_uxp/lib/roles.js');
const { OPERATIONS } = require('../../../photoshop_uxp/lib/operation_table.js');
const { ALL_ROLES } = require('./all-roles.js');

const LAYER = { from: 'layer', id: 7, name: 'Sky' };
const FILE = { from: 'file', id: 'ab12', name: 'pose.png' };

test('what can be chosen follows from the table; the first way counts where nothing was chosen', () => {
    assert.deepEqual(r.furtherInputs(ALL_ROLES).map(({ role }) => role), ['reference/1', 'control/1']);
    assert.deepEqual(r.chosenOutputs(ALL_ROLES).map((output) => [output.role, r.wayOf(output, {})]), [['subject', 'selection'], ['large', 'document']]);
    assert.deepEqual(r.rolesFrom(OPERATIONS[0], { 'reference/1': LAYER, layer: 'mask' }), {}, 'an operation without such roles keeps none');
});

test('choices go with the request and come back from it', () => {
    const roles = { 'reference/1': LAYER, 'control/1': FILE, subject: 'channel', large: 'layer' };
    const notes = r.roleNotes(ALL_ROLES, roles);
    assert.deepEqual(Object.keys(notes), ['inputs', 'apply']);
    assert.deepEqual(JSON.parse(notes.apply), { subject: 'channel', large: 'layer' });
    assert.deepEqual(r.rolesOfClientData(ALL_ROLES, notes), roles);
});

test('damaged, foreign and outdated choices are as if nothing had been chosen', () => {
    const nothing = { subject: 'selection', large: 'document' };
    for (const apply of ['{', '[]', '{"subject":"hologram"}', undefined, 'null']) assert.deepEqual(r.rolesOfClientData(ALL_ROLES, { apply }), nothing);
    for (const choice of [null, 'Sky', {}, { from: 'layer', id: '7', name: 'Sky' }, { from: 'file', id: 1, name: 'x' }, { from: 'web', id: 'x', name: 'x' }])
        assert.deepEqual(r.rolesFrom(ALL_ROLES, { 'reference/1': choice }), nothing);
});
