// Commands of the Plugins menu, steps of Actions, and switching variations.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { scene, BOX } = require('./apply-scene.js');

const manifest = JSON.parse(fs.readFileSync(path.join(__dirname, '../../../photoshop_uxp/manifest.json'), 'utf8'));

/** A panel whose remembered values are there, over a picture; `closed`: it was never opened. */
function commanded({ closed = false, ...options } = {}) {
    const made = scene(options);
    const { panel, load, control } = made;
    panel.session.client.job = () => new Promise(() => {});
    panel.visible = () => !closed;
    panel.told();
    const commands = load('lib/commands.js');
    const alerts = () => control.log().flatMap(({ alert }) => alert || []);
    return { ...made, commands, run: (name) => commands.runCommand(panel, name), alerts };
}

const shown = (control) => control.tree().map(({ name, visible }) => (visible ? name : `(${name})`));

test('the manifest and the panel have the same commands, and they can be recorded', () => {
    const ids = manifest.entrypoints.filter(({ type }) => type === 'command').map(({ id }) => id);
    assert.deepEqual(ids, ['generate', 'again', 'nextVariation', 'previousVariation', 'stop']);
    assert.equal(manifest.host.data.enableMenuRecording, true);
    assert.ok(manifest.entrypoints.every(({ label }) => label.default.trim()));
});

test('Next and Previous variation go round, in one history state each, and keep the place, opacity and blend mode', async () => {
    const { control, panel, document, finished, put, run } = commanded();
    const key = finished('ball', BOX, { count: 3 });
    await put(key);
    control.editLayer(document, panel.card(key).variations[0].placed.layer, (layer) => (layer.opacity = 40));
    for (const [name, wanted] of [['nextVariation', 1], ['nextVariation', 2], ['nextVariation', 0], ['previousVariation', 2], ['previousVariation', 1]]) {
        const states = control.history().length;
        await run(name);
        const { variations, chosen } = panel.card(key);
        assert.deepEqual(variations.flatMap(({ placed }, i) => (placed ? [i] : [])), [wanted], name);
        assert.equal(chosen, wanted);
        assert.equal(control.history().length, states + 1);
        assert.deepEqual(shown(control), ['ball', 'Background']);
        const [layer] = control.tree();
        assert.deepEqual([layer.opacity, layer.id], [40, variations[wanted].placed.layer]);
        assert.equal(control.pixels(document, layer.id).data[(20 * 96 + 30) * 4], 200 + wanted, 'its pixels');
    }
});

test('variations that are all placed are shown one for another, also in a group', async () => {
    const { control, panel, finished, put, run } = commanded();
    const key = finished('ball', BOX, { count: 3 });
    await put(key, { indices: [0, 1, 2] });
    const visible = () => control.tree()[0].children.map((layer) => layer.visible);
    assert.deepEqual(visible(), [true, false, false]);
    for (const [name, at] of [['nextVariation', 1], ['nextVariation', 2], ['nextVariation', 0], ['previousVariation', 2]]) {
        const states = control.history().length;
        await run(name);
        assert.deepEqual(visible(), [0, 1, 2].map((i) => i === at), name);
        assert.equal(control.history().length, states + 1);
    }
    assert.equal(control.layerCount(), 5);
    assert.equal(panel.card(key).chosen, 2);
});

test('the selected result is switched, not the last one; without a selection the last', async () => {
    const { control, panel, document, finished, put, run } = commanded();
    const [first, second] = [finished('star', BOX, { count: 2 }), finished('ball', BOX, { count: 2 })];
    await put(first);
    await put(second);
    control.activateLayer(document, panel.card(first).variations[0].placed.layer);
    await run('nextVariation');
    assert.equal(panel.card(first).chosen, 1);
    assert.equal(panel.card(second).chosen, 0);
    control.activateLayer(document, 1);
    await run('nextVariation');
    assert.equal(panel.card(second).chosen, 1);
});

test('of two that are placed the selected one gives way', async () => {
    const { control, panel, document, finished, put, run } = commanded();
    const key = finished('ball', BOX, { count: 4 });
    for (const index of [0, 3]) await put(key, { indices: [index] });
    const [first, , , last] = panel.card(key).variations.map(({ placed }) => placed && placed.layer);
    control.activateLayer(document, first);
    await run('nextVariation');
    const ids = control.tree().map(({ id }) => id);
    assert.deepEqual([ids.includes(first), ids.includes(last), ids.length], [false, true, 3]);
});

test('a result of an earlier start of the panel is switched by what the layer says of itself', async () => {
    const { control, panel, document, finished, put, run } = commanded();
    const key = finished('ball', BOX, { count: 2 });
    await put(key);
    const { job, request, variations } = panel.card(key);
    const { layer } = variations[0].placed;
    panel.store.dispatch({ type: 'drop', key });
    panel.session.client.job = async (id) => ({ job: { id, request, state: 'done', artifacts: variations.map(({ index, roles: [role], seed }) => ({ index, role, meta: { seed } })) }, events: [] });
    panel.session.client.thumbnail = () => new Promise(() => {});
    control.activateLayer(document, layer);
    await run('nextVariation');
    assert.deepEqual(shown(control), ['ball', 'Background']);
    assert.notEqual(control.tree()[0].id, layer);
    const [card] = panel.store.get().cards;
    assert.deepEqual([card.job, card.chosen], [job, 1]);
});

test('where there is nothing to do a closed panel says so in a message, an open one by itself', async () => {
    for (const closed of [true, false]) {
        const { control, panel, document, finished, put, run, alerts } = commanded({ closed });
        const sentences = [];
        const next = async (name) => {
            const before = alerts().length;
            await run(name);
            sentences.push(panel.store.get().notice.text);
            assert.deepEqual(alerts().slice(before), closed ? sentences.slice(-1) : []);
        };
        await next('stop');
        await next('nextVariation');
        await next('again');
        const key = finished('ball', BOX);
        await put(key);
        await next('previousVariation');
        control.closeDocument(document);
        await next('generate');
        assert.equal(new Set(sentences).size, sentences.length, sentences.join('\n'));
        for (const text of sentences) assert.match(text, /^[A-Z].*\.$/s);
    }
});

test('Generate works where the panel was never opened, with what it remembers', async () => {
    const { panel, run, alerts } = commanded({ closed: true });
    panel.store.dispatch({ type: 'parameters', values: { prompt: 'sea' } });
    await run('generate');
    assert.equal(panel.session.sent[0].message.params.prompt, 'sea');
    assert.deepEqual(alerts(), []);
    assert.equal(panel.session.sent.length, 1);
});

test('Generate in the panel is a step of an Action with its parameters, which plays without the panel', async () => {
    const { control, panel, commands, alerts } = commanded();
    control.recording(true);
    panel.store.dispatch({ type: 'parameters', values: { prompt: 'sea', seed: 7, grow: 3 } });
    await commands.generate(panel);
    control.recording(false);
    await commands.generate(panel);
    const steps = control.steps();
    assert.equal(steps.length, 1);
    panel.store.dispatch({ type: 'parameters', values: { prompt: 'something else', seed: 1 } });
    const page = { [commands.STEP]: (_context, info) => commands.playStep(panel, info) };
    await control.play(steps[0], page);
    const { message } = panel.session.sent[2];
    assert.deepEqual([message.params.prompt, message.params.seed, message.params.grow, message.operation], ['sea', 7, 3, 'inpaint']);
    assert.deepEqual(alerts(), []);
    await assert.rejects(control.play(steps[0], {}), /Script action failed/);
});

test('a recorded step that cannot be done says why', async () => {
    const { control, panel, document, commands, alerts } = commanded();
    control.recording(true);
    await commands.generate(panel);
    control.closeDocument(document);
    await control.play(control.steps()[0], { [commands.STEP]: (_context, info) => commands.playStep(panel, info) });
    assert.equal(alerts().length, 1);
    assert.match(alerts()[0], /File ▸ New|document/);
});

test('the menu of the panel opens the settings and reads the models anew', async () => {
    const { panel, commands } = commanded();
    panel.session.client.models = async () => ({ models: [{ name: 'new', operations: [], samplers: [] }] });
    commands.openMenu(panel, 'settings');
    assert.equal(panel.store.get().view, 'settings');
    commands.openMenu(panel, 'reload');
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(panel.store.get().models.map(({ name }) => name), ['new']);
});
