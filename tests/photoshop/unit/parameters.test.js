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
        const parameters = { ...p.DEFAULTS[kind], prompt: ' a ball ', strength: 0.5, steps: 3, guidance: 2, seed: 4, model: 'm', grow: 7 };
        const plan = p.planRequest(parameters, DOCUMENT, BOX, BOX);
        assert.deepEqual(wire.fieldProblems('PlanRequest', plan), []);
        assert.equal('margins' in plan, kind === 'outpaint');
        assert.equal('selection' in plan, kind !== 'outpaint');
        const job = p.jobMessage(parameters, DOCUMENT, BOX, 'Display P3', { host: 'photoshop' });
        assert.deepEqual(wire.fieldProblems('JobRequest', job), []);
        assert.equal(job.prompt, 'a ball');
        assert.equal(job.grow, 7);
        assert.equal(job.feather, 'auto');
        assert.deepEqual(
            { ...p.fromRequest(job), source: parameters.source, prompt: ' a ball ' },
            { ...parameters, margins: kind === 'outpaint' ? parameters.margins : p.NO_MARGINS },
        );
    }
});

test('automatic values are left out', () => {
    const job = p.jobMessage(p.DEFAULTS.inpaint, DOCUMENT, BOX, null, {});
    for (const name of ['seed', 'strength', 'steps', 'guidance_scale', 'model', 'profile']) assert.ok(!(name in job), name);
});

test('what an older version remembered is read as far as it fits', () => {
    const read = p.fromJson(
        { prompt: 4, steps: 'many', count: 99, margins: { left: -3, right: 2.6 }, unknown: 1, source: 'moon', strength: NaN },
        'outpaint',
    );
    assert.deepEqual(read, { ...p.DEFAULTS.outpaint, count: 16, margins: { left: 0, top: 0, right: 3, bottom: 0 } });
    assert.deepEqual(p.fromJson(null), p.DEFAULTS.inpaint);
    assert.equal(p.fromJson({ kind: 'remove' }).kind, 'inpaint');
});

test('what cannot work is refused with what to change', () => {
    const none = { ...p.DEFAULTS.outpaint, margins: p.NO_MARGINS };
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
    assert.equal(p.titleOf(p.DEFAULTS.outpaint), 'Outpaint');
});
