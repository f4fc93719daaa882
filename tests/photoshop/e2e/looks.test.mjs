// How the panel looks, as pictures to look at (SCREENSHOTS), and that nothing is cut off at any width.
import test from 'node:test';
import assert from 'node:assert/strict';
import { open, generate, generates, placed, press, PATIENCE } from './scene.mjs';

const PICTURE = { width: 240, height: 160 };
const AREA = { left: 70, top: 40, right: 170, bottom: 120 };

async function nothingCut(panel) {
    const wide = await panel.page.evaluate(() =>
        [...document.querySelectorAll('#root *')]
            .filter((node) => node.offsetParent !== null && node.getBoundingClientRect().right > window.innerWidth + 0.5)
            .map((node) => `${node.tagName}.${node.className}`),
    );
    assert.deepEqual(wide, [], "reaches past the panel's edge");
    const spilled = await panel.page.evaluate(() =>
        [...document.querySelectorAll('#root div')]
            .filter((node) => node.offsetParent !== null && node.scrollWidth > node.clientWidth + 1)
            .map((node) => `${node.className}: ${node.textContent.slice(0, 60)}`),
    );
    assert.deepEqual(spilled, [], 'a text reaches past its own place');
}

for (const [theme, width] of [
    ['darkest', 300],
    ['dark', 230],
    ['light', 300],
    ['lightest', 230],
]) {
    test(`${theme}, ${width} pixels wide: progress, variations, further settings, History, Settings`, async () => {
        const panel = await open({ theme, width, height: 720, document: PICTURE, selection: AREA, feather: 6 });
        const shot = (name) => panel.screenshot(`${name}-${theme}-${width}`);
        await generate(panel, 'inpaint', { prompt: 'a red ball on the grass', fields: { num: '3', steps: '12' } });
        await panel.page.waitForSelector('.preview', { state: 'visible', timeout: PATIENCE });
        await shot('progress');
        await nothingCut(panel);
        await placed(panel);
        await panel.page.waitForFunction(() => [...document.querySelectorAll('.thumb')].every((image) => image.naturalWidth > 0));
        await panel.page.locator('.thumbbox').nth(1).click();
        await shot('variations');
        await nothingCut(panel);
        await panel.page.click('#more');
        await panel.page.selectOption('#operation', 'outpaint');
        await panel.page.fill('#steps', 'twelve');
        await panel.page.locator('#reset').scrollIntoViewIfNeeded();
        await shot('more');
        await panel.page.locator('#operation').scrollIntoViewIfNeeded();
        await shot('outpaint');
        await nothingCut(panel);
        await panel.page.fill('#steps', '');
        await panel.page.click('#tab-history');
        await panel.page.waitForFunction(
            () => [...document.querySelectorAll('.small')].filter((image) => image.naturalWidth > 0).length === 3,
        );
        await shot('history');
        await nothingCut(panel);
        await press(panel, 'Delete');
        await shot('history-delete');
        await panel.page.click('#tab-settings');
        await shot('settings');
        await nothingCut(panel);
        await panel.close();
    });
}

test('long names at the smallest width: labels, layers, documents and prompts stay in their places', async () => {
    const name = 'Donaudampfschifffahrtsgesellschaftskapitänsmütze';
    const panel = await open({ width: 230, height: 720, document: { ...PICTURE, name: `${name}.psd` }, selection: AREA });
    await panel.fake((control, _photoshop, long) => control.addLayer(null, { name: long, bounds: { left: 0, top: 0, right: 9, bottom: 9 } }), name);
    await generate(panel, 'inpaint', { prompt: `${name} on the grass` });
    await placed(panel);
    await panel.page.click('#more');
    const operations = await panel.page.locator('#operation option').evaluateAll((nodes) => nodes.map((node) => node.value));
    for (const operation of operations) {
        await panel.page.selectOption('#operation', operation);
        await nothingCut(panel);
    }
    await panel.page.evaluate((long) => {
        for (const label of document.querySelectorAll('#paint .label')) label.textContent = long; // of a daemon's own operation
    }, name);
    await nothingCut(panel);
    await panel.screenshot('long-names');
    await panel.page.click('#tab-history');
    await panel.page.waitForFunction(() => document.querySelectorAll('.item').length === 1);
    await nothingCut(panel);
    await panel.close();
});

test('Tab goes through the fields in their order, and a wrong number is said', async () => {
    const panel = await open();
    await panel.page.focus('#operation');
    const order = [];
    for (let i = 0; i < 6; i++) {
        await panel.page.keyboard.press('Tab');
        order.push(await panel.page.evaluate(() => document.activeElement.id));
    }
    assert.deepEqual(order, ['prompt', 'negative', 'num', 'generate', 'again', 'more']);
    await panel.page.fill('#num', '99');
    assert.match(await panel.page.textContent('#hint'), /Variations: type a number from 1 to 16/);
    assert.ok(!(await generates(panel)));
    await panel.page.fill('#num', '2');
    await panel.page.focus('#num');
    await panel.page.keyboard.press('ArrowUp');
    assert.equal(await panel.page.inputValue('#num'), '3');
    assert.ok(await generates(panel));
    await panel.close();
});
