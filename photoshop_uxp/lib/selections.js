'use strict';

/** The document's selection, written from a mask; and what is made of a selection that is not to stay. Inside a modal scope only. */

const imaging = require('./imaging.js');
const { canvasOf, fromEdges, toEdges } = require('./geometry.js');
const { maskFromPhotoshop } = require('./depth.js');
const { sizeOf } = require('./read_scene.js');

const PROFILE = 'Gray Gamma 2.2';

/**
 * @typedef {import('./geometry.js').Box} Box
 * @typedef {import('./host.js').PsDocument} PsDocument
 */

/** @param {Uint8Array} values @param {Box} box @param {(imageData: any) => Promise<void>} use */
function withGray(values, { width, height }, use) {
  return imaging.withImageData(
    values,
    { width, height, components: 1, colorSpace: 'Grayscale', colorProfile: PROFILE },
    use,
  );
}

/**
 * Select this, in the place of what is selected.
 * @param {PsDocument} document @param {Uint8Array} mask 255 = selected @param {Box} box that it covers @param {string} commandName
 */
function select(document, mask, box, commandName) {
  const target = { documentID: document.id, replace: true, targetBounds: toEdges(box), commandName };
  return withGray(mask, box, (imageData) => imaging.writeSelection({ ...target, imageData }));
}

/**
 * While this is selected. The user's own selection is put back; what of it lies past the canvas is lost.
 * @param {PsDocument} document @param {Uint8Array} mask @param {Box} box @param {string} commandName
 * @param {() => Promise<void>} work
 */
async function whileSelected(document, mask, box, commandName, work) {
  const canvas = canvasOf(sizeOf(document));
  const told = Boolean(document.selection.bounds);
  const read = await imaging.readSelection(document.id, toEdges(canvas)).catch((error) => {
    if (told) throw error;
    return null;
  });
  await select(document, mask, box, commandName);
  await work();
  const own = read && read.data.some(Boolean) ? read : null;
  if (own) await select(document, maskFromPhotoshop(own.data), fromEdges(own.edges), commandName);
  else if (document.selection.bounds) await document.selection.deselect();
}

module.exports = { withGray, select, whileSelected };
