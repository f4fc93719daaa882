'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { panelOver, sessionWith } = require('./over-fake.js');
const { ALL_ROLES } = require('./all-roles.js');

const over = () => {
    const made = panelOver();
    made.load('lib/operations.js').useOperations([ALL_ROLES]);
    return made;
};
const variation = (index, ...roles) => ({ index, roles });
const named = ({ index, output, way }) => `${index} ${output.role} ${way}`;
const request = (apply = {}) => ({ operation: ALL_ROLES.name, document: {}, client_data: { apply: JSON.stringify(apply) } });

test('each artifact that there is has its way; of what a document has once the first is taken', () => {
    const { partsOf } = over().load('lib/parts.js');
    const all = [variation(0, 'layer', 'subject', 'large', 'words'), variation(1, 'layer', 'subject')];
    const of = (...given) => {
        const { layers, others } = partsOf(...given);
        return [layers.map(named), others.map(named)];
    };
    assert.deepEqual(of(request(), all, [0, 1]), [['0 layer layer', '1 layer layer'], ['0 subject selection', '0 large document']]);
    assert.deepEqual(of(request({ subject: 'channel' }), all, [0, 1])[1], ['0 subject channel', '1 subject channel', '0 large document']);
    assert.deepEqual(of(request(), all, [0, 1], [{ index: 0, role: 'large' }]), [[], ['0 large document']], 'what is still to be applied');
    assert.deepEqual(of(request(), [variation(0, 'unheard-of')], [0]), [[], []]);
});

test('layers that belong together stand for the job together', () => {
    const { load } = over();
    const outputs = ['layer-1', 'layer-2', 'layer-3'].map((role) => ({ role, kind: 'layer', title: role, several: true, grows_canvas: false, hides_source: false, stack: 'Parts' }));
    load('lib/operations.js').useOperations([{ ...ALL_ROLES, outputs: [...outputs, ...ALL_ROLES.outputs.filter(({ kind }) => kind !== 'layer')] }]);
    const { partsOf, stackOf } = load('lib/parts.js');
    const { layers, others } = partsOf(request(), [variation(0, 'layer-1', 'layer-2', 'subject')], [0]);
    assert.deepEqual([layers.map(named), others.map(named)], [['0 layer-1 layer', '0 layer-2 layer'], ['0 subject selection']]);
    assert.equal(stackOf(request()), 'Parts');
    assert.equal(load('lib/parameters.js').titleOf({ operation: ALL_ROLES.name }), 'Parts', 'the group is called so');
});

test('what is said of a job follows from what it makes', () => {
    const { load } = over();
    const { mainRole, isApplied, goesIntoDocument, applyText, hasSeed, textRole } = load('lib/parts.js');
    assert.deepEqual([goesIntoDocument(request()), applyText(request())], [true, 'Place']);
    assert.deepEqual([mainRole(request()), isApplied(request()), hasSeed(request()), textRole(request(), ['layer', 'words'])], ['layer', true, false, 'words']);
    const words = { ...ALL_ROLES, outputs: ALL_ROLES.outputs.filter(({ kind }) => kind === 'text') };
    load('lib/operations.js').useOperations([words]);
    assert.deepEqual([mainRole(request()), isApplied(request()), goesIntoDocument(request())], [null, false, false]);
    const large = { ...ALL_ROLES, outputs: ALL_ROLES.outputs.filter(({ kind }) => kind === 'document') };
    load('lib/operations.js').useOperations([large]);
    assert.deepEqual([mainRole(request()), mainRole(request({ large: 'layer' }))], [null, 'large']);
    assert.deepEqual([goesIntoDocument(request()), goesIntoDocument(request({ large: 'layer' })), applyText(request())], [false, true, 'Apply']);
});

test('an operation that plans nothing is sent the layer, or the whole canvas, with what was chosen beside it', async () => {
    const made = over();
    const { control, load } = made;
    const document = control.openDocument({ width: 40, height: 30, paint: () => [0, 1, 0] });
    const sky = control.addLayer(document, { name: 'Sky', bounds: { left: 4, top: 5, right: 14, bottom: 11 }, paint: () => [0, 0, 1, 1] });
    const session = sessionWith({ wire: load('lib/wire.js'), before: (call) => assert.notEqual(call, 'plan') });
    const send = async (source, roles) => {
        const parameters = { ...load('lib/parameters.js').defaults()[ALL_ROLES.name], source, roles };
        const task = { documentId: document.id, parameters, layerId: null, hidden: [], area: null, first: '' };
        await load('lib/run.js').send(session, task, () => {}, () => false, { moves: () => [], picture: () => null });
        return session.sent.at(-1);
    };
    const style = { from: 'layer', id: sky, name: 'Sky' };
    const whole = await send('visible', { 'reference/1': style, subject: 'mask' });
    const { inputs, client_data: notes } = whole.message;
    assert.deepEqual(whole.shape, [30, 40, 3]);
    assert.deepEqual(inputs.image.bounds, { x: 0, y: 0, width: 40, height: 30 });
    assert.deepEqual(inputs['reference/1'].bounds, { x: 4, y: 5, width: 10, height: 6 });
    assert.deepEqual(JSON.parse(notes.apply), { subject: 'mask' });
    assert.deepEqual(JSON.parse(notes.inputs), { 'reference/1': style });
    const layer = await send('layer', { 'reference/1': style });
    assert.deepEqual([layer.shape, layer.message.inputs.image.bounds], [[6, 10, 4], { x: 4, y: 5, width: 10, height: 6 }]);
    await assert.rejects(() => send('visible', {}), /“Style” has no picture/);
    await assert.rejects(() => send('visible', { 'reference/1': { from: 'file', id: 'x', name: 'gone.png' } }), /“gone.png” cannot be read any more/);
});
