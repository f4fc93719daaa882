'use strict';

/** A new document for a result whose own cannot take it. */

const host = require('./host.js');
const { BridgeError } = require('./failures.js');
const { t } = require('./texts.js');

/**
 * An empty document of the size, mode, depth and profile that the job's had.
 * @param {any} request of the job
 * @returns {Promise<number>} its id
 */
async function createFor(request) {
  const { space, depth, profile } = request.client_data || {};
  const { NewDocumentMode, DocumentFill } = host.constants;
  const gray = space === 'Grayscale';
  const options = {
    name: String(request.document.name || 'Layerbridge'),
    width: request.document.width,
    height: request.document.height,
    resolution: 72,
    mode: gray ? NewDocumentMode.GRAYSCALE : NewDocumentMode.RGB,
    fill: DocumentFill.TRANSPARENT,
    depth: Number(depth) || 8,
    profile: profile || (gray ? 'Gray Gamma 2.2' : 'sRGB IEC61966-2.1'),
  };
  const document = await host.modal(t('openNew'), () => host.createDocument(options));
  if (!document) throw new BridgeError('gone', t('photoshopFailed', { reason: t('openNew') }));
  return document.id;
}

module.exports = { createFor };
