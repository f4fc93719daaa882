// require('uxp') and the globals of UXP that are not a browser's.
'use strict';
const { refusal } = require('./rules/index.js');
const { createNetwork } = require('./network.js');
const { createSecureStorage, createFileSystem, FORMATS } = require('./storage.js');

const ENTRY_MILLISECONDS = 300;

/** @returns {{module: object, fetch: Function, WebSocket: Function, control: object}} */
function createUxp(host, { manifest = {}, network, secure, locale = 'en_US', uxpVersion = 'uxp-8.0.1' }) {
    const net = createNetwork(manifest, network);
    const safe = createSecureStorage(host, secure);
    const picks = [];
    const permissions = manifest.requiredPermissions || {};
    const files = createFileSystem(picks, permissions.localFileSystem || '');
    let setup = null;
    const module = {
        storage: { secureStorage: safe.store, localFileSystem: files.localFileSystem, formats: FORMATS, types: { file: 'file', folder: 'folder' } },
        entrypoints: {
            setup(given) { // entrypoints.setup
                if (setup) throw refusal('entrypoints.setup', 'entrypoints.setup has already been called');
                for (const id of Object.keys(given.panels || {})) {
                    if (!entriesOf(manifest, 'panel').includes(id)) throw refusal('entrypoints.setup', `the manifest has no panel "${id}"`);
                }
                for (const id of Object.keys(given.commands || {})) {
                    if (!entriesOf(manifest, 'command').includes(id)) throw refusal('entrypoints.setup', `the manifest has no command "${id}"`);
                }
                setup = given;
            },
        },
        host: { name: 'Photoshop', version: host.version, uiLocale: locale },
        versions: { uxp: uxpVersion, plugin: manifest.version },
    };

    /** Call a method of an entry point as UXP does: rule entrypoints.time. */
    async function enter(method, self, ...given) {
        if (typeof method !== 'function') return undefined;
        const result = method.apply(self, given);
        if (!result || typeof result.then !== 'function') return result;
        const late = setTimeout(() => host.faults.push('a method of an entry point took longer than 300 ms'), ENTRY_MILLISECONDS);
        try {
            return await result;
        } finally {
            clearTimeout(late);
        }
    }
    const control = {
        network: net.settings,
        sent: net.sent,
        calls: net.calls,
        picks,
        files: files.picked,
        secureTexts: safe.texts,
        putSecureTexts: safe.put,
        loseSecureStorage: safe.lose,
        dataFiles: files.dataTexts,
        putDataFiles: files.putDataTexts,
        /** Files that were chosen are gone. */
        forgetTokens: files.forgetTokens,
        setupDone: () => Boolean(setup),
        /** The panel is opened: create, then show once (rule entrypoints.show-once). */
        async showPanel(id, root) {
            const panel = setup && setup.panels && setup.panels[id];
            if (!panel) return;
            if (typeof panel === 'function') {
                await enter(panel, panel, root);
                return;
            }
            await enter(panel.create, panel, root);
            await enter(panel.show, panel, root, {});
        },
        async invokeMenu(id, item) {
            await enter(setup.panels[id].invokeMenu, setup.panels[id], item);
        },
        async runCommand(id) {
            const command = setup.commands[id];
            await enter(typeof command === 'function' ? command : command.run, command);
        },
    };
    return { module, fetch: net.fetch, WebSocket: net.WebSocket, control };
}

function entriesOf(manifest, type) {
    return (manifest.entrypoints || []).filter((entry) => entry.type === type).map((entry) => entry.id);
}

module.exports = { createUxp };
