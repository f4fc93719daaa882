// Every input and output role, by an operation that no file of the panel knows: a real daemon offers it, its worker runs it.
import test from 'node:test';
import assert from 'node:assert/strict';
import { ownDaemon } from '../rig/rig.mjs';
import { open, ready, asked, notice, placed, press, PATIENCE } from './scene.mjs';

const KIND = 'all_roles';
const DAEMON = { module: ['tests.operations.all_roles.daemon'] };
// a PNG of 2 x 1 pixels, red and blue
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAADUlEQVR42mP4zwAE/wEHAAH/PX2MSQAAAABJRU5ErkJggg==', 'base64');

const options = (panel, id) => panel.page.locator(`#${id} option`).evaluateAll((nodes) => nodes.map((node) => node.textContent));

/** Until the newest job has ended and nothing of it is being applied. */
async function settled(panel) {
    await panel.page.waitForFunction(() => {
        const card = document.querySelector('.card');
        const marks = card ? [...card.querySelectorAll('.mark')].filter((mark) => mark.style.display !== 'none') : [];
        const busy = card && card.querySelector('.button.off');
        return marks.length > 0 && !busy && card.querySelector('.words').offsetParent !== null;
    }, undefined, { timeout: PATIENCE }).catch(async (error) => {
        throw new Error(`${error.message}\n${await panel.page.innerText('#paint')}`);
    });
}

async function withStyle(daemon, given = {}) {
    const panel = await open({ daemon, selection: null, ...given });
    await panel.fake((control) => control.addLayer(null, { name: 'Sky', bounds: { left: 8, top: 8, right: 24, bottom: 20 }, paint: () => [0, 0, 1, 1] }));
    await panel.page.selectOption('#operation', KIND);
    await panel.page.waitForFunction(() => [...document.querySelectorAll('#input-reference-1 option')].some((node) => node.textContent === 'Sky'), undefined, { timeout: PATIENCE });
    return panel;
}

test('an operation with every role: its rows, what is sent, and each result where it goes', async (context) => {
    const daemon = await ownDaemon(DAEMON);
    context.after(() => daemon.stop());
    const panel = await withStyle(daemon);
    const { page } = panel;
    assert.match(await page.textContent('#disagreement'), /not of the same version: the panel came without “Use All Roles”\. Update the older one\.$/);
    assert.deepEqual(await options(panel, 'input-reference-1'), ['Choose…', 'Sky', 'Background', 'File…']);
    assert.deepEqual(await options(panel, 'input-control-1'), ['None', 'Sky', 'Background', 'File…']);
    assert.deepEqual(await options(panel, 'result-subject'), ['Selection', 'Layer mask of the active layer', 'Channel']);
    assert.deepEqual(await options(panel, 'result-large'), ['New document', 'Layer, scaled to fit']);
    const labels = await page.locator('#paint .field:visible .label').allTextContents();
    assert.deepEqual(labels.filter((label) => ['Style', 'Pose', 'Subject as', 'Large picture as', 'Brightness (%)'].includes(label)), ['Brightness (%)', 'Style', 'Pose', 'Subject as', 'Large picture as']);
    await page.click('#generate');
    await notice(panel, '“Style” has no picture');

    await page.selectOption('#input-reference-1', { label: 'Sky' });
    await panel.fake((control, _p, bytes) => control.uxp.picks.push({ name: 'pose.png', bytes }), [...PNG]);
    await page.selectOption('#input-control-1', { label: 'File…' });
    await page.waitForFunction(() => document.querySelector('#input-control-1').selectedOptions[0].textContent === 'pose.png', undefined, { timeout: PATIENCE });
    const before = await panel.fake((control) => control.history().length);
    await ready(panel);
    await page.click('#generate');
    await settled(panel);

    const request = await asked(panel);
    assert.equal(request.operation, KIND);
    assert.deepEqual(Object.keys(request.inputs).sort(), ['control/1', 'image', 'reference/1']);
    assert.deepEqual(request.inputs['reference/1'].bounds, { x: 8, y: 8, width: 16, height: 12 });
    assert.equal(request.inputs['control/1'].media_type, 'image/png');
    assert.deepEqual(JSON.parse(request.client_data.apply), { subject: 'selection', large: 'document' });
    const seen = await panel.fake((control, photoshop) => {
        const [picture, large] = photoshop.app.documents;
        const [made] = control.tree(picture);
        return {
            names: control.tree(picture).map(({ name }) => name), color: control.pixels(picture, made.id).data.slice(0, 4),
            selection: control.activate(picture) || control.selection(picture), history: control.history(picture),
            large: [large.name, large.width, large.height, large.layers.map(({ name }) => name)],
        };
    });
    assert.deepEqual(seen.names, ['Painted', 'Sky', 'Background']);
    assert.deepEqual(seen.color, [0, 0, 255, 255], 'the mean color of the style');
    const { data, width } = seen.selection;
    assert.deepEqual([data[0], data[width / 2 - 1], data[width / 2], data[width - 1]], [0, 0, 255, 255], 'the right half is selected');
    assert.deepEqual(seen.history.slice(before), ['Painted', 'Subject'], 'one step each');
    assert.deepEqual(seen.large, ['picture.psd – Large picture', 192, 128, ['Large picture']]);
    assert.equal(await page.textContent('.words'), 'What came: control/1 1x2x3, image 64x96x3, reference/1 12x16x4.');
    await press(panel, 'Copy');
    await page.waitForFunction(() => [...document.querySelectorAll('button')].some((node) => node.textContent === 'Copied'), undefined, { timeout: PATIENCE });
    assert.match(await panel.fake((control) => control.host.clipboard), /^What came: control/);
    await panel.screenshot('roles');
    await panel.close();
});

test('the other ways: a layer mask, a channel, the document as a layer in its box; remembered with the operation', async (context) => {
    const daemon = await ownDaemon(DAEMON);
    context.after(() => daemon.stop());
    const panel = await withStyle(daemon, { selection: { left: 10, top: 10, right: 50, bottom: 40 } });
    const { page } = panel;
    await page.selectOption('#input-reference-1', { label: 'Sky' });
    await page.selectOption('#result-subject', 'channel');
    await page.selectOption('#result-large', 'layer');
    await page.click('#generate');
    await settled(panel);
    const seen = await panel.fake((control, photoshop) => ({
        documents: photoshop.app.documents.length, tree: control.tree(), channels: control.channels(), selection: control.selection(),
    }));
    assert.equal(seen.documents, 1);
    assert.deepEqual(seen.tree.map(({ name }) => name).sort(), ['Background', 'Large picture', 'Painted', 'Sky']);
    const large = seen.tree.find(({ name }) => name === 'Large picture');
    assert.deepEqual([large.bounds.left, large.bounds.top, large.bounds.right, large.bounds.bottom], [0, 0, 96, 64]);
    assert.deepEqual(seen.channels.map(({ name }) => name), ['Subject']);
    assert.deepEqual([seen.channels[0].data[20 * 96 + 49], seen.channels[0].data[20 * 96 + 30]], [255, 0], 'of the selection the right half of the picture');
    assert.equal(seen.selection.data[20 * 96 + 30], 255, 'the user’s selection is there still');

    await page.selectOption('#result-subject', 'mask');
    await panel.fake((control) => control.activateLayer(null, control.tree().find(({ name }) => name === 'Background').id));
    await page.click('#generate');
    await notice(panel, 'The Background layer “Background” cannot have a mask');
    await panel.fake((control) => control.activateLayer(null, control.tree().find(({ name }) => name === 'Sky').id));
    await press(panel, 'Try again');
    await page.waitForFunction(() => window.__rig.control.tree().some(({ name, mask }) => name === 'Sky' && mask), undefined, { timeout: PATIENCE });
    assert.equal(await panel.fake((control) => control.tree().filter(({ name }) => name === 'Painted').length), 2, 'one of each run');
    await panel.restart();
    await ready(panel);
    await page.waitForFunction((kind) => document.querySelector('#operation').value === kind, KIND, { timeout: PATIENCE });
    assert.equal(await page.inputValue('#result-subject'), 'mask');
    assert.equal(await page.inputValue('#result-large'), 'layer');
    assert.match(await page.inputValue('#input-reference-1'), /^layer:/);
    await panel.close();
});

test('a document that was closed is asked about before anything of the result is applied', async (context) => {
    const daemon = await ownDaemon(DAEMON);
    context.after(() => daemon.stop());
    const panel = await withStyle(daemon);
    const { page } = panel;
    await page.selectOption('#input-reference-1', { label: 'Sky' });
    await page.click('#tab-settings');
    await page.locator('.checkrow', { hasText: 'Place the first variation by itself' }).locator('input').uncheck();
    await page.click('#tab-paint');
    await page.click('#generate');
    await page.waitForFunction(() => document.querySelector('.words')?.offsetParent, undefined, { timeout: PATIENCE });
    await panel.fake((control) => control.closeDocument(null));
    await press(panel, 'Place');
    await notice(panel, 'was closed');
    assert.equal(await panel.fake((_control, photoshop) => photoshop.app.documents.length), 0);
    await press(panel, 'Open as new document');
    await placed(panel);
    const sizes = await panel.fake((_control, photoshop) => photoshop.app.documents.map(({ width, height }) => [width, height]));
    assert.deepEqual(sizes, [[96, 64], [192, 128]], 'one for the layer and the selection, and the large picture');
    await panel.close();
});
