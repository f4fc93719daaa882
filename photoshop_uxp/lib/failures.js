'use strict';

/**
 * What can go wrong, as the user meets it: a code, a sentence, and what to do next.
 *
 * Beside the daemon's closed list (wire.js: ERRORS) the panel has its own codes:
 * - `unreachable`: nothing of Layerbridge answers
 * - `lost`: it answered, then stopped, and did not come back
 * - `refused`: the document or the settings do not allow it
 * - `gone`: the document was closed, or changed so that the result does not fit
 * - `busy`: another command holds Photoshop
 */

/** `message` is a sentence for the user that ends with what to do; `detail` is for a report. */
class BridgeError extends Error {
  /** @param {string} code @param {string} message @param {string} [detail] */
  constructor(code, message, detail = '') {
    super(message);
    this.name = 'BridgeError';
    this.code = code;
    this.detail = detail;
  }
}

/** The user said no. Nothing is to be reported. */
class CancelError extends Error {
  constructor() {
    super('cancelled');
    this.name = 'CancelError';
  }
}

/** @param {unknown} error @returns {string} what a thrown value says of itself */
function reasonOf(error) {
  if (error instanceof Error) return error.message || error.name;
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}

module.exports = { BridgeError, CancelError, reasonOf };
