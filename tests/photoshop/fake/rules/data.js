// Rules of PhotoshopImageData and createImageDataFromBuffer.
'use strict';
const DOC = 'ps-reference/media/imaging';

module.exports = [
    { id: 'data.types', status: 'documented', source: DOC, text: 'getData gives a Uint8Array, Uint16Array or Float32Array at 8, 16 and 32 bit.' },
    { id: 'data.range', status: 'documented', source: DOC, text: '8 bit is 0..255, 16 bit 0..32768, 32 bit 0..1 and beyond.' },
    { id: 'data.full-range', status: 'documented', source: DOC, text: 'With fullRange 16-bit data is 0..65535, in getData and in createImageDataFromBuffer.' },
    { id: 'data.chunky', status: 'documented', source: DOC, text: 'Data is chunky unless chunky: false asks for planar.' },
    { id: 'data.chunky-name', status: 'documented', source: 'documentation: isChunky; types: chunky', text: 'The property that tells the layout has two names in Adobe\'s pages; the fake has both, a panel should use none.', choices: { both: 'both', isChunky: 'the documentation\'s', chunky: 'the types\'' } },
    { id: 'data.options', status: 'documented', source: 'documentation: optional; types: required', text: 'getData works without options.' },
    { id: 'data.copy', status: 'assumed', source: 'the documentation does not say', text: 'What getData gives is a copy: writing into it changes nothing else, and it stays after dispose.' },
    { id: 'data.disposed', status: 'assumed', source: 'dispose releases the data', text: 'After dispose getData is refused.' },
    { id: 'data.dispose', status: 'documented', because: 'its effect on memory cannot be seen', source: 'documentation: synchronous; types: Promise', text: 'dispose releases the memory at once; what is not disposed counts as a leak in the fake.' },
    { id: 'data.memory', status: 'documented', because: 'it would need 600 MB', source: DOC, text: 'From 600 MB on Photoshop warns; the fake counts it in control.warnings.' },
    { id: 'data.float-linear', status: 'reported', source: 'the documentation names 32-bit profiles "Linear"', text: 'Values at 32 bit are linear light, also where an 8- or 16-bit document is read at 32.' },
    { id: 'data.linear-name', status: 'documented', source: DOC, text: 'At 32 bit a profile\'s name ends with "(Linear RGB Profile)"; that must not be in a name that is given.' },
    { id: 'data.pixel-format', status: 'documented', source: DOC, text: 'pixelFormat, colorSpace, components, hasAlpha, componentSize and type describe the data.' },
    { id: 'buffer.required', status: 'documented', source: DOC, text: 'createImageDataFromBuffer needs width, height, components and colorSpace.' },
    { id: 'buffer.length', status: 'documented', source: DOC, text: 'The buffer has width x height x components elements; another length is refused.' },
    { id: 'buffer.type', status: 'documented', source: DOC, text: 'The buffer is a Uint8Array, Uint16Array or Float32Array; its type is the depth.' },
    { id: 'buffer.components', status: 'assumed', source: 'the documentation lists the formats', text: 'Components that do not fit the color space are refused.' },
    { id: 'buffer.needs-modal', panel: true, status: 'assumed', because: 'a script is in a modal scope from its beginning to its end', source: 'it changes no document', text: 'createImageDataFromBuffer works outside a modal scope.' },
];
