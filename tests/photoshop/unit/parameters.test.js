'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const p = require('../../../photoshop_uxp/lib/parameters.js');
const { parseNumber, stepped } = require('../../../photoshop_uxp/lib/views/fields.js');
const wire = require('../../../photoshop_uxp/lib/wire.js');
const { OPERATIONS } = require('../../../photoshop_uxp/lib/operation_table.js');

const DOCUMENT = { width: 40, height: 30, id: 'd', name: 'a.psd' };
const DEFAULTS = p.defaults();
const PAINTING = OPERATIONS.filter(({ needs_model: needs }) => needs).map(({ name }) => name);
const BOX = { x: 1, y: 2, width: 3, height: 4 };

/** The names of fields that a request does not have, as the protocol's tables tell. */
const unknown = (request, values) => Object.keys(values).filter((key) => !wire.REQUESTS[request].some(({ name }) => name === key));

test('what estimates its time is asked with all options', () => {
    const parameters = { ...DEFAULTS.upscale, model: 'm', scale: '4', source: 'layer' };
    const plan = p.planRequest(parameters, DOCUMENT, null, BOX);
    assert.deepEqual(unknown('PlanRequest', plan), []);
    assert.deepEqual([plan.model, plan.params, plan.layer], ['m', { scale: '4', treat_as: 'photograph' }, BOX]);
    assert.ok(!('params' in p.planRequest(DEFAULTS.inpaint, DOCUMENT, BOX, null)));
});

test('a plan knows which pictures are picked', () => {
    const picked = { ...DEFAULTS.remove, roles: { 'reference/1': { from: 'layer', id: 7, name: 'Sky' } } };
    const plan = p.planRequest(picked, DOCUMENT, BOX, null);
    assert.deepEqual([unknown('PlanRequest', plan), plan.further], [[], ['reference/1']]);
    assert.ok(!('further' in p.planRequest(DEFAULTS.remove, DOCUMENT, BOX, null)));
});

test('plan and job of every operation that paints are what the protocol takes', () => {
    for (const operation of PAINTING) {
        const chosen = { prompt: ' a ball ', strength: 0.5, steps: 3, guidance_scale: 2, seed: 4, model: 'm', grow: 7 };
        const own = Object.entries(chosen).filter(([name]) => name in DEFAULTS[operation]);
        const parameters = { ...DEFAULTS[operation], ...Object.fromEntries(own) };
        const plan = p.planRequest(parameters, DOCUMENT, BOX, BOX);
        assert.deepEqual(unknown('PlanRequest', plan), []);
        assert.equal('margins' in plan, operation === 'outpaint');
        assert.equal('selection' in plan, operation !== 'outpaint');
        const job = p.jobMessage(parameters, DOCUMENT, BOX, 'Display P3', { host: 'photoshop' }, ['image', 'mask']);
        assert.deepEqual(unknown('JobRequest', job), []);
        assert.deepEqual([job.params.prompt, job.params.grow], [operation === 'remove' ? undefined : 'a ball', ['txt2img', 'separate'].includes(operation) ? undefined : 7]);
        assert.ok(!('feather' in job.params), 'what is automatic is left out');
        const { options } = OPERATIONS.find(({ name }) => name === operation);
        const foreign = Object.keys(job.params).filter((name) => !options.some((option) => option.name === name && option.widget !== 'model'));
        assert.deepEqual(job.models, [{ model: 'm', role: 'base' }]);
        assert.deepEqual(job.inputs, { image: { bounds: BOX, profile: 'Display P3' }, mask: { bounds: BOX } });
        assert.deepEqual(foreign, [], 'an option that the operation does not have is refused by the daemon');
        const words = 'prompt' in parameters ? { prompt: ' a ball ' } : {};
        assert.deepEqual({ ...p.fromRequest(job), source: parameters.source, ...words }, parameters);
    }
});

test('automatic values are left out', () => {
    const job = p.jobMessage(DEFAULTS.inpaint, DOCUMENT, BOX, null, {}, ['image']);
    for (const name of ['seed', 'strength', 'steps', 'guidance_scale', 'sampler', 'model', 'padding']) assert.ok(!(name in job.params), name);
    assert.deepEqual([job.models, job.inputs], [[], { image: { bounds: BOX } }]);
});

test('what an older version remembered is read as far as it fits', () => {
    const read = p.fromJson(
        { prompt: 4, steps: 'many', num_images: 99, margins: { left: -3, right: 2.6 }, unknown: 1, source: 'moon', strength: NaN },
        'outpaint',
    );
    assert.deepEqual(read, { ...DEFAULTS.outpaint, num_images: 16, margins: { left: 0, top: 0, right: 3, bottom: 0 } });
    assert.deepEqual(p.fromJson(null), DEFAULTS.inpaint);
    assert.equal(p.fromJson({ operation: 'sculpt' }).operation, 'inpaint');
    assert.equal(p.fromJson({ kind: 'img2img' }).operation, 'img2img', 'as earlier versions kept it');
});

test('files, layers and Actions of the first versions keep their values', () => {
    const kept = {
        operation: 'img2img', source: 'visible', prompt: 'a ball', negative_prompt: 'blur', model: '', strength: 0.4, steps: 9, guidance_scale: 3.5,
        sampler: 'auto', seed: 5, num_images: 2, grow: null, feather: 4, padding: 32, keep_to_selection: true,
        margins: { left: 0, top: 0, right: 0, bottom: 0 },
    };
    assert.deepEqual(p.fromJson(kept), {
        operation: 'img2img', source: 'visible', roles: {}, prompt: 'a ball', negative_prompt: 'blur', model: null, strength: 0.4, steps: 9,
        guidance_scale: 3.5, sampler: null, seed: 5, num_images: 2, grow: null, feather: 4, padding: 32, keep_to_selection: true,
    });
    const named = { ...kept, operation: 'txt2img', model: 'sd15', sampler: 'euler' };
    assert.deepEqual(p.fromJson(named), {
        operation: 'txt2img', source: 'visible', roles: {}, prompt: 'a ball', negative_prompt: 'blur', model: 'sd15', steps: 9, guidance_scale: 3.5,
        sampler: 'euler', seed: 5, num_images: 2,
    });
});

test('a removal is one of its own, also where an earlier GIMP plug-in asked for it as an inpaint', () => {
    const params = { prompt: '', seed: 3, strength: 1, sampler: 'auto', grow: 'auto', feather: 5 };
    const request = { operation: 'inpaint', params, models: [], client_data: { procedure: 'remove' } };
    const used = p.fromRequest(request);
    assert.deepEqual(used, { ...DEFAULTS.remove, seed: 3, strength: 1, feather: 5 });
    assert.equal(p.titleOf(used), 'Removed');
    assert.equal(p.fromRequest({ ...request, client_data: { procedure: 'again' } }).operation, 'inpaint');
});

test('what is read by default is what the table says', () => {
    const sources = Object.fromEntries(PAINTING.map((operation) => [operation, DEFAULTS[operation].source]));
    assert.deepEqual(sources, { inpaint: 'visible', remove: 'visible', outpaint: 'visible', img2img: 'layer', txt2img: 'visible', edit: 'visible', separate: 'layer' });
});

test('what cannot work is refused with what to change', () => {
    const none = { ...DEFAULTS.outpaint, margins: { left: 0, top: 0, right: 0, bottom: 0 } };
    assert.throws(() => p.check(none), /expand at least one side/);
    assert.throws(() => p.check(DEFAULTS.txt2img), /describe the picture/);
    assert.throws(() => p.check({ ...DEFAULTS.inpaint, seed: wire.MAX_SEED, num_images: 2 }), /seed is too large/);
    p.check(DEFAULTS.inpaint);
});

test('a strength at which nothing would be painted is refused, in the field and where an older job had it', () => {
    const range = { minimum: wire.MIN_STRENGTH * 100, maximum: 100, optional: true };
    assert.deepEqual(parseNumber('0', range), { ok: false, value: null });
    assert.deepEqual(parseNumber('1', range), { ok: true, value: 1 });
    for (const strength of [0, 0.001, 1.2]) {
        assert.throws(() => p.check({ ...DEFAULTS.img2img, strength }), /Strength.*from 1 to 100/);
    }
    p.check({ ...DEFAULTS.img2img, strength: wire.MIN_STRENGTH });
    assert.throws(() => p.check({ ...DEFAULTS.inpaint, steps: 1000 }), /Steps: type a number from 1 to 150/);
});

test('arrow keys go through multiples of the step, and stop at the ends', () => {
    const strength = { minimum: 1, maximum: 100, step: 5 };
    assert.deepEqual([null, 1, 5, 60, 98, 100].map((value) => stepped(value, 1, strength)), [1, 5, 10, 65, 100, 100]);
    assert.deepEqual([null, 1, 5, 60, 98].map((value) => stepped(value, -1, strength)), [1, 1, 1, 55, 95]);
    assert.equal(stepped(60, -1, strength, 10), 10);
    assert.equal(stepped(7.5, 1, { minimum: 0, maximum: 50, step: 0.5 }), 8);
});

test('a random seed leaves room for the variations', () => {
    const many = { ...DEFAULTS.inpaint, num_images: 16 };
    assert.equal(p.withFixedSeed(many, () => 0.9999999999).seed + 15, wire.MAX_SEED);
    assert.equal(p.withFixedSeed(many, () => 0).seed, 0);
    assert.equal(p.withFixedSeed({ ...many, seed: 3 }).seed, 3);
});

test('titles are one line, cut between words', () => {
    assert.equal(p.shortened('a\n red   ball'), 'a red ball');
    assert.equal(p.shortened('word '.repeat(30)), 'word '.repeat(9).trim() + '…');
    assert.equal(p.shortened('x'.repeat(60)).length, 48);
    assert.equal(p.titleOf({ ...DEFAULTS.inpaint, prompt: 'a ball' }), 'a ball');
    assert.deepEqual(PAINTING.map((operation) => p.titleOf(DEFAULTS[operation])), ['Inpaint', 'Removed', 'Outpaint', 'Image to image', 'Text to image', 'Edited', 'Layers']);
});

test('a choice is shown as words', () => {
    const labelled = { labels: { model: 'With a model' } };
    const shown = ['photograph', 'by-example', '2', 'model'].map((word) => p.choiceLabel(word, labelled));
    assert.deepEqual(shown, ['Photograph', 'By example', '2', 'With a model']);
});
