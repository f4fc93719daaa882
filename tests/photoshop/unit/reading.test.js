// What is read of a picture: in strips, with masks on layers, where Photoshop refuses, and without earlier results.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { panelOver, sessionWith } = require('./over-fake.js');
const { RULES } = require('../fake/rules/index.js');

const SIZE = { width: 96, height: 64 };
const WHOLE = { left: 0, top: 0, right: 96, bottom: 64 };
const PAINT = (x, y) => [x / 96, y / 64, ((x + y) % 9) / 8, 1];
const choicesOf = (id) => Object.keys(RULES.find((rule) => rule.id === id).choices);

/** A document, and what runs a job of it. `rows`: read at once. */
function scene({ document = {}, assume, rows = 0 } = {}) {
    const over = panelOver({ assume });
    if (rows) over.load('lib/memory.js').rowsAtOnce = () => rows;
    const made = over.control.openDocument({ ...SIZE, paint: PAINT, ...document });
    const DEFAULTS = over.load('lib/parameters.js').defaults();
    const asked = [];
    const session = sessionWith({ wire: over.load('lib/wire.js'), before: (call, given) => call === 'plan' && asked.push(given) });
    const run = (parameters = {}, task = {}) => {
        const values = { ...DEFAULTS[parameters.operation || 'img2img'], prompt: 'a ball', source: 'visible', ...parameters };
        const whole = { documentId: made.id, parameters: values, layerId: null, hidden: [], area: null, first: '', ...task };
        return over.load('lib/run.js').send(session, whole, () => {}, () => false, { moves: () => [], picture: () => null });
    };
    return { ...over, document: made, session, asked, run };
}

/** The pixel of the last picture that was sent. */
function pixel({ session }, x, y) {
    const { image, shape, message } = session.sent.at(-1);
    const at = ((y - message.inputs.image.bounds.y) * shape[1] + x - message.inputs.image.bounds.x) * shape[2];
    return Array.from(image.slice(at, at + shape[2]));
}

const two = (control, document) => {
    const blob = (x, y) => (y < 12 || y > 50 ? [x / 96, y / 64, 0.5, 1] : [0, 0, 0, 0]);
    return control.addLayer(document, { name: 'two blobs', bounds: { left: 5, top: 3, right: 80, bottom: 60 }, paint: blob });
};
const EMPTY = { fill: 'transparent', paint: null };

test('in strips the same picture and mask are read as at once, of every source', async () => {
    const sources = [
        [{}, () => null, 'visible'],
        [EMPTY, two, 'visible'],
        [EMPTY, two, 'layer'],
        [{ depth: 16, ...EMPTY }, two, 'layer'],
        [{ mode: 'grayscaleMode', profile: 'Gray Gamma 2.2', depth: 32 }, () => null, 'visible'],
        [{}, (control, document) => control.addLayer(document, { name: 'smart', kind: 'smartObject', bounds: { left: 9, top: 20, right: 30, bottom: 30 } }), 'layer'],
    ];
    for (const [document, build, source] of sources) {
        for (const assume of choicesOf('pixels.empty').map((empty) => ({ 'pixels.empty': empty }))) {
            const sent = [];
            for (const rows of [0, 1, 7, 16, 63]) {
                const made = scene({ document, assume, rows });
                build(made.control, made.document);
                made.control.select(made.document, { left: 4, top: 4, right: 90, bottom: 62 }, 3);
                await made.run({ operation: 'inpaint', source });
                const { image, shape, mask } = made.session.sent[0];
                sent.push({ image, shape, mask });
                assert.equal(made.control.leaks(), 0);
            }
            for (const other of sent) assert.deepEqual(other, sent[0], JSON.stringify({ document, source, assume }));
            assert.ok(sent[0].image.some(Boolean));
        }
    }
});

test('a read that is refused now and then is tried again; one that stays refused is not taken for an empty picture', async () => {
    for (const [failures, works] of [[1, true], [2, true], [3, false]]) {
        for (const source of ['visible', 'layer']) {
            const made = scene({ document: EMPTY });
            two(made.control, made.document);
            made.control.failReads(failures);
            if (works) await made.run({ source });
            else await assert.rejects(made.run({ source }), (error) => error.code === 'refused' && /Code: -1. Nothing was sent/.test(error.message));
            assert.equal(made.session.sent.length, works ? 1 : 0);
            if (works) assert.equal(pixel(made, 40, 5)[3], 255);
        }
    }
});

test('Escape between two tries ends it', async () => {
    const made = scene();
    made.control.failReads(1);
    made.control.before((call) => call === 'getPixels' && setTimeout(() => made.control.host.scopes.length && made.control.cancel(), 20));
    await assert.rejects(made.run(), { name: 'CancelError' });
    assert.equal(made.session.sent.length, 0);
});

test('all pixels of a layer with a mask count, whatever its mask hides', async () => {
    for (const masked of choicesOf('layer.bounds-masked')) {
        for (const empty of choicesOf('pixels.empty')) {
            const made = scene({ assume: { 'layer.bounds-masked': masked, 'pixels.empty': empty } });
            const mask = { bounds: { left: 40, top: 30, right: 50, bottom: 40 }, value: 1 };
            const area = { left: 10, top: 8, right: 74, bottom: 56 };
            made.control.addLayer(made.document, { name: 'sky', bounds: area, paint: PAINT, mask });
            await made.run({ source: 'layer' });
            assert.deepEqual(made.asked[0].layer, { x: 10, y: 8, width: 64, height: 48 });
            assert.deepEqual(pixel(made, 12, 10).slice(2), [Math.round(255 * ((22 % 9) / 8)), 255], 'below the mask');
            made.control.select(made.document, { left: 12, top: 10, right: 20, bottom: 20 });
            await made.run({ operation: 'inpaint', source: 'layer' });
            assert.equal(pixel(made, 15, 15)[3], 255);
            made.control.before((call) => {
                if (call === 'getPixels') throw new Error('out of memory');
            });
            await assert.rejects(made.run({ operation: 'inpaint', source: 'layer' }), /could not read “sky”.*out of memory/);
        }
    }
});

test('the mask of a layer is off, or Photoshop does not tell the bounds without it: its own bounds count', async () => {
    const area = { left: 10, top: 8, right: 74, bottom: 56 };
    const mask = { bounds: { left: 40, top: 30, right: 50, bottom: 40 }, value: 1 };
    for (const [enabled, told, wanted] of [
        [false, 'given', { x: 10, y: 8, width: 64, height: 48 }],
        [true, 'refused', { x: 40, y: 30, width: 10, height: 10 }],
    ]) {
        const made = scene({ assume: { 'layer.bounds-no-mask': told } });
        const id = made.control.addLayer(made.document, { name: 'sky', bounds: area, paint: PAINT, mask });
        made.control.editLayer(made.document, id, (layer) => (layer.mask.enabled = enabled));
        await made.run({ source: 'layer' });
        assert.deepEqual(made.asked[0].layer, wanted);
    }
});

/** A picture with an earlier result in a group, and a task that leaves it out. */
function again(assume, edit = () => {}) {
    const made = scene({ assume });
    const red = { bounds: { left: 20, top: 20, right: 60, bottom: 50 }, paint: () => [1, 0, 0, 1] };
    const result = made.control.addLayer(made.document, { name: 'ball', ...red, mask: { bounds: { left: 30, top: 30, right: 50, bottom: 40 }, value: 1 } });
    const group = made.control.addLayer(made.document, { name: 'results', children: [result] });
    edit(made, result, group);
    return { ...made, send: () => made.run({}, { hidden: [result, group] }) };
}

test('earlier results are not read, also where a composite is stale until the document is drawn anew', async () => {
    for (const stale of ['until-redrawn', 'fresh']) {
        for (const group of choicesOf('layer.bounds-group')) {
            const made = again({ 'pixels.composite-stale': stale, 'layer.bounds-group': group });
            const states = made.control.history(made.document).length;
            const { remarks } = await made.send();
            assert.deepEqual(remarks, []);
            assert.notEqual(pixel(made, 40, 35)[0], 255);
            assert.ok(made.control.tree().every((layer) => layer.visible && (layer.children || []).every((child) => child.visible)));
            assert.equal(made.control.history(made.document).length, states);
        }
    }
});

test('where Photoshop gives the earlier results all the same, that is said', async () => {
    const made = again({ 'pixels.composite-stale': 'always' });
    const { remarks } = await made.send();
    assert.equal(pixel(made, 40, 35)[0], 255, 'what this is about');
    assert.match(remarks.join(), /earlier results hidden Photoshop gave the same picture.*hide them in the Layers panel/);
});

test('nothing is said of earlier results that cannot be seen: in a hidden group, or outside of what is read', async () => {
    const hidden = (made, _result, group) => made.control.editLayer(made.document, group, (layer) => (layer.visible = false));
    const outside = (made) => made.control.select(made.document, { left: 70, top: 10, right: 80, bottom: 20 });
    for (const edit of [hidden, outside]) assert.deepEqual((await again({ 'pixels.composite-stale': 'always' }, edit).send()).remarks, []);
});

test('what hides nothing of the picture that a layer alone is read of is left as it is', async () => {
    const made = again({}, ({ control, document }) => control.activateLayer(document, 1));
    const shown = [];
    made.control.before((call) => call === 'getPixels' && shown.push(made.control.tree()[0].visible));
    await made.run({ source: 'layer' }, { hidden: [made.control.tree()[0].id] });
    assert.deepEqual([...new Set(shown)], [true]);
});
