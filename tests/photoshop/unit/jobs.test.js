'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { panelOver, sessionWith } = require('./over-fake.js');

const SNAPSHOT = {
    id: 'j',
    seq: 3,
    state: 'done',
    progress: {},
    artifacts: [0, 1].map((index) => ({ role: 'layer', index, meta: { seed: index } })),
    warnings: [{ message: 'Steps were capped.' }],
};

/** A panel with a job that is painted, of which variation 1 was to be placed while another document is in front. */
async function asked() {
    const over = panelOver();
    const { control, load } = over;
    const own = control.openDocument({ width: 96, height: 64, name: 'own.psd', path: '/p/own.psd' });
    const panel = new (load('lib/panel.js').Panel)(() => {});
    const { documentInfo } = load('lib/scene.js');
    const document = documentInfo(load('lib/read_scene.js').readScene(own));
    const request = { operation: 'inpaint', version: 1, params: { prompt: 'ball', num_images: 2 }, inputs: {}, models: [], document, client_data: {} };
    const snapshot = { ...SNAPSHOT, request, num_images: 2 };
    panel.session = sessionWith({ wire: load('lib/wire.js') });
    panel.session.client.job = async () => ({ job: snapshot, events: [] });
    panel.session.client.thumbnail = async () => new Uint8Array(0);
    const key = panel.nextKey();
    const card = load('lib/state.js').newCard(key, { job: 'j', title: 'ball', request, documentId: own.id, stage: 'active', first: 'j' });
    panel.store.dispatch({ type: 'card', card });
    panel.store.dispatch({ type: 'snapshot', key, snapshot: { ...snapshot, state: 'running' } });
    control.openDocument({ width: 20, height: 20, name: 'other.psd', path: '/p/other.psd' });
    await load('lib/apply.js').applyResults(panel, key, { indices: [1], replace: false, choice: '', about: '' });
    assert.match(panel.card(key).notice.text, /not in front/);
    return { ...over, panel, key, snapshot };
}

test('a question about a variation stays when its job ends, beside what else is to be said', async () => {
    const { panel, key, load } = await asked();
    await load('lib/jobs.js').follow(panel, key, 0);
    const { notice, stage } = panel.card(key);
    assert.equal(stage, 'ended');
    assert.match(notice.text, /Steps were capped\.\n“own.psd” is not in front/);
    assert.deepEqual(notice.choices.map((choice) => choice.id), ['switch', 'later']);
    assert.deepEqual(panel.pending.get(key).indices, [1], 'and an answer is still about that variation');
});

test('a question stays when its job fails', async () => {
    const { panel, key, load, snapshot } = await asked();
    const error = { code: 'out_of_memory', message: 'Choose fewer variations.' };
    panel.session.client.job = async () => ({ job: { ...snapshot, state: 'failed', warnings: [], error }, events: [] });
    await load('lib/jobs.js').follow(panel, key, 0);
    const { notice } = panel.card(key);
    assert.equal(notice.title, 'Not enough memory');
    assert.match(notice.text, /Choose fewer variations[^]*not in front/);
    assert.deepEqual(notice.choices.map((choice) => choice.id), ['switch', 'later']);
});

test('a job that failed while the panel was closed is said to have finished variations, not artifacts', async () => {
    const { load } = panelOver();
    const panel = new (load('lib/panel.js').Panel)(() => {});
    const request = { operation: 'inpaint', version: 1, params: { prompt: 'ball' }, inputs: {}, models: [], document: { id: 'd', name: 'a.psd' }, client_data: {} };
    const artifacts = [['layer', 0], ['subject', 0], ['layer', 1], ['subject', 1]].map(([role, index]) => ({ role, index, meta: { seed: index } }));
    const error = { code: 'out_of_memory', message: 'Choose fewer variations.' };
    panel.session = sessionWith({ wire: load('lib/wire.js') });
    panel.session.client.jobs = async () => ({ jobs: [{ ...SNAPSHOT, state: 'failed', request, num_images: 3, artifacts, error }] });
    panel.session.client.thumbnail = async () => new Uint8Array(0);
    panel.remembered.keepOpenJobs(['j']);
    await load('lib/jobs.js').recover(panel);
    const [card] = panel.store.get().cards;
    assert.equal(card.variations.length, 2);
    assert.equal(card.notice.text, '2 of 3 variations were finished. Choose fewer variations.');
});

test('a job that is found again while it is being sent is one job, and its result is placed once', async () => {
    const { control, load } = panelOver();
    const own = control.openDocument({ width: 96, height: 64 });
    const panel = new (load('lib/panel.js').Panel)(() => {});
    const { generate, recover } = load('lib/jobs.js');
    const wire = load('lib/wire.js');
    const bounds = { x: 0, y: 0, width: 8, height: 8 };
    const image = { dtype: 'U8', shape: [8, 8, 4], data: new Uint8Array(256).fill(200) };
    const mask = { dtype: 'U8', shape: [8, 8], data: new Uint8Array(64).fill(255) };
    const result = wire.encode({ operation: 'img2img', role: 'layer', bounds, canvas: null, seed: 0, index: 0 }, { image, mask });
    let sent = null;
    let finish = () => {};
    const finished = new Promise((resolve) => (finish = resolve));
    const snapshot = (state) => ({ ...SNAPSHOT, id: 'job-1', state, warnings: [], artifacts: state === 'done' ? [SNAPSHOT.artifacts[0]] : [], request: sent });
    panel.session = sessionWith({ wire, results: { 'job-1/0': result }, before: async (call, frame) => {
        if (call !== 'submit') return;
        sent = wire.decode(frame).message;
        await recover(panel);
    } });
    panel.session.client.jobs = async () => ({ jobs: [snapshot('running')] });
    panel.session.client.job = async () => finished.then(() => ({ job: snapshot('done'), events: [] }));
    panel.session.client.thumbnail = async () => new Uint8Array(0);
    const { store } = panel;
    store.dispatch({ type: 'operation', operation: 'img2img' });
    store.dispatch({ type: 'parameters', values: { prompt: 'a ball', source: 'visible' } });
    await generate(panel);
    assert.equal(store.get().notice, null);
    assert.deepEqual(store.get().cards.map(({ job }) => job), ['job-1']);
    finish();
    while (panel.following.size) await new Promise(setImmediate);
    assert.deepEqual(own.layers.map(({ name }) => name), ['a ball', 'Background']);
});

test('History shows what the filter says that was set last, also where an earlier answer comes later', async () => {
    const { control, load } = panelOver();
    control.openDocument({ width: 8, height: 8 });
    const panel = new (load('lib/panel.js').Panel)(() => {});
    const { loadHistory } = load('lib/history.js');
    const waiting = [];
    panel.session = sessionWith({ wire: load('lib/wire.js') });
    panel.session.client.jobs = ({ document }) =>
        new Promise((resolve) => {
            const id = document === null ? 'of all' : 'of this';
            waiting.push(() => resolve({ jobs: [{ id, created: 0, artifacts: [], request: { document: {} } }], next: null }));
        });
    const first = loadHistory(panel, true);
    panel.store.dispatch({ type: 'history', values: { all: true } });
    const second = loadHistory(panel, true);
    assert.equal(waiting.length, 2);
    waiting[1]();
    await second;
    waiting[0]();
    await first;
    const { jobs, loading } = panel.store.get().history;
    assert.deepEqual([jobs.map((job) => job.id), loading], [['of all'], false]);
});

test('a thumbnail is fetched once, for the job and for History', async () => {
    const { control, load } = panelOver();
    control.openDocument({ width: 8, height: 8 });
    const panel = new (load('lib/panel.js').Panel)(() => {});
    const request = { operation: 'inpaint', version: 1, params: { prompt: 'ball', num_images: 2 }, inputs: {}, models: [], document: { id: 'd', name: 'a.psd' }, client_data: {} };
    const snapshot = { ...SNAPSHOT, request, created: 0 };
    const fetched = [];
    panel.session = sessionWith({ wire: load('lib/wire.js') });
    panel.session.client.jobs = async () => ({ jobs: [snapshot], next: null });
    panel.session.client.thumbnail = async (job, index) => {
        fetched.push(`${job}/${index}`);
        return Uint8Array.of(index);
    };
    panel.remembered.keepOpenJobs(['j']);
    await load('lib/jobs.js').recover(panel);
    panel.store.dispatch({ type: 'set', values: { view: 'history' } });
    await load('lib/history.js').loadHistory(panel, true);
    while (panel.loading.size) await new Promise(setImmediate);
    assert.deepEqual(fetched, ['j/0', 'j/1']);
    assert.deepEqual(Object.keys(panel.store.get().pictures), ['j/0', 'j/1']);
});

test('words are searched for at once, and More goes on with the words that its page had', async () => {
    const { load } = panelOver();
    const panel = new (load('lib/panel.js').Panel)(() => {});
    const { loadHistory, search } = load('lib/history.js');
    const asked = [];
    panel.session = sessionWith({ wire: load('lib/wire.js') });
    panel.session.client.jobs = async ({ q, before }) => {
        asked.push([q, before]);
        const jobs = Array.from({ length: 12 }, (_, n) => ({ id: `${q}${n}`, created: 0, artifacts: [], request: { document: {} } }));
        return { jobs, next: 'next' };
    };
    await search(panel, '  red \n ball ');
    await search(panel, 'red ball');
    panel.store.dispatch({ type: 'history', values: { words: 'typed since' } });
    await loadHistory(panel, false);
    await loadHistory(panel, true);
    assert.deepEqual(asked, [['red ball', null], ['red ball', 'next'], ['typed since', null]]);
});
