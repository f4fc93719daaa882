'use strict';

/**
 * Where results of a job can go today, or what the user is asked first.
 *
 * @typedef {import('./panel.js').Panel} Panel
 * @typedef {import('./state.js').Card} Card
 * @typedef {import('./destination.js').Destination} Destination
 * @typedef {import('./apply_options.js').ApplyOptions} ApplyOptions
 */

const host = require('./host.js');
const { readScene } = require('./read_scene.js');
const { targetOf } = require('./target.js');
const { destinationOf } = require('./destination.js');
const { createFor } = require('./new_document.js');
const { questionOf } = require('./notices.js');
const { BridgeError } = require('./failures.js');
const { t } = require('./texts.js');

/**
 * Where to, as things are now; null where the user is asked first.
 * @param {Panel} panel @param {Card} card @param {ApplyOptions} options @param {boolean} [pixels] whether some are written
 * @returns {Destination | null}
 */
function destinationNow(panel, card, options, pixels = true) {
  panel.noticeDocuments();
  const open = host.documents().map((document) => /** @type {import('./scene.js').Scene} */ (readScene(document)));
  const target = targetOf(card.request, options.documentId || card.documentId, open, readScene(), panel.remembered, pixels);
  const found = destinationOf(card.request, target, options);
  if ('destination' in found) return { ...found.destination, own: found.destination.own && found.destination.documentId !== options.documentId };
  const { text, choices, about } = found.question;
  panel.change(card.key, { notice: questionOf(text, choices) });
  panel.pending.set(card.key, { ...options, choice: '', about });
  return null;
}

/**
 * The document of a destination, which may have to be made. Within a modal scope.
 * @param {import('./host.js').ModalContext} context @param {Card} card @param {Destination} destination
 * @returns {Promise<{document: import('./host.js').PsDocument, scene: import('./scene.js').Scene, keep: () => Promise<void>}>} `keep`:
 *   called once all is done, so that it stays open
 */
async function documentFor(context, card, destination) {
  const { document, keep } = destination.documentId
    ? { document: host.findDocument(destination.documentId), keep: async () => {} }
    : await createFor(context, card.request);
  const scene = readScene(document);
  if (!document || !scene) throw new BridgeError('gone', t('docClosed', { name: card.title }));
  return { document, scene, keep };
}

module.exports = { destinationNow, documentFor };
