// What of a panel's files UXP does not have: node rig/lint.mjs [FOLDER]. Prints faults, ends with 1 where there are any.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const { cssFaults, elementFaults, scriptFaults } = createRequire(import.meta.url)('./ui-rules.js');

function htmlFaults(html) {
    const faults = [];
    const text = html.replace(/<!--[\s\S]*?-->/g, (comment) => comment.replace(/[^\n]/g, ' '));
    for (const { index, 1: tag, 2: rest } of text.matchAll(/<([a-z][a-z0-9-]*)((?:\s+[^\s=>/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+))?)*)\s*\/?>/gi)) {
        const attributes = Object.fromEntries([...rest.matchAll(/([^\s=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s]+)))?/g)]
            .map(([, name, a, b, c]) => [name.toLowerCase(), a ?? b ?? c ?? '']));
        faults.push(...elementFaults(tag, attributes).map((fault) => `${text.slice(0, index).split('\n').length}: ${fault}`));
    }
    for (const [, css] of text.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/gi)) faults.push(...cssFaults(css));
    return faults;
}

const CHECKS = { '.css': cssFaults, '.html': htmlFaults, '.js': scriptFaults };

/** Every fault of a folder's files as `file:line: what`. */
export function lint(folder) {
    return fs.readdirSync(folder, { recursive: true }).map(String).filter((file) => CHECKS[path.extname(file)] && !file.includes('node_modules'))
        .sort().flatMap((file) => CHECKS[path.extname(file)](fs.readFileSync(path.join(folder, file), 'utf8')).map((fault) => `${file}:${fault}`));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
    const faults = lint(path.resolve(process.argv[2] || new URL('../../../photoshop_uxp', import.meta.url).pathname));
    for (const fault of faults) console.log(fault);
    process.exitCode = faults.length ? 1 : 0;
}
