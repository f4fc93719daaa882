'use strict';

/**
 * What GET /v1/operations of the same version answers, without the schemas.
 *
 * (generated)
 */

/* tables */
