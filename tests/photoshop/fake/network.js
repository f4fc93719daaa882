// fetch and WebSocket as UXP has them: the manifest's list, and the contradictory behaviors of versions.
'use strict';
const { refusal } = require('./rules/index.js');

const RAW_IP = /^(\d+\.\d+\.\d+\.\d+|\[.*\])$/;
const REFUSED = 'Network request failed';

/** @param {{refuse?: ('raw-ip'|'localhost'|'http')[], ports?: Record<string, number>, relay?: number, down?: boolean}} options
 *  refuse: what this "version" refuses; ports: the panel's port → the daemon's real one, others are closed; relay: the port
 *  to which WebSockets of a real port go (rig/relay.mjs). All may be changed later through control.uxp.network.
 *  sent: bytes of each binary message that a WebSocket sent, oldest first. */
function createNetwork(manifest, options = {}) {
    const settings = { refuse: [], ports: null, relay: 0, down: false, ...options };
    const calls = [];
    const sent = [];

    /** The address to really ask, or an Error: rules network.manifest, network.raw-ip, network.names, network.http. */
    function resolve(address) {
        const url = new URL(address);
        const record = { url: url.href, refused: '' };
        calls.push(record);
        const fail = (id, message) => {
            record.refused = id;
            return refusal(id, message);
        };
        if (!listed(manifest, url)) return fail('network.manifest', `Permission denied to the url ${address}. Manifest entry not found.`); // network.denied-text
        if (settings.refuse.includes('raw-ip') && RAW_IP.test(url.hostname)) return fail('network.raw-ip', REFUSED);
        if (settings.refuse.includes('localhost') && url.hostname === 'localhost') return fail('network.names', REFUSED);
        if (settings.refuse.includes('http') && url.protocol === 'http:') return fail('network.http', REFUSED);
        if (settings.ports) {
            const port = settings.ports[url.port];
            if (!port || settings.down) return fail('network.manifest', REFUSED);
            const socket = url.protocol.startsWith('ws');
            url.hostname = '127.0.0.1';
            url.port = String(socket && settings.relay ? settings.relay : port);
        }
        return url.href;
    }
    return { settings, calls, sent, resolve, fetch: fetchOf(resolve), WebSocket: socketOf(resolve, sent) };
}

/** Is the address in the manifest's requiredPermissions.network.domains? */
function listed(manifest, url) {
    const network = (manifest.requiredPermissions || {}).network;
    const domains = network && network.domains;
    if (!domains) return false;
    if (domains === 'all') return true;
    return domains.some((domain) => {
        const pattern = new URL(domain.replace('://*.', '://'));
        const sameHost = pattern.hostname === url.hostname || (domain.includes('://*.') && url.hostname.endsWith(`.${pattern.hostname}`));
        return pattern.protocol === url.protocol && sameHost && pattern.port === url.port;
    });
}

function fetchOf(resolve) {
    const real = typeof window === 'undefined' ? globalThis.fetch : window.fetch.bind(window);
    return async (input, init) => {
        if (init && 'signal' in init && init.signal === undefined) { // network.signal
            throw refusal('network.signal', "Cannot read properties of undefined (reading 'addEventListener')");
        }
        if (init && typeof FormData !== 'undefined' && init.body instanceof FormData) {
            throw refusal('network.form-data', 'FormData loses its content in UXP: send text or an ArrayBuffer');
        }
        const address = resolve(typeof input === 'string' ? input : input.url || String(input));
        if (address instanceof Error) throw address;
        let response;
        try {
            response = await real(address, init);
        } catch (error) {
            throw error.name === 'AbortError' ? error : new TypeError(REFUSED);
        }
        Object.defineProperty(response, 'body', { value: undefined }); // network.streams
        return response;
    };
}

/** Rule network.websocket: no extensions (the relay takes the offer away), no headers. */
function socketOf(resolve, sent) {
    const Real = globalThis.WebSocket;
    if (!Real) return undefined;
    return class WebSocket extends EventTarget {
        #socket = null;
        #binaryType = 'blob';
        #closed = false;
        constructor(url, protocols) {
            super();
            this.url = url;
            const address = resolve(url);
            if (address instanceof Error && address.rule === 'network.manifest' && /Permission/.test(address.message)) throw address;
            if (address instanceof Error) {
                setTimeout(() => this.#tell('error', new Event('error')), 0);
                setTimeout(() => this.#end({ code: 1006, reason: '' }), 1);
                return;
            }
            this.#socket = protocols === undefined ? new Real(address) : new Real(address, protocols);
            this.#socket.binaryType = this.#binaryType;
            this.#socket.onopen = () => this.#tell('open', new Event('open'));
            this.#socket.onmessage = (event) => this.#tell('message', new MessageEvent('message', { data: event.data }));
            this.#socket.onerror = () => this.#tell('error', new Event('error'));
            this.#socket.onclose = (event) => this.#end(event);
        }
        get readyState() { return this.#socket ? this.#socket.readyState : this.#closed ? 3 : 0; }
        get bufferedAmount() { return this.#socket ? this.#socket.bufferedAmount : 0; }
        get binaryType() { return this.#binaryType; }
        set binaryType(type) {
            this.#binaryType = type;
            if (this.#socket) this.#socket.binaryType = type;
        }
        send(data) {
            if (typeof Blob !== 'undefined' && data instanceof Blob) throw refusal('network.websocket', 'WebSocket.send takes no Blob');
            if (!this.#socket) throw new Error('WebSocket is not open');
            if (typeof data !== 'string') sent.push(data.byteLength);
            this.#socket.send(data);
        }
        close(code, reason) {
            if (this.#socket) this.#socket.close(code, reason);
        }
        #end({ code, reason }) {
            this.#closed = true;
            this.#tell('close', new CloseEvent('close', { code, reason, wasClean: code === 1000 }));
        }
        #tell(name, event) {
            this.dispatchEvent(event);
            if (typeof this[`on${name}`] === 'function') this[`on${name}`](event);
        }
        static CONNECTING = 0;
        static OPEN = 1;
        static CLOSING = 2;
        static CLOSED = 3;
    };
}

module.exports = { createNetwork };
