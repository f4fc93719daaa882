'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { panelOver, sessionWith } = require('./over-fake.js');

const PAINT = (x, y) => [x / 96, y / 64, 0.5];
const nothing = () => {};

/** A picture of 96 x 64 with a selection, and what runs a job of it: `run(task)` gives what `send` gave. */
function scene({ bounds = { left: 32, top: 20, right: 60, bottom: 44 }, feather = 0, moves = () => [], assume, document = {} } = {}) {
    const over = panelOver({ assume });
    const made = over.control.openDocument({ width: 96, height: 64, paint: PAINT, ...document });
    if (bounds) over.control.select(made, bounds, feather);
    const DEFAULTS = over.load('lib/parameters.js').defaults();
    const session = sessionWith({ wire: over.load('lib/wire.js'), before: (call) => session.before(call) });
    session.before = nothing;
    const run = (parameters = {}, task = {}) => {
        const asked = { ...DEFAULTS[parameters.operation || 'inpaint'], prompt: 'a ball', ...parameters };
        const whole = { documentId: made.id, parameters: asked, layerId: null, hidden: [], area: null, first: '', ...task };
        return over.load('lib/run.js').send(session, whole, nothing, () => false, { moves, picture: () => null });
    };
    return { ...over, document: made, session, run };
}

const sum = (mask) => mask.reduce((total, value) => total + value, 0);

/** @returns {any} what the tensors of a request cover */
const boundsOf = (message) => Object.values(message.inputs)[0].bounds;

test('a job of a selection is repeated with it when nothing is selected any more, and refused where it was not kept', async () => {
    const { control, document, session, run, load } = scene();
    const { area } = await run();
    control.select(document, null);
    await run({}, { area });
    assert.deepEqual(session.sent[1].mask, session.sent[0].mask);
    for (const operation of ['inpaint', 'img2img', 'txt2img']) {
        const lost = run({ operation, source: 'visible' }, { area: { ...area, selection: null } });
        await assert.rejects(lost, (error) => error.code === 'refused' && /Select the area again/.test(error.message), operation);
    }
    assert.equal(session.sent.length, 2, 'nothing was sent');
    const { areaOf } = load('lib/area.js');
    const kept = areaOf(session.sent[0].message);
    await run({}, { area: kept });
    assert.deepEqual(session.sent[2].mask, session.sent[0].mask, 'History gives the selection of the job back');
    control.select(document, { left: 0, top: 0, right: 10, bottom: 10 });
    await run({}, { area });
    assert.equal(sum(session.sent[3].mask), 100 * 255, 'what is selected now goes first');
});

test('a job of the whole picture is repeated with nothing selected', async () => {
    const { session, run, load } = scene({ bounds: null });
    const { area } = await run();
    assert.equal(area.selected, false);
    await run({}, { area });
    await run({}, { area: load('lib/area.js').areaOf(session.sent[0].message) });
    for (const { mask } of session.sent) assert.equal(sum(mask), 96 * 64 * 255);
});

test('an old selection does not fit a canvas that somebody else has changed: refused', async () => {
    const { control, document, run } = scene();
    const { area } = await run();
    control.select(document, null);
    control.reframe(document, { left: -10, top: 0, right: 96, bottom: 64 });
    await assert.rejects(run({}, { area }), /Select the area again/);
});

test('a selection too large for the request is told to have been one', async () => {
    const { control, document, session, run, load } = scene({ bounds: null, document: { width: 200, height: 200 } });
    let seed = 7;
    control.selectPainted(document, { left: 0, top: 0, right: 200, bottom: 200 }, () => (seed = (seed * 48271) % 2147483647) / 2147483647);
    await run();
    const area = load('lib/area.js').areaOf(session.sent[0].message);
    assert.deepEqual([area.selected, area.selection], [true, null]);
});

test('what is selected when Photoshop gives way is planned anew and read, never what was planned before', async () => {
    const { control, document, session, run } = scene();
    let plans = 0;
    session.before = (call) => {
        if (call !== 'plan' || ++plans > 1) return;
        setTimeout(() => control.busy(''), 700);
        setTimeout(() => control.select(document, { left: 4, top: 4, right: 12, bottom: 10 }), 600);
        control.busy('a dialog');
    };
    await run();
    const [{ message, mask }] = session.sent;
    assert.equal(plans, 2);
    assert.deepEqual(boundsOf(message), { x: 0, y: 0, width: 20, height: 18 });
    assert.equal(sum(mask), 8 * 6 * 255);
});

test('a canvas that was changed while Photoshop was waited for is not read by the old plan', async () => {
    const { control, document, session, run } = scene({ bounds: null });
    let plans = 0;
    session.before = (call) => {
        if (call !== 'plan' || ++plans > 1) return;
        control.busy('the Crop tool');
        setTimeout(() => control.reframe(document, { left: 16, top: 0, right: 96, bottom: 64 }), 600);
        setTimeout(() => control.busy(''), 700);
    };
    await run();
    assert.deepEqual(boundsOf(session.sent[0].message), { x: 0, y: 0, width: 80, height: 64 });
    assert.equal(session.sent[0].message.document.width, 80);
});

test('an outpaint goes as far as the selection reaches when the picture is read', async () => {
    const { control, document, session, run } = scene({ bounds: { left: 60, top: 10, right: 112, bottom: 40 } });
    let plans = 0;
    session.before = (call) => {
        if (call === 'plan' && ++plans === 1) control.select(document, { left: 60, top: 10, right: 104, bottom: 40 });
    };
    await run({ operation: 'outpaint' });
    assert.deepEqual(session.sent[0].message.params.margins, { left: 0, top: 0, right: 8, bottom: 0 });
});

test('a selection that never stays the same is refused with what to do', async () => {
    const { control, document, session, run } = scene();
    let plans = 0;
    session.before = (call) => {
        if (call === 'plan') control.select(document, { left: 1 + plans++, top: 4, right: 40, bottom: 10 });
    };
    await assert.rejects(run(), (error) => error.code === 'refused' && /kept changing/.test(error.message));
    assert.equal(session.sent.length, 0);
    assert.ok(plans < 10);
});

test('the faint part of a soft selection is read where Photoshop tells bounds of its stronger half only', async () => {
    for (const choice of ['half', 'all']) {
        const { session, run } = scene({ feather: 4, assume: { 'selection.bounds-soft': choice } });
        const { area } = await run();
        const [{ mask, message }] = session.sent;
        assert.ok(sum(mask) > 0.995 * 28 * 24 * 255, `${choice}: ${sum(mask) / 255}`);
        const { unpackMask } = require('../../../photoshop_uxp/lib/note.js');
        assert.equal(sum(unpackMask(area.selection)), sum(mask), choice);
        assert.ok(boundsOf(message).width >= 28 + 16);
    }
});

test('a selection too faint for marching ants is no reason to repaint the whole picture', async () => {
    for (const none of ['throws', 'zero', 'black']) {
        const { control, document, session, run } = scene({ bounds: null, assume: { 'selection.none': none } });
        await run();
        await run({ operation: 'img2img', source: 'layer' });
        control.selectPainted(document, { left: 10, top: 10, right: 20, bottom: 20 }, () => 0.3);
        assert.equal(document.selection.bounds, null);
        const { area } = await run();
        const [whole, layer, faint] = session.sent;
        assert.ok(whole.mask.every((value) => value === 255));
        assert.deepEqual([layer.mask, layer.message.client_data.selected], [null, undefined]);
        assert.equal(sum(faint.mask), 100 * 77);
        assert.deepEqual([area.selected, area.selection.box], [true, { x: 10, y: 10, width: 10, height: 10 }]);
    }
});

test('more pixels than the panel can hold are refused before anything is read, with what to do', async () => {
    for (const [depth, most] of [[8, 67], [16, 33], [32, 16]]) {
        const { control, session, run } = scene({ bounds: null, document: { width: 64, height: 64, depth } });
        let capture = { x: 0, y: 0, width: 8192, height: 1 };
        session.client.plan = async () => ({ capture, target: { ...capture, height: 1 }, needs_image: true, warnings: [] });
        const rows = (256 * 1024 * 1024) / (8192 * 4 * (depth / 8));
        capture = { ...capture, height: rows + 1 };
        control.before((call) => assert.ok(!/getPixels/.test(call)));
        const text = new RegExp(`at ${depth} bit the panel can hold ${most}\\. Select a smaller area`);
        await assert.rejects(run(), (error) => error.code === 'too_many_pixels' && text.test(error.message));
        session.client.plan = async () => ({ capture: { ...capture, height: 1 }, target: { ...capture, height: rows + 1 }, needs_image: true, warnings: [] });
        await assert.rejects(run(), text, 'the result is held as well');
    }
});

test('an active layer of a kind that is not known is refused before anything is asked of Layerbridge', async () => {
    for (const kind of ['grain', 'clarity', 'curves']) {
        const { control, document, session, run } = scene({ bounds: null });
        control.addLayer(document, { name: 'Grain 1', kind });
        session.before = (call) => assert.fail(call);
        await assert.rejects(run({ source: 'layer' }), (error) => error.code === 'refused' && /“Grain 1” is an adjustment layer/.test(error.message));
    }
});

test('a job keeps the resolution of its document', async () => {
    const { session, run } = scene({ document: { resolution: 300 } });
    await run();
    assert.equal(session.sent[0].message.client_data.resolution, '300');
});

test('samples are converted after Photoshop is free again', async () => {
    const over = scene({ bounds: null, document: { depth: 16 } });
    const depth = over.load('lib/depth.js');
    const { fromPhotoshop16 } = depth;
    let modal = null;
    depth.fromPhotoshop16 = (...given) => {
        modal = over.photoshop.core.isModal();
        return fromPhotoshop16(...given);
    };
    await over.run();
    assert.equal(modal, false);
});

test('Escape while a picture without Background is read sends nothing', async () => {
    const { control, session, run } = scene({ bounds: null, document: { fill: 'transparent', paint: null } });
    control.before((call) => {
        if (!/getPixels/.test(call)) return;
        control.before(null);
        control.cancel();
    });
    await assert.rejects(run({ operation: 'outpaint', margins: { left: 8, top: 0, right: 0, bottom: 0 } }), { name: 'CancelError' });
    assert.equal(session.sent.length, 0);
});

test('a picture without Background that cannot be read is not sent as a transparent one', async () => {
    const { control, document, session, run } = scene({ document: { fill: 'transparent', paint: null } });
    const visible = { left: 30, top: 20, right: 40, bottom: 30 };
    const inner = control.addLayer(document, { name: 'paint', bounds: visible });
    const group = control.addLayer(document, { name: 'group', children: [inner] });
    const failing = (call) => {
        if (/getPixels/.test(call)) throw new Error('out of memory');
    };
    control.before(failing);
    await assert.rejects(run(), (error) => error.code === 'refused' && /could not read.*out of memory. Nothing was sent/.test(error.message));
    control.activateLayer(document, inner);
    await assert.rejects(run({ source: 'layer' }), /could not read “paint”.*out of memory/);
    assert.equal(session.sent.length, 0);
    control.before(null);
    control.editLayer(document, group, (layer) => (layer.visible = false));
    control.before(failing);
    const { remarks } = await run();
    assert.match(remarks.join(), /Nothing is visible in that area/, 'where no layer in sight reaches, a refusal is to be expected');
});

test('Again of a placed outpaint is another try at the same border: of the picture as it was before it grew', async () => {
    const move = { from: { width: 96, height: 64 }, to: { width: 112, height: 72 }, shift: { x: 16, y: 8 } };
    const margins = { left: 16, top: 8, right: 0, bottom: 0 };
    const area = { selected: false, selection: null, size: move.from };
    const grown = () => scene({ bounds: null, moves: () => [move], document: move.to });
    const { control, document, photoshop, session, run } = grown();
    const read = [];
    const { getPixels } = photoshop.imaging;
    photoshop.imaging.getPixels = (options) => {
        read.push(options.sourceBounds);
        return getPixels(options);
    };
    control.select(document, { left: 4, top: 4, right: 12, bottom: 12 });
    const sent = await run({ operation: 'outpaint', margins }, { area });
    const [{ message }] = session.sent;
    assert.deepEqual([message.document.width, message.document.height], [96, 64]);
    assert.deepEqual([boundsOf(message), message.params.margins], [{ x: 0, y: 0, width: 96, height: 64 }, margins]);
    assert.deepEqual(read, [{ left: 16, top: 8, right: 112, bottom: 72 }]);
    assert.deepEqual(sent.area.size, move.from, 'and so is the next one');
    control.select(document, { left: 100, top: 10, right: 120, bottom: 40 });
    await run({ operation: 'outpaint', margins }, { area });
    assert.deepEqual(session.sent[1].message.params.margins, { left: 0, top: 0, right: 8, bottom: 0 });
    assert.equal(session.sent[1].message.document.width, 112, 'a selection past the picture of today goes first');
});

test('Again of a placed outpaint, undone while Photoshop was waited for, is planned anew', async () => {
    const move = { from: { width: 96, height: 64 }, to: { width: 112, height: 64 }, shift: { x: 16, y: 0 } };
    const { control, document, session, run } = scene({ bounds: null, moves: () => [move], document: move.to });
    let plans = 0;
    session.before = (call) => {
        if (call === 'plan' && ++plans === 1) control.reframe(document, { left: 16, top: 0, right: 112, bottom: 64 });
    };
    const area = { selected: false, selection: null, size: move.from };
    await run({ operation: 'outpaint', margins: { left: 16, top: 0, right: 0, bottom: 0 } }, { area });
    assert.equal(plans, 2);
    assert.deepEqual(boundsOf(session.sent[0].message), { x: 0, y: 0, width: 96, height: 64 });
});
