// Runs photoshop_uxp/conformance.psjs as Photoshop runs a script, on the fake host.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { createHost } = require('../fake/index.js');
const SCRIPT = new URL('../../../photoshop_uxp/conformance.psjs', import.meta.url);
const AsyncFunction = (async () => {}).constructor;

/** @param {object} options of createHost @param {(photoshop: object) => void} change something before it runs @returns {Promise<{report: object, control: object}>} */
export async function runOnFake(options = {}, change = () => {}) {
    const { photoshop, uxp, control } = createHost(options);
    change(photoshop);
    const modules = { photoshop, uxp };
    control.uxp.picks.push('accept');
    const script = new AsyncFunction('require', fs.readFileSync(SCRIPT, 'utf8'));
    await photoshop.core.executeAsModal(() => script((name) => modules[name]), { commandName: 'conformance.psjs' });
    return { report: JSON.parse(await control.uxp.files[0].read()), control };
}
