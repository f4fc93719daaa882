'use strict';

/** The keys that work everywhere in the panel. */

const { composing } = require('./dom.js');
const { stopNewest } = require('../jobs.js');
const { generate } = require('../commands.js');

const CONTROLS = 'input, textarea, select, button';

/**
 * Listen at each control itself: UXP's controls keep most events from the elements around them.
 * @param {import('../panel.js').Panel} panel
 * @param {any} node whose controls are all there; those that come later want a call of their own
 */
function listenKeys(panel, node) {
  for (const control of Array.from(node.querySelectorAll(CONTROLS))) {
    control.addEventListener('keydown', (/** @type {any} */ event) => {
      onKey(panel, event);
      event.stopPropagation(); // where it does come through, it counts once
    });
  }
}

/**
 * Enter generates from any field of the Paint view, Escape stops.
 * @param {import('../panel.js').Panel} panel
 * @param {any} event
 */
function onKey(panel, event) {
  if (event.defaultPrevented) return;
  const { view, connection, problems } = panel.store.get();
  if (event.key === 'Escape' && stopNewest(panel)) event.preventDefault();
  const inField = event.target && String(event.target.tagName).toLowerCase() === 'input';
  if (event.key !== 'Enter' || event.repeat || composing(event) || view !== 'paint' || !inField) return;
  event.target.blur(); // letters are Photoshop's tools again
  if (connection.phase === 'connected' && !Object.keys(problems).length) generate(panel);
}

module.exports = { listenKeys, onKey };
