// The panel's own modules over a fake Photoshop in Node.js, without a page: for what would need a browser only because of
// `require('photoshop')`.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { createHost } = require('../fake/index.js');

const PANEL = path.resolve(__dirname, '../../../photoshop_uxp');
const PLAN_MARGIN = 8; // pixels around a selection that the stand-in's plan asks for

/** A fake host and `load('lib/run.js')`, which gives the panel's module over it. @param {object} options of createHost */
function panelOver(options = {}) {
    const host = createHost(options);
    const native = { photoshop: host.photoshop, uxp: host.uxp };
    const cache = {};
    const load = (file) => {
        if (cache[file]) return cache[file].exports;
        const made = (cache[file] = { exports: {} });
        const source = `${fs.readFileSync(file, 'utf8')}\n//# sourceURL=file://${file}`;
        const own = (name) => native[name] || load(path.resolve(path.dirname(file), name));
        new Function('require', 'module', 'exports', 'fetch', 'WebSocket', source)(own, made, made.exports, host.fetch, host.WebSocket);
        return made.exports;
    };
    return { ...host, load: (name) => load(path.join(PANEL, name)) };
}

/**
 * What stands in for a session with the daemon: plans `PLAN_MARGIN` pixels around what is selected, keeps the frames it is
 * sent, and gives `results` back. `before(call)` runs before each answer.
 */
function sessionWith({ wire, results = {}, before = () => {} }) {
    const sent = [];
    const client = {
        async plan(request) {
            await before('plan', request);
            const { width, height } = request.document;
            const { x, y, ...size } = request.selection || { x: 0, y: 0, width, height };
            const left = Math.max(0, x - PLAN_MARGIN), top = Math.max(0, y - PLAN_MARGIN);
            const right = Math.min(width, x + size.width + PLAN_MARGIN), bottom = Math.min(height, y + size.height + PLAN_MARGIN);
            const capture = { x: left, y: top, width: right - left, height: bottom - top };
            return { capture, target: capture, needs_image: request.operation !== 'txt2img', warnings: [] };
        },
        async submit(frame, key) {
            await before('submit', frame);
            const { message, tensors } = wire.decode(frame);
            const { tensor } = wire.decode(frame);
            const of = (name) => (tensors.has(name) ? tensor(name) : null);
            sent.push({ message, key, mask: of('mask'), image: of('image'), shape: tensors.get('image')?.shape });
            return { id: `job-${sent.length}`, seq: 1 };
        },
        async artifact(job, _role, index) {
            await before('artifact', job);
            return results[`${job}/${index}`].slice(); // each answer is a body of its own
        },
    };
    return { sent, client, call: (work) => work(client) };
}

module.exports = { panelOver, sessionWith };
