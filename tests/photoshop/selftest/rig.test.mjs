// The rig itself: loading, what is missing, network behaviors, restart, and that it tells of leaks.
import test from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPanel, PATIENCE, sharedDaemon } from '../rig/rig.mjs';

const folder = path.join(fileURLToPath(new URL('.', import.meta.url)), 'sample');
const said = (panel, text) => panel.page.waitForFunction((t) => document.getElementById('said').textContent === t, text, { timeout: PATIENCE });

test('a panel is created, shown and reads a document', async () => {
    const panel = await openPanel({ folder });
    await said(panel, 'shown Sample');
    await panel.fake((control) => { control.openDocument({ width: 20, height: 10 }); });
    await panel.page.click('#go');
    await said(panel, 'read 600');
    await panel.close();
});

test('what UXP lacks is not in the page', async () => {
    const panel = await openPanel({ folder });
    const left = await panel.page.evaluate(() => ['Worker', 'TextEncoder', 'structuredClone', 'FileReader'].filter((name) => window[name] !== undefined)
        .concat(['drawImage', 'getImageData'].filter((name) => name in CanvasRenderingContext2D.prototype)));
    assert.deepEqual(left, []);
    assert.equal(await panel.page.evaluate(() => document.body.dataset), undefined);
    await panel.close();
});

test('documents and secureStorage outlive a restart, the panel does not', async () => {
    const panel = await openPanel({ folder });
    await panel.fake((control) => { control.openDocument({ width: 20, height: 10, name: 'kept.psd' }); });
    await panel.page.click('#go');
    await said(panel, 'read 600');
    await panel.restart();
    await said(panel, 'shown Sample');
    assert.equal(await panel.fake((control, photoshop) => photoshop.app.activeDocument.name), 'kept.psd');
    assert.deepEqual(await panel.fake((control) => control.uxp.secureTexts()), { size: '600' });
    await panel.close();
});

test('image data that is not disposed fails a scenario', async () => {
    const panel = await openPanel({ folder });
    await panel.fake(async (control, { core, imaging }) => {
        control.openDocument({ width: 8, height: 8 });
        await core.executeAsModal(() => imaging.getPixels({}).then(() => null), { commandName: 'Leak' });
    });
    await assert.rejects(() => panel.close(), /1 image data not disposed/);
});

test('the daemon is reached over http and over a WebSocket with the origin of UXP', async () => {
    const daemon = await sharedDaemon();
    const panel = await openPanel({ folder, daemon });
    assert.equal(await panel.page.evaluate(() => window.hello('http://localhost:47821/v1/hello')), 'layerbridge');
    assert.equal(await panel.page.evaluate(() => window.hello('http://localhost:47822/v1/hello')),
        'error: Permission denied to the url http://localhost:47822/v1/hello. Manifest entry not found.');
    assert.match(await panel.page.evaluate(() => window.socket('ws://localhost:47821/v1/socket')), /unauthorized/);
    assert.match(panel.relay.headers[0], /Origin: file:\/\//);
    assert.doesNotMatch(panel.relay.headers[0], /extensions/i);
    await panel.close();
});

for (const [refuse, reached] of [['raw-ip', 'localhost'], ['localhost', '127.0.0.1'], ['http', '']]) {
    test(`a Photoshop that refuses ${refuse}`, async () => {
        const panel = await openPanel({ folder, daemon: await sharedDaemon(), refuse: [refuse] });
        for (const name of ['localhost', '127.0.0.1']) {
            const answer = await panel.page.evaluate((n) => window.hello(`http://${n}:47821/v1/hello`), name);
            assert.equal(answer, name === reached ? 'layerbridge' : 'error: Network request failed');
        }
        await panel.close();
    });
}

test('without a daemon nothing answers', async () => {
    const panel = await openPanel({ folder });
    assert.equal(await panel.page.evaluate(() => window.hello('http://localhost:47821/v1/hello')), 'error: Network request failed');
    await panel.close();
});
