// Runs scenario files in one process, so that they share the browser and the daemon: node rig/run.mjs FILE...
// Results come by node:test's reporter; names on the command line after "--" are patterns of scenarios to run.
import { after } from 'node:test';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { endRig } from './rig.mjs';

after(endRig);
for (const file of process.argv.slice(2)) await import(pathToFileURL(path.resolve(file)).href);
