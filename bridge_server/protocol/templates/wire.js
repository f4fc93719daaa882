'use strict';

/**
 * The protocol under one name: the codec, limits and words, and tables of errors and requests.
 *
 * (generated)
 */

const codec = require('./codec.js');

/**
 * @typedef {{status: number, meaning: string, remedy: string}} ErrorInfo what an error code means and what to do
 * @typedef {{name: string, type: string, required: boolean, default: any, nullable: boolean, minimum: ?number,
 *   maximum: ?number, choices: string[], many: string}} RequestField minimum and maximum: of a number, a string's characters or a
 *   map's entries; choices: all that a string may be, or words allowed besides numbers
 */

/* tables */
