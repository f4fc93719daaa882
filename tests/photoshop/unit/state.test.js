'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { initialState, reduce, newCard, placedVariations } = require('../../../photoshop_uxp/lib/state.js');
const { optionsFor } = require('../../../photoshop_uxp/lib/apply_options.js');
const { deletionText, itemsOf, itemText, itemWhen, variationsOf } = require('../../../photoshop_uxp/lib/history_items.js');
const { updateOf, stageText, etaText, followJob } = require('../../../photoshop_uxp/lib/follow.js');
const { BridgeError } = require('../../../photoshop_uxp/lib/failures.js');
const { ENGLISH, TABLES, t } = require('../../../photoshop_uxp/lib/texts.js');
const wire = require('../../../photoshop_uxp/lib/wire.js');
const { OPERATIONS } = require('../../../photoshop_uxp/lib/operation_table.js');

const LIB = path.resolve(__dirname, '../../../photoshop_uxp/lib');

const with3 = () =>
    [1, 2, 3].reduce((state, key) => reduce(state, { type: 'card', card: newCard(key, { job: `j${key}` }) }), initialState());

test('the newest card stands first; ended ones give way, running ones stay', () => {
    assert.deepEqual(
        with3().cards.map((card) => card.key),
        [3, 2, 1],
    );
    let state = reduce(initialState(), { type: 'card', card: newCard(0, { stage: 'active' }) });
    for (let key = 1; key < 30; key++) state = reduce(state, { type: 'card', card: newCard(key, { stage: 'ended' }) });
    assert.ok(state.cards.some((card) => card.key === 0));
    assert.ok(state.cards.length <= 13);
});

test('a snapshot adds variations and keeps what is known of the others', () => {
    let state = reduce(with3(), { type: 'snapshot', key: 2, snapshot: { id: 'j2', request: {}, artifacts: [{ role: 'layer', index: 0, meta: { seed: 9 } }] } });
    state = reduce(state, { type: 'variation', key: 2, index: 0, values: { placed: { document: 7, layer: 44 } } });
    state = reduce(state, {
        type: 'snapshot',
        key: 2,
        snapshot: {
            id: 'j2',
            request: {},
            artifacts: [
                { role: 'layer', index: 0, meta: { seed: 9 } },
                { role: 'layer', index: 1, meta: { seed: 10 } },
            ],
        },
    });
    const [, card] = state.cards;
    assert.deepEqual(card.variations, [
        { index: 0, roles: ['layer'], seed: 9, placed: { document: 7, layer: 44 }, applied: [], text: null },
        { index: 1, roles: ['layer'], seed: 10, placed: null, applied: [], text: null },
    ]);
    assert.deepEqual(placedVariations(card), [card.variations[0]]);
});

test('the artifacts of a variation are one of it, whatever their roles', () => {
    const card = newCard(1, { job: 'j' });
    const artifacts = [{ role: 'layer', index: 0, meta: { seed: 9 } }, { role: 'subject', index: 0, meta: { seed: 9 } }, { role: 'layer', index: 1, meta: { seed: 10 } }];
    const of = (state, count) => reduce(state, { type: 'snapshot', key: 1, snapshot: { id: 'j', request: {}, artifacts: artifacts.slice(0, count) } });
    let state = of(reduce(initialState(), { type: 'card', card }), 1);
    state = of(reduce(state, { type: 'variation', key: 1, index: 0, values: { applied: ['layer'] } }), 3);
    assert.deepEqual(
        state.cards[0].variations.map(({ index, roles, applied }) => [index, roles, applied]),
        [[0, ['layer', 'subject'], ['layer']], [1, ['layer'], []]],
    );
});

test('what a click asks for: a double click never takes a placed variation away for itself', () => {
    const variation = (index, layer) => ({ index, roles: ['layer'], applied: [], text: null, seed: index, placed: layer ? { document: 7, layer } : null });
    const asked = (what, chosen, ...layers) => {
        const options = optionsFor(newCard(1, { chosen, variations: layers.map((layer, index) => variation(index, layer)) }), what);
        return options && [options.indices, options.replace];
    };
    assert.deepEqual(asked('best', 0, 0, 0), [[0], false]);
    assert.deepEqual(asked('best', 1, 44, 0), [[1], true]);
    assert.equal(asked('best', 0, 44, 0), null);
    assert.equal(asked('replace', 0, 44, 0), null);
    assert.equal(asked('replace', 0, 0, 0), null);
    assert.deepEqual(asked('replace', 1, 44, 0), [[1], true]);
    assert.deepEqual(asked('all', 0, 44, 0), [[0, 1], false]);
    assert.equal(asked('all', 0, 44, 45), null);
    assert.equal(asked('all', 0, 0), null);
});

test('parameters change for the operation that is shown only; states are never written to', () => {
    const before = Object.freeze(initialState());
    const after = reduce(before, { type: 'parameters', values: { prompt: 'x' } });
    assert.equal(after.values.inpaint.prompt, 'x');
    assert.equal(after.values.outpaint, before.values.outpaint);
    assert.equal(before.values.inpaint.prompt, '');
    const wrong = reduce(after, { type: 'problem', field: 'steps', text: 'no' });
    assert.deepEqual(reduce(wrong, { type: 'problem', field: 'steps', text: '' }).problems, {});
});

test('a prompt is offered in an operation that has none, and does not replace one', () => {
    const typed = reduce(initialState(), { type: 'parameters', values: { prompt: 'sea' } });
    const outpaint = reduce(typed, { type: 'operation', operation: 'outpaint' });
    assert.equal(outpaint.values.outpaint.prompt, 'sea');
    const other = reduce(reduce(outpaint, { type: 'parameters', values: { prompt: 'sky' } }), { type: 'operation', operation: 'inpaint' });
    assert.equal(other.values.inpaint.prompt, 'sea');
    assert.equal(other.values.outpaint.prompt, 'sky');
    const remove = reduce(typed, { type: 'operation', operation: 'remove' });
    assert.ok(!('prompt' in remove.values.remove), 'what has no prompt is given none');
    assert.equal(reduce(remove, { type: 'operation', operation: 'inpaint' }).values.inpaint.prompt, 'sea');
});

test('what is shown of a job', () => {
    const job = {
        state: 'running',
        num_images: 3,
        progress: { stage: 'denoising', task: 1, step: 4, steps: 20, fraction: 0.4, eta_seconds: 30.4 },
    };
    const update = updateOf(job, [
        { type: 'preview', data: { jpeg: 'old' } },
        { type: 'preview', data: { jpeg: 'new' } },
    ]);
    assert.deepEqual(
        [update.text, update.fraction, update.eta, update.preview],
        ['Painting: variation 2 of 3, step 4 of 20', 0.4, 30.4, 'new'],
    );
    assert.equal(stageText({ state: 'queued', position: 2, progress: {} }), 'Waiting: 2 before this one');
    assert.equal(stageText({ state: 'queued', position: 0, progress: {} }), 'Waiting…');
    assert.equal(stageText({ state: 'loading', progress: {} }), 'Loading model…');
    assert.deepEqual([null, 1, 40.4, 150].map(etaText), ['', 'A moment left', 'About 40 seconds left', 'About 3 minutes left']);
});

test('a job is followed through a daemon that goes away, from the event that was seen last', async () => {
    const asked = [];
    const answers = [
        { job: { seq: 5, state: 'running', progress: {} }, events: [{ seq: 7, type: 'progress', data: {} }] },
        new BridgeError('unreachable', 'away'),
        { job: { seq: 9, state: 'done', progress: {} }, events: [] },
    ];
    const session = {
        call: (work) =>
            work({
                job: async (...given) => {
                    asked.push(given);
                    const answer = answers.shift();
                    if (answer instanceof Error) throw answer;
                    return answer;
                },
            }),
    };
    const lost = [];
    const last = await followJob(
        session,
        'j',
        2,
        (update) => lost.push(update.lost),
        () => false,
    );
    assert.equal(last.seq, 9);
    assert.deepEqual(asked, [
        ['j', 2, 0],
        ['j', 7, 20],
        ['j', 7, 20],
    ]);
    assert.deepEqual(lost, [false, true, false]);
});

test('where many jobs are followed, none of them keeps a connection', async () => {
    const waits = [];
    const session = {
        call: (work) =>
            work({
                job: async (_job, _after, wait) => {
                    waits.push(wait);
                    return { job: { seq: 1, state: waits.length > 2 ? 'done' : 'queued', progress: {} }, events: [] };
                },
            }),
    };
    await followJob(
        session,
        'j',
        0,
        () => {},
        () => false,
        () => true,
    );
    assert.deepEqual(waits, [0, 0, 0]);
});

test('who gives up waiting is told where the result will be', async () => {
    const session = {
        call: async () => {
            throw new BridgeError('unreachable', 'away');
        },
    };
    await assert.rejects(
        followJob(
            session,
            'j',
            0,
            () => {},
            () => true,
        ),
        (error) => error.code === 'lost' && /History/.test(error.message),
    );
});

test('History has a line for each variation, and for jobs without one', () => {
    const jobs = [
        {
            id: 'a',
            artifacts: [
                { index: 0, meta: { seed: 1, bounds: { width: 5, height: 6 } } },
                { index: 1, meta: { seed: 2, bounds: { width: 5, height: 6 } } },
            ],
            request: {},
            created: 0,
        },
        { id: 'b', artifacts: [], error: { message: 'It failed.' }, request: { document: { name: 'a.psd' } }, created: 0 },
    ];
    const items = itemsOf(jobs);
    assert.deepEqual(
        items.map((item) => [item.job.id, item.index]),
        [
            ['a', 0],
            ['a', 1],
            ['b', null],
        ],
    );
    assert.deepEqual(items.map(itemText), ['5 × 6 px; seed 1', '5 × 6 px; seed 2', 'It failed.']);
    assert.match(itemWhen(items[2]), /^a\.psd, 19/);
});

test('artifacts of one variation are counted once, also where History asks before it deletes', () => {
    const made = [0, 0, 1].map((index, i) => ({ role: ['layer', 'subject', 'layer'][i], index, meta: { seed: 1, bounds: {} } }));
    const asked = (...artifacts) => deletionText({ job: { artifacts, request: { params: { prompt: 'ball' } } }, index: 0 });
    assert.deepEqual(variationsOf({ artifacts: made }), [0, 1]);
    assert.deepEqual(variationsOf({}), []);
    assert.match(asked(...made), /^Delete all 2 variations of “ball”/);
    assert.match(asked(...made.slice(0, 2)), /^Delete “ball” from/);
    assert.match(asked(), /^Delete “ball” from/);
});

test('every failure of the daemon has a title of its own', () => {
    const without = Object.keys(wire.ERRORS).filter((code) => !ENGLISH[`title_${code}`]);
    assert.deepEqual(without, []);
});

test('no text is left that nothing shows', () => {
    const sources = fs.readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js') && !/^texts/.test(file));
    const all = sources.map((file) => fs.readFileSync(path.join(LIB, file), 'utf8')).join('');
    const made = /^(title|mode|way)_/; // of a code, a mode, a way to apply a result
    assert.deepEqual(
        Object.keys(ENGLISH).filter((key) => !made.test(key) && !all.includes(`'${key}'`)),
        [],
    );
});

test('every text has its key, and other languages no keys of their own', () => {
    for (const [key, text] of Object.entries(ENGLISH)) assert.ok(text.trim() && !/\s$/.test(text), key);
    const shared = JSON.stringify(OPERATIONS); // of operations and options the English text is the key
    for (const table of Object.values(TABLES))
        assert.deepEqual(
            Object.keys(table).filter((key) => !(key in ENGLISH) && !shared.includes(JSON.stringify(key))),
            [],
        );
    assert.equal(t('variation', { number: 2, seed: 7 }), 'Variation 2, seed 7');
    assert.equal(t('historyNote', { width: 1 }), '1 × {height} px; seed {seed}');
    assert.equal(t('Padding'), 'Padding');
});
