// A TCP relay before the daemon for WebSockets: says Origin file:// as UXP does (network.origin), and takes away Chromium's offer of
// compression, which UXP does not make (network.websocket).
import net from 'node:net';

/** @returns {Promise<{port: number, target: {port: number}, headers: string[], cut: () => void, close: () => void}>} headers: of each request */
export async function startRelay(daemonPort) {
    const target = { port: daemonPort };
    const headers = [];
    const open = new Set();
    const server = net.createServer((from) => {
        const to = net.connect(target.port, '127.0.0.1');
        for (const socket of [from, to]) {
            open.add(socket);
            socket.on('error', () => { from.destroy(); to.destroy(); });
            socket.on('close', () => { open.delete(socket); from.destroy(); to.destroy(); });
        }
        let head = Buffer.alloc(0);
        const onHead = (chunk) => {
            head = Buffer.concat([head, chunk]);
            const end = head.indexOf('\r\n\r\n');
            if (end < 0) return;
            from.off('data', onHead);
            const lines = head.subarray(0, end).toString('latin1').split('\r\n').filter((line) => !/^sec-websocket-extensions:/i.test(line))
                .map((line) => line.replace(/^origin:.*/i, 'Origin: file://').replace(/^host:.*/i, `Host: localhost:${target.port}`));
            headers.push(lines.join('\n'));
            to.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
            to.write(head.subarray(end + 4));
            from.pipe(to);
        };
        from.on('data', onHead);
        to.pipe(from);
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const cut = () => { for (const socket of open) socket.destroy(); };
    return { port: server.address().port, target, headers, cut, close: () => { cut(); server.close(); } };
}
