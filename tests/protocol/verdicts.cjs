'use strict';

// Reads headers from standard input, each after its length (32-bit little-endian), and prints a JSON list: for each
// header its message as JSON text where it is taken, or null where it is refused. Anything but a FrameError ends it.

const wire = require('../../photoshop_uxp/lib/wire.js');

const input = new Uint8Array(require('node:fs').readFileSync(0));
const view = new DataView(input.buffer);
const verdicts = [];
for (let at = 0; at < input.length; ) {
  const length = view.getUint32(at, true);
  const header = input.subarray(at + 4, at + 4 + length);
  at += 4 + length;
  try {
    verdicts.push(JSON.stringify(wire.decodeHeader(header).message));
  } catch (error) {
    if (!(error instanceof wire.FrameError)) throw error;
    verdicts.push(null);
  }
}
console.log(JSON.stringify(verdicts));
