// An operation with every role that the panel knows, as a daemon's table would have it; no file of the product knows of it.
'use strict';
const { OPERATIONS } = require('../../../photoshop_uxp/lib/operation_table.js');

const input = (role, title, required) => ({ role, title, required, source: role === 'image' ? 'visible' : null, unselected: role === 'mask' ? 'everything' : null });
const output = (role, kind, title) => ({ role, kind, title, several: false, grows_canvas: false });

const ALL_ROLES = {
    ...OPERATIONS[0],
    name: 'all_roles',
    title: 'Use All Roles',
    description: 'Takes and makes one of each.',
    help: '',
    version: 1,
    inputs: [input('image', 'Source', true), input('mask', 'Selection', false), { ...input('reference/1', 'Style', true), shown_when: 'model.references' }, input('control/1', 'Pose', false)],
    outputs: [output('layer', 'layer', 'Painted'), output('subject', 'selection', 'Subject'), output('large', 'document', 'Large picture'), output('words', 'text', 'Words')],
    plans: false,
    needs_model: false,
    stages: ['working'],
    options: [],
};

module.exports = { ALL_ROLES };
