// Rules of large documents, of 32 bits, of what is painted on, and of speed: what the panel's own paths rest on.
'use strict';
const IMAGING = 'ps-reference/media/imaging';
const UNSAID = 'the documentation does not say';
const FORUM = 'forum of creative cloud developers, thread 6582';

module.exports = [
    { id: 'large.pixels', status: 'assumed', source: `${IMAGING} names no limit but memory`, text: 'Pixels of many tiles (2500 x 1500) come back as they were put; the notes say in how many milliseconds.' },
    { id: 'large.strips', status: 'assumed', source: `${IMAGING}: with replace: false pixels are added`, text: 'Strips put below one another with replace: false join without a seam.' },
    { id: 'large.part', status: 'assumed', source: IMAGING, text: 'A region that begins and ends within tiles is read as it lies.' },
    { id: 'large.mask', status: 'assumed', source: `${FORUM}, reports that blocks of zeros become white`, text: 'A mask of many tiles that are zero, put with replace: false into one that hides all, comes back as it was put: nothing far off is shown.' },
    { id: 'large.selection', status: 'assumed', source: UNSAID, text: 'A selection of many tiles is read whole.' },
    { id: 'large.selection-put', status: 'assumed', source: UNSAID, text: 'A soft selection of many tiles comes back as it was put.' },

    { id: 'deep.mask-eight', status: 'assumed', source: UNSAID, text: 'An 8-bit mask keeps its values in a 32-bit document.', choices: { taken: 'it does', bent: 'values of another curve' } },
    { id: 'deep.mask-float', status: 'assumed', source: '32-bit profiles are linear by the documentation, "Gray Gamma 2.2" is not', text: 'A mask whose image data is of 32 bit, in a 32-bit document.', choices: { refused: 'is refused', bent: 'comes out with values of another curve', converted: 'is converted' } },
    { id: 'deep.write', status: 'assumed', source: `${IMAGING} names 32-bit profiles "Linear"`, text: 'Float values put into a 32-bit document with the name of its profile come back as they were, also beyond 1.' },
    { id: 'deep.fill', status: 'assumed', source: `${IMAGING} names 32-bit profiles "Linear"`, text: 'What a fill with 128 of 255 gives in a 32-bit document, read with the name of its profile.', choices: { linear: '0.216, linear light', encoded: '0.502' } },
    { id: 'deep.sixteen-as-eight', status: 'reported', source: 'notes in two plug-ins: refused with -1 since 26.3; documented to work', text: 'A 16-bit document is read with componentSize 8.', choices: { yes: 'it is', throws: 'it is refused' } },

    { id: 'target.mask', status: 'assumed', source: UNSAID, text: 'Where a layer\'s mask was painted on, a layer is placed with its pixels all the same; once the old layer is selected again.', choices: { left: 'its pixels are painted on', kept: 'its mask is painted on' } },
    { id: 'target.channel', status: 'assumed', source: UNSAID, text: 'Where an alpha channel was painted on, a layer is placed with its pixels all the same; the notes say what is painted on then.' },
    { id: 'target.quick-mask', status: 'assumed', source: UNSAID, text: 'A layer is placed with its pixels while the Quick Mask is on, and the selection comes back with it.', choices: { yes: 'it is', refused: 'it is refused' } },

    { id: 'speed.layers', status: 'reported', source: 'uxp-toolkit: each property of the DOM is a call of Photoshop', text: 'What 500 layers take is in the notes: made, walked through, read by one batchPlay, core.getLayerTree. The fake is not slow.' },
    { id: 'speed.loops', status: 'assumed', source: UNSAID, text: 'What loops over 24 million values take is in the notes. The fake\'s are those of Node.js or Chromium.' },
    { id: 'memory.large', status: 'assumed', source: `${IMAGING}: a warning from 600 MB on`, text: 'A document of 100 megapixels at 16 bit is read twice, and disposed of. Only where the person who runs it agreed.' },
];
