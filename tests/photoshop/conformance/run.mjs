// Runs the checks of photoshop_uxp/lib/checks on the fake host: the script as Photoshop runs it, or chosen checks as the panel does.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { createHost } = require('../fake/index.js');
const { runChecks } = require('../../../photoshop_uxp/lib/checks/run.js');
const SCRIPT = new URL('../../../photoshop_uxp/conformance.psjs', import.meta.url);
const AsyncFunction = (async () => {}).constructor;
const SMALL = { megapixels: 1, layers: 40 };

/**
 * The script. `presses`: which button of each dialog is pressed, in order: 'yes', 'no' or 'close'; without more the last again.
 * @param {object} options of createHost, and {presses, pick}
 * @param {(photoshop: object, control: object) => void} change something before it runs
 * @returns {Promise<{report: object | null, control: object, texts: string[]}>} `report`: null where none was written; `texts`: of
 *     the dialogs
 */
export async function runOnFake({ presses = ['yes'], pick = 'accept', ...options } = {}, change = () => {}) {
    const { photoshop, uxp, control } = createHost(options);
    change(photoshop, control);
    const modules = (executionContext) => ({ photoshop, uxp: { ...uxp, script: { executionContext } } });
    control.uxp.picks.push(pick);
    const texts = [];
    const script = new AsyncFunction('require', 'document', fs.readFileSync(SCRIPT, 'utf8'));
    try {
        await photoshop.core.executeAsModal((context) => script((name) => modules(context)[name], dialogs(texts, presses.slice())), { commandName: 'conformance.psjs' });
    } catch (error) {
        texts.push(`ended: ${error.message}`);
    }
    const [file] = control.uxp.files;
    return { report: file ? JSON.parse(await file.read()) : null, control, texts };
}

/** As much of a script's page as dialogs need: uxpShowModal gives what close was called with (guides, "Add modal dialogs"). */
function dialogs(texts, presses) {
    class Element {
        constructor() {
            Object.assign(this, { children: [], textContent: '', listeners: {} });
        }
        appendChild(child) {
            this.children.push(child);
            return child;
        }
        addEventListener(name, call) { this.listeners[name] = call; }
        remove() {}
        close(value) { this.answered = value; }
        async uxpShowModal() {
            const press = presses.length > 1 ? presses.shift() : presses[0];
            if (press === 'missing') throw new Error('uxpShowModal is not a function');
            const [text, ...buttons] = this.children;
            texts.push(text.textContent);
            if (press === 'close') return 'reasonCanceled';
            buttons[press === 'yes' ? 1 : 0].listeners.click();
            return this.answered;
        }
    }
    return { createElement: () => new Element(), body: new Element() };
}

/** Only the checks of these rules, each in a scope of its own, as the panel's self-test does. @param {string[]} only */
export async function runChosen(only, options = {}) {
    const host = createHost(options);
    const { photoshop, uxp, control } = host;
    const inScope = (work) => photoshop.core.executeAsModal(work, { commandName: 'self-test' });
    const how = { by: 'panel', inScope, keep: async () => {}, agreed: async () => true, only, sizes: SMALL };
    return { report: await runChecks({ photoshop, uxp }, how), control };
}
