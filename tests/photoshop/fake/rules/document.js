// Rules of documents, layers, selections of the DOM, and batchPlay.
'use strict';
const DOC = 'ps-reference/classes/document';
const LAYER = 'ps-reference/classes/layer';
const SELECTION = 'ps-reference/classes/selection';

module.exports = [
    { id: 'app.no-document', status: 'documented', because: 'the user may have documents open', source: 'ps-reference/classes/photoshop', text: 'Without an open document app.activeDocument is null.' },
    { id: 'document.closed', status: 'assumed', source: 'the documentation says that an id is valid while the document is open', text: 'Reading a property of a document that was closed throws.' },
    { id: 'document.modes', status: 'documented', source: DOC, text: 'mode and bitsPerChannel tell mode and depth by the texts of constants.DocumentMode and constants.BitsPerChannelType.' },
    { id: 'document.profile-name', status: 'documented', source: DOC, text: 'colorProfileName is the profile\'s name, or "None".' },
    { id: 'document.profile-name-linear', status: 'documented', source: 'ps-reference/media/imaging', text: 'The profile\'s name of a 32-bit document ends with "(Linear RGB Profile)".' },
    { id: 'document.quick-mask', status: 'documented', source: DOC, text: 'quickMaskMode tells that the Quick Mask is on.' },
    { id: 'document.quick-mask-selection', status: 'documented', source: SELECTION, text: 'In Quick Mask mode the selection is shown as a channel and comes back when the mode is left; meanwhile the fake has no selection.' },
    { id: 'document.resize-canvas', status: 'documented', source: DOC, text: 'resizeCanvas(width, height, anchor) grows or shrinks the canvas around the anchor, the middle by default.' },
    { id: 'document.resize-moves', status: 'assumed', source: 'the coordinates begin at the canvas\'s corner', text: 'When the canvas grows to the left or the top, layers, masks and the selection move with the picture.' },
    { id: 'document.resize-background', status: 'assumed', source: 'the application fills with the background colour', text: 'The Background layer is filled where the canvas grew; other layers are not.' },
    { id: 'document.resize-crops', status: 'assumed', source: 'the application crops pixels only of the Background layer', text: 'What of a layer lies outside a smaller canvas stays.' },
    { id: 'document.crop-negative', status: 'assumed', source: 'the documentation does not say', text: 'crop with bounds that reach beyond the canvas.', choices: { refused: 'is refused', expands: 'makes the canvas larger' } },
    { id: 'document.create-above', status: 'assumed', source: 'the application', text: 'A new layer lies above the active layer, or at the top, and is the active one.' },
    { id: 'document.group-from', status: 'documented', source: DOC, text: 'createLayerGroup({fromLayers}) makes a group of the given layers.' },
    { id: 'document.group-place', status: 'assumed', source: 'the application', text: 'The group of given layers lies where the uppermost of them lay, in their order, and is the active layer.' },
    { id: 'layer.background-locked', status: 'documented', source: LAYER, text: 'The Background layer is locked: it cannot be moved, nor have an opacity or a mask.' },
    { id: 'layer.kinds', status: 'documented', source: LAYER, text: 'kind tells pixel layers, groups, smart objects, text and adjustment layers by the texts of constants.LayerKind.' },
    { id: 'layer.move', status: 'documented', source: LAYER, text: 'move(other, placement) puts a layer above, below or inside another; inside needs a group.' },
    { id: 'layer.move-out', status: 'assumed', source: 'the application', text: 'move to before a layer of the uppermost level takes a layer out of its group.' },
    { id: 'layer.front', status: 'assumed', source: 'the documentation does not say; the command of the menu moves within the group', text: 'Where bringToFront puts a layer that lies in a group.', choices: { group: 'to the top of its group', top: 'to the top of all, out of its group' } },
    { id: 'layer.bounds', status: 'documented', source: LAYER, text: 'boundsNoEffects are the bounds of the layer\'s pixels in the document\'s pixels.' },
    { id: 'layer.bounds-empty', status: 'assumed', source: 'the application', text: 'The bounds of a layer without pixels are (0, 0, 0, 0).' },
    { id: 'layer.setters', status: 'documented', because: 'a script is in a modal scope from its beginning to its end', source: 'ps-reference/media/executeasmodal', text: 'Setting name, visible, opacity, locks and the like needs a modal scope.' },
    { id: 'layer.locked-changes', status: 'assumed', source: 'the application', text: 'A layer that is locked as a whole cannot be deleted, moved or given a mask.' },
    { id: 'layer.artboard', status: 'documented', because: 'making an artboard needs a menu command', source: DOC, text: 'An artboard is a group; document.artboards lists them.' },
    { id: 'selection.bounds', status: 'documented', source: SELECTION, text: 'selection.bounds is null where nothing is selected, and can exceed the canvas.' },
    { id: 'selection.bounds-soft', status: 'assumed', source: 'the marching ants run where a selection is half; whether bounds do is not said', text: 'What selection.bounds tells of a soft selection.', choices: { half: 'what is selected by half or more', all: 'all that is selected at all' } },
    { id: 'selection.rectangle', status: 'documented', source: SELECTION, text: 'selectRectangle(bounds, mode, feather) selects.' },
    { id: 'selection.rectangle-beyond', status: 'assumed', source: 'bounds can exceed the canvas; how such a selection is made is not said', text: 'selectRectangle with bounds beyond the canvas.', choices: { kept: 'selects all of it', clipped: 'selects what lies on the canvas' } },
    { id: 'selection.resize', status: 'assumed', source: 'the application', text: 'A resize of the canvas keeps the selection on the same pixels.' },

    { id: 'batch.result', status: 'documented', source: 'ps-reference/media/batchplay', text: 'batchPlay gives one descriptor for each command.' },
    { id: 'batch.error', status: 'reported', source: 'third-party plug-ins', text: 'A command that fails gives {_obj: "error", message, result}, and batchPlay does not throw.' },
    { id: 'batch.required', status: 'documented', because: 'a script is in a modal scope from its beginning to its end', source: 'ps-reference/media/executeasmodal', text: 'Commands that change something need a modal scope, get does not.' },
    { id: 'batch.mask', status: 'reported', source: 'third-party plug-ins', text: 'make/channel/mask gives the active layer a mask that reveals all, hides all or reveals the selection; delete takes it.' },
    { id: 'layer.xmp', status: 'reported', source: 'PS-UI-Exporter (src/scripts/Metadata.ts)', text: 'A layer keeps a text of XMP: set of property XMPMetadataAsUTF8 writes it, and get of one of two properties gives it.' },
    { id: 'layer.xmp-metadata', status: 'reported', source: 'PS-UI-Exporter (src/scripts/Metadata.ts)', text: 'get of property metadata of a layer with XMP.', choices: { text: 'gives it as metadata.layerXMP', absent: 'has no layerXMP' } },
    { id: 'layer.xmp-property', status: 'assumed', source: 'set takes the property; whether get does is not said', text: 'get of property XMPMetadataAsUTF8 of a layer.', choices: { refused: 'is refused', text: 'gives the text' } },
    { id: 'layer.xmp-packet', status: 'assumed', source: 'ExtendScript\'s layer.xmpMetadata.rawData takes XMP packets; one project writes plain JSON', text: 'What is written as a layer\'s XMP must be an XMP packet.', choices: { packet: 'other text is refused or lost', text: 'any text is kept' } },
    { id: 'layer.generator-settings', status: 'reported', source: 'Adobe\'s generator-core (setGeneratorSettings.jsx, getLayerSettings)', text: 'A layer keeps settings by a plug-in\'s id: set of property generatorSettings with property = id writes a descriptor, get gives it.' },
    { id: 'layer.metadata-history', status: 'assumed', source: 'the documentation does not say', text: 'Writing a layer\'s metadata is a change of the document: it is saved with it and undone with it.' },
];
