// A family that no file of the product knows: a daemon and its worker register it through an argument.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { PYTHON, ROOT } from '../rig/daemon.mjs';
import { ownDaemon } from '../rig/rig.mjs';
import { asked, noteOf, open, placed, ready, PATIENCE } from './scene.mjs';

const MODEL = 'dream';
const XL = 'sketch';
const LIGHTNING = 'sketch_lightning_2step';

/** A folder with the family's tiny model. */
function withModel() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'layerbridge-models-'));
    const code = 'import sys; from pathlib import Path; from tests.families.toy.tiny import build; build(Path(sys.argv[1]))';
    execFileSync(PYTHON, ['-c', code, path.join(folder, MODEL)], { cwd: ROOT });
    return folder;
}

test('a model of a family that tests alone register is listed with its defaults, and paints', async (context) => {
    const models = withModel();
    context.after(() => fs.rmSync(models, { recursive: true, force: true }));
    const module = ['tests.families.toy.daemon', 'serve', '--port', '0', '--device', 'cpu', '--models', models];
    const daemon = await ownDaemon({ module });
    context.after(() => daemon.stop());
    const panel = await open({ daemon });
    const { page } = panel;
    await page.selectOption('#operation', 'inpaint');
    await page.click('#more');
    const names = () => page.locator('#model option').allTextContents();
    await page.waitForFunction((model) => [...document.querySelectorAll('#model option')].some((node) => node.value === model), MODEL, { timeout: PATIENCE });
    assert.deepEqual(await names(), [`Default (${MODEL})`, MODEL, 'starter']);
    const shown = async () => ({
        steps: await page.getAttribute('#steps', 'placeholder'),
        samplers: await page.locator('#sampler option').allTextContents(),
        guidance: await page.isVisible('#guidance'), negative: await page.isVisible('#negative'),
    });
    await page.selectOption('#model', 'starter');
    const starter = await shown();
    assert.ok(starter.guidance && starter.negative && !starter.samplers.includes('Toy Euler'));
    await page.selectOption('#model', MODEL);
    assert.deepEqual(await shown(), { steps: 'Automatic (4)', samplers: ['Automatic', 'Toy Euler'], guidance: false, negative: false });
    await page.fill('#steps', '21');
    await page.waitForFunction(() => document.body.textContent.includes('from 1 to 20'));
    await page.selectOption('#model', 'starter');
    await page.waitForFunction(() => !document.querySelector('#steps').classList.contains('wrong'));
    await page.selectOption('#model', MODEL);
    await page.waitForFunction(() => document.querySelector('#steps').classList.contains('wrong'));
    await page.fill('#steps', '');
    await page.selectOption('#sampler', 'Toy Euler');
    await page.fill('#prompt', 'a boat');
    await panel.screenshot('family-form');
    await ready(panel);
    await page.click('#generate');
    await placed(panel);
    const request = await asked(panel);
    assert.deepEqual([request.models.map(({ model }) => model), request.params.sampler], [[MODEL], 'Toy Euler']);
    const [layer] = await panel.fake((control) => control.tree());
    assert.equal(layer.name, 'a boat');
    assert.ok(noteOf(layer), 'it is a result of ours');
    await panel.screenshot('family-layer');
    await panel.close();
});

test('models of Stable Diffusion XL are listed with their own defaults, and one paints in its few steps', async (context) => {
    const models = fs.mkdtempSync(path.join(os.tmpdir(), 'layerbridge-models-'));
    context.after(() => fs.rmSync(models, { recursive: true, force: true }));
    execFileSync(PYTHON, ['-m', 'tests.support.xl_models', models], { cwd: ROOT });
    const daemon = await ownDaemon({ arguments: ['--models', models] });
    context.after(() => daemon.stop());
    const panel = await open({ daemon });
    const { page } = panel;
    await page.selectOption('#operation', 'inpaint');
    await page.click('#more');
    await page.waitForFunction((model) => [...document.querySelectorAll('#model option')].some((node) => node.value === model), LIGHTNING, { timeout: PATIENCE });
    assert.deepEqual(await page.locator('#model option').allTextContents(), [`Default (${XL})`, XL, LIGHTNING, 'starter']);
    const shown = async () => ({
        steps: await page.getAttribute('#steps', 'placeholder'),
        guidance: await page.getAttribute('#guidance', 'placeholder'),
        negative: await page.isVisible('#negative'),
    });
    await page.selectOption('#model', XL);
    assert.deepEqual(await shown(), { steps: 'Automatic (28)', guidance: 'Automatic (6)', negative: true });
    const samplers = await page.locator('#sampler option').allTextContents();
    for (const name of ['Euler a', 'DPM++ 3M SDE Exponential', 'DPM++ SDE Karras', 'TCD']) assert.ok(samplers.includes(name), name);
    await page.selectOption('#model', LIGHTNING);
    assert.deepEqual(await shown(), { steps: 'Automatic (2)', guidance: 'Automatic (1)', negative: true });
    await page.fill('#prompt', 'a boat');
    await panel.screenshot('xl-form');
    await ready(panel);
    await page.click('#generate');
    await placed(panel);
    const [layer] = await panel.fake((control) => control.tree());
    assert.equal(layer.name, 'a boat');
    assert.equal(noteOf(layer).result.steps_run, 2);
    await panel.screenshot('xl-layer');
    await panel.close();
});
