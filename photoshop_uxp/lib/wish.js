'use strict';

/** What a click on a job's buttons and thumbnails asks for. Pure functions. */

const { placedVariations } = require('./state.js');

/**
 * @param {import('./state.js').Card} card
 * @param {'place' | 'replace' | 'all' | 'best'} what `best`: a double click on the chosen thumbnail
 * @returns {import('./placing.js').Wish | null} null: there is nothing to do
 */
function wishFor(card, what) {
  const chosen = card.variations[card.chosen];
  if (!chosen) return null;
  const placed = placedVariations(card).length;
  const wish = (/** @type {number[]} */ indices, replace = false) => ({ indices, replace, choice: '', about: '' });
  switch (what) {
    case 'place':
      return wish([chosen.index]);
    case 'all': {
      const missing = placed < card.variations.length;
      return card.variations.length > 1 && missing ? wish(card.variations.map(({ index }) => index)) : null;
    }
    case 'replace':
      return placed && !chosen.placed ? wish([chosen.index], true) : null;
    case 'best': // a layer that is there may have been painted on: a double click never takes it away for itself
      return chosen.placed ? null : wish([chosen.index], placed > 0);
  }
}

module.exports = { wishFor };
