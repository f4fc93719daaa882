// Takes from a browser's window what UXP's pages do not have, before the panel loads. Rule ui.missing.
// Sources: "What's Unsupported in UXP", "Known Issues", the list of Global Members, and facts of third-party plug-ins.
'use strict';

const GLOBALS = [
    'Worker', 'SharedWorker', 'ServiceWorker', 'OffscreenCanvas', 'createImageBitmap', 'ImageData', 'ImageBitmap', 'Path2D',
    'TextEncoder', 'TextDecoder', 'TextEncoderStream', 'TextDecoderStream', 'indexedDB', 'IDBFactory', 'BroadcastChannel',
    'structuredClone', 'requestIdleCallback', 'EventSource', 'WebTransport', 'RTCPeerConnection', 'Notification', 'FontFace',
    'CompressionStream', 'DecompressionStream', 'DOMParser', 'XMLSerializer', 'SharedArrayBuffer', 'ClipboardItem',
    'AudioContext', 'caches', 'cookieStore', 'scheduler', 'navigation', 'visualViewport', 'showOpenFilePicker',
    'showSaveFilePicker', 'showDirectoryPicker', 'FileReader', 'alert', 'confirm', 'prompt', 'print', 'open',
    'ResizeObserver', 'IntersectionObserver', // came with UXP 8.1
];
const MEMBERS = {
    CanvasRenderingContext2D: ['drawImage', 'getImageData', 'putImageData', 'createImageData', 'fillText', 'strokeText',
        'measureText', 'createPattern', 'createConicGradient', 'roundRect'],
    HTMLCanvasElement: ['toDataURL', 'toBlob', 'transferControlToOffscreen', 'captureStream'],
    HTMLFormElement: ['submit', 'requestSubmit'],
    HTMLImageElement: ['decode'],
    Element: ['animate', 'attachInternals', 'requestFullscreen', 'getElementsByClassName'],
    Document: ['getElementsByClassName', 'startViewTransition', 'execCommand'],
    HTMLElement: ['dataset', 'hidden', 'showPopover', 'hidePopover', 'togglePopover', 'inert'],
    Crypto: ['subtle'],
    Response: ['bytes'],
    Blob: ['bytes', 'stream'],
    AbortSignal: ['any', 'timeout'],
    Promise: ['try', 'withResolvers'],
    Array: ['fromAsync'],
};
/** Those of Promise and Array are on the functions themselves. */
const ON_FUNCTION = ['Promise', 'Array', 'AbortSignal'];

function removeMissing(window) {
    for (const name of GLOBALS) {
        try {
            delete window[name];
        } catch {
            // not configurable: hidden below
        }
        if (window[name] !== undefined) Object.defineProperty(window, name, { value: undefined, configurable: true });
    }
    for (const [type, names] of Object.entries(MEMBERS)) {
        const owner = window[type] && (ON_FUNCTION.includes(type) ? window[type] : window[type].prototype);
        for (const name of owner ? names : []) delete owner[name];
    }
    Object.defineProperty(window, 'devicePixelRatio', { value: 1, configurable: true });
    // Blobs can be made and read, but keypress and drag and drop do not come, and forms do not submit.
    for (const event of ['keypress', 'dragstart', 'dragover', 'drop', 'submit', 'transitionend', 'animationend']) {
        window.addEventListener(event, (e) => { e.stopImmediatePropagation(); e.preventDefault(); }, true);
    }
}

if (typeof module !== 'undefined') module.exports = { GLOBALS, MEMBERS, removeMissing };
