'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { slotsOf, hintOf } = require('../../../photoshop_uxp/lib/views/form.js');
const { contextOf, isShown } = require('../../../photoshop_uxp/lib/views/conditions.js');
const { OPERATIONS } = require('../../../photoshop_uxp/lib/operation_table.js');

const SLOTS = slotsOf(OPERATIONS);
const optionOf = (operation, name) => OPERATIONS.find((known) => known.name === operation).options.find((option) => option.name === name);

test('every option that is not for the command line alone has one field in each operation, under a name of its own', () => {
    for (const { name, options } of OPERATIONS) {
        const fields = SLOTS.filter((slot) => slot.of[name]).map((slot) => slot.of[name]);
        const wanted = options.filter(({ group }) => group !== 'script');
        for (const group of ['main', 'advanced']) {
            const of = (list) => list.filter((option) => option.group === group).map((option) => option.name);
            assert.deepEqual(of(fields), of(wanted), `${name}: also in the order of the table`);
        }
    }
    assert.equal(new Set(SLOTS.map(({ id }) => id)).size, SLOTS.length);
});

test('operations share a field only where its label and limits are the same', () => {
    const [inpaint] = OPERATIONS;
    const upscale = { ...inpaint, name: 'upscale', options: [{ ...optionOf('inpaint', 'steps'), maximum: 8 }, optionOf('inpaint', 'seed')] };
    const slots = slotsOf([inpaint, upscale]);
    const of = (name) => slots.filter((slot) => slot.option.name === name).map((slot) => Object.keys(slot.of).join()).sort();
    assert.deepEqual(of('steps'), ['inpaint', 'upscale']);
    assert.deepEqual(of('seed'), ['inpaint,upscale']);
});

test('what an empty field stands for is told where it is known', () => {
    const model = { steps: 25, guidance_scale: 7.5, img2img_strength: 0.3 };
    const plan = { operation: 'inpaint', padding: 48 };
    const hint = (operation, name, context = { model }) => hintOf(optionOf(operation, name), { state: { operation, plan: null }, ...context });
    assert.equal(hint('inpaint', 'steps'), 'Automatic (25)');
    assert.equal(hint('inpaint', 'guidance_scale'), 'Automatic (7.5)');
    assert.equal(hint('inpaint', 'steps', { model: undefined }), 'Automatic');
    assert.equal(hint('inpaint', 'steps', { model: { steps: null } }), 'Automatic');
    assert.equal(hint('inpaint', 'strength'), 'Automatic (100)');
    assert.equal(hint('img2img', 'strength'), 'Automatic (30)');
    assert.equal(hint('img2img', 'strength', { model: { img2img_strength: 0.5 } }), 'Automatic (50)', 'another model, another strength');
    assert.equal(hint('inpaint', 'padding'), 'Automatic', 'the plan tells it later');
    assert.equal(hint('inpaint', 'padding', { model, state: { operation: 'inpaint', plan } }), 'Automatic (48)');
    assert.equal(hint('outpaint', 'padding', { model, state: { operation: 'outpaint', plan } }), 'Automatic', 'it is of another operation');
    assert.equal(hint('inpaint', 'seed'), 'random');
    assert.equal(hint('inpaint', 'num_images'), '');
});

test('only models that can run the operation are offered, and only such a one is what automatic means', () => {
    const models = [
        { name: 'other', operations: ['caption'], default: true },
        { name: 'useless', operations: [], default: false },
        { name: 'able', operations: ['inpaint', 'caption'], default: false },
    ];
    const of = (operation, model) => contextOf({ operation, scene: null, models, values: { [operation]: { model } } });
    assert.deepEqual(of('inpaint', '').models.map(({ name }) => name), ['able']);
    assert.deepEqual(of('caption', '').models.map(({ name }) => name), ['other', 'able']);
    assert.equal(of('caption', '').model.name, 'other');
    assert.equal(of('inpaint', '').model, undefined);
    assert.equal(of('inpaint', 'other').model, undefined);
    assert.equal(of('inpaint', 'able').model.name, 'able');
});

test('an option is shown where it means something', () => {
    const shown = (when, context) => isShown({ shown_when: when }, { selected: false, model: undefined, state: { operation: 'remove', plan: null }, ...context });
    assert.equal(shown('', {}), true);
    assert.equal(shown('selection', {}), false);
    assert.equal(shown('selection', { selected: true }), true);
    for (const [model, wanted] of [[undefined, true], [{}, true], [{ guidance: true }, true], [{ guidance: false }, false]])
        assert.equal(shown('model.guidance', { model }), wanted, JSON.stringify(model));
    for (const [model, wanted] of [[undefined, false], [{}, false], [{ references: 4 }, true], [{ references: 0 }, false]])
        assert.equal(isShown({ shown_when: 'model.references' }, { state: { operation: 'edit', plan: null }, model }, false), wanted, 'of an input');
    for (const [plan, wanted] of [[null, true], [{ operation: 'remove', by_example: true }, true], [{ operation: 'remove', by_example: false }, false], [{ operation: 'inpaint', by_example: false }, true]])
        assert.equal(shown('plan.by_example', { state: { operation: 'remove', plan } }), wanted, JSON.stringify(plan));
    for (const [guidance, model, wanted] of [[true, 'm', true], [false, 'm', false], [true, '', false]]) {
        const state = { operation: 'remove', plan: { operation: 'remove', model } };
        assert.equal(shown('model.guidance plan.model', { model: { guidance }, state }), wanted, 'all of several');
    }
});
