'use strict';

/** The few pieces of DOM that UXP and browsers share. */

/**
 * @param {string} tag
 * @param {Object<string, any>} [properties] `class`, `on…` listeners, attributes
 * @param {...(Node | string)} children
 * @returns {any}
 */
function el(tag, properties = {}, ...children) {
  /** @type {any} */
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'class') node.className = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) node.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) node.appendChild(typeof child === 'string' ? document.createTextNode(child) : child);
  return node;
}

/** @param {any} node @param {boolean} shown */
function show(node, shown) {
  const display = shown ? '' : 'none';
  if (node.style.display !== display) node.style.display = display;
}

/** @param {any} node @param {string} text */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {any} node */
function clear(node) {
  while (node.firstChild) node.removeChild(node.firstChild);
}

/**
 * Not by `disabled`: UXP's Tab does not reach a control any more that once was.
 * @param {any} node @param {boolean} enabled false: it is shown faint, and a click does nothing
 */
function enable(node, enabled) {
  if (enabled) node.classList.remove('off');
  else node.classList.add('off');
}

/** @param {any} node @returns {boolean} */
function isOff(node) {
  return node.classList.contains('off');
}

/**
 * @param {string} text
 * @param {() => void} onClick
 * @param {{kind?: 'primary' | 'quiet' | 'plain', title?: string, id?: string}} [options]
 * @returns {any}
 */
function button(text, onClick, options = {}) {
  const kind = options.kind || 'plain';
  /** @type {Object<string, any>} */
  const properties = {
    class: `button ${kind}`,
    'uxp-variant': kind === 'primary' ? 'cta' : 'primary',
  };
  if (kind === 'quiet') properties['uxp-quiet'] = 'true';
  if (options.title) properties.title = options.title;
  if (options.id) properties.id = options.id;
  const node = el('button', properties, text);
  node.addEventListener('click', () => {
    if (!isOff(node)) onClick();
  });
  return node;
}

/**
 * A thing to click that is no button, such as a picture: Enter and the space bar work too.
 * @param {any} node
 * @param {() => void} onClick
 */
function clickable(node, onClick) {
  node.setAttribute('tabindex', '0');
  node.addEventListener('click', onClick);
  node.addEventListener('keydown', (/** @type {any} */ event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
    onClick();
  });
  return node;
}

/** @param {any} event @returns {boolean} whether the key belongs to an input method, which composes Japanese or Chinese */
function composing(event) {
  return event.isComposing === true || event.keyCode === 229;
}

module.exports = { el, show, setText, clear, enable, isOff, button, clickable, composing };
