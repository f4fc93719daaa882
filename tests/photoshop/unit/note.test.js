'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { toXmp, fromXmp, packMask, unpackMask, NAMESPACE } = require('../../../photoshop_uxp/lib/note.js');
const { toBase64, fromBase64 } = require('../../../photoshop_uxp/lib/base64.js');

const NOTE = {
    version: 1,
    job: 'j1',
    first: 'j0',
    parameters: { operation: 'inpaint', prompt: 'ein “roter” Ball <b> & 🎈' },
    layer: 4,
    size: { width: 3, height: 2 },
    selection: null,
};

test('a note comes back from the XMP it was written as', () => {
    assert.deepEqual(fromXmp(toXmp(NOTE)), NOTE);
});

test('a note comes back where Photoshop chose another prefix, an attribute, or other line ends', () => {
    const data = /note>([^<]*)</.exec(toXmp(NOTE))[1];
    const head = '<?xpacket?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="r">';
    const element = `${head}<rdf:Description rdf:about="" xmlns:ns1="${NAMESPACE}" xmlns:dc="d">\n <ns1:note>\n${data.slice(0, 40)}\n${data.slice(40)}</ns1:note></rdf:Description>`;
    const attribute = `${head}<rdf:Description rdf:about=''\n xmlns:ns1='${NAMESPACE}'\n ns1:note='${data}'/></rdf:RDF>`;
    assert.deepEqual(fromXmp(element), NOTE);
    assert.deepEqual(fromXmp(attribute), NOTE);
});

test('what is not ours, or damaged, is no note', () => {
    for (const xmp of [undefined, '', '<x:xmpmeta/>', toXmp(NOTE).replace(/note>..../, 'note>####'), toXmp({}), `xmlns:a="${NAMESPACE}"`]) {
        assert.equal(fromXmp(xmp), null);
    }
});

test('selections come back bit for bit, and soft ones are small', () => {
    const box = { x: -3, y: 2, width: 160, height: 140 };
    const soft = Uint8Array.from({ length: 160 * 140 }, (_, i) => {
        const [x, y] = [i % 160, Math.floor(i / 160)];
        return Math.min(255, Math.round(Math.min(x, y, 159 - x, 139 - y) * 12.3));
    });
    const packed = packMask(soft, box);
    assert.deepEqual(unpackMask(packed), soft);
    assert.ok(packed.runs.length < 2000);
    const whole = new Uint8Array(1000 * 2000).fill(255);
    const large = { x: 0, y: 0, width: 2000, height: 1000 };
    assert.ok(packMask(whole, large).runs.length < 40);
    assert.deepEqual(unpackMask(packMask(whole, large)), whole);
});

test('noise of any length comes back, and too much of it is not kept', () => {
    let seed = 7;
    const random = () => (seed = (seed * 48271) % 2147483647);
    for (let width = 1; width < 40; width++) {
        const mask = Uint8Array.from({ length: width * 3 }, () => (random() % 3 ? 0 : random()));
        assert.deepEqual(unpackMask(packMask(mask, { x: 0, y: 0, width, height: 3 })), mask);
    }
    const noise = Uint8Array.from({ length: 300 * 300 }, random);
    assert.equal(packMask(noise, { x: 0, y: 0, width: 300, height: 300 }), null);
});

test('a packed selection that is cut off or too long is refused', () => {
    const box = { x: 0, y: 0, width: 5, height: 5 };
    const { runs } = packMask(new Uint8Array(25).fill(9), box);
    assert.equal(unpackMask({ box: { ...box, height: 6 }, runs }), null);
    assert.equal(unpackMask({ box: { ...box, height: 4 }, runs }), null);
    assert.equal(unpackMask({ box, runs: '#' }), null);
});

test('base64 as everybody writes it', () => {
    for (let length = 0; length < 20; length++) {
        const bytes = Uint8Array.from({ length }, (_, i) => (i * 97 + 250) & 255);
        assert.equal(toBase64(bytes), Buffer.from(bytes).toString('base64'));
        assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
    }
    assert.equal(fromBase64('a'), null);
    assert.equal(fromBase64('ab$='), null);
});

test('a note of an earlier version, which calls the source layer otherwise, is read as one of today', () => {
    const { fromXmp, toXmp } = require('../../../photoshop_uxp/lib/note.js');
    const sourceLayer = { document: 'd', layer: 4, name: 'sky' };
    const note = { version: 1, job: 'j', first: 'j', parameters: { operation: 'inpaint' }, size: { width: 1, height: 1 }, selection: null };
    assert.deepEqual(fromXmp(toXmp({ ...note, origin: sourceLayer })), { ...note, sourceLayer });
    assert.deepEqual(fromXmp(toXmp({ ...note, sourceLayer })), { ...note, sourceLayer });
});
