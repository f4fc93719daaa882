// Rules of UXP itself: network, storage, entry points, and what its pages lack.
'use strict';
const MANIFEST = 'guides/uxp-guide/uxp-misc/manifest-v5';
const KNOWN = 'uxp-api/known-issues';
const NO_NETWORK = 'a script has no manifest and no network';
const NO_PANEL = 'a script has no panel';

module.exports = [
    { id: 'network.manifest', status: 'documented', source: MANIFEST, because: NO_NETWORK, text: 'Only addresses of requiredPermissions.network.domains are reached.' },
    { id: 'network.denied-text', status: 'reported', source: 'three projects', because: NO_NETWORK, text: 'Else: "Permission denied to the url <u>. Manifest entry not found."' },
    { id: 'network.raw-ip', status: 'reported', source: 'comfyui-photoshop-bridge (27.8.0, macOS), adb-mcp', because: NO_NETWORK, text: 'Some versions refuse addresses of numbers, also where the manifest lists them: option network.refuse "raw-ip".' },
    { id: 'network.names', status: 'reported', source: 'Auto-Photoshop-StableDiffusion-Plugin#408 (macOS)', because: NO_NETWORK, text: 'Others refuse localhost and take 127.0.0.1: option network.refuse "localhost".' },
    { id: 'network.http', status: 'reported', source: 'InDesign and Premiere pages, comfyui-photoshop-bridge', because: NO_NETWORK, text: 'On macOS plain http may be refused while ws works: option network.refuse "http".' },
    { id: 'network.signal', status: 'reported', source: 'third-party plug-ins', because: NO_NETWORK, text: 'fetch with signal: undefined throws.' },
    { id: 'network.form-data', status: 'reported', source: 'three projects', because: NO_NETWORK, text: 'FormData loses files and fields; the fake refuses it.' },
    { id: 'network.streams', status: 'reported', source: 'third-party plug-ins', because: NO_NETWORK, text: 'Bodies of answers are not delivered piece by piece; response.body is absent in the fake.' },
    { id: 'network.websocket', status: 'documented', source: 'uxp-api/reference-js/Global Members/Data Transfers/WebSocket', because: NO_NETWORK, text: 'WebSocket sends texts, ArrayBuffers and views; binaryType is blob or arraybuffer; no extensions and no headers.' },
    { id: 'network.origin', status: 'reported', source: 'brainferno-mcp (Photoshop 2026, Windows)', because: NO_NETWORK, text: 'A WebSocket is opened with Origin "file://". Chromium sends the rig\'s own; the daemon of the rig allows it.' },
    { id: 'storage.secure', panel: true, status: 'documented', source: 'uxp-api/reference-js/Modules/uxp/Key-Value Storage/SecureStorage', because: NO_PANEL, text: 'secureStorage.getItem gives a Uint8Array; an empty value is refused.' },
    { id: 'storage.secure-missing', panel: true, status: 'assumed', source: 'types say Uint8Array only', because: NO_PANEL, text: 'getItem of a key that is not there gives null.', choices: { null: 'null', empty: 'an empty Uint8Array', throws: 'it throws' } },
    { id: 'storage.secure-lost', status: 'documented', source: 'SecureStorage: "a cache"', because: NO_PANEL, text: 'What was stored may be gone: control.uxp.loseSecureStorage().' },
    { id: 'storage.local', status: 'documented', source: 'uxp-api/reference-js/Global Members/Data Storage/LocalStorage', because: NO_PANEL, text: 'localStorage is synchronous and stays over restarts.' },
    { id: 'storage.files', status: 'documented', source: 'uxp-api/reference-js/Modules/uxp/Persistent File Storage', because: NO_PANEL, text: 'localFileSystem has a data folder without asking; others come from pickers, which give null when cancelled.' },
    { id: 'storage.request', status: 'documented', source: MANIFEST, because: NO_PANEL, text: 'Pickers of files need localFileSystem "request" or "fullAccess" in the manifest.' },
    { id: 'storage.token', status: 'documented', source: 'uxp-api/reference-js/Modules/uxp/Persistent File Storage/FileSystemProvider', because: NO_PANEL, text: 'createPersistentToken gives a text by which getEntryForPersistentToken finds the file again, also after a restart; it throws where the file is gone.' },
    { id: 'storage.full-access', status: 'documented', source: MANIFEST, because: NO_PANEL, text: 'Paths elsewhere need localFileSystem "fullAccess" in the manifest.' },
    { id: 'entrypoints.setup', status: 'documented', source: 'uxp-api/reference-js/Modules/uxp/Entry Points/EntryPoints', because: NO_PANEL, text: 'entrypoints.setup is called once, at once after loading (20 ms); panels are named as in the manifest; create gets the root node.' },
    { id: 'entrypoints.time', status: 'documented', source: KNOWN, because: NO_PANEL, text: 'A method of an entry point that gives a Promise has 300 ms.' },
    { id: 'entrypoints.show-once', status: 'documented', source: KNOWN, because: NO_PANEL, text: 'show is called once, hide and destroy never.' },
    { id: 'modules.require', status: 'reported', source: 'uxp-toolkit', because: NO_PANEL, text: 'require takes relative paths with their extension and photoshop, uxp, fs, os, path, process; no other module of Node.js.' },
    { id: 'modules.eval', status: 'documented', source: MANIFEST, because: NO_PANEL, text: 'eval, new Function and timers of texts are refused without allowCodeGenerationFromStrings.' },
    { id: 'ui.missing', status: 'documented', source: 'guides/uxp-guide/unsupported, ' + KNOWN, because: NO_PANEL, text: 'What UXP\'s pages lack is taken from the page before the panel loads: rig/missing.js.' },
    { id: 'ui.css', status: 'documented', source: 'uxp-api/reference-css, ' + KNOWN, because: NO_PANEL, text: 'CSS and HTML that UXP does not have are refused by rig/lint.mjs.' },
    { id: 'ui.progress', status: 'documented', source: KNOWN, because: NO_PANEL, text: '<progress> does not follow the theme; the rig refuses it in a page.' },
    { id: 'ui.object-fit', status: 'reported', source: 'comfyui-photoshop-bridge, previewPanel.js; not in uxp-api/reference-css', because: NO_PANEL, text: 'Some versions ignore object-fit, so that a picture fills its box; the rig refuses it.' },
    { id: 'ui.tab', status: 'documented', source: KNOWN, because: NO_PANEL, text: 'A control that was disabled and is enabled again is not reached by Tab any more.' },
    { id: 'ui.tab-added', status: 'reported', source: `${KNOWN}: "may also impact controls added after a panel is shown"`, because: NO_PANEL, text: 'Whether Tab reaches controls that were added after the panel was shown.', choices: { unreached: 'it does not', reached: 'it does' } },
    { id: 'ui.keys', status: 'documented', source: `${KNOWN}: "Interactive elements swallow most events"`, because: NO_PANEL, text: 'A key that is pressed in a field or on a button is told to listeners of that alone, not to those of elements around it.' },
    { id: 'ui.enter', status: 'assumed', source: 'Adobe\'s samples take Enter of sp-textfield only', because: NO_PANEL, text: 'Enter in a textarea whose keydown was prevented.', choices: { typed: 'begins a new line nevertheless', prevented: 'does nothing' } },
    { id: 'ui.select-value', status: 'assumed', source: `${KNOWN} names two other ways to choose; the property is not mentioned`, because: NO_PANEL, text: 'Assigning to the property value of a select.', choices: { nothing: 'changes nothing', chosen: 'chooses that option' } },
    { id: 'ui.select-attribute', status: 'documented', source: KNOWN, because: NO_PANEL, text: 'setAttribute("value") on a select, and selected on an option when it is made, choose what is shown.' },
    { id: 'clipboard', status: 'documented', source: MANIFEST, because: NO_PANEL, text: 'navigator.clipboard needs the permission clipboard in the manifest.' },
    { id: 'theme', status: 'documented', source: 'uxp-api/reference-css/Styles', because: NO_PANEL, text: 'The page has --uxp-host-background-color and the like, and prefers-color-scheme for the four themes.' },
];
