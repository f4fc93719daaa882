// What controls in UXP's pages do otherwise than a browser's: rules ui.tab, ui.tab-added, ui.keys, ui.enter, ui.select-value,
// ui.select-attribute. Installed before the panel loads; `shown()` is to be called once the panel is shown.
//
// Faithful to uxp-api/known-issues as far as that says; what it leaves open is a choice of its rule. Tab is modelled by
// tabindex: a control that Photoshop's Tab does not reach can still be clicked and focused.
'use strict';

const CONTROLS = 'input, textarea, select, button';
const REACHED = `${CONTROLS}, [tabindex]`;

/** @param {Window} window @param {{choice: (rule: string) => string}} host */
function changeControls(window, host) {
    const { document } = window;
    const isControl = (node) => node instanceof window.Element && node.matches(CONTROLS);
    let shown = false;

    const unreached = (node) => node.setAttribute('tabindex', '-1');
    const addedLate = (node) => {
        if (!(node instanceof window.Element) || host.choice('ui.tab-added') !== 'unreached') return;
        for (const control of [node, ...node.querySelectorAll('*')]) if (control.matches(REACHED)) unreached(control);
    };
    new window.MutationObserver((records) => {
        for (const { type, target, addedNodes } of records) {
            if (type === 'attributes' && !target.hasAttribute('disabled') && isControl(target)) unreached(target);
            if (type === 'childList' && shown) addedNodes.forEach(addedLate);
        }
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['disabled'] });

    window.addEventListener('keydown', (event) => {
        const { target } = event;
        if (!isControl(target)) return;
        target.addEventListener('keydown', (last) => last.stopPropagation(), { once: true });
        const enter = event.key === 'Enter' && !event.shiftKey && target.tagName === 'TEXTAREA';
        if (enter) setTimeout(() => typedAnyway(window, host, event), 0);
    }, true);

    changeSelect(window, host);
    return { shown: () => { shown = true; } };
}

/** Rule ui.enter. */
function typedAnyway(window, host, event) {
    if (!event.defaultPrevented || host.choice('ui.enter') !== 'typed') return;
    const area = event.target;
    area.setRangeText('\n', area.selectionStart, area.selectionEnd, 'end');
    area.dispatchEvent(new window.Event('input', { bubbles: true }));
}

/** Rules ui.select-value and ui.select-attribute. */
function changeSelect(window, host) {
    const { prototype } = window.HTMLSelectElement;
    const { get, set } = Object.getOwnPropertyDescriptor(prototype, 'value');
    const nothing = host.choice('ui.select-value') === 'nothing';
    Object.defineProperty(prototype, 'value', { configurable: true, enumerable: true, get, set(value) {
        if (!nothing) set.call(this, value);
    } });
    const { setAttribute } = window.Element.prototype;
    prototype.setAttribute = function (name, value) {
        setAttribute.call(this, name, value);
        if (name === 'value') set.call(this, value);
    };
}

module.exports = { changeControls };
