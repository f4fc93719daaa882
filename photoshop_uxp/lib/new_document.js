'use strict';

/** A new document for a result whose own cannot take it. */

const host = require('./host.js');
const { BridgeError } = require('./failures.js');
const { profileOf, sourceDocument } = require('./source_document.js');
const { t } = require('./texts.js');

const USUAL_RESOLUTION = 72; // pixels per inch: of jobs from before the resolution was kept, and of other clients

/**
 * An empty document of the size, resolution, mode, depth and profile that the job's had, or without a profile. Within a modal
 * scope: where that fails afterwards, Photoshop closes the document again, unless `keep` was called.
 * @param {import('./host.js').ModalContext} context
 * @param {any} request of the job
 * @param {{name?: string, width?: number, height?: number, gray?: boolean}} [other] than the job's document
 * @returns {Promise<{document: import('./host.js').PsDocument, keep: () => Promise<void>}>}
 */
async function createFor(context, request, other = {}) {
  const source = sourceDocument(request);
  const { NewDocumentMode, DocumentFill } = host.constants;
  const gray = other.gray ?? Boolean(source.gray);
  const options = {
    name: other.name || String(request.document.name || 'Layerbridge'),
    width: other.width || request.document.width,
    height: other.height || request.document.height,
    resolution: source.resolution || USUAL_RESOLUTION,
    mode: gray ? NewDocumentMode.GRAYSCALE : NewDocumentMode.RGB,
    fill: DocumentFill.TRANSPARENT,
    depth: source.depth || 8,
    profile: profileOf(request, gray) || (gray ? 'Gray Gamma 2.2' : 'sRGB IEC61966-2.1'),
  };
  const document = await host.createDocument(options);
  if (!document) throw new BridgeError('gone', t('photoshopFailed', { reason: t('openNew') }));
  await context.hostControl.registerAutoCloseDocument(document.id);
  if (source.untagged) document.colorProfileType = host.constants.ColorProfileType.NONE;
  return { document, keep: () => context.hostControl.unregisterAutoCloseDocument(document.id) };
}

module.exports = { createFor };
