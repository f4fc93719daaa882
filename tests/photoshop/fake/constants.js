// The part of photoshop.constants that a panel needs; a test compares it with Adobe's types.
'use strict';

module.exports = Object.freeze({
    DocumentMode: {
        BITMAP: 'bitmapMode', CMYK: 'CMYKColorMode', DUOTONE: 'duotoneMode', GRAYSCALE: 'grayscaleMode',
        INDEXEDCOLOR: 'indexedColorMode', LAB: 'labColorMode', MULTICHANNEL: 'multichannelMode', RGB: 'RGBColorMode',
    },
    NewDocumentMode: {
        BITMAP: 'bitmapMode', GRAYSCALE: 'grayscaleMode', RGB: 'RGBColorMode', CMYK: 'CMYKColorMode', LAB: 'labColorMode',
    },
    ChangeMode: {
        BITMAP: 'bitmapMode', CMYK: 'CMYKColorMode', GRAYSCALE: 'grayscaleMode', INDEXEDCOLOR: 'indexedColorMode',
        LAB: 'labColorMode', MULTICHANNEL: 'multichannelMode', RGB: 'RGBColorMode',
    },
    BitsPerChannelType: { ONE: 'bitDepth1', EIGHT: 'bitDepth8', SIXTEEN: 'bitDepth16', THIRTYTWO: 'bitDepth32' },
    ColorProfileType: { CUSTOM: 'customEnum', NONE: 'none', WORKING: 'workingSpaceCode' },
    DocumentFill: {
        WHITE: 'white', BLACK: 'black', BACKGROUNDCOLOR: 'backgroundColor', TRANSPARENT: 'transparent', COLOR: 'color',
    },
    AnchorPosition: {
        BOTTOMCENTER: 'bottom-center', BOTTOMLEFT: 'bottom-left', BOTTOMRIGHT: 'bottom-right',
        MIDDLECENTER: 'middle-center', MIDDLELEFT: 'middle-left', MIDDLERIGHT: 'middle-right',
        TOPCENTER: 'top-center', TOPLEFT: 'top-left', TOPRIGHT: 'top-right',
    },
    ElementPlacement: {
        PLACEBEFORE: 'placeBefore', PLACEATBEGINNING: 'placeAtBeginning', PLACEINSIDE: 'placeInside',
        PLACEATEND: 'placeAtEnd', PLACEAFTER: 'placeAfter',
    },
    SelectionType: { DIMINISH: 'subtractFrom', EXTEND: 'addTo', INTERSECT: 'intersectWith', REPLACE: 'set' },
    SaveOptions: { DONOTSAVECHANGES: 0, PROMPTTOSAVECHANGES: 1, SAVECHANGES: 2 },
    BlendMode: { NORMAL: 'normal', MULTIPLY: 'multiply', SCREEN: 'screen', PASSTHROUGH: 'passThrough' },
    LayerKind: {
        NORMAL: 'pixel', GROUP: 'group', SMARTOBJECT: 'smartObject', TEXT: 'text', SOLIDFILL: 'solidColor',
        GRADIENTFILL: 'gradientFill', PATTERNFILL: 'pattern', CURVES: 'curves', LEVELS: 'levels', INVERSION: 'inversion',
        BRIGHTNESSCONTRAST: 'brightnessContrast', HUESATURATION: 'hueSaturation', BLACKANDWHITE: 'blackAndWhite',
        CHANNELMIXER: 'channelMixer', COLORBALANCE: 'colorBalance', COLORLOOKUP: 'colorLookup', EXPOSURE: 'exposure',
        GRADIENTMAP: 'gradientMap', PHOTOFILTER: 'photoFilter', POSTERIZE: 'posterize', SELECTIVECOLOR: 'selectiveColor',
        THRESHOLD: 'threshold', VIBRANCE: 'vibrance', VIDEO: 'video', LAYER3D: 'threeD',
    },
});
