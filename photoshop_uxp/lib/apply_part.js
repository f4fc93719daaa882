'use strict';

/**
 * Artifacts of a job that do not become its layers: selections, masks, channels, documents, and further layers.
 *
 * @typedef {import('./panel.js').Panel} Panel
 * @typedef {import('./state.js').Card} Card
 * @typedef {import('./apply_options.js').ApplyOptions} ApplyOptions
 * @typedef {import('./parts.js').Part} Part
 * @typedef {{remarks: string[], documentId: number}} Done `remarks` for the user
 */

const { documentFor, destinationNow } = require('./find_destination.js');
const { applySelected, fillDocument } = require('./appliers.js');
const { readFlat, readSelected } = require('./artifacts.js');
const { checkDocument } = require('./memory.js');
const { createFor } = require('./new_document.js');
const { infoOf } = require('./notices.js');
const { fromRequest, titleOf } = require('./parameters.js');
const { inScope } = require('./insert_layers.js');
const { profileOf } = require('./source_document.js');
const { t } = require('./texts.js');

/**
 * @param {Panel} panel @param {Card} card @param {ApplyOptions} options what is left, should the user be asked @param {Part} part
 * @returns {Promise<number | null>} Photoshop's number of the document that was used; null: the user is asked
 */
async function applyPart(panel, card, options, part) {
  const { index, output, way } = part;
  const frame = await panel.session.call((client) => client.artifact(card.job, output.role, index));
  const title = titleOf(fromRequest(card.request), output);
  const write = { title, profile: undefined, masks: panel.masks };
  const work = way === 'document' ? intoDocument(card, write, frame) : intoSelection(panel, card, options, write, part, frame);
  const done = await inScope(title, work, (waiting) =>
    panel.change(card.key, { text: t(waiting ? 'waitingForPhotoshop' : 'placing') }),
  );
  if (!done) return null;
  keepApplied(panel, card, part, done.remarks);
  return done.documentId;
}

/**
 * @param {Card} card @param {import('./appliers.js').WriteOptions} write @param {Uint8Array} frame
 * @returns {(context: import('./host.js').ModalContext) => Promise<Done>}
 */
function intoDocument(card, write, frame) {
  checkDocument(frame.length);
  const flat = readFlat(frame);
  const { width, height, channels } = flat;
  const name = t('documentNamed', { name: card.request.document.name || 'Layerbridge', title: write.title });
  const gray = channels < 3;
  const profile = profileOf(card.request, gray) || undefined;
  return async (context) => {
    const { document, keep } = await createFor(context, card.request, { name, width, height, gray });
    await fillDocument(context, document, { ...write, profile }, flat);
    await keep();
    return { remarks: [], documentId: document.id };
  };
}

/**
 * @param {Panel} panel @param {Card} card @param {ApplyOptions} options
 * @param {import('./appliers.js').WriteOptions} write @param {Part} part @param {Uint8Array} frame
 * @returns {(context: import('./host.js').ModalContext) => Promise<Done | null>} gives null where the user is asked
 */
function intoSelection(panel, card, options, write, { way }, frame) {
  const result = readSelected(frame);
  return async (context) => {
    const destination = destinationNow(panel, card, options, false);
    if (!destination) return null;
    const { document, keep } = await documentFor(context, card, destination);
    const as = /** @type {'selection' | 'mask' | 'channel'} */ (way);
    const remarks = await applySelected(context, { document, moved: destination.moved }, write, as, result);
    await keep();
    return { remarks, documentId: document.id };
  };
}

/** @param {Panel} panel @param {Card} card @param {Part} part @param {string[]} remarks */
function keepApplied(panel, { key }, { index, output }, remarks) {
  const now = panel.card(key);
  const before = now?.variations.find((known) => known.index === index)?.applied || [];
  const applied = before.includes(output.role) ? before : [...before, output.role];
  panel.store.dispatch({ type: 'variation', key, index, values: { applied } });
  const told = [now?.notice?.tone === 'info' ? now.notice.text : '', ...remarks].filter(Boolean);
  panel.change(key, { notice: told.length ? infoOf(told.join('\n')) : null });
  panel.keepOpen();
}

module.exports = { applyPart, keepApplied };
