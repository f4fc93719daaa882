'use strict';

/**
 * All checks, in the order in which they run: what may end Photoshop or asks for much memory is last.
 *
 * A check gives a fact: 'yes' where the rule of its name holds, the name of a choice, or what was seen. The rules themselves are
 * the table of docs/photoshop-fake.md. Nothing here is part of the panel's work.
 *
 * @typedef {Record<string, () => Promise<string>>} Checks rule → check
 * @typedef {{checks: Checks, scope: boolean, ask: '' | 'cmyk' | 'memory'}} Group `scope`: each runs in a modal scope; `ask`: only
 *   where the user agreed to it
 */

const INSIDE = [
  require('./pixels.js'),
  require('./put.js'),
  require('./masks.js'),
  require('./selected.js'),
  require('./data.js'),
  require('./modal.js'),
  require('./documents.js'),
  require('./layers.js'),
  require('./metadata.js'),
  require('./targets.js'),
  require('./deep.js'),
  require('./large.js'),
  require('./speed.js'),
];
const outside = require('./outside.js');
const memory = require('./memory.js');
const cmyk = require('./cmyk.js');

/** @param {import('./kit.js').Kit} kit @param {'script' | 'panel'} by @returns {Group[]} */
function groupsOf(kit, by) {
  /** @type {Group[]} */
  const groups = INSIDE.map((make) => ({ checks: make(kit), scope: true, ask: '' }));
  if (by === 'panel') groups.push({ checks: outside(kit), scope: false, ask: '' });
  groups.push({ checks: memory(kit), scope: true, ask: 'memory' });
  groups.push({ checks: cmyk(kit), scope: true, ask: 'cmyk' });
  return groups;
}

module.exports = { groupsOf };
