// Commands of batchPlay about channels, and a fill: which channel is painted on, as far as the conformance checks ask.
'use strict';
const { refusal } = require('./rules/index.js');
const { rect } = require('./geometry.js');
const rasters = require('./raster.js');
const { converted, WORKING } = require('./color.js');
const { find, lockedAs } = require('./layers.js');

const MASK = 'mask';

/** The channel that is painted on: MASK for the active layer's mask, the name of an alpha channel, or '' for the colors. */
function targetOf(state) {
    const { target } = state;
    if (!target) return '';
    return target.layer === undefined ? target.name : state.active.includes(target.layer) && find(state, target.layer).layer.mask ? MASK : '';
}

/** What selecting a layer does to it: rules target.mask, target.channel. */
function targetAfterSelect(host, state) {
    return state.target && state.target.layer !== undefined && host.choice('target.mask') === 'kept' ? state.target : null;
}

/** `layerOf(host, target)` gives {record, layer}. */
const channelCommands = (layerOf) => ({
    'select channel mask': (host, _command, target) => {
        const { record, layer } = layerOf(host, target);
        if (!layer.mask) throw refusal('mask.none', 'the layer has no mask');
        record.state = { ...record.state, target: { layer: layer.id } };
    },
    'get channelName application': (host) => {
        const { state } = host.document();
        const name = targetOf(state);
        return { channelName: name === MASK ? `${find(state, state.active[0]).layer.name} Mask` : name || 'RGB' };
    },
    // Rule deep.fill: one color over the canvas, where nothing is selected.
    'fill ': (host, command) => {
        const record = host.document();
        const { state } = record;
        const { layer } = find(state, state.active[0]);
        if (lockedAs(state, layer, 'pixels')) throw refusal('put.locked', 'fill: the layer is locked');
        if (state.selection || state.space !== 'RGB' || command.using._value !== 'color') throw new Error('the fake fills whole RGB layers with a color only');
        const { red, grain, blue } = command.color;
        const pixel = (depth) => rasters.filled(rect(0, 0, 1, 1), depth, [red / 255, grain / 255, blue / 255, 1]);
        const linear = state.depth === 32 && host.choice('deep.fill') === 'linear';
        const colors = { space: 'RGB', profile: state.profile || WORKING.RGB };
        const { data } = linear ? converted(pixel(8), colors, colors, state.depth) : pixel(state.depth);
        const canvas = rect(0, 0, state.width, state.height);
        const whole = rasters.filled(canvas, state.depth, Array.from(data, (value) => value / rasters.WHITE[state.depth]));
        host.change(record, 'Fill', (draft) => { find(draft, layer.id).layer.raster = whole; });
    },
});

/** `make` of an alpha channel, which is then painted on. */
function makeAlpha(host, { name }) {
    const record = host.document();
    host.change(record, 'New Channel', (draft) => { draft.target = { name: name || 'Alpha 1' }; });
}

module.exports = { channelCommands, targetAfterSelect, makeAlpha };
