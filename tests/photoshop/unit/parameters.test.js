'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const p = require('../../../photoshop_uxp/lib/parameters.js');
const { parseNumber, stepped } = require('../../../photoshop_uxp/lib/views/fields.js');
const wire = require('../../../photoshop_uxp/lib/wire.js');

const DOCUMENT = { width: 40, height: 30, id: 'd', name: 'a.psd' };
const BOX = { x: 1, y: 2, width: 3, height: 4 };

test('plan and job of every kind are what the protocol takes', () => {
    for (const kind of Object.keys(p.DEFAULTS)) {
        const chosen = { prompt: ' a ball ', strength: 0.5, steps: 3, guidance_scale: 2, seed: 4, model: 'm', grow: 7 };
        const own = Object.entries(chosen).filter(([name]) => name in p.DEFAULTS[kind]);
        const parameters = { ...p.DEFAULTS[kind], ...Object.fromEntries(own) };
        const plan = p.planRequest(parameters, DOCUMENT, BOX, BOX);
        assert.deepEqual(wire.fieldProblems('PlanRequest', plan), []);
        assert.equal('margins' in plan, kind === 'outpaint');
        assert.equal('selection' in plan, kind !== 'outpaint');
        const job = p.jobMessage(parameters, DOCUMENT, BOX, 'Display P3', { host: 'photoshop' });
        assert.deepEqual(wire.fieldProblems('JobRequest', job), []);
        assert.deepEqual([job.prompt, job.grow], [kind === 'remove' ? undefined : 'a ball', kind === 'txt2img' ? undefined : 7]);
        assert.ok(!('feather' in job), 'what is automatic is left out');
        const { options } = wire.OPERATIONS.find(({ name }) => name === kind);
        const foreign = Object.keys(chosen).filter((name) => name in job && !options.some((option) => option.name === name));
        assert.deepEqual(foreign, [], 'an option that the operation does not have is refused by the daemon');
        const words = 'prompt' in parameters ? { prompt: ' a ball ' } : {};
        assert.deepEqual({ ...p.fromRequest(job), source: parameters.source, ...words }, parameters);
    }
});

test('automatic values are left out', () => {
    const job = p.jobMessage(p.DEFAULTS.inpaint, DOCUMENT, BOX, null, {});
    for (const name of ['seed', 'strength', 'steps', 'guidance_scale', 'sampler', 'model', 'padding', 'profile']) assert.ok(!(name in job), name);
});

test('what an older version remembered is read as far as it fits', () => {
    const read = p.fromJson(
        { prompt: 4, steps: 'many', count: 99, margins: { left: -3, right: 2.6 }, unknown: 1, source: 'moon', strength: NaN },
        'outpaint',
    );
    assert.deepEqual(read, { ...p.DEFAULTS.outpaint, count: 16, margins: { left: 0, top: 0, right: 3, bottom: 0 } });
    assert.deepEqual(p.fromJson(null), p.DEFAULTS.inpaint);
    assert.equal(p.fromJson({ kind: 'sculpt' }).kind, 'inpaint');
});

test('files, layers and Actions of the first versions keep their values', () => {
    const kept = {
        kind: 'img2img', source: 'visible', prompt: 'a ball', negative_prompt: 'blur', model: '', strength: 0.4, steps: 9, guidance: 3.5,
        sampler: 'auto', seed: 5, count: 2, grow: null, feather: 4, padding: 32, keep_to_selection: true,
        margins: { left: 0, top: 0, right: 0, bottom: 0 },
    };
    assert.deepEqual(p.fromJson(kept), {
        kind: 'img2img', source: 'visible', prompt: 'a ball', negative_prompt: 'blur', model: null, strength: 0.4, steps: 9,
        guidance_scale: 3.5, sampler: null, seed: 5, count: 2, grow: null, feather: 4, padding: 32, keep_to_selection: true,
    });
    const named = { ...kept, kind: 'txt2img', model: 'sd15', sampler: 'euler' };
    assert.deepEqual(p.fromJson(named), {
        kind: 'txt2img', source: 'visible', prompt: 'a ball', negative_prompt: 'blur', model: 'sd15', steps: 9, guidance_scale: 3.5,
        sampler: 'euler', seed: 5, count: 2,
    });
});

test('a removal is one of its own, also where an earlier GIMP plug-in asked for it as an inpaint', () => {
    const request = { kind: 'inpaint', prompt: '', seed: 3, strength: 1, sampler: 'auto', grow: 'auto', feather: 5, client_data: { procedure: 'remove' } };
    const used = p.fromRequest(request);
    assert.deepEqual(used, { ...p.DEFAULTS.remove, seed: 3, strength: 1, feather: 5 });
    assert.equal(p.titleOf(used), 'Removed');
    assert.equal(p.fromRequest({ ...request, client_data: { procedure: 'again' } }).kind, 'inpaint');
});

test('what is read by default is what the table says', () => {
    const sources = Object.fromEntries(Object.values(p.DEFAULTS).map(({ kind, source }) => [kind, source]));
    assert.deepEqual(sources, { inpaint: 'visible', remove: 'visible', outpaint: 'visible', img2img: 'layer', txt2img: 'visible' });
});

test('what cannot work is refused with what to change', () => {
    const none = { ...p.DEFAULTS.outpaint, margins: { left: 0, top: 0, right: 0, bottom: 0 } };
    assert.throws(() => p.check(none), /expand at least one side/);
    assert.throws(() => p.check(p.DEFAULTS.txt2img), /describe the picture/);
    assert.throws(() => p.check({ ...p.DEFAULTS.inpaint, seed: wire.MAX_SEED, count: 2 }), /seed is too large/);
    p.check(p.DEFAULTS.inpaint);
});

test('a strength at which nothing would be painted is refused, in the field and where an older job had it', () => {
    const range = { minimum: wire.MIN_STRENGTH * 100, maximum: 100, optional: true };
    assert.deepEqual(parseNumber('0', range), { ok: false, value: null });
    assert.deepEqual(parseNumber('1', range), { ok: true, value: 1 });
    for (const strength of [0, 0.001, 1.2]) {
        assert.throws(() => p.check({ ...p.DEFAULTS.img2img, strength }), /Strength.*from 1 to 100/);
    }
    p.check({ ...p.DEFAULTS.img2img, strength: wire.MIN_STRENGTH });
    assert.throws(() => p.check({ ...p.DEFAULTS.inpaint, steps: 1000 }), /Steps: type a number from 1 to 150/);
});

test('arrow keys go through multiples of the step, and stop at the ends', () => {
    const strength = { minimum: 1, maximum: 100, step: 5 };
    assert.deepEqual([null, 1, 5, 60, 98, 100].map((value) => stepped(value, 1, strength)), [1, 5, 10, 65, 100, 100]);
    assert.deepEqual([null, 1, 5, 60, 98].map((value) => stepped(value, -1, strength)), [1, 1, 1, 55, 95]);
    assert.equal(stepped(60, -1, strength, 10), 10);
    assert.equal(stepped(7.5, 1, { minimum: 0, maximum: 50, step: 0.5 }), 8);
});

test('a random seed leaves room for the variations', () => {
    const many = { ...p.DEFAULTS.inpaint, count: 16 };
    assert.equal(p.withFixedSeed(many, () => 0.9999999999).seed + 15, wire.MAX_SEED);
    assert.equal(p.withFixedSeed(many, () => 0).seed, 0);
    assert.equal(p.withFixedSeed({ ...many, seed: 3 }).seed, 3);
});

test('titles are one line, cut between words', () => {
    assert.equal(p.shortened('a\n red   ball'), 'a red ball');
    assert.equal(p.shortened('word '.repeat(30)), 'word '.repeat(9).trim() + '…');
    assert.equal(p.shortened('x'.repeat(60)).length, 48);
    assert.equal(p.titleOf({ ...p.DEFAULTS.inpaint, prompt: 'a ball' }), 'a ball');
    assert.deepEqual(Object.values(p.DEFAULTS).map(p.titleOf), ['Inpaint', 'Removed', 'Outpaint', 'Image to image', 'Text to image']);
});
