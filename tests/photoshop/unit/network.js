// A network where Layerbridge answers, for tests without a page.
'use strict';

class NoSocket {
    constructor() {
        setTimeout(() => this.onerror({}), 1);
    }
    close() {}
}

/** Answers at every address but those of which `except` is true; `asked` has the calls. */
function answering(hello, except = () => false) {
    const asked = [];
    return {
        asked,
        WebSocket: NoSocket,
        fetch: async (address, init) => {
            asked.push(`${init.method} ${address}`);
            if (except(address)) throw new Error('connection refused');
            const body = JSON.stringify(address.endsWith('/hello') ? hello : { jobs: [] });
            return {
                status: 200,
                headers: { get: () => 'application/json; charset=utf-8' },
                arrayBuffer: async () => new TextEncoder().encode(body).buffer,
            };
        },
    };
}

const HELLO = { name: 'layerbridge', version: '1', api_min: 1, api_max: 1, home: 'h' };

module.exports = { NoSocket, answering, HELLO };
