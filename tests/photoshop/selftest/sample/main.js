'use strict';
// A panel of a few lines, for the tests of the rig itself.
const { entrypoints, storage } = require('uxp');
const { app, core, imaging } = require('photoshop');
const { name } = require('./lib/name.js');

const say = (text) => { document.getElementById('said').textContent = text; };
entrypoints.setup({ panels: { main: { create() { say('created'); }, show() { say(`shown ${name}`); } } } });

async function go() {
    const size = await core.executeAsModal(async () => {
        const { imageData } = await imaging.getPixels({ documentID: app.activeDocument.id });
        const data = await imageData.getData();
        imageData.dispose();
        return data instanceof Uint8Array ? data.length : -1;
    }, { commandName: 'Read' });
    await storage.secureStorage.setItem('size', String(size));
    say(`read ${size}`);
}
document.getElementById('go').addEventListener('click', () => { go().catch((error) => say(`error: ${error.message}`)); });
window.hello = async (address) => {
    try {
        const response = await fetch(address);
        return (await response.json()).name;
    } catch (error) {
        return `error: ${error.message}`;
    }
};
window.socket = (address) => new Promise((resolve) => {
    const socket = new WebSocket(address);
    socket.onopen = () => { socket.send(JSON.stringify({ token: 'none' })); };
    socket.onmessage = (event) => resolve(event.data);
    socket.onclose = (event) => resolve(`closed ${event.code}`);
});
