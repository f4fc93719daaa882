'use strict';

/**
 * What a click on a job's buttons and thumbnails asks for. Pure functions.
 *
 * @typedef {{index: number, role: string}} Rest an artifact that is still to be applied
 * @typedef {object} Choice
 * @property {number[]} indices of the variations that are wanted
 * @property {boolean} replace whether an earlier result gives way
 * @property {number} [layer] the one that gives way, where it is a result of the job
 * @property {Rest[]} [rest] without it everything
 * @property {number} [documentId] of the document that was made for what was applied before
 * @typedef {Choice & import('./destination.js').Answer} ApplyOptions
 */

const { isUsed, placedVariations } = require('./state.js');

/**
 * @param {import('./state.js').Card} card
 * @param {'place' | 'replace' | 'all' | 'best'} what `best`: a double click on the chosen thumbnail
 * @returns {ApplyOptions | null} null: there is nothing to do
 */
function optionsFor(card, what) {
  const chosen = card.variations[card.chosen];
  if (!chosen) return null;
  const placed = placedVariations(card).length;
  const options = (/** @type {number[]} */ indices, replace = false) => ({ indices, replace, choice: '', about: '' });
  switch (what) {
    case 'place':
      return options([chosen.index]);
    case 'all': {
      const missing = !card.variations.every(isUsed);
      return card.variations.length > 1 && missing ? options(card.variations.map(({ index }) => index)) : null;
    }
    case 'replace':
      return placed && !chosen.placed ? options([chosen.index], true) : null;
    case 'best': // a layer that is there may have been painted on: a double click never takes it away for itself
      return isUsed(chosen) ? null : options([chosen.index], placed > 0);
  }
}

module.exports = { optionsFor };
