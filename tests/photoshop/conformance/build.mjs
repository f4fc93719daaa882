// Writes photoshop_uxp/conformance.psjs, one file that a person can hand on, from photoshop_uxp/lib/checks, which the panel's
// self-test uses as well: node conformance/build.mjs [--check]
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = new URL('../../../photoshop_uxp/lib/checks/', import.meta.url);
const SCRIPT = new URL('../../../photoshop_uxp/conformance.psjs', import.meta.url);
const MAIN = './script.js';
const HEAD = `
// Layerbridge: how does this Photoshop behave? Save your documents, then run it with File > Scripts > Browse...
//
// It makes documents of its own, closes them without saving, and writes a text file with what it saw for each rule; it asks at its
// beginning where that is to be saved. It reads and changes nothing else, and sends nothing anywhere. It takes two to five
// minutes. Without a Photoshop the project's tests run over a fake one; the report tells where the fake is wrong. Please send it to
// the project (see docs/photoshop-fake.md).
//
// Written by tests/photoshop/conformance/build.mjs from photoshop_uxp/lib/checks: change those.
`;

/** Names of the modules, what is needed first. */
function ordered(name, found = []) {
    const text = fs.readFileSync(new URL(name, SOURCES), 'utf8');
    for (const [, needed] of text.matchAll(/require\('(\.\/[a-z_]+\.js)'\)/g)) ordered(needed, found);
    return found.includes(name) ? found : (found.push(name), found);
}

function bundled() {
    const modules = ordered(MAIN).map((name) => {
        const text = fs.readFileSync(new URL(name, SOURCES), 'utf8').trim().replace(/^(?=.)/gm, '  ');
        return `sources['${name}'] = (module, require) => {\n${text}\n};`;
    });
    return `${HEAD}
const sources = {};
const modules = {};
function load(name) {
  if (!sources[name]) return require(name);
  if (!modules[name]) {
    modules[name] = { exports: {} };
    sources[name](modules[name], load);
  }
  return modules[name].exports;
}

${modules.join('\n\n')}

await load('${MAIN}').main({ photoshop: require('photoshop'), uxp: require('uxp') });
`;
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
    const written = bundled();
    if (!process.argv.includes('--check')) fs.writeFileSync(SCRIPT, written);
    else if (!fs.existsSync(SCRIPT) || fs.readFileSync(SCRIPT, 'utf8') !== written) {
        console.error(`${path.basename(SCRIPT.pathname)} is not up to date: node tests/photoshop/conformance/build.mjs`);
        process.exitCode = 1;
    }
}
