// The form that is made from the table of operations: each option from the field to what the daemon is asked for.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { open, ready, generates, asked, generate, placed, notice, state, checkOutside, PATIENCE } from './scene.mjs';

const { OPERATIONS } = createRequire(import.meta.url)('../../../photoshop_uxp/lib/wire.js');
const SIDES = ['left', 'top', 'right', 'bottom'];

/** The field of that label which can be seen. */
const fieldOf = (panel, { title, unit }) => {
    const label = unit ? `${title} (${unit})` : title;
    return panel.page.locator('#paint .field:visible', { has: panel.page.getByText(label, { exact: true }) });
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
            await page.locator('.checkrow:visible', { hasText: option.title }).locator('input').check();
            return !option.default;
        case 'integer':
        case 'number': {
            const scale = option.unit === '%' ? 100 : 1;
            const value = Math.max(option.minimum, option.step || 1) + (option.step || 1);
            await row.locator('input').fill(String(Math.round(value * scale * 100) / 100));
            return value;
        }
        default: {
            if (!option.choices_from) {
                await row.locator('textarea').fill(`${option.name} in words`);
                return `${option.name} in words`;
            }
            const value = await row.locator('option').last().getAttribute('value');
            assert.ok(value, `${option.name} can be chosen`);
            await row.locator('select').selectOption(value);
            return value;
        }
    }
}

test('every option of every operation of the table is reached in the panel, and is what the daemon is asked for', async () => {
    const panel = await open();
    const { page } = panel;
    await page.click('#more');
    const offered = await page.locator('#kind option').evaluateAll((nodes) => nodes.map((node) => [node.value, node.textContent]));
    assert.deepEqual(offered, OPERATIONS.map(({ name, title }) => [name, title]));
    for (const { name, options } of OPERATIONS) {
        await page.selectOption('#kind', name);
        const wanted = { kind: name };
        for (const option of options.filter(({ group }) => group !== 'script')) wanted[option.name] = await choose(panel, option);
        await ready(panel);
        await page.click('#generate');
        await page.waitForFunction((title) => /Waiting|Loading|Painting|Finish/.test(document.querySelector('.card').textContent) && title, name, { timeout: PATIENCE });
        let request = await asked(panel);
        for (const end = Date.now() + PATIENCE; !(request && request.kind === name) && Date.now() < end; request = await asked(panel))
            await new Promise((resolve) => setTimeout(resolve, 50));
        assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, request[key]])), wanted);
    }
    await panel.close();
});

test('an operation that no file of the panel names gets its form from the table', async () => {
    const panel = await open();
    const { page } = panel;
    await page.evaluate(() => {
        const { createForm } = window.require('./lib/views/form.js');
        const { OPERATIONS: table } = window.require('./lib/wire.js');
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
        form.update({ kind: 'toy', scene: null, models: [], problems: {}, values: { toy: { kind: 'toy', source: 'visible', factor: null, tidy: false, way: 'near' } } });
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
    const { steps, guidance_scale: guidance } = (await response.json()).models.find((model) => model.default);
    await panel.page.click('#more');
    const hint = (id) => panel.page.getAttribute(`#${id}`, 'placeholder');
    assert.equal(await hint('steps'), `Automatic (${steps})`);
    assert.equal(await hint('guidance'), `Automatic (${guidance})`);
    await panel.page.selectOption('#kind', 'img2img');
    assert.equal(await hint('strength'), 'Automatic (60)');
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
    await page.selectOption('#kind', 'outpaint');
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
    assert.deepEqual([request.kind, request.prompt, request.client_data.procedure], ['remove', '', 'remove']);
    await panel.fake((control) => control.select(null, null));
    await page.waitForFunction(() => document.querySelector('#hint').textContent.includes('select what is to be removed'), undefined, { timeout: PATIENCE });
    await page.click('#generate');
    await notice(panel, 'Nothing is selected. Select what is to be removed');
    assert.equal((await state(panel)).tree.length, 2, 'nothing was made');
    await panel.close();
});
