'use strict';
module.exports = { name: 'Sample' };
