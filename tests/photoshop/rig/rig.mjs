// The rig: the panel's own files, unchanged, in real headless Chromium over the fake host, against a real daemon.
//
//   const panel = await openPanel({ width: 300, theme: 'light', daemon: await sharedDaemon() });
//   await panel.fake((control) => { control.openDocument({ width: 256, height: 192 }); });
//   await panel.page.click('#generate');
//   await panel.close();      // throws for leaks, faults, errors of the page and refused CSS
//
// Files of one run share the browser and the shared daemon; run.mjs ends both.
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Daemon } from './daemon.mjs';
import { startRelay } from './relay.mjs';
import { createRequire } from 'node:module';
import { checkedAsPsd } from '../psd/check.mjs';

const { unpacked, MARK: SESSION_MARK } = createRequire(import.meta.url)('./session.js');
const HERE = fileURLToPath(new URL('.', import.meta.url));
export const PANEL_FOLDER = path.resolve(HERE, '../../../photoshop_uxp');
export const SCREENSHOTS = process.env.LAYERBRIDGE_SCREENSHOTS || path.join(os.tmpdir(), 'layerbridge-photoshop-screenshots');
const CHROMIUM = process.env.CHROMIUM || ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => fs.existsSync(p));
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-web-security',
    '--renderer-process-limit=1',
    '--disable-features=PrivateNetworkAccessChecks,LocalNetworkAccessChecks,SpareRendererForSitePerProcess,IsolateOrigins,site-per-process'];
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.png': 'image/png', '.svg': 'image/svg+xml', '.json': 'application/json' };
export const PATIENCE = 300000; // milliseconds; the machine may be busy with other things
const POLL_MILLISECONDS = 40;
/** The first of the fixed ports where a panel looks for the daemon (docs/protocol.md 1.1). */
export const PANEL_PORT = 47821;

const shared = { browser: null, server: null, daemon: null, idle: null, panels: new Set() };

/** The daemon that scenarios share which leave it as they found it. */
export async function sharedDaemon() {
    shared.daemon ||= new Daemon().start();
    return shared.daemon;
}

/** A daemon of a scenario's own; the scenario stops it. */
export async function ownDaemon(options) {
    return new Daemon(options).start();
}

/**
 * @param {object} [options]
 * @param {number} [options.width] of the panel, in pixels
 * @param {number} [options.height]
 * @param {'darkest'|'dark'|'light'|'lightest'} [options.theme]
 * @param {Daemon|null} [options.daemon] what answers at PANEL_PORT; null: nothing does
 * @param {Record<string, string>} [options.assume] choices of rules, as createHost takes them
 * @param {('raw-ip'|'localhost'|'http')[]} [options.refuse] what this Photoshop's network refuses
 * @param {Record<string, string>} [options.secure] secureStorage from the start
 * @param {string} [options.locale] 'en_US'
 * @param {string} [options.folder] another plug-in's folder
 * @param {object} [options.manifest] instead of the folder's own
 */
export async function openPanel(options = {}) {
    const { width = 300, height = 640, theme = 'darkest', daemon = null, folder = PANEL_FOLDER } = options;
    const server = await serve();
    const manifest = options.manifest || JSON.parse(fs.readFileSync(path.join(folder, 'manifest.json'), 'utf8'));
    const tab = await takeTab(server, options.locale);
    const panel = new Panel(tab, daemon);
    const settings = {
        theme, panel: manifest.entrypoints.find((entry) => entry.type === 'panel')?.id,
        host: { manifest, assume: options.assume, secure: options.secure, locale: options.locale, version: options.version,
            network: { refuse: options.refuse || [], ...await panel.route(daemon) } },
    };
    if (![...server.folders.values()].includes(folder)) server.folders.set(String(server.folders.size), folder);
    const [number] = [...server.folders].find(([, served]) => served === folder);
    await tab.page.setViewportSize({ width, height });
    await tab.page.emulateMedia({ colorScheme: theme.startsWith('light') ? 'light' : 'dark' });
    await tab.page.evaluate((text) => {
        localStorage.clear();
        sessionStorage.clear();
        window.name = text;
    }, SESSION_MARK + JSON.stringify({ settings }));
    await tab.page.goto(`http://127.0.0.1:${server.port}/${number}/${manifest.main || 'index.html'}`);
    shared.panels.add(panel);
    await panel.started();
    return panel;
}

/** A tab at the empty page: the one that the panel before gave back, or a new one. A tab of another language is not kept. */
async function takeTab(server, locale) {
    if (shared.idle && !locale) {
        const tab = shared.idle;
        shared.idle = null;
        return tab;
    }
    const context = await (await chrome()).newContext(locale ? { locale: locale.replace('_', '-') } : {});
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    const wait = page.waitForFunction.bind(page); // polled, since asking at each frame has Chromium draw all the time
    page.waitForFunction = (work, argument, given) => wait(work, argument, { polling: POLL_MILLISECONDS, ...given });
    await page.addInitScript({ content: script() });
    const tab = { page, context, blank: `http://127.0.0.1:${server.port}/blank`, kept: !locale };
    await page.goto(tab.blank);
    return tab;
}

/** Leave the panel's page, so that its connections end, and keep the tab for the next panel. */
async function giveTab(tab) {
    try {
        if (!tab.kept || shared.idle) throw new Error('not to be kept');
        await tab.page.goto(tab.blank, { timeout: 5000 });
        shared.idle = tab;
    } catch {
        await tab.context.close();
    }
}

class Panel {
    constructor(tab, daemon) {
        Object.assign(this, { tab, page: tab.page, daemon, relay: null, console: [] });
        this.heard = {
            console: (message) => this.console.push(`${message.type()}: ${message.text()}`),
            pageerror: (error) => this.console.push(`error: ${error.stack || error.message}`),
            crash: () => this.console.push('error: the page crashed'),
        };
        for (const [event, listener] of Object.entries(this.heard)) this.page.on(event, listener);
    }

    async started() {
        await this.page.waitForFunction(() => window.__rig && window.__rig.started, undefined, { timeout: PATIENCE });
    }

    /** Run `work(control, photoshop, argument)` in the page; control is ../fake/control.js. Results must be JSON; typed arrays
     *  come back as plain arrays. */
    async fake(work, argument) {
        return this.page.evaluate(async ([source, given]) => {
            const result = await (0, eval)(`(${source})`)(window.__rig.control, window.__rig.photoshop, given);
            return JSON.parse(JSON.stringify(result === undefined ? null : result, (_k, v) => (ArrayBuffer.isView(v) ? Array.from(v) : v)));
        }, [String(work), argument === undefined ? null : argument]);
    }

    /** Photoshop is started anew, or the plug-in reloaded: documents, secureStorage and the data folder stay. */
    async restart() {
        await this.page.evaluate(() => { window.name = window.__rig.snapshot(); });
        await this.page.reload();
        await this.started();
    }

    /** Let another daemon (or none) answer at the panel's port from now on, such as one that was started again. */
    async connectTo(daemon) {
        this.daemon = daemon;
        const route = await this.route(daemon);
        await this.page.evaluate((given) => { Object.assign(window.__rig.control.uxp.network, given); }, route);
    }

    async route(daemon) {
        if (!daemon) return { ports: { none: 0 }, relay: 0 };
        if (!this.relay) this.relay = await startRelay(daemon.port);
        this.relay.target.port = daemon.port;
        return { ports: { [PANEL_PORT]: daemon.port }, relay: this.relay.port };
    }

    /** What an image element shows must have been decodable, and a screenshot goes to SCREENSHOTS. */
    async screenshot(name) {
        fs.mkdirSync(SCREENSHOTS, { recursive: true });
        const file = path.join(SCREENSHOTS, `${name}.png`);
        await this.page.screenshot({ path: file });
        return file;
    }

    /** The active document written as PSD and read by psd-tools: {difference, layers}; difference is 0 where it composes alike. */
    async checkedAsPsd() {
        const text = await this.page.evaluate(() => window.__rig.dump());
        return checkedAsPsd(JSON.parse(text, (_key, value) => (value && value.typed_ ? unpacked(value) : value)));
    }

    async resize(width, height) {
        await this.page.setViewportSize({ width, height });
    }

    /** Everything that must not have happened, in words. */
    async problems() {
        const found = await this.page.evaluate(() => {
            const { control, errors, pageFaults } = window.__rig;
            return { leaks: control.leaks(), faults: [...control.faults(), ...pageFaults(document)], errors, scopes: control.host.scopes.length };
        });
        return [
            ...(found.leaks ? [`${found.leaks} image data not disposed`] : []),
            ...(found.scopes ? ['a modal scope is still open'] : []),
            ...found.faults, ...found.errors, ...this.console.filter((line) => /^error: (?!Failed to load resource|WebSocket connection to)/.test(line)),
        ];
    }

    async close({ expectProblems = false } = {}) {
        const problems = expectProblems ? [] : await this.problems();
        await this.dispose();
        if (problems.length) throw new Error(`problems in the panel:\n${[...new Set(problems)].join('\n')}`);
    }

    async dispose() {
        shared.panels.delete(this);
        for (const [event, listener] of Object.entries(this.heard)) this.page.off(event, listener);
        await giveTab(this.tab);
        if (this.relay) this.relay.close();
    }
}

/** Ends what scenarios share. */
export async function endRig() {
    for (const panel of shared.panels) await panel.dispose();
    if (shared.browser) await (await shared.browser).close();
    if (shared.server) (await shared.server).close();
    if (shared.daemon) await (await shared.daemon).stop();
    Object.assign(shared, { browser: null, server: null, daemon: null, idle: null });
}

function chrome() {
    shared.browser ||= chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS, timeout: PATIENCE });
    return shared.browser;
}

/** The page's init script: the fake's modules as functions, and boot.js called with them. */
function script() {
    const read = (file) => fs.readFileSync(path.join(HERE, '..', file), 'utf8');
    const files = fs.readdirSync(path.join(HERE, '../fake'), { recursive: true }).filter((f) => String(f).endsWith('.js')).map((f) => `fake/${f}`);
    const modules = [...files, 'rig/controls.js', 'rig/missing.js', 'rig/session.js', 'rig/ui-rules.js'].map((file) => `${JSON.stringify(`./${file}`)}: function (require, module, exports) {${read(file)}\n}`);
    return `(() => {${read('rig/boot.js')}\nboot({${modules.join(',\n')}});\n})();`;
}

/** Serves plug-in folders as they are, each under a number. */
function serve() {
    shared.server ||= new Promise((resolve) => {
        const folders = new Map();
        const server = http.createServer((request, response) => {
            const [, number, ...rest] = decodeURIComponent(new URL(request.url, 'http://x').pathname).split('/');
            if (number === 'blank') {
                response.setHeader('Content-Type', 'text/html');
                response.end('<!DOCTYPE html>');
                return;
            }
            const folder = folders.get(number);
            const file = folder && path.join(folder, ...rest);
            if (!file || !file.startsWith(folder) || !fs.existsSync(file) || fs.statSync(file).isDirectory()) {
                response.statusCode = 404;
                response.end();
                return;
            }
            response.setHeader('Content-Type', TYPES[path.extname(file)] || 'application/octet-stream');
            response.setHeader('Cache-Control', 'no-store');
            response.end(fs.readFileSync(file));
        });
        server.listen(0, '127.0.0.1', () => resolve({ port: server.address().port, folders, close: () => server.close() }));
    });
    return shared.server;
}
