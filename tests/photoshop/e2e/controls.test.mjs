// Keys, choices and pictures where UXP's controls do otherwise than a browser's (rig/controls.js), over each of its choices.
import test from 'node:test';
import assert from 'node:assert/strict';
import { openPanel } from '../rig/rig.mjs';
import { open, generate, ready, painting, SLOW, PATIENCE } from './scene.mjs';

const cards = (panel) => panel.page.locator('.card').count();
const untilCards = (panel, count) =>
    panel.page.waitForFunction((n) => document.querySelectorAll('.card').length === n, count, { timeout: PATIENCE });

for (const choice of ['typed', 'prevented']) {
    test(`Enter generates from each field once, leaves no line behind and lets the field go: ui.enter ${choice}`, async () => {
        const panel = await open({ assume: { 'ui.enter': choice } });
        const { page } = panel;
        await page.click('#more');
        await page.fill('#steps', '1');
        let count = 0;
        for (const [field, text] of [['prompt', 'a red ball'], ['negative', 'blur'], ['num', '1'], ['seed', '7']]) {
            await page.fill(`#${field}`, text);
            if (field === 'prompt') for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft'); // in the middle
            await page.keyboard.press('Enter');
            count++;
            await untilCards(panel, count);
            await page.waitForTimeout(50); // for what a second job, or a late line, would need
            assert.equal(await cards(panel), count, `one job of Enter in ${field}`);
            assert.equal(await page.inputValue(`#${field}`), text);
            assert.notEqual(await page.evaluate(() => document.activeElement.id), field, 'letters are tools again');
        }
        const lines = await page.evaluate(() => {
            const area = document.querySelector('#prompt');
            const key = { key: 'Enter', shiftKey: true, bubbles: true, cancelable: true };
            if (!area.dispatchEvent(new KeyboardEvent('keydown', key))) return 'prevented';
            area.setRangeText('\n', 1, 1, 'end');
            area.dispatchEvent(new Event('input', { bubbles: true }));
            return area.value;
        });
        assert.equal(lines, 'a\n red ball', 'Shift+Enter begins a new line');
        assert.equal(await cards(panel), count);
        await panel.close();
    });
}

test('Escape stops the newest job from each field and button', async () => {
    const panel = await open();
    const { page } = panel;
    const places = ['#prompt', '#num', '#operation', '#generate', '#tab-paint', '.card button'];
    await generate(panel, 'inpaint', { fields: SLOW });
    await painting(panel);
    for (let i = 1; i < places.length; i++) {
        await page.click('#generate');
        await untilCards(panel, i + 1);
    }
    await page.waitForFunction(() => [...document.querySelectorAll('.card')].every((card) => /Waiting|Painting/.test(card.textContent)));
    for (const [i, place] of places.entries()) {
        await page.focus(place);
        await page.keyboard.press('Escape');
        await untilCards(panel, places.length - 1 - i);
    }
    await panel.close();
});

for (const choice of ['nothing', 'chosen']) {
    test(`what a list shows is what holds, also after a restart: ui.select-value ${choice}`, async () => {
        const panel = await open({ assume: { 'ui.select-value': choice } });
        const { page } = panel;
        const shown = (id) => page.evaluate((name) => document.querySelector(`#${name}`).selectedOptions[0].value, id);
        for (const operation of ['txt2img', 'img2img', 'outpaint']) {
            await page.selectOption('#operation', operation);
            if (!(await page.isVisible('#source'))) await page.click('#more');
            if (operation !== 'txt2img') await page.selectOption('#source', operation === 'img2img' ? 'visible' : 'layer');
            await page.fill('#prompt', 'a ball');
            await page.fill('#steps', '1');
            await ready(panel);
            await page.click('#generate');
            await page.waitForSelector('.card', { timeout: PATIENCE });
            await panel.restart();
            await ready(panel);
            assert.equal(await shown('operation'), operation);
            assert.equal(await shown('source'), operation === 'outpaint' ? 'layer' : 'visible');
        }
        await page.selectOption('#operation', 'img2img');
        assert.equal(await shown('source'), 'visible');
        await page.selectOption('#operation', 'outpaint');
        assert.equal(await shown('source'), 'layer', 'chosen again after the user chose another');
        await panel.close();
    });
}

test('Tab reaches every field and button of the form, also those that were without effect for a while', async () => {
    for (const added of ['unreached', 'reached']) {
        const panel = await open({ assume: { 'ui.tab-added': added } });
        const { page } = panel;
        await page.fill('#num', '99');
        await page.click('#generate');
        assert.equal(await cards(panel), 0, 'Generate has no effect while a number is wrong');
        await page.fill('#num', '1');
        await page.click('#more');
        await page.selectOption('#operation', 'outpaint');
        await panel.fake((control) => control.select(null, { left: -20, top: 0, right: 40, bottom: 40 }));
        await page.waitForFunction(() => document.querySelector('#left').value === '20');
        await page.focus('#left');
        await page.keyboard.type('7');
        await page.keyboard.press('ArrowUp');
        assert.equal(await page.inputValue('#left'), '20', 'the selection says how far it grows');
        await panel.fake((control) => control.select(null, null));
        await page.waitForFunction(() => document.querySelector('#left').value === '128');
        await page.focus('#operation');
        const wanted = await page.evaluate(() =>
            [...document.querySelectorAll('#paint input, #paint textarea, #paint select, #paint button')].filter((node) => node.offsetParent).map((node) => node.id));
        const order = ['operation'];
        while (order.length < wanted.length) {
            await page.keyboard.press('Tab');
            order.push(await page.evaluate(() => document.activeElement.id));
        }
        assert.deepEqual(order, wanted);
        assert.ok(wanted.includes('left') && wanted.includes('generate') && wanted.includes('reset'));
        await panel.close();
    }
});

test('a preview keeps its shape at each shape of a picture and width of the panel, and is never empty in between', async () => {
    const panel = await openPanel({});
    const measure = ([width, height]) => {
        const { createPreview } = window.require('./lib/views/preview.js');
        const root = document.createElement('div');
        document.body.appendChild(root);
        const preview = createPreview();
        root.appendChild(preview.node);
        const shown = () => [...root.querySelectorAll('img')].filter((image) => image.className === 'preview');
        const picture = (color) => 'data:image/svg+xml,' + encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="${width}" height="${height}" fill="${color}"/></svg>`);
        const until = async (test) => {
            while (!test()) await new Promise((resolve) => setTimeout(resolve, 5));
        };
        return (async () => {
            preview.update(picture('red'));
            await until(() => shown().length === 1 && shown()[0].naturalWidth > 0);
            const box = shown()[0].getBoundingClientRect();
            const first = shown()[0].src;
            preview.update(picture('blue'));
            const between = shown().map((image) => image.src);
            await until(() => shown()[0].src !== first);
            const loaded = shown()[0].naturalWidth;
            root.remove();
            return { ratio: box.width / box.height, box: [box.width, box.height], room: root.clientWidth, kept: between[0] === first, loaded };
        })();
    };
    for (const wide of [230, 300, 560]) {
        await panel.resize(wide, 640);
        for (const [width, height] of [[512, 512], [300, 900], [900, 300], [64, 48], [40, 2000]]) {
            const seen = await panel.page.evaluate(measure, [width, height]);
            assert.ok(Math.abs(seen.ratio / (width / height) - 1) < 0.05, `${width} x ${height}: ${seen.box}`);
            assert.ok(seen.box[1] <= 260.5 && seen.box[0] <= wide + 0.5, `${seen.box}`);
            assert.deepEqual([seen.kept, seen.loaded > 0], [true, true], 'the one before stays until the next is there');
        }
    }
    await panel.close();
});
