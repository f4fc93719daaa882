'use strict';

/**
 * What the document of a job was like, kept in its request: for a new document, and for pixels that are written. Pure functions.
 *
 * @typedef {import('./depth.js').Depth} Depth
 * @typedef {object} SourceDocument
 * @property {boolean | null} gray null: not kept, as of jobs of other clients
 * @property {Depth | 0} depth 0: not kept
 * @property {string} profile Photoshop's name of the one that the pixels travel in; '': none
 * @property {boolean} untagged whether the document had none
 * @property {number} resolution pixels per inch; 0: not kept
 */

const { isGray } = require('./scene.js');

/**
 * @param {import('./scene.js').Scene} scene
 * @param {import('./profiles.js').PixelEncoding} travel
 * @returns {Object<string, string>} for `client_data` of the request
 */
function documentNotes(scene, travel) {
  return {
    profile: travel.host || '',
    untagged: scene.profile ? '' : '1',
    space: isGray(scene) ? 'Grayscale' : 'RGB',
    depth: String(scene.depth),
    resolution: String(scene.resolution),
  };
}

/** @param {any} request of a job @returns {SourceDocument} */
function sourceDocument(request) {
  const { profile, untagged, space, depth, resolution } = request.client_data || {};
  return {
    gray: space ? space === 'Grayscale' : null,
    depth: [8, 16, 32].includes(Number(depth)) ? /** @type {Depth} */ (Number(depth)) : 0,
    profile: String(profile || ''),
    untagged: Boolean(untagged),
    resolution: Number(resolution) > 0 ? Number(resolution) : 0,
  };
}

/** @param {any} request of a job @param {boolean} gray whether the pixels are @returns {string} their profile; '': none of that kind */
function profileOf(request, gray) {
  const source = sourceDocument(request);
  return gray === Boolean(source.gray) ? source.profile : '';
}

module.exports = { documentNotes, sourceDocument, profileOf };
