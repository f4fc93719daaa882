// Select Subject, what cuts it out, and Upscale: the panel has no code of theirs, a real daemon and worker run them.
import test from 'node:test';
import assert from 'node:assert/strict';
import { asked, open, placed, press, ready, PATIENCE } from './scene.mjs';

const WIDTH = 192;
const HEIGHT = 128;

/** A red ball in front of a plain wall. */
async function withBall() {
    const panel = await open({ selection: null });
    await panel.fake((control, _photoshop, [width, height]) => {
        const inside = (x, y) => (x - width / 2) ** 2 + (y - height / 2) ** 2 < 40 ** 2;
        control.openDocument({ width, height, paint: (x, y) => (inside(x, y) ? [0.8, 0.1 + x / 800, 0.1] : [0.7, 0.75, 0.7]) });
    }, [WIDTH, HEIGHT]);
    return panel;
}

async function run(panel, operation) {
    await panel.page.selectOption('#operation', operation);
    await ready(panel);
    await panel.page.click('#generate');
}

test('the subject becomes the selection', async () => {
    const panel = await withBall();
    await run(panel, 'select-subject');
    await panel.page.waitForFunction(() => window.__rig.control.selection(), undefined, { timeout: PATIENCE });
    const { data, width } = await panel.fake((control) => control.selection());
    assert.equal(width, WIDTH);
    assert.equal(data[(HEIGHT / 2) * WIDTH + WIDTH / 2], 255, 'the ball');
    assert.deepEqual([data[0], data[WIDTH - 1], data[WIDTH * HEIGHT - 1]], [0, 0, 0], 'the wall');
    await panel.screenshot('select-subject');
    await panel.close();
});

test('something is removed with pieces of the layer that was picked, in variations', async () => {
    const panel = await open();
    const { page } = panel;
    await panel.fake((control) => control.addLayer(null, { name: 'Sky', visible: false, bounds: { left: 2, top: 2, right: 26, bottom: 20 }, paint: (x, y) => [0, 0.1, (x * 5 + y * 3) % 7 > 3 ? 0.9 : 0.8, 1] }));
    await page.selectOption('#operation', 'remove');
    await page.waitForFunction(() => [...document.querySelectorAll('#input-reference-1 option')].some((node) => node.textContent === 'Sky'), undefined, { timeout: PATIENCE });
    const offered = await page.locator('#input-reference-1 option').allTextContents();
    assert.deepEqual(offered, ['All around', 'Sky', 'Background', 'File…']);
    await page.selectOption('#input-reference-1', { label: 'Sky' });
    await page.click('#more');
    const words = (id) => page.locator(`#${id} option`).first().textContent();
    await page.waitForFunction(() => !document.querySelector('#steps').offsetParent, undefined, { timeout: PATIENCE });
    assert.deepEqual([await words('fill'), await words('model')], ['Automatic (By example)', 'Automatic'], 'no model paints');
    assert.deepEqual(await page.locator('#fill option').allTextContents(), ['Automatic (By example)', 'By example', 'With a model']);
    for (const id of ['strength', 'guidance', 'sampler']) assert.ok(!(await page.isVisible(`#${id}`)), id);
    for (const id of ['mirrored', 'rotated', 'padding']) assert.ok(await page.isVisible(`#${id}`), id);
    await panel.screenshot('remove');
    await page.selectOption('#fill', 'model');
    await page.waitForFunction(() => document.querySelector('#steps').offsetParent, undefined, { timeout: PATIENCE });
    assert.match(await words('model'), /^Default \(/);
    assert.ok(!(await page.isVisible('#mirrored')));
    await page.selectOption('#fill', '');
    await page.click('#more');
    await page.fill('#num', '2');
    await ready(panel);
    await page.click('#generate');
    await placed(panel);
    await press(panel, 'Place all');
    await placed(panel, 2);
    const request = await asked(panel);
    assert.deepEqual(request.inputs['reference/1'].bounds, { x: 2, y: 2, width: 24, height: 18 });
    assert.deepEqual([request.params.fill_with, request.params.num_images, request.models], ['example', 2, []]);
    const made = await panel.fake((control, photoshop) => {
        const found = [];
        const look = (layers) => layers.forEach((layer) => (layer.layers ? look([...layer.layers]) : found.push(layer)));
        look([...photoshop.app.activeDocument.layers]);
        return found.filter(({ name }) => name.startsWith('Removed')).map(({ id }) => {
            const { data, width, height } = control.pixels(null, id);
            const at = 4 * (Math.floor(height / 2) * width + Math.floor(width / 2));
            return [...data.slice(at, at + 3)];
        });
    });
    assert.equal(made.length, 2, JSON.stringify(made));
    for (const [red, , blue] of made) assert.ok(blue > 180 && red < 60, `blue of the sky: ${made}`);
    await panel.close();
});

test('a removed background is gone: the layer that was read is hidden, also a Background', async () => {
    const panel = await withBall();
    await run(panel, 'remove-background');
    const layers = () => panel.fake((control, photoshop) => control.tree(photoshop.app.activeDocument).map(({ name, visible }) => ({ name, visible })));
    await panel.page.waitForFunction(() => window.__rig.control.tree(window.__rig.photoshop.app.activeDocument).length === 2, undefined, { timeout: PATIENCE });
    const [made, source] = await layers();
    assert.deepEqual([made.visible, source.visible], [true, false], JSON.stringify([made, source]));
    await panel.screenshot('remove-background');
    await panel.close();
});

test('the form says how long enlarging will take where it takes long', async () => {
    const panel = await open({ selection: null, width: 300, document: { width: 1200, height: 900 } });
    const { page } = panel;
    await page.selectOption('#operation', 'upscale');
    await ready(panel);
    assert.doesNotMatch((await page.textContent('#hint')) || '', /Enlarging takes/, 'a photograph takes seconds');
    await page.selectOption('#treat', 'drawing');
    await page.waitForFunction(() => /Enlarging takes about \d+ (second|minute|hour).* can be stopped/.test(document.querySelector('#hint').textContent), undefined, { timeout: PATIENCE });
    await panel.screenshot('upscale-estimate');
    await page.selectOption('#treat', 'photograph');
    await page.waitForFunction(() => !/Enlarging/.test(document.querySelector('#hint').textContent), undefined, { timeout: PATIENCE });
    await panel.close();
});

test('the enlarged picture is a document of its own', async () => {
    const panel = await withBall();
    await run(panel, 'upscale');
    await panel.page.waitForFunction(() => window.__rig.photoshop.app.documents.length === 3, undefined, { timeout: PATIENCE });
    const large = await panel.fake((control, photoshop) => {
        const [made] = photoshop.app.documents.filter(({ width }) => width > 192);
        const [layer] = control.tree(made);
        const { data } = control.pixels(made, layer.id);
        const at = (x, y) => [...data.slice(4 * (y * made.width + x), 4 * (y * made.width + x) + 3)];
        return { size: [made.width, made.height], ball: at(192, 128), wall: at(4, 4) };
    });
    assert.deepEqual(large.size, [2 * WIDTH, 2 * HEIGHT]);
    assert.ok(large.ball[0] > 190 && large.ball[1] < 90, `the ball is red: ${large.ball}`);
    assert.ok(Math.abs(large.wall[1] - 191) <= 2, `the wall is as it was: ${large.wall}`);
    await panel.screenshot('upscale');
    await panel.page.click('#tab-history');
    await panel.page.selectOption('#historyfilter', 'all');
    await panel.page.waitForFunction(() => document.querySelectorAll('.item').length === 1);
    const buttons = await panel.page.locator('.item button').allTextContents();
    assert.deepEqual(buttons, ['Apply', 'Use settings', 'Run again', 'Delete'], 'it is a new document anyway');
    await press(panel, 'Apply');
    await panel.page.waitForFunction(() => window.__rig.photoshop.app.documents.length === 4, undefined, { timeout: PATIENCE });
    await panel.close();
});
