'use strict';

/**
 * The lines of History. Pure functions.
 *
 * @typedef {{job: any, index: number | null}} Item one variation, or a job that has none
 */

const { fromRequest, titleOf } = require('./parameters.js');
const { t } = require('./texts.js');

/** @param {any[]} jobs newest first @returns {Item[]} every finished variation on its own line */
function itemsOf(jobs) {
  return jobs.flatMap((job) => {
    const results = job.results || [];
    return results.length
      ? results.map((/** @type {any} */ result) => ({ job, index: result.index }))
      : [{ job, index: null }];
  });
}

/** @param {Item} item @returns {string} size and seed of a result, or what became of a job without one */
function itemText({ job, index }) {
  const result = (job.results || []).find((/** @type {any} */ known) => known.index === index);
  if (result) return t('historyNote', { width: result.bounds.width, height: result.bounds.height, seed: result.seed });
  if (job.error) return job.error.message;
  /** @type {Object<string, string>} */
  const texts = { queued: 'stateWaiting', loading: 'loadingModel', running: 'statePainting', cancelled: 'stopped' };
  return t(texts[job.state] || 'finished');
}

/** @param {Item} item @returns {string} the document's name and when */
function itemWhen({ job }) {
  const when = new Date(Number(job.created) * 1000);
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const day = [when.getFullYear(), two(when.getMonth() + 1), two(when.getDate())].join('-');
  const date = `${day} ${two(when.getHours())}:${two(when.getMinutes())}`;
  const name = (job.request.document || {}).name;
  return name ? `${name}, ${date}` : date;
}

/** @param {Item} item @returns {string} */
function itemTitle({ job }) {
  return titleOf(fromRequest(job.request));
}

module.exports = { itemsOf, itemText, itemWhen, itemTitle };
