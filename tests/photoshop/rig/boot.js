// Runs in the page before the panel's own scripts: the fake host behind require, UXP's globals, the theme, and less of a
// browser. The rig puts the modules of ../fake and ./missing.js into `sources`, and its settings into window.name (session.js); a
// page without them, such as the rig's empty one, is left alone.
'use strict';

function boot(sources) {
    const modules = {};
    const fakeRequire = (from) => (name) => {
        const path = name.startsWith('.') ? joined(from, name) : name;
        if (modules[path]) return modules[path].exports;
        if (!sources[path]) throw new Error(`the rig has no ${path}`);
        const made = modules[path] = { exports: {} };
        sources[path](fakeRequire(path), made, made.exports);
        return made.exports;
    };
    const { opened, restored, snapshot, dumped } = fakeRequire('')('./rig/session.js');
    const session = opened(window.name);
    if (!session) return;
    window.name = '';
    const { settings } = session;
    const { createHost } = fakeRequire('')('./fake/index.js');
    const { removeMissing } = fakeRequire('')('./rig/missing.js');

    const { changeControls } = fakeRequire('')('./rig/controls.js');
    const { pageFaults } = fakeRequire('')('./rig/ui-rules.js');

    const host = createHost(settings.host);
    restored(host.control, session.kept);
    const errors = [];
    window.addEventListener('error', (event) => errors.push(String((event.error && event.error.stack) || event.message)));
    window.addEventListener('unhandledrejection', (event) => errors.push(`unhandled rejection: ${(event.reason && event.reason.stack) || event.reason}`));

    window.require = panelRequire(new URL('.', location.href).href, {
        photoshop: host.photoshop,
        uxp: host.uxp,
        os: { platform: () => settings.platform || 'win10', release: () => '10.0', homedir: () => '/home', arch: () => 'x64' },
        path: {}, process: {},
        fs: { readFileSync() { throw new Error('the manifest has no fullAccess'); } }, // storage.full-access
    });
    window.fetch = host.fetch;
    window.WebSocket = host.WebSocket;
    delete window.XMLHttpRequest; // the panel has fetch
    const controls = changeControls(window, host.control.host);
    removeMissing(window);
    grantClipboard(settings.host.manifest || {}, host.control);
    theme(settings.theme);
    Object.defineProperty(window, '__rig', { value: { ...host, errors, pageFaults, snapshot: () => snapshot(host.control, settings), dump: () => dumped(host.control) } });
    window.addEventListener('load', () => setTimeout(() => start(host.control, settings, errors).then(controls.shown), 20));
}

/** Rule entrypoints.setup: by 20 ms after loading it must have been called. */
async function start(control, { panel }, errors) {
    if (!control.uxp.setupDone()) control.host.faults.push('entrypoints.setup was not called at once');
    try {
        await control.uxp.showPanel(panel, document.body);
    } catch (error) {
        errors.push(String(error.stack));
    }
    window.__rig.started = true;
}

/** UXP's require: the panel's own files by relative paths with their extension, and the host's modules (modules.require). */
function panelRequire(root, native) {
    const Request = window.XMLHttpRequest;
    const cache = {};
    const load = (url) => {
        if (cache[url]) return cache[url].exports;
        const request = new Request();
        request.open('GET', url, false);
        request.send();
        if (request.status !== 200) throw new Error(`Cannot find module ${url}`);
        const made = cache[url] = { exports: {} };
        new Function('require', 'module', 'exports', `${request.responseText}\n//# sourceURL=${url}`)(from(url), made, made.exports);
        return made.exports;
    };
    const from = (url) => (name) => {
        if (native[name]) return native[name];
        if (!/^\.\.?\/.*\.js$/.test(name)) throw new Error(`Module not found: "${name}"`);
        return load(new URL(name, url).href);
    };
    return from(root);
}

/** Rule clipboard. */
function grantClipboard(manifest, control) {
    const allowed = (manifest.requiredPermissions || {}).clipboard;
    const refused = async () => { throw new Error('Permission denied: clipboard'); };
    const clipboard = allowed ? {
        async writeText(text) { control.host.clipboard = typeof text === 'string' ? text : text['text/plain']; },
        async setContent(content) { control.host.clipboard = content['text/plain']; },
        async readText() { return control.host.clipboard; },
    } : { writeText: refused, setContent: refused, readText: refused };
    Object.defineProperty(navigator, 'clipboard', { value: clipboard, configurable: true });
}

/** Rule theme: the variables of Photoshop's four themes, as its Styles page names them. */
const THEMES = {
    darkest: ['#323232', '#f0f0f0', '#3e3e3e', '#5c9ddd', '#454545', '#2c2c2c', '#484848'],
    dark: ['#535353', '#f0f0f0', '#626262', '#6aaee8', '#454545', '#4a4a4a', '#676767'],
    light: ['#b8b8b8', '#252525', '#989898', '#0a5fb4', '#d2d2d2', '#c4c4c4', '#a8a8a8'],
    lightest: ['#f0f0f0', '#252525', '#d1d1d1', '#0a5fb4', '#ffffff', '#ffffff', '#e0e0e0'],
};
const VARIABLES = ['background-color', 'text-color', 'border-color', 'link-text-color', 'widget-hover-background-color',
    'widget-background-color', 'widget-hover-border-color'];

function theme(name = 'darkest') {
    const style = document.createElement('style');
    const values = VARIABLES.map((variable, i) => `--uxp-host-${variable}:${THEMES[name][i]}`);
    const more = [`--uxp-host-text-color-secondary:${THEMES[name][1]}`, `--uxp-host-label-text-color:${THEMES[name][1]}`,
        `--uxp-host-widget-text-color:${THEMES[name][1]}`, `--uxp-host-widget-border-color:${THEMES[name][6]}`,
        '--uxp-host-font-size:12px', '--uxp-host-font-size-smaller:11px', '--uxp-host-font-size-larger:13px'];
    style.textContent = `:root{${[...values, ...more].join(';')}} body{background-color:${THEMES[name][0]};font-family:sans-serif}`;
    const put = () => document.head.prepend(style);
    if (document.head) put();
    else document.addEventListener('DOMContentLoaded', put);
}

function joined(from, name) {
    return `./${new URL(name, `http://x/${from}`).pathname.slice(1)}`;
}
