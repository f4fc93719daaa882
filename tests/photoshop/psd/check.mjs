// Does psd-tools, an independent reader, compose a document of the fake to the same pixels? compare.py says.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { psdOf } from './write.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PYTHON = process.env.LAYERBRIDGE_PYTHON || path.join(HERE, '../../../.venv/bin/python');

/** @param {object} dump what control.dump gives @returns {{difference: number, layers: object[]}} difference: the largest of all elements */
export function checkedAsPsd(dump) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'layerbridge-psd-'));
    try {
        fs.writeFileSync(path.join(folder, 'document.psd'), psdOf(dump));
        fs.writeFileSync(path.join(folder, 'composite.rgba'), dump.composite.data);
        const done = spawnSync(PYTHON, [path.join(HERE, 'compare.py'), path.join(folder, 'document.psd'), path.join(folder, 'composite.rgba')], { encoding: 'utf8' });
        if (done.status !== 0) throw new Error(done.stderr);
        return JSON.parse(done.stdout);
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
}
