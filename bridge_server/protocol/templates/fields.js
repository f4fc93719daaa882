/**
 * What is wrong with the fields of a request, a sentence each; an empty list if nothing is. Rules between fields
 * (margins are for outpaint, seed + count) stay with the daemon.
 * @param {string} name of a request or object in REQUESTS
 * @param {Object<string, any>} values
 * @param {string} [where]
 * @returns {string[]}
 */
function fieldProblems(name, values, where = '') {
  const fields = REQUESTS[name];
  const known = new Set(fields.map((field) => field.name));
  const problems = [];
  for (const key of Object.keys(values)) if (!known.has(key)) problems.push(`${where}${key} is no field of ${name}.`);
  for (const field of fields) {
    const value = own(values, field.name);
    if (value !== undefined) problems.push(...valueProblems(field, value, where + field.name));
    else if (field.required) problems.push(`${where}${field.name} is missing.`);
  }
  return problems;
}

/** @param {RequestField} field @param {any} value @param {string} path @returns {string[]} */
function valueProblems(field, value, path) {
  if (value === null && field.nullable) return [];
  if (typeof value === 'string' && field.choices.length && field.type !== 'words') {
    if (field.choices.includes(value)) return [];
    return [`${path} is ${quote(value)}; allowed: ${field.choices.join(', ')}.`];
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (REQUESTS[field.type]) {
    if (isObject) return fieldProblems(field.type, value, path + '.');
    return [`${path} must be an object with the fields of ${field.type}.`];
  }
  /** @type {Object<string, boolean>} */
  const fits = {
    integer: Number.isInteger(value),
    number: typeof value === 'number',
    boolean: typeof value === 'boolean',
    string: typeof value === 'string',
    words: Array.isArray(value) && value.every((word) => typeof word === 'string'),
    map: isObject && Object.keys(value).every((key) => typeof value[key] === 'string'),
  };
  if (!fits[field.type]) return [`${path} must be of type ${field.type}.`];
  if (field.type === 'words') {
    const wrong = value.find((/** @type {string} */ word) => !field.choices.includes(word));
    return wrong === undefined ? [] : [`${path} has ${quote(wrong)}; allowed: ${field.choices.join(', ')}.`];
  }
  const size = field.type === 'string' ? [...value].length : field.type === 'map' ? Object.keys(value).length : value;
  if (field.minimum !== null && !(size >= field.minimum)) return [`${path} must be at least ${field.minimum}.`];
  if (field.maximum !== null && !(size <= field.maximum)) return [`${path} must be at most ${field.maximum}.`];
  return [];
}

/* exports */
