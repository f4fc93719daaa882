// tsc --checkJs of the panel, with the conformance checks, against Adobe's types with patches.mjs: node types/check.mjs [--wrong]
// --wrong checks types/wrong.js instead, a file of deliberate mistakes.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PATCHES } from './patches.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const MODULES = path.join(HERE, '../node_modules');
const BUILD = path.join(HERE, 'build');

/** Copies of Adobe's types, patched, into build/. */
function prepare() {
    fs.rmSync(BUILD, { recursive: true, force: true });
    for (const folder of ['@adobe/cc-ext-uxp-types/uxp', '@types/photoshop']) {
        fs.cpSync(path.join(MODULES, folder), path.join(BUILD, folder), { recursive: true });
    }
    for (const { file, find, replace, reason, everywhere } of PATCHES) {
        const target = path.join(BUILD, file);
        const text = fs.readFileSync(target, 'utf8');
        const patched = everywhere ? text.replaceAll(find, replace) : text.replace(find, () => replace);
        if (patched === text) throw new Error(`a patch of ${file} finds nothing any more (${reason}): ${find}`);
        fs.writeFileSync(target, patched);
    }
}

function check(project) {
    const done = spawnSync(process.execPath, [path.join(MODULES, 'typescript/bin/tsc'), '-p', path.join(HERE, project)], { encoding: 'utf8' });
    process.stdout.write(done.stdout + done.stderr);
    return done.status;
}

prepare();
const projects = process.argv.includes('--wrong') ? ['tsconfig.wrong.json'] : ['../tsconfig.json'];
process.exitCode = Math.max(...projects.map(check));
