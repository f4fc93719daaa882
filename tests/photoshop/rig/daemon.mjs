// A real daemon with a real worker and the starter model, as tests/support/daemon.py starts one for the tests in Python.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const PYTHON = process.env.LAYERBRIDGE_PYTHON || path.join(ROOT, '.venv/bin/python');
const SERVE = ['bridge_server', 'serve', '--port', '0', '--device', 'cpu'];
const READY_SECONDS = 240;

export class Daemon {
    /** `module`: another one that serves, such as one of these tests, with its arguments. */
    constructor({ arguments: given = [], environment = {}, module = SERVE } = {}) {
        this.home = fs.mkdtempSync(path.join(os.tmpdir(), 'layerbridge-photoshop-'));
        this.arguments = [...module, ...given];
        this.environment = environment;
        this.process = null;
    }

    get runtime() { return JSON.parse(fs.readFileSync(path.join(this.home, 'runtime.json'), 'utf8')); }
    get port() { return this.runtime.port; }
    get secret() { return this.runtime.secret; }
    get output() { return fs.readFileSync(path.join(this.home, 'serve.out'), 'utf8'); }

    async start() {
        const out = fs.openSync(path.join(this.home, 'serve.out'), 'a');
        this.process = spawn(PYTHON, ['-m', ...this.arguments], {
            cwd: ROOT, stdio: ['ignore', out, out],
            env: { OMP_NUM_THREADS: '2', ...process.env, PYTHONPATH: ROOT, LAYERBRIDGE_HOME: this.home, ...this.environment },
        });
        fs.closeSync(out);
        this.ended = new Promise((resolve) => { this.process.once('exit', resolve); });
        const deadline = Date.now() + READY_SECONDS * 1000;
        while (Date.now() < deadline) {
            if (this.process.exitCode !== null) throw new Error(`the daemon ended:\n${this.output}`);
            if (fs.existsSync(path.join(this.home, 'runtime.json')) && this.runtime.pid === this.process.pid) return this;
            await pause(20);
        }
        throw new Error('the daemon did not start');
    }

    /** A JSON call as the owner. */
    async call(method, address, body) {
        const response = await fetch(`http://127.0.0.1:${this.port}${address}`, {
            method, headers: { Authorization: `Bearer ${this.secret}` }, body: body === undefined ? undefined : JSON.stringify(body),
        });
        const text = await response.text();
        if (!response.ok) throw new Error(`${method} ${address}: ${response.status} ${text}`);
        return text ? JSON.parse(text) : null;
    }

    /** A fresh pairing code. */
    async code() {
        return (await this.call('POST', '/v1/pairing-codes')).code;
    }

    /** As a crash would: nothing is tidied up. */
    async kill() {
        this.process.kill('SIGKILL');
        await this.ended;
    }

    /** Kill the worker alone. */
    async killWorker() {
        const { pid } = (await this.call('GET', '/v1/status')).devices[0];
        process.kill(pid, 'SIGKILL');
    }

    async stop() {
        if (this.process && this.process.exitCode === null && this.process.signalCode === null) {
            this.process.kill('SIGTERM');
            const late = setTimeout(() => this.process.kill('SIGKILL'), 15000);
            await this.ended;
            clearTimeout(late);
        }
        fs.rmSync(this.home, { recursive: true, force: true });
    }
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
