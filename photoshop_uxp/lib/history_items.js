'use strict';

/**
 * The lines of History. Pure functions.
 *
 * @typedef {{job: any, index: number | null}} Item one variation, or a job that has none
 */

const { fromRequest, titleOf } = require('./parameters.js');
const { hasSeed } = require('./parts.js');
const { t } = require('./texts.js');

/** @param {any} job @returns {number[]} those that are finished, each once whatever its artifacts */
function variationsOf(job) {
  return [...new Set((job.artifacts || []).map((/** @type {any} */ result) => Number(result.index)))];
}

/** @param {any[]} jobs newest first @returns {Item[]} every finished variation on its own line */
function itemsOf(jobs) {
  return jobs.flatMap((job) => {
    const indices = variationsOf(job);
    return (indices.length ? indices : [null]).map((index) => ({ job, index }));
  });
}

/** @param {Item} item @returns {string} size and seed of a result, or what became of a job without one */
function itemText({ job, index }) {
  const result = (job.artifacts || []).find((/** @type {any} */ known) => known.index === index);
  if (result) return noteOf(job.request, result.meta);
  if (job.error) return job.error.message;
  /** @type {Object<string, string>} */
  const texts = { queued: 'stateWaiting', loading: 'loadingModel', running: 'statePainting', cancelled: 'stopped' };
  return t(texts[job.state] || 'finished');
}

/** @param {any} request @param {any} meta of an artifact @returns {string} */
function noteOf(request, { bounds: { width, height }, seed }) {
  return t(hasSeed(request) ? 'historyNote' : 'historySize', { width, height, seed });
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

/** @param {Item} item @returns {string} what a second click takes away */
function deletionText(item) {
  const count = variationsOf(item.job).length;
  return t(count > 1 ? 'deleteAskAll' : 'deleteAsk', { title: itemTitle(item), count });
}

module.exports = { variationsOf, deletionText, itemsOf, itemText, itemWhen, itemTitle };
