'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const s = require('../../../photoshop_uxp/lib/scene.js');
const { targetOf } = require('../../../photoshop_uxp/lib/target.js');
const { travelOf } = require('../../../photoshop_uxp/lib/profiles.js');
const { panelOver } = require('./over-fake.js');
const DEFAULTS = require('../../../photoshop_uxp/lib/parameters.js').defaults();

const LAYER = { id: 4, name: 'sky', kind: 'pixel', box: { x: 0, y: 0, width: 5, height: 5 }, isBackground: false };
const SCENE = {
    id: 7,
    start: 'today',
    name: 'a.psd',
    path: '/p/a.psd',
    cloud: false,
    width: 100,
    height: 50,
    mode: 'RGBColorMode',
    depth: 8,
    profile: 'sRGB IEC61966-2.1',
    quickMask: false,
    artboards: false,
    selection: { x: -10, y: 5, width: 40, height: 20 },
    layers: [LAYER],
};

test('a document is known by its file, else by its number and name', () => {
    const moved = { ...SCENE, id: 9 };
    assert.equal(s.documentId(SCENE), s.documentId(moved));
    assert.notEqual(s.documentId(SCENE), s.documentId({ ...SCENE, path: '/p/b.psd' }));
    assert.ok(!s.documentId(SCENE).includes('/'), 'the path is not told');
    const unsaved = { ...SCENE, path: 'Untitled-1' };
    assert.notEqual(s.documentId(unsaved), s.documentId({ ...unsaved, id: 8 }));
    assert.notEqual(s.documentId(unsaved), s.documentId({ ...unsaved, start: 'next day' }), 'numbers begin anew with Photoshop');
    assert.equal(s.documentId(SCENE), s.documentId({ ...SCENE, start: 'next day' }));
});

test('a cloud document is known by its identifier, also after a restart', () => {
    const known = (cloud, start, id = 7) => s.documentId({ ...SCENE, path: 'urn-aaid-sc-US-1234', cloud, start, id });
    assert.equal(known(true, 'today'), known(true, 'next day', 8));
    assert.notEqual(known(true, 'today'), s.documentId({ ...SCENE, path: 'urn-aaid-sc-US-9999', cloud: true }));
    assert.notEqual(known(false, 'today'), known(false, 'next day'));
    const { control, load } = panelOver();
    control.openDocument({ width: 8, height: 8, name: 'sky', path: 'urn-aaid-sc-US-1234', cloud: true });
    const scene = load('lib/read_scene.js').readScene();
    assert.equal(load('lib/scene.js').documentId(scene), known(true, 'today'));
    const { Panel } = load('lib/panel.js');
    const panel = new Panel(() => {});
    panel.refreshScene();
    assert.deepEqual([...panel._known.values()], [known(true, 'today')], 'noticed by the same name');
});

test('only the part of the selection on the canvas counts', () => {
    assert.deepEqual(s.selectionOnCanvas(SCENE), { x: 0, y: 5, width: 30, height: 20 });
    assert.equal(s.selectionOnCanvas({ ...SCENE, selection: { x: 200, y: 0, width: 5, height: 5 } }), null);
});

test('a selection past the canvas says how far an outpaint goes', () => {
    assert.deepEqual(s.withSelectedMargins(SCENE, DEFAULTS.outpaint).margins, { left: 10, top: 0, right: 0, bottom: 0 });
    assert.equal(s.withSelectedMargins({ ...SCENE, selection: null }, DEFAULTS.outpaint), DEFAULTS.outpaint);
    assert.equal(s.withSelectedMargins(SCENE, DEFAULTS.inpaint), DEFAULTS.inpaint);
});

test('each refusal names what to do', () => {
    const layer = { ...DEFAULTS.img2img, source: 'layer' };
    const cases = [
        [null, DEFAULTS.inpaint, /File ▸ New/],
        [{ ...SCENE, mode: 'CMYKColorMode' }, DEFAULTS.inpaint, /Image ▸ Mode ▸ RGB/],
        [{ ...SCENE, mode: 'newMode' }, DEFAULTS.inpaint, /RGB Color/],
        [{ ...SCENE, depth: 0 }, DEFAULTS.inpaint, /Bits\/Channel/],
        [{ ...SCENE, quickMask: true }, DEFAULTS.inpaint, /Press Q/],
        [{ ...SCENE, artboards: true }, DEFAULTS.outpaint, /artboard larger/],
        [{ ...SCENE, layers: [] }, layer, /No layer/],
        [{ ...SCENE, layers: [LAYER, LAYER] }, layer, /Several layers/],
        [{ ...SCENE, layers: [{ ...LAYER, kind: 'group' }] }, layer, /is a group/],
        [{ ...SCENE, layers: [{ ...LAYER, kind: 'curves' }] }, layer, /adjustment layer/],
    ];
    for (const [scene, parameters, text] of cases) assert.match(s.jobProblem(scene, parameters).message, text);
    assert.equal(s.jobProblem({ ...SCENE, layers: [] }, DEFAULTS.inpaint), null);
    assert.equal(s.jobProblem({ ...SCENE, mode: 'grayscaleMode' }, layer), null);
});

test('an active layer of any kind but those with pixels is refused, also of kinds that newer versions add', () => {
    const layer = { ...DEFAULTS.img2img, source: 'layer' };
    const problem = (kind) => s.jobProblem({ ...SCENE, layers: [{ ...LAYER, kind }] }, layer);
    const { LayerKind } = require('../fake/constants.js');
    const bare = Object.entries(LayerKind).filter(([name]) => !/^(NORMAL|SMARTOBJECT|TEXT|.*FILL|LAYER3D|VIDEO)$/.test(name));
    for (const kind of [...bare.map(([, kind]) => kind), 'grain', 'clarity', 'notYetInvented', 'undefined']) {
        const { code, message } = problem(kind);
        assert.equal(code, 'refused', kind);
        assert.match(message, kind === 'group' ? /Select one layer in it/ : /no pixels of its own.*All visible layers/, kind);
    }
    const pixels = Object.values(LayerKind).filter((kind) => !bare.some(([, other]) => other === kind));
    assert.deepEqual(pixels.filter(problem), []);
    assert.equal(pixels.length, 8);
});

test('where a result can go', () => {
    const request = { document: { ...s.documentInfo(SCENE) }, client_data: { space: 'RGB', depth: '8' } };
    const other = { ...SCENE, id: 8, path: '/p/other.psd', name: 'other.psd' };
    const none = { moves: () => [], keysOf: (key) => [key] };
    const kind = (...given) => targetOf(request, ...given).kind;
    assert.equal(kind(7, [SCENE, other], SCENE, none), 'ok');
    assert.equal(kind(0, [SCENE, other], SCENE, none), 'ok', 'by its file, in another session');
    assert.equal(kind(7, [SCENE, other], other, none), 'behind');
    assert.equal(kind(7, [other], other, none), 'other');
    assert.equal(kind(7, [], null, none), 'closed');
    assert.equal(kind(7, [{ ...SCENE, width: 120 }], { ...SCENE, width: 120 }, none), 'resized');
    const moved = [{ from: { width: 100, height: 50 }, to: { width: 120, height: 50 }, shift: { x: 20, y: 0 } }];
    const grown = { ...none, moves: () => moved };
    assert.deepEqual(targetOf(request, 7, [{ ...SCENE, width: 120 }], { ...SCENE, width: 120 }, grown).moved, { x: 20, y: 0 });
    assert.equal(kind(7, [{ ...SCENE, mode: 'CMYKColorMode' }], SCENE, none), 'mode');
    assert.equal(kind(7, [{ ...SCENE, mode: 'grayscaleMode' }], SCENE, none), 'mode');
    assert.equal(kind(7, [{ ...SCENE, depth: 32 }], SCENE, none), 'mode');
    for (const other of [{ mode: 'indexedColorMode' }, { mode: 'grayscaleMode' }, { depth: 32 }, { depth: 0 }]) {
        assert.equal(kind(7, [{ ...SCENE, ...other }], { ...SCENE, ...other }, none, false), 'ok', 'a selection, mask or channel');
        assert.equal(kind(7, [], { ...SCENE, ...other }, none, false), 'other');
        assert.equal(kind(7, [], { ...SCENE, ...other }, none), 'closed');
    }
    assert.equal(kind(7, [{ ...SCENE, depth: 16 }], { ...SCENE, depth: 16 }, none), 'ok', '8 and 16 bit go into one another');
    assert.equal(kind(7, [{ ...SCENE, path: '/p/saved-as.psd' }], SCENE, none), 'ok', 'saved under another name');
    const renamed = { ...SCENE, id: 11, path: '/p/saved-as.psd' };
    assert.equal(kind(0, [renamed], renamed, none), 'other');
    const known = { ...none, keysOf: (key) => [key, s.documentId(SCENE)] };
    assert.equal(kind(0, [renamed], renamed, known), 'ok', 'saved under another name before a restart');
});

test('known profiles travel as they are; others through one that holds more; linear ones say so', () => {
    assert.deepEqual(travelOf('Adobe RGB (1998)', 8, false), { wire: 'Adobe RGB (1998)', host: 'Adobe RGB (1998)', converts: false });
    assert.deepEqual(travelOf('', 8, false), { wire: null, host: undefined, converts: false });
    assert.deepEqual(travelOf('None', 16, true), { wire: null, host: undefined, converts: false });
    assert.deepEqual(travelOf('eciRGB v2', 8, false), { wire: 'Adobe RGB (1998)', host: 'Adobe RGB (1998)', converts: true });
    assert.deepEqual(travelOf('eciRGB v2', 16, false), { wire: 'ProPhoto RGB', host: 'ProPhoto RGB', converts: true });
    assert.deepEqual(travelOf('Dot Gain 20%', 8, true), { wire: 'Gray Gamma 2.2', host: 'Gray Gamma 2.2', converts: true });
    assert.deepEqual(travelOf('Display P3 (Linear RGB Profile)', 32, false), {
        wire: 'Display P3 (linear)',
        host: 'Display P3',
        converts: false,
    });
    assert.equal(travelOf('', 32, false).wire, 'sRGB IEC61966-2.1 (linear)');
});

test("an unsaved picture of today is not yesterday's of the same name and number", () => {
    const seen = () => {
        const { control, load } = panelOver();
        control.openDocument({ width: 8, height: 8, name: 'Untitled-1', path: '' });
        const panel = new (load('lib/panel.js').Panel)(() => {});
        panel.noticeDocuments();
        const id = load('lib/scene.js').documentId(load('lib/read_scene.js').readScene());
        assert.deepEqual([...panel._known.values()], [id]);
        return id;
    };
    assert.notEqual(seen(), seen());
});

test('the line of the scene tells the size of what is meant: of the selection only where the operation reads one', () => {
    assert.equal(s.sceneLine(SCENE, DEFAULTS.inpaint), 'Selection 30 × 20 px · 8 bit · sRGB IEC61966-2.1');
    assert.equal(s.sceneLine(SCENE, DEFAULTS.upscale), 'Canvas 100 × 50 px · 8 bit · sRGB IEC61966-2.1');
    assert.equal(s.sceneLine({ ...SCENE, selection: null, profile: '' }, DEFAULTS.inpaint), 'Canvas 100 × 50 px · 8 bit');
});
