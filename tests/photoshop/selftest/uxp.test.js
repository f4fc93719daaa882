// UXP's own rules: network, storage, entry points: fake/rules/uxp.js.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { createHost } = require('../fake/index.js');

const manifest = (permissions = {}) => ({
    version: '1.2.3', entrypoints: [{ type: 'panel', id: 'main' }, { type: 'command', id: 'run' }], requiredPermissions: permissions,
});

test('only addresses of the manifest are reached, and the refusal is worded as reported', async () => {
    const { fetch } = createHost({ manifest: manifest({ network: { domains: ['http://localhost:47821'] } }), network: { ports: {} } });
    await assert.rejects(() => fetch('http://localhost:5000/x'), { message: 'Permission denied to the url http://localhost:5000/x. Manifest entry not found.' });
    await assert.rejects(() => fetch('http://localhost:47821/x'), { message: 'Network request failed' });
    const none = createHost({ manifest: manifest() });
    await assert.rejects(() => none.fetch('http://localhost:47821/'), /Manifest entry not found/);
});

test('a signal that is undefined and FormData are refused', async () => {
    const { fetch } = createHost({ manifest: manifest({ network: { domains: 'all' } }), network: { ports: {} } });
    await assert.rejects(() => fetch('http://localhost:1/', { signal: undefined }), (e) => e.rule === 'network.signal');
    await assert.rejects(() => fetch('http://localhost:1/', { method: 'POST', body: new FormData() }), (e) => e.rule === 'network.form-data');
});

test('secureStorage gives bytes, refuses nothing to store, and can be lost', async () => {
    const { uxp: { storage: { secureStorage } }, control } = createHost({ secure: { old: 'value' } });
    assert.deepEqual(Array.from(await secureStorage.getItem('old')), Array.from(Buffer.from('value')));
    await secureStorage.setItem('token', 'ä');
    assert.deepEqual(control.uxp.secureTexts(), { old: 'value', token: 'ä' });
    await assert.rejects(() => secureStorage.setItem('token', ''), (e) => e.rule === 'storage.secure');
    control.uxp.loseSecureStorage();
    assert.equal(await secureStorage.getItem('token'), null);
    for (const [choice, check] of [['empty', async (s) => assert.equal((await s.getItem('x')).length, 0)], ['throws', (s) => assert.rejects(() => s.getItem('x'))]]) {
        await check(createHost({ assume: { 'storage.secure-missing': choice } }).uxp.storage.secureStorage);
    }
});

test('files: the data folder without asking, pickers that may be cancelled', async () => {
    const { uxp: { storage: { localFileSystem, formats } }, control } = createHost();
    const folder = await localFileSystem.getDataFolder();
    await (await folder.createFile('a.json', { overwrite: true })).write('{}');
    const [made] = await folder.getEntries();
    assert.deepEqual([made.name, await made.read({ format: formats.utf8 })], ['a.json', '{}']);
    assert.equal(await localFileSystem.getFileForSaving('x.json'), null);
    control.uxp.picks.push('accept');
    assert.equal((await localFileSystem.getFileForSaving('x.json')).name, 'x.json');
});

test('entrypoints.setup: once, by the names of the manifest, and within 300 ms', async () => {
    const { uxp: { entrypoints }, control } = createHost({ manifest: manifest() });
    assert.throws(() => entrypoints.setup({ panels: { other: {} } }), (e) => e.rule === 'entrypoints.setup');
    const calls = [];
    entrypoints.setup({
        panels: { main: { create: (root) => calls.push(['create', root]), show: () => new Promise((resolve) => { setTimeout(resolve, 350); }), invokeMenu: (id) => calls.push(['menu', id]) } },
        commands: { run: { run: () => calls.push(['run']) } },
    });
    assert.throws(() => entrypoints.setup({}), /already/);
    await control.uxp.showPanel('main', 'root');
    await control.uxp.invokeMenu('main', 'about');
    await control.uxp.runCommand('run');
    assert.deepEqual(calls, [['create', 'root'], ['menu', 'about'], ['run']]);
    assert.match(control.faults().join(), /300 ms/);
});
