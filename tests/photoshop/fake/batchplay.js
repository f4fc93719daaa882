// action.batchPlay for the few commands that a panel needs. Another command fails as an unavailable one does.
'use strict';
const { refusal } = require('./rules/index.js');
const { rect } = require('./geometry.js');
const rasters = require('./raster.js');
const { find, lockedAs } = require('./layers.js');
const { newMask } = require('./imaging-masks.js');
const { channelCommands, targetAfterSelect, makeAlpha } = require('./batchplay-channels.js');

const UNAVAILABLE = -25920;

async function batchPlay(host, commands, options = {}) {
    if (!Array.isArray(commands)) throw new TypeError('batchPlay: the first argument must be an array of descriptors');
    host.reading('batchPlay');
    const results = [];
    for (const command of commands) { // batch.result
        const change = command._obj !== 'get';
        if (change) host.changing(`batchPlay ${command._obj}`); // batch.required
        try {
            results.push(perform(host, command) || {});
        } catch (error) { // batch.error
            results.push({ _obj: 'error', message: error.message, result: UNAVAILABLE });
            if (!options.continueOnError) break;
        }
    }
    return results;
}

function perform(host, command) {
    const target = referenceOf(command._target);
    const play = COMMANDS[`${command._obj} ${target.kind}`];
    if (!play) throw new Error(`The command "${command._obj}" is not currently available (the fake has no ${command._obj} ${target.kind}).`);
    return play(host, command, target);
}

/** {kind, property, layer, document} of a _target in either of its forms. */
function referenceOf(target) {
    const list = [target && Array.isArray(target._ref) ? target._ref : target || []].flat();
    const of = (kind) => list.find((part) => part._ref === kind);
    const property = list.find((part) => part._property && (!part._ref || part._ref === 'property'));
    const channel = of('channel');
    const layer = of('layer'), document = of('document');
    const kind = property ? `${property._property} ${layer ? 'layer' : document ? 'document' : 'application'}`
        : channel ? `channel ${channel._property || channel._value}` : layer ? 'layer' : document ? 'document' : '';
    return { kind, layer, document };
}

/** {record, layer}: the one with _id, else the active one. */
function layerOf(host, { layer, document }) {
    const record = host.document(document && document._id);
    const id = layer && layer._id !== undefined ? layer._id : record.state.active[0];
    return { record, layer: find(record.state, id).layer };
}

function editLayer(host, target, name, edit) {
    const { record, layer } = layerOf(host, target);
    if (lockedAs(record.state, layer, 'all')) throw refusal('layer.locked-changes', 'the layer is locked');
    host.change(record, name, (draft) => edit(find(draft, layer.id).layer, draft));
}

/** Rules layer.xmp, layer.xmp-packet, layer.metadata-history. */
function setXmp(host, target, text) {
    if (typeof text !== 'string') throw refusal('layer.xmp', 'XMPMetadataAsUTF8 must be a text');
    if (host.choice('layer.xmp-packet') === 'packet' && !/<x:xmpmeta|<rdf:RDF/.test(text)) {
        throw refusal('layer.xmp-packet', 'the metadata is not an XMP packet');
    }
    editLayer(host, target, 'File Info', (layer) => { layer.xmp = text; });
}

const COMMANDS = {
    ...channelCommands(layerOf),
    'get metadata layer': (host, _command, target) => {
        const { xmp } = layerOf(host, target).layer;
        const told = xmp && host.choice('layer.xmp-metadata') === 'text';
        return { metadata: { _obj: 'metadata', layerTime: { _obj: 'layerTime' }, ...(told ? { layerXMP: xmp } : {}) } };
    },
    'set XMPMetadataAsUTF8 layer': (host, command, target) => setXmp(host, target, command.to && command.to.XMPMetadataAsUTF8),
    'get XMPMetadataAsUTF8 layer': (host, _command, target) => {
        if (host.choice('layer.xmp-property') === 'refused') throw refusal('layer.xmp-property', 'The command "Get" is not currently available.');
        return { XMPMetadataAsUTF8: layerOf(host, target).layer.xmp };
    },
    // Rules layer.mask-enabled and layer.bounds-no-mask.
    'get userMaskEnabled layer': (host, _command, target) => {
        const { mask } = layerOf(host, target).layer;
        return mask ? { userMaskEnabled: mask.enabled } : {};
    },
    'get boundsNoMask layer': (host, _command, target) => {
        if (host.choice('layer.bounds-no-mask') === 'refused') throw refusal('layer.bounds-no-mask', 'The command "Get" is not currently available.');
        const { raster } = layerOf(host, target).layer;
        const side = (name) => ({ _unit: 'pixelsUnit', _value: raster ? raster.bounds[name] : 0 });
        return { boundsNoMask: { _obj: 'rectangle', left: side('left'), top: side('top'), right: side('right'), bottom: side('bottom') } };
    },
    // Rule layer.generator-settings.
    'set generatorSettings layer': (host, command, target) => {
        if (!command.property) throw refusal('layer.generator-settings', 'generatorSettings needs a property');
        editLayer(host, target, 'Set Generator Settings', (layer) => {
            layer.settings = { ...layer.settings, [command.property]: JSON.parse(JSON.stringify(command.to)) };
        });
    },
    'get generatorSettings layer': (host, command, target) => {
        const { settings } = layerOf(host, target).layer;
        const chosen = command.property ? settings[command.property] : settings;
        return chosen === undefined ? {} : { generatorSettings: JSON.parse(JSON.stringify(chosen)) };
    },
    // Rule batch.mask.
    'make ': (host, command) => {
        if (command.new && command.new._obj === 'channel') return makeAlpha(host, command.new);
        if (!command.new || command.new._class !== 'channel' || !command.at || command.at._value !== 'mask') {
            throw new Error('the fake makes masks and alpha channels only');
        }
        const using = command.using && command.using._value;
        editLayer(host, {}, 'Add Layer Mask', (layer, draft) => {
            if (layer.background) throw refusal('mask.background', 'the Background layer cannot have a mask');
            if (layer.mask) throw new Error('the layer has a mask already');
            const canvas = rect(0, 0, draft.width, draft.height);
            if (using === 'revealSelection') {
                layer.mask = newMask(draft.selection || rasters.blank(canvas, 1, 8, 255), 0);
                draft.selection = null; // batch.mask-selection
            } else layer.mask = newMask(null, using === 'hideAll' ? 0 : 255);
        });
    },
    'newPlacedLayer ': (host) => editLayer(host, {}, 'Convert to Smart Object', (layer) => { layer.kind = 'smartObject'; }),
    'delete channel mask': (host, _command, target) => editLayer(host, target, 'Delete Layer Mask', (layer) => {
        if (!layer.mask) throw refusal('mask.none', 'the layer has no mask');
        layer.mask = null;
    }),
    // Rule batch.select.
    'select layer': (host, command, target) => {
        const { record, layer } = layerOf(host, target);
        const how = command.selectionModifier && command.selectionModifier._value;
        if (how && how !== 'addToSelection') throw new Error(`the fake has no selectionModifier ${how}`);
        const others = how ? record.state.active.filter((id) => id !== layer.id) : [];
        record.state = { ...record.state, active: [...others, layer.id], target: targetAfterSelect(host, record.state) };
    },
};

module.exports = { batchPlay };
