// The form that is made from the table of operations: each option from the field to what the daemon is asked for.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { PYTHON, ROOT } from '../rig/daemon.mjs';
import { ownDaemon } from '../rig/rig.mjs';
import { open, ready, generates, asked, generate, placed, notice, state, checkOutside, PATIENCE } from './scene.mjs';

const { OPERATIONS } = createRequire(import.meta.url)('../../../photoshop_uxp/lib/operation_table.js');
const [EDIT, SEPARATE] = ['edit', 'separate'];
const SIDES = ['left', 'top', 'right', 'bottom'];

/** The field of that label which can be seen. */
const fieldOf = (panel, { title, unit }) => {
    const label = unit ? `${title} (${unit})` : title;
    const whole = new RegExp(`^${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
    return panel.page.locator('#paint .field:visible', { has: panel.page.locator('.label, .checktext', { hasText: whole }) });
};

/** Give an option another value than its default in its field, and say what the daemon is to be asked for. */
async function choose(panel, option) {
    const { page } = panel;
    const row = fieldOf(panel, option);
    switch (option.type) {
        case 'margins':
            for (const [i, side] of SIDES.entries()) await page.fill(`#${side}`, String(8 * (i + 1)));
            return Object.fromEntries(SIDES.map((side, i) => [side, 8 * (i + 1)]));
        case 'boolean':
            await page.locator('.checkrow:visible', { hasText: option.title }).locator('input').setChecked(!option.default);
            return !option.default;
        case 'integer':
        case 'number': {
            const scale = option.unit === '%' ? 100 : 1;
            const value = Math.max(option.minimum, option.step || 1) + (option.step || 1);
            await row.locator('input').fill(String(Math.round(value * scale * 100) / 100));
            return value;
        }
        default: {
            if (option.widget === 'text') {
                const words = option.name === 'background_color' ? '#102030' : `${option.name} in words`;
                await row.locator('textarea').fill(words);
                return words;
            }
            const value = await row.locator('option').last().getAttribute('value');
            if (option.choices_from === 'models' && !value) return undefined; // networks of one's own, of which there are none
            assert.ok(value, `${option.name} can be chosen`);
            await row.locator('select').selectOption(value);
            return value;
        }
    }
}

/** Choose these options, generate, and see that the daemon is asked for them. */
async function isAsked(panel, operation, options) {
    const wanted = {};
    for (const option of options) wanted[option.name] = await choose(panel, option);
    for (const key of Object.keys(wanted)) if (wanted[key] === undefined) delete wanted[key];
    await ready(panel);
    await panel.page.click('#generate');
    let sent = {};
    const isSent = () => sent.operation === operation && Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(sent[key], value));
    for (const end = Date.now() + PATIENCE; !isSent() && Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
        const request = (await asked(panel)) || { models: [] };
        sent = { operation: request.operation, ...request.params, ...(request.models.length ? { model: request.models[0].model } : {}) };
    }
    assert.deepEqual([sent.operation, Object.fromEntries(Object.keys(wanted).map((key) => [key, sent[key]]))], [operation, wanted]);
}

/** A daemon of its own with a tiny model of this name. */
async function daemonWith(context, name, folder, family) {
    const models = fs.mkdtempSync(path.join(os.tmpdir(), 'layerbridge-models-'));
    context.after(() => fs.rmSync(models, { recursive: true, force: true }));
    const code = `import sys; from pathlib import Path; from bridge_server.families.${folder}.tiny import build; build(Path(sys.argv[1]), family="${family}")`;
    execFileSync(PYTHON, ['-c', code, path.join(models, name)], { cwd: ROOT });
    const daemon = await ownDaemon({ arguments: ['--models', models] });
    context.after(() => daemon.stop());
    return daemon;
}

test('every option of every operation of the table is reached in the panel, and is what the daemon is asked for', async () => {
    const panel = await open();
    const { page } = panel;
    await page.click('#more');
    const offered = await page.locator('#operation option').evaluateAll((nodes) => nodes.map((node) => [node.value, node.textContent]));
    assert.deepEqual(offered, OPERATIONS.map(({ name, title }) => [name, title]));
    for (const { name, options } of OPERATIONS) {
        if ([EDIT, SEPARATE].includes(name)) continue; // no model that ships can: tests of their own, below
        const shown = options.filter(({ group }) => group !== 'script');
        const byExample = shown.filter((option) => option.shown_when === 'plan.by_example');
        await page.selectOption('#operation', name);
        await isAsked(panel, name, shown.filter((option) => !byExample.includes(option)));
        if (!byExample.length) continue;
        for (const prompt of shown.filter((option) => option.name === 'prompt')) await fieldOf(panel, prompt).locator('textarea').fill('');
        await fieldOf(panel, shown.find((option) => option.name === 'fill_with')).locator('select').selectOption('example');
        await isAsked(panel, name, byExample);
    }
    await panel.close();
});

test('an edit by instruction: refused without a model that can, then asked for with all of its options and a reference', async (context) => {
    const without = await open();
    await without.page.selectOption('#operation', EDIT);
    await without.page.fill('#prompt', 'make it red');
    await ready(without);
    await without.page.click('#generate');
    await notice(without, 'Edit by Instruction needs a model that edits by instruction, such as FLUX.2 Klein, and none is installed.');
    await without.close();
    const daemon = await daemonWith(context, 'klein', 'flux2_klein', 'flux2-klein-base-4b');
    const panel = await open({ daemon });
    const { page } = panel;
    await panel.fake((control) => control.addLayer(null, { name: 'Coat', visible: false, bounds: { left: 2, top: 2, right: 26, bottom: 20 }, paint: () => [0.8, 0, 0, 1] }));
    await page.selectOption('#operation', EDIT);
    await page.waitForFunction(() => [...document.querySelectorAll('#input-reference-1 option')].some((node) => node.textContent === 'Coat'), undefined, { timeout: PATIENCE });
    await page.selectOption('#input-reference-1', { label: 'Coat' });
    await page.click('#more');
    await panel.screenshot('edit');
    const { options } = OPERATIONS.find(({ name }) => name === EDIT);
    await isAsked(panel, EDIT, options.filter(({ group }) => group !== 'script'));
    assert.deepEqual((await asked(panel)).inputs['reference/1'].bounds, { x: 2, y: 2, width: 24, height: 18 });
    await placed(panel);
    await panel.screenshot('edit-placed');
    await panel.close();
});

test('a layer comes back as a group of layers that shows the same, by a model that does nothing else', async (context) => {
    const panel = await open({ daemon: await daemonWith(context, 'layered', 'qwen_image', 'qwen-image-layered') });
    const { page } = panel;
    const models = () => page.locator('#model option').allTextContents();
    await page.selectOption('#operation', SEPARATE);
    await page.click('#more');
    await page.waitForFunction(() => [...document.querySelectorAll('#model option')].some((node) => node.value === 'layered'), undefined, { timeout: PATIENCE });
    assert.deepEqual(await models(), ['Default (layered)', 'layered']);
    await page.selectOption('#operation', 'inpaint');
    assert.deepEqual(await models(), ['Default (starter)', 'starter'], 'it paints nothing');
    await page.selectOption('#operation', SEPARATE);
    const { options } = OPERATIONS.find(({ name }) => name === SEPARATE);
    const chosen = options.filter(({ name }) => ['prompt', 'layer_count', 'seed'].includes(name));
    const composite = () => panel.fake((control) => [...control.composite().data]);
    const before = await composite();
    await isAsked(panel, SEPARATE, chosen);
    await placed(panel);
    await panel.screenshot('separate');
    const [group, below] = await panel.fake((control) => control.tree());
    const layers = group.children.map(({ name, visible }) => [name, visible]);
    assert.deepEqual([group.name, layers], ['prompt in words', [['Layer 3', true], ['Layer 2', true], ['Layer 1', true]]]);
    assert.equal(below.visible, true, 'of what is around the selection nothing is hidden');
    const after = await composite();
    assert.ok(before.every((value, i) => Math.abs(value - after[i]) <= 3), 'one over the other they are the picture');
    await isAsked(panel, SEPARATE, options.filter(({ group: where }) => where !== 'script'));
    await panel.close();
});

test('an operation that no file of the panel names gets its form from the table', async () => {
    const panel = await open();
    const { page } = panel;
    await page.evaluate(() => {
        const { createForm } = window.require('./lib/views/form.js');
        const { OPERATIONS: table } = window.require('./lib/operation_table.js');
        const option = (name, values) => ({ ...table[0].options.find((known) => known.name === name), shown_when: '', group: 'main', ...values });
        const toy = {
            ...table[0],
            name: 'toy',
            options: [
                option('grow', { name: 'factor', title: 'Factor', unit: 'x', minimum: 2, maximum: 4, automatic_is: 3 }),
                option('keep_to_selection', { name: 'tidy', title: 'Tidy up' }),
                option('sampler', { name: 'way', title: 'Way', type: 'choice', widget: 'choice', choices: ['near', 'far'], choices_from: '', automatic: false, default: 'near' }),
            ],
        };
        const told = (window.__told = { sets: [], problem: null });
        const asked = { set: (values) => told.sets.push(values), onProblem: (...given) => (told.problem = given), onEnter() {}, values: () => ({}) };
        const form = createForm([toy], asked);
        form.update({ operation: 'toy', scene: null, models: [], layers: [], problems: {}, values: { toy: { operation: 'toy', source: 'visible', roles: {}, factor: null, tidy: false, way: 'near' } } });
        for (const row of form.main) document.querySelector('#paint').appendChild(row);
    });
    assert.equal(await page.locator('.field', { has: page.locator('#factor') }).textContent(), 'Factor (x)');
    assert.equal(await page.getAttribute('#factor', 'placeholder'), 'Automatic (3)');
    await page.fill('#factor', '3');
    await page.check('#tidy');
    await page.selectOption('#way', 'far');
    await page.fill('#factor', '9');
    assert.deepEqual(await page.evaluate(() => window.__told), {
        sets: [{ factor: 3 }, { tidy: true }, { way: 'far' }],
        problem: ['factor', 'Factor (x): type a number from 2 to 4, or leave it empty.'],
    });
    await panel.close();
});

test('an empty field tells what the model takes', async () => {
    const panel = await open();
    const response = await fetch(`http://127.0.0.1:${panel.daemon.port}/v1/models`, { headers: { Authorization: `Bearer ${panel.token}` } });
    const { steps, guidance_scale: guidance, img2img_strength: strength } = (await response.json()).models.find((model) => model.default);
    await panel.page.click('#more');
    const hint = (id) => panel.page.getAttribute(`#${id}`, 'placeholder');
    assert.equal(await hint('steps'), `Automatic (${steps})`);
    assert.equal(await hint('guidance'), `Automatic (${guidance})`);
    const waitFor = (id, pattern) => panel.page.waitForFunction(([field, text]) => new RegExp(text).test(document.getElementById(field).placeholder),
        [id, pattern], { timeout: PATIENCE });
    for (const id of ['grow', 'feather', 'padding']) await waitFor(id, '^Automatic \\(\\d+\\)$');
    const lengths = () => ['grow', 'feather', 'padding'].map((id) => document.getElementById(id).placeholder).join();
    const before = await panel.page.evaluate(lengths);
    await panel.fake((control) => control.select(null, { left: 10, top: 10, right: 13, bottom: 13 }));
    await panel.page.waitForFunction(([now, text]) => new Function(`return (${now})()`)() !== text, [lengths.toString(), before], { timeout: PATIENCE });
    await panel.page.selectOption('#operation', 'img2img');
    assert.equal(await hint('strength'), `Automatic (${strength * 100})`);
    await panel.close();
});

test('what belongs to a selection is there while there is one; a wrong number in a field that went away holds nothing back', async () => {
    const panel = await open();
    const { page } = panel;
    await page.click('#more');
    for (const id of ['grow', 'feather', 'padding', 'keep']) assert.ok(await page.isVisible(`#${id}`), id);
    await page.fill('#grow', 'wide');
    assert.equal(await generates(panel), false);
    await panel.fake((control) => control.select(null, null));
    await page.waitForSelector('#grow', { state: 'hidden', timeout: PATIENCE });
    for (const id of ['feather', 'padding', 'keep']) assert.ok(!(await page.isVisible(`#${id}`)), id);
    await ready(panel);
    await page.selectOption('#operation', 'outpaint');
    assert.ok(await page.isVisible('#padding'), 'the edge of an outpaint is that of the canvas');
    assert.ok(!(await page.isVisible('#keep')));
    await panel.close();
});

test('Remove Selection: no prompt, a layer of its own name, nothing changed outside; refused where nothing is selected', async () => {
    const panel = await open();
    const { page } = panel;
    const before = await state(panel);
    await generate(panel, 'remove', { fields: { seed: '3' } });
    assert.ok(!(await page.isVisible('#prompt')) && !(await page.isVisible('#negative')));
    await placed(panel);
    const after = await state(panel);
    const [layer] = after.tree;
    assert.equal(layer.name, 'Removed');
    checkOutside(before, after, await panel.fake((control, _p, id) => control.mask(null, id), layer.id));
    const request = await asked(panel);
    assert.deepEqual([request.operation, request.params.prompt, request.client_data.procedure], ['remove', undefined, 'remove']);
    await panel.fake((control) => control.select(null, null));
    await page.waitForFunction(() => document.querySelector('#hint').textContent.includes('select the area to work on'), undefined, { timeout: PATIENCE });
    await page.click('#generate');
    await notice(panel, 'Nothing is selected. Select the area to work on');
    assert.equal((await state(panel)).tree.length, 2, 'nothing was made');
    await panel.close();
});
