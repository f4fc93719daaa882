'use strict';

/**
 * Fields with a name beside or above them. Each has `node`, and `set(value)`, which leaves alone what is being typed.
 *
 * Numbers are text fields: an empty one means automatic, arrow keys step, and what is no number is said at once.
 */

const { el, enable, isOff, composing } = require('./dom.js');
const { t } = require('../texts.js');

const SEARCH_MILLISECONDS = 300; // of silence: a word is typed by then
const MAX_SEARCH = 200; // characters that the daemon takes

/**
 * @param {string} name
 * @param {any} control
 * @param {string} [kind] 'beside', 'beside narrow' (only as much room for the name as it takes) or 'above'
 * @param {string} [tip]
 * @returns {any}
 */
function labelled(name, control, kind = 'beside', tip = '') {
  const label = el('div', { class: 'label' }, name);
  if (tip) label.setAttribute('title', tip);
  return el('div', { class: `field ${kind}` }, label, control);
}

/**
 * @param {{id: string, lines?: number, onChange: (text: string) => void, onEnter?: () => void}} options
 */
function textArea({ id, lines = 2, onChange, onEnter }) {
  const area = el('textarea', { id, class: `text lines${lines}` });
  /** @type {string | null} what stood there when Enter was pressed, which may begin a line although it is prevented */
  let entered = null;
  area.addEventListener('input', () => {
    if (entered !== null && isLineLonger(area.value, entered)) area.value = entered;
    entered = null;
    onChange(area.value);
  });
  area.addEventListener('keydown', (/** @type {any} */ event) => {
    entered = null;
    if (event.key !== 'Enter' || event.shiftKey || composing(event) || !onEnter) return;
    event.preventDefault();
    entered = area.value;
    area.blur(); // letters are Photoshop's tools again
    if (!event.repeat) onEnter();
  });
  return {
    node: area,
    /** @param {string} value */
    set(value) {
      if (area.value !== value) area.value = value;
    },
    /** @param {string} text */
    hint(text) {
      if (area.getAttribute('placeholder') !== text) area.setAttribute('placeholder', text);
    },
  };
}

/**
 * Words to search for: `onSearch` when Enter is pressed, or nothing was typed for a moment.
 * @param {{id: string, hint: string, onSearch: (text: string) => void}} options
 */
function searchField({ id, hint, onSearch }) {
  const input = el('input', { id, type: 'text', class: 'search', placeholder: hint, maxlength: MAX_SEARCH });
  /** @type {any} */
  let timer = null;
  const now = () => {
    clearTimeout(timer);
    onSearch(input.value.slice(0, MAX_SEARCH));
  };
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(now, SEARCH_MILLISECONDS);
  });
  input.addEventListener('keydown', (/** @type {any} */ event) => {
    if (event.key === 'Enter' && !composing(event)) now();
  });
  return {
    node: input,
    /** @param {string} value */
    set(value) {
      if (document.activeElement !== input && input.value !== value) input.value = value;
    },
  };
}

/** @param {string} text @param {string} before @returns {boolean} whether it is `before` with one line break more */
function isLineLonger(text, before) {
  let at = 0;
  while (at < before.length && text[at] === before[at]) at++;
  return text[at] === '\n' && text.slice(at + 1) === before.slice(at);
}

/**
 * @param {string} text
 * @param {{minimum: number, maximum: number, whole?: boolean, optional?: boolean}} range
 * @returns {{ok: boolean, value: number | null}}
 */
function parseNumber(text, { minimum, maximum, whole = true, optional = false }) {
  const trimmed = text.trim().replace(',', '.');
  if (!trimmed) return { ok: optional, value: null };
  const value = Number(trimmed);
  const fits = isFinite(value) && value >= minimum && value <= maximum && (!whole || Number.isInteger(value));
  return { ok: fits, value: fits ? value : null };
}

/**
 * @param {{id: string, name: string, minimum: number, maximum: number, step?: number, whole?: boolean, optional?: boolean,
 *   onChange: (value: number | null) => void, onProblem: (id: string, text: string) => void}} options
 */
function numberField(options) {
  const { id, name, step = 1, onChange, onProblem } = options;
  const input = el('input', { id, type: 'text', class: 'number' });
  let { minimum, maximum } = options;
  let valid = true;
  const parsed = (optional = options.optional) => parseNumber(input.value, { ...options, minimum, maximum, optional });
  const read = () => {
    const { ok, value } = parsed();
    valid = ok;
    if (ok) input.classList.remove('wrong');
    else input.classList.add('wrong');
    onProblem(id, ok ? '' : t('badNumber', { field: name, minimum, maximum }));
    if (ok) onChange(value);
  };
  input.addEventListener('input', read);
  input.addEventListener('keydown', (/** @type {any} */ event) => {
    const direction = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
    if (!direction || isOff(input)) return;
    event.preventDefault();
    const { value } = parsed(true);
    input.value = written(stepped(value, direction, { minimum, maximum, step }, event.shiftKey ? 10 : 1));
    read();
  });
  return {
    node: input,
    /** @param {boolean} enabled false: it shows a value that cannot be typed now */
    enable(enabled) {
      enable(input, enabled);
      input.readOnly = !enabled;
    },
    /** What may be typed from now on; a number beyond it is said to be wrong. @param {{minimum: number, maximum: number}} range */
    limit(range) {
      if (range.minimum === minimum && range.maximum === maximum) return;
      ({ minimum, maximum } = range);
      if (!valid || !parsed().ok) read();
    },
    /** @param {string} text what it shows where it is empty */
    hint(text) {
      if (input.getAttribute('placeholder') !== text) input.setAttribute('placeholder', text);
    },
    /** @param {number | null} value */
    set(value) {
      const text = value === null ? '' : written(value);
      const now = parsed(true);
      const typing = document.activeElement === input && (!valid || now.value === value);
      if (!typing && input.value !== text) {
        input.value = text;
        if (!valid) read();
      }
    },
  };
}

/**
 * The next multiple of the step, as the arrow keys reach it.
 * @param {number | null} value null: an empty field, from which the smallest value comes first
 * @param {number} direction 1 or -1
 * @param {{minimum: number, maximum: number, step: number}} range
 * @param {number} times
 * @returns {number}
 */
function stepped(value, direction, { minimum, maximum, step }, times = 1) {
  if (value === null) return minimum;
  const steps = direction > 0 ? Math.floor(value / step + 1e-9) : Math.ceil(value / step - 1e-9);
  return Math.min(maximum, Math.max(minimum, (steps + direction * times) * step));
}

/** @param {number} value @returns {string} */
function written(value) {
  return String(Math.round(value * 100) / 100);
}

/**
 * @param {{id: string, choices: Array<[string, string]>, onChange: (value: string) => void}} options
 */
function choiceField({ id, choices, onChange }) {
  const select = el('select', { id, class: 'choice' });
  select.addEventListener('change', () => onChange(select.value));
  let shown = '';
  const field = {
    node: select,
    /** @param {Array<[string, string]>} given @param {string} chosen */
    fill(given, chosen) {
      const key = JSON.stringify(given);
      if (key !== shown) {
        shown = key;
        while (select.firstChild) select.removeChild(select.firstChild);
        for (const [value, text] of given)
          select.appendChild(el('option', { value, selected: value === chosen }, text));
      }
      field.set(chosen);
    },
    /** By all ways: which of them an UXP knows is not said. @param {string} value */
    set(value) {
      if (select.value !== value || select.getAttribute('value') !== value) {
        select.setAttribute('value', value);
        select.value = value;
      }
    },
  };
  field.fill(choices, choices.length ? choices[0][0] : '');
  return field;
}

/**
 * @param {{id: string, name: string, onChange: (on: boolean) => void}} options
 */
function checkField({ id, name, onChange }) {
  const input = el('input', { id, type: 'checkbox', class: 'check' });
  const text = el('div', { class: 'checktext' }, name);
  input.addEventListener('change', () => onChange(input.checked));
  text.addEventListener('click', () => {
    input.checked = !input.checked;
    onChange(input.checked);
  });
  return {
    node: el('div', { class: 'checkrow' }, input, text),
    /** @param {boolean} on */
    set(on) {
      if (input.checked !== on) input.checked = on;
    },
  };
}

module.exports = {
  parseNumber,
  stepped,
  labelled,
  textArea,
  numberField,
  choiceField,
  checkField,
  searchField,
};
