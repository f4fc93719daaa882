'use strict';

/**
 * What a panel's own interface does in this Photoshop: things to type into and to look at, and what came of it. Adobe's pages
 * and reports leave these open, or contradict one another.
 *
 * @typedef {Record<string, string>} Facts name → what was seen
 */

const { el } = require('../views/dom.js');
const { sleep } = require('../timing.js');

const FIELDS = /** @type {Array<[string, any]>} */ ([
  ['input', { type: 'text', class: 'text', placeholder: 'input' }],
  ['textarea', { class: 'text lines2', placeholder: 'textarea' }],
  ['select', { class: 'choice' }],
  ['checkbox', { type: 'checkbox', class: 'check' }],
  ['button', { class: 'button' }],
  ['box', { class: 'probebox', tabindex: '0', title: 'A tooltip' }],
]);
const EVENTS = ['keydown', 'keyup', 'input', 'change', 'focus', 'blur', 'click', 'dblclick', 'mouseenter'];
const TICK_MILLISECONDS = 500; // of the timer that is to go on while the panel is hidden
const SHORT_MILLISECONDS = 20;
const SHORT_TIMES = 10;
const TICKS = 200;
const PICTURE = 'data:image/gif;base64,R0lGODlhAgABAIAAAP8AAP///yH5BAAAAAAALAAAAAACAAEAAAICRAoAOw=='; // 2 x 1 pixels

/** @param {string} name @param {any} attributes @returns {any} */
function fieldOf(name, attributes) {
  const tag = { checkbox: 'input', box: 'div' }[name] || name;
  const node = el(tag, { ...attributes, id: `probe-${name}` });
  if (name === 'button') node.textContent = 'button';
  if (name === 'box') node.textContent = 'Double click; hold the pointer here';
  if (name === 'select')
    for (const value of ['a', 'b', 'c']) node.appendChild(el('option', { value }, `choice ${value}`));
  return node;
}

/** @returns {{node: any, facts: () => Promise<Facts>, close: () => void}} `close` ends its timer */
function createProbe() {
  /** @type {Record<string, Record<string, number>>} field → event → how often */
  const seen = {};
  /** @param {string} field @param {any} event */
  const heard = (field, event) => {
    const name = event.type.startsWith('key') ? `${event.type} ${event.key}` : event.type;
    const counts = (seen[field] = seen[field] || {});
    counts[name] = (counts[name] || 0) + 1;
  };
  /** @type {Record<string, any>} */
  const fields = Object.fromEntries(FIELDS.map(([name, attributes]) => [name, fieldOf(name, attributes)]));
  for (const [name, field] of Object.entries(fields))
    for (const type of EVENTS) field.addEventListener(type, (/** @type {any} */ event) => heard(name, event));
  const progress = el('progress', { value: '40', max: '100' });
  const image = el('img', { class: 'probeimage', src: PICTURE });
  image.style.objectFit = 'contain';
  const node = el(
    'div',
    { class: 'section' },
    ...Object.values(fields).map((field) => el('div', { class: 'row' }, field)),
  );
  node.appendChild(el('div', { class: 'row' }, progress, image));
  node.addEventListener('keydown', (/** @type {any} */ event) => {
    heard('around the fields', event);
    event.stopPropagation(); // Escape elsewhere in the panel stops a job
  });

  const since = Date.now();
  let last = since;
  let longest = 0;
  let ticks = 0;
  const timer = setInterval(() => {
    const now = Date.now();
    longest = Math.max(longest, now - last);
    last = now;
    ticks += 1;
  }, TICK_MILLISECONDS);

  const counted = (/** @type {Record<string, number>} */ counts) =>
    Object.entries(counts)
      .map(([event, count]) => `${event} x ${count}`)
      .join(', ');

  async function facts() {
    const { select, input } = fields;
    const before = `${select.value} ${select.selectedIndex}`;
    select.value = 'b';
    const byProperty = `${select.value} ${select.selectedIndex}`;
    select.setAttribute('value', 'c');
    const byAttribute = `${select.value} ${select.selectedIndex}`;
    select.removeAttribute('value');
    input.focus();
    const active = /** @type {any} */ (document.activeElement);
    const began = Date.now();
    for (let i = 0; i < SHORT_TIMES; i++) await sleep(SHORT_MILLISECONDS);
    const slept = (Date.now() - began) / SHORT_TIMES;
    const box = (/** @type {any} */ element) => `${element.offsetWidth} x ${element.offsetHeight}`;
    /** @type {Facts} */
    const found = {
      'select.value': `at first ${before}; set to b ${byProperty}; its attribute set to c ${byAttribute}`,
      'document.activeElement': active ? `${active.tagName} ${active.id}`.trim() : String(active),
      progress: `${progress.tagName} ${box(progress)}, value ${progress.value}`,
      'object-fit': `${getComputedStyle(image).objectFit || 'not known'}; a picture of 2 x 1 in a box of ${box(image)}`,
      'performance.now': clock(),
      timers: `${SHORT_MILLISECONDS} ms took ${slept.toFixed(1)} ms`,
      'timers while hidden': `${ticks} calls in ${Math.round((Date.now() - since) / 1000)} s, the longest gap ${longest} ms of ${TICK_MILLISECONDS}`,
    };
    for (const name of [...Object.keys(fields), 'around the fields'])
      found[`events ${name}`] = counted(seen[name] || {}) || 'none';
    return found;
  }

  return { node, facts, close: () => clearInterval(timer) };
}

/** @returns {string} how fine the page's clock is */
function clock() {
  const { performance } = /** @type {any} */ (window);
  if (!performance || typeof performance.now !== 'function') return 'is not there';
  const began = performance.now();
  let finest = Infinity;
  for (let i = 0, before = began; i < TICKS; i++) {
    const now = performance.now();
    if (now > before) finest = Math.min(finest, now - before);
    before = now;
  }
  return isFinite(finest) ? `its smallest step ${finest.toFixed(4)} ms` : 'no step was seen';
}

module.exports = { createProbe };
