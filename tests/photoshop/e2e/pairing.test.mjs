// Pairing with the code, and what becomes of a pairing that is gone.
import test from 'node:test';
import assert from 'node:assert/strict';
import { ownDaemon, openPanel } from '../rig/rig.mjs';
import { open, ready, generate, notice, painting, SLOW, PATIENCE } from './scene.mjs';

test('pairing with a code, a wrong code, and a pairing that is revoked', async () => {
    const daemon = await ownDaemon();
    try {
        const panel = await openPanel({ daemon });
        await panel.fake((control) => {
            control.openDocument({ width: 64, height: 64 });
        });
        await panel.page.waitForSelector('#code', { state: 'visible' });
        await panel.page.fill('#code', 'AAAA-AAAA');
        await panel.page.click('#pair');
        await notice(panel, 'pairing code is wrong');
        await panel.page.fill('#code', await daemon.code());
        await panel.page.keyboard.press('Enter');
        await ready(panel);
        const { clients } = await daemon.call('GET', '/v1/clients');
        assert.deepEqual(
            clients.map((client) => client.name),
            ['Photoshop'],
        );
        await panel.restart();
        await ready(panel);
        await daemon.call('DELETE', `/v1/clients/${clients[0].client_id}`);
        await panel.page.click('#generate');
        await panel.page.waitForSelector('#code', { state: 'visible', timeout: PATIENCE });
        await panel.page.fill('#code', await daemon.code());
        await panel.page.click('#pair');
        await ready(panel);
        const before = (await daemon.call('GET', '/v1/clients')).clients;
        await panel.fake((control) => control.uxp.loseSecureStorage());
        await panel.restart();
        await notice(panel, 'no longer has this panel’s pairing');
        await panel.page.fill('#code', await daemon.code());
        await panel.page.click('#pair');
        await ready(panel);
        const after = (await daemon.call('GET', '/v1/clients')).clients; // the same client: its History is there again
        assert.deepEqual(
            after.map((client) => client.client_id),
            before.map((client) => client.client_id),
        );
        await panel.close();
    } finally {
        await daemon.stop();
    }
});

test("the pairing is revoked while a job runs: a code is asked for, and the old pairing's job is not waited for", async () => {
    const panel = await open();
    await generate(panel, 'inpaint', { fields: SLOW });
    await painting(panel);
    await panel.daemon.call('DELETE', `/v1/clients/${panel.client}`);
    await panel.page.waitForSelector('#code', { state: 'visible', timeout: PATIENCE });
    await panel.page.fill('#code', await panel.daemon.code());
    await panel.page.click('#pair');
    await ready(panel);
    await panel.page.waitForFunction(() => !/Waiting…|Painting/.test(document.querySelector('.card').textContent), undefined, {
        timeout: PATIENCE,
    });
    await panel.screenshot('revoked');
    await panel.close();
});
