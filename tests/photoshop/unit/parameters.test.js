'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const p = require('../../../photoshop_uxp/lib/parameters.js');
const wire = require('../../../photoshop_uxp/lib/wire.js');

const DOCUMENT = { width: 40, height: 30, id: 'd', name: 'a.psd' };
const BOX = { x: 1, y: 2, width: 3, height: 4 };

test('plan and job of every kind are what the protocol takes', () => {
    for (const kind of wire.KINDS) {
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
