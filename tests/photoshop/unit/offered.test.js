'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { scene } = require('./apply-scene.js');
const { ALL_ROLES } = require('./all-roles.js');

/** A panel whose daemon has no jobs and no models; `operations` is what it tells of those, or throws. */
function connectedTo(operations) {
    const made = scene();
    const { OPERATIONS } = made.load('lib/operation_table.js');
    const client = { operations: async () => ({ operations: operations(OPERATIONS) }), jobs: async () => ({ jobs: [] }), models: async () => ({ models: [] }) };
    Object.assign(made.panel.session.client, client);
    made.panel.session.connection = { version: '0.9' };
    return { ...made, OPERATIONS, state: () => made.panel.store.get() };
}

test('what the daemon has more is offered, and what was typed stays', async () => {
    const { panel, state, OPERATIONS } = connectedTo((own) => [...own, ALL_ROLES]);
    panel.store.dispatch({ type: 'parameters', values: { prompt: 'a ball' } });
    await panel.connected();
    assert.deepEqual(state().operations.map(({ name }) => name), [...OPERATIONS.map(({ name }) => name), ALL_ROLES.name]);
    assert.equal(state().values[OPERATIONS[0].name].prompt, 'a ball');
    assert.deepEqual(state().values[ALL_ROLES.name].roles, { subject: 'selection', large: 'document' });
    assert.match(state().disagreement, /the panel came without “Use All Roles”/);
});

test('the operation that was used last is chosen again once the daemon has told of it', async () => {
    const { panel, state, OPERATIONS } = connectedTo((own) => [...own, ALL_ROLES]);
    panel.remembered.keepParameters({ operation: ALL_ROLES.name, source: 'visible', roles: { subject: 'mask' } });
    assert.equal(state().operation, OPERATIONS[0].name);
    await panel.connected();
    assert.equal(state().operation, ALL_ROLES.name);
    assert.equal(state().values[ALL_ROLES.name].roles.subject, 'mask');
});

test('an operation that the daemon does not have goes away, and the form shows another', async () => {
    const { panel, state, OPERATIONS } = connectedTo((own) => own.slice(1));
    await panel.connected();
    assert.equal(state().operation, OPERATIONS[1].name);
    assert.match(state().disagreement, new RegExp(`Layerbridge has no “${OPERATIONS[0].title}”`));
});

test('a daemon that has no such list: what the panel came with, and a sentence; another failure is one', async () => {
    const { BridgeError } = scene().load('lib/failures.js');
    const fail = (code) => () => {
        throw Object.assign(new BridgeError(code, 'no'), { code });
    };
    const older = connectedTo(fail('not_found'));
    await older.panel.connected();
    assert.deepEqual(older.state().operations, older.OPERATIONS);
    assert.match(older.state().disagreement, /^Layerbridge 0\.9 does not say what it can do/);
    await assert.rejects(() => connectedTo(fail('unreachable')).panel.connected(), (error) => error.code === 'unreachable');
});

test('progress is told in the words of the operation’s own stages', () => {
    const { stageText } = scene().load('lib/follow.js');
    const of = (progress, count = 1) => stageText({ state: 'running', num_images: count, progress });
    assert.equal(of({ stage: 'finding_edges' }), 'Finding edges…');
    assert.equal(of({ stage: 'enlarging', step: 2, steps: 9 }), 'Working: step 2 of 9');
    assert.equal(of({ stage: 'enlarging', step: 2, steps: 9, task: 1 }, 4), 'Working: variation 2 of 4, step 2 of 9');
    assert.equal(of({ stage: 'denoising', step: 2, steps: 9 }), 'Painting: step 2 of 9');
    assert.deepEqual([of({ stage: 'encoding' }), of({ stage: 'denoising' }), of({})], ['Preparing…', 'Preparing…', 'Preparing…']);
});
