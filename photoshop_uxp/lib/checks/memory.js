'use strict';

/** A very large document: only where the user agreed. */

const { is } = require('./answers.js');

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const { newDocument, pixels, note, sizes } = kit;
  return {
    'memory.large': async () => {
      const side = Math.round(Math.sqrt(sizes.megapixels * 1e6));
      const document = await newDocument({ width: side, height: side, depth: 16 });
      const took = [];
      for (let i = 0; i < 2; i++) {
        const began = Date.now();
        const seen = await pixels(document);
        took.push(Date.now() - began);
        if (seen.data.length !== side * side * 3) return is(seen.data.length, side * side * 3);
      }
      note(`${side} x ${side} at 16 bit, read and disposed of twice: ${took.join(' ms, ')} ms`);
      return 'yes';
    },
  };
};
