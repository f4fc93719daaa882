// Versions of Photoshop that are known, or reported, to differ from one another in what the panel or the checks use. A report of a
// real Photoshop speaks for its own version; these are the ones of which reports are wanted.
'use strict';

/** `from` and `to`: the versions it is said of, both included; `to` absent: all later ones. `rules`: those that then differ. */
const VERSIONS = [
    { from: '25.0', to: '25.9', rules: ['modal.timeout'], what: 'The panel\'s oldest. executeAsModal does not wait for its turn, but refuses at once.', source: 'Adobe\'s changelog of 25.10, documented' },
    { from: '25.3', to: '25.3', rules: ['mask.redraw'], what: 'Writing over a mask stores it, but the picture may not be redrawn.', source: 'a third-party plug-in (25.3.1)' },
    { from: '25.10', to: '25.12', rules: ['modal.timeout'], what: 'executeAsModal takes timeOut and waits a second without it. 25.12 is the last of its year, and for many who keep it.', source: 'Adobe\'s changelog of 25.10, documented' },
    { from: '26.3', rules: ['deep.sixteen-as-eight', 'pixels.component-size'], what: 'A 16-bit document is not read with componentSize 8: "Code: -1". The panel reads at the document\'s depth.', source: 'notes in two third-party plug-ins' },
    { from: '26.4', to: '26.6', rules: ['pixels.composite-stale'], what: 'In a suspension the composite may be read as it was before. The panel has it drawn anew first.', source: 'NimaNzrii/comfyui-photoshop#293, whose remedy is 26.7' },
    { from: '26.9', to: '26.9', rules: ['pixels.other-modes', 'pixels.other-modes-own'], what: 'getPixels of a CMYK document may end Photoshop. The panel refuses such documents.', source: 'one author\'s notes, twice' },
    { from: '27.4', rules: ['layer.kinds-newer'], what: 'Layers of the kinds grain and clarity. Images in panels no longer flicker when they change.', source: 'Adobe\'s constants and changelog, documented' },
    { from: '27.8', rules: ['network.raw-ip', 'network.manifest'], what: 'On macOS raw addresses, and lists of addresses in the manifest, are refused; "all" and localhost work.', source: 'comfyui-photoshop-bridge (27.8.0)' },
    { from: '27.11', rules: [], what: 'File > Scripts may list ExtendScript only: use the self-test of the panel.', source: 'one report of a beta on macOS' },
];

const numbers = (version) => version.split('.').slice(0, 2).map((part) => Number.parseInt(part, 10) || 0);
/** Below 0 where `a` is the older. */
function older(a, b) {
    const [[major, minor], [otherMajor, otherMinor]] = [numbers(a), numbers(b)];
    return major - otherMajor || minor - otherMinor;
}

/** What is said of a version such as '26.4.1'. */
const saidOf = (version) => VERSIONS.filter(({ from, to }) => older(version, from) >= 0 && (!to || older(version, to) <= 0));

module.exports = { VERSIONS, saidOf };
