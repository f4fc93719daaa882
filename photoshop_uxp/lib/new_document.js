'use strict';

/** A new document for a result whose own cannot take it. */

const host = require('./host.js');
const { BridgeError } = require('./failures.js');
const { t } = require('./texts.js');

const USUAL_RESOLUTION = 72; // pixels per inch: of jobs from before the resolution was kept, and of other clients

/**
 * An empty document of the size, resolution, mode, depth and profile that the job's had, or without a profile. Within a modal
 * scope: where that fails afterwards, Photoshop closes the document again, unless `keep` was called.
 * @param {import('./host.js').ModalContext} context
 * @param {any} request of the job
 * @returns {Promise<{document: import('./host.js').PsDocument, keep: () => Promise<void>}>}
 */
async function createFor(context, request) {
  const { space, depth, profile, resolution, untagged } = request.client_data || {};
  const { NewDocumentMode, DocumentFill } = host.constants;
  const gray = space === 'Grayscale';
  const options = {
    name: String(request.document.name || 'Layerbridge'),
    width: request.document.width,
    height: request.document.height,
    resolution: Number(resolution) > 0 ? Number(resolution) : USUAL_RESOLUTION,
    mode: gray ? NewDocumentMode.GRAYSCALE : NewDocumentMode.RGB,
    fill: DocumentFill.TRANSPARENT,
    depth: Number(depth) || 8,
    profile: profile || (gray ? 'Gray Gamma 2.2' : 'sRGB IEC61966-2.1'),
  };
  const document = await host.createDocument(options);
  if (!document) throw new BridgeError('gone', t('photoshopFailed', { reason: t('openNew') }));
  await context.hostControl.registerAutoCloseDocument(document.id);
  if (untagged) document.colorProfileType = host.constants.ColorProfileType.NONE;
  return { document, keep: () => context.hostControl.unregisterAutoCloseDocument(document.id) };
}

module.exports = { createFor };
