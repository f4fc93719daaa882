'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { panelOver, sessionWith } = require('./over-fake.js');

const SNAPSHOT = {
    id: 'j',
    seq: 3,
    state: 'done',
    progress: {},
    results: [0, 1].map((index) => ({ index, seed: index })),
    warnings: [{ message: 'Steps were capped.' }],
};

/** A panel with a job that is painted, of which variation 1 was to be placed while another document is in front. */
async function asked() {
    const over = panelOver();
    const { control, load } = over;
    const own = control.openDocument({ width: 96, height: 64, name: 'own.psd', path: '/p/own.psd' });
    const panel = new (load('lib/panel.js').Panel)(() => {});
    const { documentInfo } = load('lib/scene.js');
    const document = documentInfo(load('lib/look.js').look(own));
    const request = { kind: 'inpaint', prompt: 'ball', count: 2, document, client_data: {} };
    const snapshot = { ...SNAPSHOT, request };
    panel.session = sessionWith({ wire: load('lib/wire.js') });
    panel.session.client.job = async () => ({ job: snapshot, events: [] });
    panel.session.client.thumbnail = async () => new Uint8Array(0);
    const key = panel.nextKey();
    const card = load('lib/state.js').newCard(key, { job: 'j', title: 'ball', request, documentId: own.id, stage: 'active', first: 'j' });
    panel.store.dispatch({ type: 'card', card });
    panel.store.dispatch({ type: 'snapshot', key, snapshot: { ...snapshot, state: 'running' } });
    control.openDocument({ width: 20, height: 20, name: 'other.psd', path: '/p/other.psd' });
    await load('lib/placing.js').place(panel, key, { indices: [1], replace: false, choice: '', about: '' });
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
            waiting.push(() => resolve({ jobs: [{ id, created: 0, results: [], request: { document: {} } }], next: null }));
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

test('words are searched for at once, and More goes on with the words that its page had', async () => {
    const { load } = panelOver();
    const panel = new (load('lib/panel.js').Panel)(() => {});
    const { loadHistory, search } = load('lib/history.js');
    const asked = [];
    panel.session = sessionWith({ wire: load('lib/wire.js') });
    panel.session.client.jobs = async ({ q, before }) => {
        asked.push([q, before]);
        const jobs = Array.from({ length: 12 }, (_, n) => ({ id: `${q}${n}`, created: 0, results: [], request: { document: {} } }));
        return { jobs, next: 'next' };
    };
    await search(panel, '  red \n ball ');
    await search(panel, 'red ball');
    panel.store.dispatch({ type: 'history', values: { words: 'typed since' } });
    await loadHistory(panel, false);
    await loadHistory(panel, true);
    assert.deepEqual(asked, [['red ball', null], ['red ball', 'next'], ['typed since', null]]);
});
