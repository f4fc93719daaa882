// What goes wrong in a user's day: nothing is lost, and each sentence says what to do.
import test from 'node:test';
import assert from 'node:assert/strict';
import { ownDaemon, sharedDaemon, openPanel } from '../rig/rig.mjs';
import { open, generate, generates, placed, notice, press, state, checkOutside, paired, painting, SLOW, PATIENCE } from './scene.mjs';

test('Stop and Escape end a job, and the panel is ready for the next', async () => {
    const panel = await open();
    await generate(panel, 'inpaint', { fields: SLOW });
    await painting(panel);
    await press(panel, 'Stop');
    await panel.page.waitForFunction(() => !document.querySelector('.card'), undefined, { timeout: PATIENCE });
    await generate(panel, 'inpaint', { fields: SLOW });
    await painting(panel);
    await panel.page.focus('#prompt');
    await panel.page.keyboard.press('Escape');
    await panel.page.waitForFunction(() => !document.querySelector('.card'), undefined, { timeout: PATIENCE });
    assert.equal((await state(panel)).tree.length, 1);
    await panel.page.fill('#prompt', 'a star');
    await panel.page.click('#more');
    await panel.page.fill('#steps', '2');
    await panel.page.focus('#prompt');
    await panel.page.keyboard.press('Enter');
    await placed(panel);
    await panel.close();
});

test('the daemon is killed while it paints and started again: the job is found, said to be interrupted, and run again', async () => {
    const daemon = await ownDaemon();
    try {
        const panel = await open({ daemon });
        await generate(panel, 'inpaint', { prompt: 'a blue ball', fields: SLOW });
        await painting(panel);
        await daemon.kill();
        await panel.page.waitForFunction(() => document.querySelector('.card').textContent.includes('Reconnecting'), undefined, {
            timeout: PATIENCE,
        });
        await panel.screenshot('reconnecting');
        await daemon.start();
        await panel.connectTo(daemon);
        await notice(panel, 'interrupted');
        await panel.screenshot('interrupted');
        await press(panel, 'Run again');
        await painting(panel);
        await press(panel, 'Stop');
        await panel.close();
    } finally {
        await daemon.stop();
    }
});

test('Photoshop is started anew while a job runs: the job is followed on, and offered when it is done', async () => {
    const panel = await open();
    await generate(panel, 'inpaint', { prompt: 'a green ball', fields: { steps: '40' } });
    await painting(panel);
    await panel.restart();
    await panel.page.waitForSelector('.thumbbox', { state: 'visible', timeout: PATIENCE });
    assert.equal((await state(panel)).tree.length, 1, 'nothing is placed by itself after a restart');
    await press(panel, 'Place');
    await placed(panel);
    assert.equal((await state(panel)).tree[0].name, 'a green ball');
    await panel.close();
});

test('the document was closed: a clear choice, and the result opens as a new document', async () => {
    const panel = await open();
    await generate(panel, 'inpaint', { fields: { steps: '20' } });
    await painting(panel);
    await panel.fake((control) => control.closeDocument());
    await notice(panel, 'was closed');
    await panel.screenshot('closed');
    await press(panel, 'Open as new document');
    await placed(panel);
    const { tree, composite } = await state(panel);
    assert.deepEqual([composite.width, composite.height], [96, 64]);
    assert.equal(tree[0].name, 'a red ball');
    await panel.close();
});

test('another document is in front: asked, and placed where it belongs', async () => {
    const panel = await open();
    await generate(panel, 'inpaint', { fields: { steps: '20' } });
    await painting(panel);
    await panel.fake((control) => {
        control.openDocument({ width: 40, height: 40, name: 'other.psd', path: '/pictures/other.psd' });
    });
    await notice(panel, 'not in front');
    await press(panel, 'Go to it and place');
    await placed(panel);
    const { tree, composite } = await state(panel);
    assert.equal(composite.width, 96);
    assert.equal(tree[0].name, 'a red ball');
    await panel.close();
});

test('the canvas was changed: asked', async () => {
    const panel = await open();
    await generate(panel, 'inpaint', { fields: { steps: '20' } });
    await painting(panel);
    await panel.fake((control) => control.reframe(null, { left: -4, top: 0, right: 96, bottom: 64 }));
    await notice(panel, 'was 96 × 64 pixels');
    const before = await state(panel);
    assert.equal(before.tree.length, 1, 'nothing is placed before the answer');
    await press(panel, 'Place at the same pixels');
    await placed(panel);
    const after = await state(panel);
    const mask = await panel.fake((control, _p, id) => control.mask(null, id), after.tree[0].id);
    checkOutside(before, after, mask);
    const shown = mask.data.map((value, i) => (value === 255 ? i : -1)).filter((i) => i >= 0);
    const [xs, ys] = [shown.map((i) => i % mask.width), shown.map((i) => Math.floor(i / mask.width))];
    const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
    assert.ok(box[0] <= 32 && box[1] <= 20 && box[2] >= 60 && box[3] >= 44, `the pixels of the selection of then: ${box}`);
    assert.ok(box[0] + box[2] === 92 && box[1] + box[3] === 64, `and not moved: ${box}`);
    await panel.close();
});

test('another command holds Photoshop: waited for, and taken up when it ends', async () => {
    const panel = await open();
    await panel.fake((control) => control.busy('a filter dialog'));
    await generate(panel, 'inpaint');
    await panel.page.waitForFunction(() => document.querySelector('.card').textContent.includes('Waiting for Photoshop'), undefined, {
        timeout: PATIENCE,
    });
    await panel.fake((control) => control.busy(''));
    await placed(panel);
    await panel.close();
});

test('Escape while a result is placed: everything is taken back, and the result can be placed again', async () => {
    const panel = await open();
    const before = await state(panel);
    await panel.fake((control) =>
        control.before((name) => {
            if (/putLayerMask/.test(name)) {
                control.before(null);
                control.cancel();
            }
        }),
    );
    await generate(panel, 'inpaint');
    await notice(panel, 'Stopped with Escape');
    const after = await state(panel);
    assert.deepEqual(after.composite.data, before.composite.data);
    assert.equal(after.history.length, before.history.length);
    await press(panel, 'Place');
    await placed(panel);
    await panel.close();
});

test('what cannot be painted on is said before anything is read', async () => {
    const daemon = await sharedDaemon();
    const { secure } = await paired(daemon);
    const panel = await openPanel({ daemon, secure });
    const hint = (text) =>
        panel.page.waitForFunction((wanted) => document.querySelector('#hint').textContent.includes(wanted), text, { timeout: PATIENCE });
    await hint('No document is open');
    for (const [mode, text] of [
        ['CMYKColorMode', 'CMYK documents'],
        ['labColorMode', 'Lab documents'],
        ['bitmapMode', 'only black and white'],
        ['indexedColorMode', 'too few colors'],
        ['duotoneMode', 'Duotone'],
        ['multichannelMode', 'Multichannel'],
    ]) {
        await panel.fake((control, _p, given) => {
            control.openDocument({ width: 40, height: 40, mode: given });
        }, mode);
        await hint(text);
        assert.ok(!(await generates(panel)));
    }
    await panel.fake((control) => {
        const made = control.openDocument({ width: 40, height: 40 });
        control.setQuickMask(made, true);
    });
    await hint('Press Q');
    await panel.fake((control) => {
        control.setQuickMask(null, false);
        control.addLayer(null, { name: 'Levels 1', kind: 'levels' });
    });
    await panel.page.selectOption('#operation', 'img2img');
    await hint('“Levels 1” is an adjustment layer');
    await panel.close();
});

test("several jobs at once: they wait for each other, and so do the panel's own modal scopes", async () => {
    const panel = await open();
    await generate(panel, 'inpaint', { prompt: 'one' });
    for (const prompt of ['two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']) {
        await panel.page.fill('#prompt', prompt);
        await panel.page.click('#generate');
    }
    await panel.page.waitForFunction(
        () => [...document.querySelectorAll('.mark')].filter((mark) => mark.style.display !== 'none').length === 10,
        undefined,
        { timeout: PATIENCE },
    );
    const { tree } = await state(panel);
    assert.deepEqual(tree.map((layer) => layer.name).sort(), [
        'Background',
        'eight',
        'five',
        'four',
        'nine',
        'one',
        'seven',
        'six',
        'ten',
        'three',
        'two',
    ]);
    await panel.close();
});

test('Escape while the picture is read: no job, no message, nothing changed', async () => {
    const panel = await open();
    await panel.fake((control) =>
        control.before((name) => {
            if (/getPixels/.test(name)) {
                control.before(null);
                control.cancel();
                throw new Error('User cancelled');
            }
        }),
    );
    await generate(panel, 'inpaint');
    await panel.page.waitForFunction(() => !document.querySelector('.card'), undefined, { timeout: PATIENCE });
    assert.deepEqual(
        await panel.page.evaluate(() => [...document.querySelectorAll('.notice')].filter((node) => node.offsetParent !== null).length),
        0,
    );
    await generate(panel, 'inpaint');
    await placed(panel);
    await panel.close();
});

test('the WebSocket is cut while a job runs: the job is followed on', async () => {
    const panel = await open({ refuse: ['http'] });
    await generate(panel, 'inpaint', { fields: { steps: '40' } });
    await painting(panel);
    panel.relay.cut();
    await placed(panel);
    assert.equal((await state(panel)).tree.length, 2);
    await panel.close();
});

test('the process that paints dies: said, and the next job is painted', async () => {
    const daemon = await ownDaemon();
    try {
        const panel = await open({ daemon });
        await generate(panel, 'inpaint', { fields: SLOW });
        await painting(panel);
        await daemon.killWorker();
        await notice(panel, 'The job was interrupted');
        await generate(panel, 'inpaint', { prompt: 'a star' });
        await placed(panel);
        await panel.close();
    } finally {
        await daemon.stop();
    }
});
