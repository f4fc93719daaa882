// Reports of what Photoshop's network refuses contradict one another: the panel works on each, and says what did not.
import test from 'node:test';
import assert from 'node:assert/strict';
import { sharedDaemon, openPanel } from '../rig/rig.mjs';
import { open, ready, generate, placed, press, state, noteOf, PATIENCE } from './scene.mjs';

async function facts(panel) {
    await panel.page.click('#tab-settings');
    return panel.page.textContent('#settings');
}

const CASES = [
    { name: 'nothing is refused', refuse: [], via: 'http://localhost' },
    { name: 'names are refused', refuse: ['localhost'], via: 'http://127.0.0.1' },
    { name: 'raw addresses are refused', refuse: ['raw-ip'], via: 'http://localhost' },
    { name: 'plain HTTP is refused', refuse: ['http'], via: 'ws://localhost' },
    { name: 'plain HTTP and names are refused', refuse: ['http', 'localhost'], via: 'ws://127.0.0.1' },
];

for (const { name, refuse, via } of CASES) {
    test(`where ${name}: a job of two variations, its thumbnails and History`, async () => {
        const panel = await open({ refuse });
        await generate(panel, 'inpaint', { fields: { num: '2', seed: '20' } });
        await placed(panel);
        assert.equal(noteOf((await state(panel)).tree[0]).parameters.seed, 20);
        const text = await facts(panel);
        assert.ok(text.includes(`${via}:47821`), text);
        await panel.page.click('#tab-history');
        await panel.page.waitForFunction(
            () =>
                [...document.querySelectorAll('.small')].filter((image) => image.style.display !== 'none' && image.naturalWidth > 0)
                    .length === 2,
            undefined,
            { timeout: PATIENCE },
        );
        await panel.page
            .locator('.item button', { hasText: /^Place$/ })
            .nth(1)
            .click();
        await placed(panel, 2);
        assert.deepEqual(
            (await state(panel)).tree.map((layer) => layer.name),
            ['a red ball', 'a red ball', 'Background'],
        );
        await panel.close();
    });
}

test('pairing where plain HTTP is refused; what was refused is told', async () => {
    const daemon = await sharedDaemon();
    const panel = await openPanel({ daemon, refuse: ['http'] });
    await panel.fake((control) => {
        control.openDocument({ width: 64, height: 64 });
    });
    await panel.page.waitForSelector('#code', { state: 'visible', timeout: PATIENCE });
    await new Promise((resolve) => {
        setTimeout(resolve, 200);
    });
    await panel.page.fill('#code', await daemon.code());
    await panel.page.click('#pair');
    await ready(panel);
    const text = await facts(panel);
    assert.match(text, /WebSocket/);
    assert.match(text, /http:\/\/localhost, 47821–47825/);
    await panel.screenshot('settings-socket');
    await panel.close();
});

test('a large picture over the WebSocket goes in several messages', async () => {
    const panel = await open({ refuse: ['http'], document: { width: 640, height: 480, depth: 16 }, selection: null });
    await generate(panel, 'img2img', { prompt: 'a blue sky', fields: { steps: '1', strength: '10', source: 'visible' } });
    await placed(panel);
    const sent = await panel.fake((control) => control.uxp.sent);
    assert.ok(sent.length > 1, `${sent.length} messages`);
    assert.ok(sent.every((bytes) => bytes <= 1024 * 1024), `${sent}`);
    assert.ok(sent.reduce((sum, bytes) => sum + bytes) > 640 * 480 * 3 * 2, 'all of the picture');
    const [layer] = (await state(panel)).tree;
    assert.deepEqual([layer.bounds.right, layer.bounds.bottom], [640, 480]);
    await panel.close();
});

test('nothing answers: said with what to do, and the daemon is found when it is there', async () => {
    const daemon = await sharedDaemon();
    const { paired } = await import('./scene.mjs');
    const { secure } = await paired(daemon);
    const panel = await openPanel({ daemon: null, secure });
    await panel.fake((control) => {
        control.openDocument({ width: 64, height: 64 });
    });
    await panel.page.waitForFunction(() => document.body.textContent.includes('layerbridge serve'), undefined, { timeout: PATIENCE });
    await panel.screenshot('not-running');
    await panel.connectTo(daemon);
    await press(panel, 'Check again');
    await ready(panel);
    await panel.close();
});
