// What UXP's CSS, HTML and scripts may be made of: rules ui.css, ui.missing, ui.progress and ui.object-fit. Used on files (lint.mjs) and on the live page (rig.mjs).
// Sources: [S] uxp-api/reference-css, [K] uxp-api/known-issues, [U] guides/uxp-guide/unsupported, [H] uxp-api/reference-html,
// [F] reports of third-party plug-ins.
'use strict';

const words = (text) => new Set(text.trim().split(/\s+/));

/** [S] Styles, the whole list. */
const STYLES = words(`
    align-content align-items align-self background-attachment background-color background-image background-repeat background-size
    background border-bottom-color border-bottom-left-radius border-bottom-right-radius border-bottom-style border-bottom-width
    border-bottom border-color border-left-color border-left-style border-left-width border-left border-radius border-right-color
    border-right-style border-right-width border-right border-style border-top-color border-top-left-radius border-top-right-radius
    border-top-style border-top-width border-top border-width bottom color display flex-basis flex-direction flex-grow flex-shrink
    flex-wrap flex font-family font-size font-style font-weight height justify-content left letter-spacing margin-bottom margin-left
    margin-right margin-top margin max-height max-width min-height min-width opacity overflow-x overflow-y overflow padding-bottom
    padding-left padding-right padding-top padding right text-align text-overflow top visibility white-space width`);

/** Not in that list, but known to work or to do no harm where they do not: property → why. */
const TOLERATED = {
    position: '[S] the pages of top, right, bottom and left speak of it',
    'z-index': '[K] "is supported"',
    cursor: '[K] "When the mouse cursor is changed"',
    'vertical-align': '[K] "is supported"',
    'box-sizing': '[F] used by Adobe\'s plug-in samples',
    'line-height': '[F] used by Adobe\'s plug-in samples; without it the text is set closer',
    'word-break': '[F] without it a long word is cut',
    outline: '[K] speaks of outlines',
    border: 'only to take one away: see VALUES',
    content: '[S] ::before',
    'pointer-events': '[F]',
};

/** Property → values that it may have. */
const VALUES = {
    display: /^(none|inline|block|inline-block|flex|inline-flex)$/, // [S] display
    border: /^(0|none|0 none)$/, // [F] the shorthand of all sides is not reliable: each side by itself
    'align-items': /^(?!baseline)/, // [K] buggy
    position: /^(static|relative|absolute|fixed)$/,
    background: /^(?!.*(conic|repeating|radial)-gradient)/,
};

const REASONS = {
    'object-fit': 'some versions ignore it [F]: max-width and max-height',
    gap: 'does nothing [F]: use margins',
    float: 'is not there [U]: use flex',
    transition: 'is not there [K]',
    animation: 'is not there [K]',
    font: 'the shorthand is not there [K]: font-size, font-family, …',
    'text-transform': 'is not there [K]',
};

const PSEUDO = words(`active checked defined disabled empty enabled first-child focus hover last-child nth-child nth-last-child
    nth-last-of-type nth-of-type only-child root before after`); // [S]
const FUNCTIONS = words('calc var rgb rgba hsl hsla url linear-gradient'); // [S] General
const AT_RULES = /^@media\s*\((min-|max-)?(width|height)\s*:[^)]*\)$|^@media\s*\(prefers-color-scheme\s*:[^)]*\)$/; // [S] Media Queries

const ELEMENTS = words(`html head body script style link meta a button canvas dialog div footer form h1 h2 h3 h4 h5 h6 header hr
    img input label menu menuitem option p section select span template textarea video br strong b em`); // [H]
const INPUT_TYPES = words('text password number search checkbox radio range'); // [H] HTMLInputElement, [K]
/** Attributes: name → why not. */
const ATTRIBUTES = {
    for: 'label for is not supported [K]: put the control into the label',
    hidden: 'is not supported [F]: style.display',
    contenteditable: 'is not supported [F]',
    spellcheck: 'is not supported [F]',
    draggable: 'there is no drag and drop [K]',
    rows: 'has no effect [K]: height',
    cols: 'has no effect [K]: width',
    pattern: 'there is no validation [K]',
    required: 'there is no validation [K]',
    autofocus: 'is not supported [F]',
};
/** In scripts: pattern → why not. */
const SCRIPTS = [
    // Rule modules.eval.
    [/\b(eval|new Function)\s*\(/, 'needs allowCodeGenerationFromStrings in the manifest'],
    [/\bimport\s*\(|^\s*import\s|^\s*export\s/m, 'there are no ES modules [F]: require'],
    [/\bset(Timeout|Interval)\s*\(\s*['"`]/, 'timers take functions only'],
    [/\.(drawImage|getImageData|putImageData|createImageData|fillText|strokeText|toDataURL|toBlob)\b/, 'the canvas has shapes only'],
    [/\bnew (Worker|SharedWorker|OffscreenCanvas|FileReader|TextEncoder|TextDecoder|ImageData|FormData|DOMParser|EventSource)\b/, 'is not in UXP, or not reliable'],
    [/\b(structuredClone|createImageBitmap|requestIdleCallback|indexedDB)\b/, 'is not in UXP'],
    [/\.dataset\b|['"]data-/, 'data attributes are not supported [U]'],
    [/\.getElementsByClassName\b/, 'is not supported [U]: querySelectorAll'],
    [/\.animate\s*\(/, 'there are no animations [K]'],
    [/addEventListener\(\s*['"](keypress|dragstart|dragover|drop|transitionend|animationend)['"]|\bon(keypress|dragstart|dragover|drop)\b/, 'this event never comes [K]'],
    [/['"]aria-/, 'aria attributes are not supported [F]'],
    [/\.hidden\s*=[^=]/, 'hidden is not supported [F]: style.display'],
    [/\.returnValue\s*=|cancelBubble/, 'is not supported [U]: preventDefault, stopPropagation'],
    [/require\(\s*['"](?!photoshop|uxp|fs|os|path|process)[^.'"][^'"]*['"]\s*\)/, 'there is no such module [F]'],
    [/require\(\s*['"]\.[^'"]*(?<!\.js)['"]\s*\)/, 'require needs the extension .js [F]'],
    [/require\(\s*[^'"\s)]/, 'require with a computed name cannot be checked'],
    [/\balert\s*\(|\bconfirm\s*\(|\bprompt\s*\(/, 'needs a feature flag: say it in the panel'],
    [/\bsignal\s*:\s*undefined/, 'fetch throws for it [F]'],
];

/** Faults of one declaration. */
function declarationFaults(property, value) {
    if (property.startsWith('--')) return [];
    const faults = [];
    const family = Object.keys(REASONS).find((name) => property === name || (property.startsWith(`${name}-`) && name !== 'font'));
    if (family) faults.push(`${property}: ${REASONS[family]}`);
    else if (!STYLES.has(property) && !TOLERATED[property]) faults.push(`${property}: is not in UXP's list of styles`);
    if (VALUES[property] && !VALUES[property].test(value.trim())) faults.push(`${property}: ${value.trim()} is not supported`);
    for (const [, name] of value.matchAll(/([a-z-]+)\(/gi)) {
        if (!FUNCTIONS.has(name)) faults.push(`${property}: the function ${name}() is not in UXP`);
    }
    return faults;
}

/** What the panel's self-test asks of a UXP on purpose. */
const PROBES = /\.probe/;

/** Faults of a style sheet's text, as `line: what`. */
function cssFaults(css) {
    const faults = [];
    const text = css.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '));
    const lineOf = (index) => text.slice(0, index).split('\n').length;
    for (const { index, 1: head, 2: body } of text.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
        const at = lineOf(index + head.length);
        const [selector] = head.split('{').slice(-1);
        if (PROBES.test(selector)) continue;
        for (const [, name] of selector.matchAll(/::?([a-z-]+)/g)) {
            if (!PSEUDO.has(name)) faults.push(`${at}: the selector :${name} is not in UXP`);
        }
        for (const declaration of body.split(';').filter((d) => d.trim())) {
            const [property, ...value] = declaration.split(':');
            faults.push(...declarationFaults(property.trim(), value.join(':')).map((fault) => `${at}: ${fault}`));
        }
    }
    for (const { index, 0: rule } of text.matchAll(/@[^{;]+/g)) {
        if (!AT_RULES.test(rule.trim())) faults.push(`${lineOf(index)}: ${rule.trim()} is not in UXP`);
    }
    return faults;
}

/** Faults of one element: its name, and its attributes as {name: value}. */
function elementFaults(tag, attributes) {
    const faults = [];
    const name = tag.toLowerCase();
    if (name === 'title') faults.push('<title> may show itself in the panel [H]');
    else if (name === 'progress') faults.push('<progress> does not follow the theme [K]: two divs');
    else if (!ELEMENTS.has(name) && !name.startsWith('sp-')) faults.push(`<${name}> is not an element of UXP, only a div`);
    for (const [key, value] of Object.entries(attributes)) {
        if (ATTRIBUTES[key]) faults.push(`<${name} ${key}>: ${ATTRIBUTES[key]}`);
        if (key.startsWith('data-')) faults.push(`<${name} ${key}>: data attributes are not supported [U]`);
        if (key.startsWith('aria-') || key === 'role') faults.push(`<${name} ${key}>: aria attributes are not supported [F]`);
        if (key === 'tabindex' && Number(value) > 0) faults.push(`<${name} tabindex=${value}>: the order cannot be set [K]`);
        if ((key === 'width' || key === 'height') && /^\d+$/.test(value) && name !== 'canvas') faults.push(`<${name} ${key}=${value}>: needs px [K]`);
        if (key === 'style') {
            for (const declaration of value.split(';').filter((d) => d.trim())) {
                const [property, ...rest] = declaration.split(':');
                faults.push(...declarationFaults(property.trim(), rest.join(':')).map((fault) => `<${name} style>: ${fault}`));
            }
        }
    }
    if (name === 'input' && !INPUT_TYPES.has(attributes.type || 'text')) faults.push(`<input type=${attributes.type}> is not supported`);
    if (name === 'option' && attributes.value === undefined) faults.push('<option> needs a value [K]');
    if (name === 'option' && attributes.disabled !== undefined) faults.push('<option disabled> is not supported [K]');
    if (name === 'select' && attributes.value !== undefined) faults.push('<select value> does not show it [K]: selected on the option, or setAttribute');
    if (name === 'form' && attributes.method !== 'dialog') faults.push('<form> only with method="dialog" [K]');
    if (name === 'script' && attributes.type === 'module') faults.push('there are no ES modules [F]');
    return faults;
}

/** Faults of a script's text, as `line: what`. */
function scriptFaults(script) {
    const text = script.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/(^|\s)\/\/.*$/gm, '$1');
    return SCRIPTS.flatMap(([pattern, why]) => {
        const found = pattern.exec(text);
        return found ? [`${text.slice(0, found.index).split('\n').length}: ${found[0].trim()}: ${why}`] : [];
    });
}

/** Faults of a live document: every element that is in it now. */
function pageFaults(document) {
    const faults = new Set();
    for (const element of document.querySelectorAll('body, body *')) {
        if (element.closest('.probebox')) continue; // PROBES
        const attributes = Object.fromEntries(Array.from(element.attributes, (a) => [a.name, a.value]));
        if (element.tagName === 'SELECT') delete attributes.value; // set by a script it holds: rule ui.select-attribute
        for (const fault of elementFaults(element.tagName, attributes)) faults.add(fault);
    }
    return [...faults];
}

module.exports = { cssFaults, elementFaults, scriptFaults, pageFaults };
