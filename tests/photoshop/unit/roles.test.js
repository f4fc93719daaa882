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
    assert.deepEqual(r.rolesFrom(OPERATIONS.find(({ name }) => name === 'enhance'), { 'reference/1': LAYER, layer: 'mask' }), {}, 'an operation without such roles keeps none');
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

test('a layer that the prompt mentions becomes the first free reference, once, and its name goes along', () => {
    const edit = OPERATIONS.find(({ name }) => name === 'edit');
    const numberOf = (name) => ({ Sky: 7, 'My Coat': 8, C: 9, D: 10 })[name] ?? null;
    const prompt = 'the coat of <layer: My Coat > under <LAYER:Sky>, and again <layer:Sky>';
    const roles = r.withMentioned(edit, prompt, { 'reference/1': LAYER }, numberOf);
    assert.deepEqual(roles, { 'reference/1': LAYER, 'reference/2': { from: 'layer', id: 8, name: 'My Coat' } });
    assert.deepEqual(r.namesMentioned(prompt, roles), { 'reference/1': 'Sky', 'reference/2': 'My Coat' });
    assert.deepEqual(r.namesMentioned('none', roles), {});
    assert.equal(r.withoutTags(prompt), 'the coat of “My Coat” under “Sky”, and again “Sky”', 'as a layer is called');
    assert.deepEqual(r.withMentioned(OPERATIONS.find(({ name }) => name === 'outpaint'), prompt, {}, numberOf), {}, 'no pieces come from it');
    assert.throws(() => r.withMentioned(edit, '<layer:Gone>', {}, numberOf), /mentions the layer “Gone”, and no layer has that name/);
    assert.throws(() => r.withMentioned(edit, '<layer:Sky> <layer:My Coat> <layer:C> <layer:D>', {}, numberOf), /“D”.*Edit by Instruction takes 3 references/);
});
