'use strict';

/**
 * History: everything this client made, also before a crash.
 *
 * @typedef {import('./panel.js').Panel} Panel
 * @typedef {import('./history_items.js').Item} Item
 */

const { readScene } = require('./read_scene.js');
const { documentId } = require('./scene.js');
const { fromRequest } = require('./parameters.js');
const { itemsOf } = require('./history_items.js');
const { loadPicture } = require('./loading.js');
const { resultKey } = require('./state.js');
const { cardOf, resubmit } = require('./jobs.js');
const { applyResults } = require('./apply.js');

const PAGE = 12; // jobs

/**
 * @param {Panel} panel
 * @param {boolean} fresh from the newest on; takes the place of what is being read
 * @returns {Promise<void>}
 */
async function loadHistory(panel, fresh) {
  const { history } = panel.store.get();
  if (history.loading && !fresh) return;
  panel.historyReads += 1;
  const number = panel.historyReads;
  const outdated = () => number !== panel.historyReads;
  panel.store.dispatch({ type: 'history', values: { loading: true, deleting: '' } });
  try {
    const scene = readScene();
    const key = history.all || !scene ? null : documentId(scene);
    const known = key === null ? [null] : panel.remembered.keysOf(key); // also by the names that it had before
    const from = (!fresh && history.next) || { documents: known, before: null, words: history.words };
    const { jobs: read, next } = await pageOf(panel, from);
    if (outdated()) return;
    const jobs = fresh ? read : [...panel.store.get().history.jobs, ...read];
    panel.store.dispatch({ type: 'history', values: { jobs, next } });
    loadPictures(panel, read);
  } catch (error) {
    if (!outdated()) panel.fail(error);
  } finally {
    if (!outdated()) panel.store.dispatch({ type: 'history', values: { loading: false } });
  }
}

/**
 * The next jobs of each document in turn.
 * @param {Panel} panel
 * @param {import('./state.js').Cursor} from
 * @returns {Promise<{jobs: any[], next: import('./state.js').Cursor | null}>}
 */
async function pageOf(panel, from) {
  const { words } = from;
  let [{ documents, before }, jobs] = [from, /** @type {any[]} */ ([])];
  while (documents.length && jobs.length < PAGE) {
    const [document] = documents;
    const [limit, after] = [PAGE - jobs.length, before];
    const reply = await panel.session.call((client) => client.jobs({ limit, before: after, document, q: words }));
    jobs = [...jobs, ...reply.jobs];
    before = reply.next || null;
    if (!before) documents = documents.slice(1);
  }
  return { jobs, next: documents.length ? { documents, before, words } : null };
}

/** Shows the jobs that have all of the words. @param {Panel} panel @param {string} text @returns {Promise<void>} */
async function search(panel, text) {
  const words = text.split(/\s+/).filter(Boolean).join(' ');
  if (words === panel.store.get().history.words) return;
  panel.store.dispatch({ type: 'history', values: { words } });
  await loadHistory(panel, true);
}

/** One after another, as long as History is shown. @param {Panel} panel @param {any[]} jobs */
async function loadPictures(panel, jobs) {
  for (const { job, index } of itemsOf(jobs)) {
    if (index !== null && panel.store.get().view === 'history') await loadPicture(panel, job.id, index);
  }
}

/**
 * Into the document, as its own run would have done.
 * @param {Panel} panel
 * @param {Item} item
 * @param {string} choice '' or 'new'
 */
async function applyItem(panel, { job, index }, choice) {
  const card = cardOf(panel, job, 0);
  const position = card.variations.findIndex((variation) => variation.index === index);
  panel.change(card.key, { chosen: Math.max(0, position) });
  panel.store.dispatch({ type: 'set', values: { view: 'paint', notice: null } });
  if (index !== null) await applyResults(panel, card.key, { indices: [index], replace: false, choice, about: '' });
}

/** @param {Panel} panel @param {Item} item */
function useSettings(panel, { job, index }) {
  const result = (job.artifacts || []).find((/** @type {any} */ known) => known.index === index);
  const parameters = fromRequest(job.request);
  const { values } = panel.store.get();
  const used = { ...parameters, seed: result ? result.meta.seed : parameters.seed, num_images: 1 };
  panel.store.dispatch({
    type: 'set',
    values: { view: 'paint', operation: used.operation, values: { ...values, [used.operation]: used }, notice: null },
  });
  panel.refreshScene();
}

/** @param {Panel} panel @param {Item} item */
async function runAgain(panel, { job }) {
  panel.store.dispatch({ type: 'set', values: { view: 'paint', notice: null } });
  await resubmit(panel, job, 0);
}

/** Asks first: the second click deletes. @param {Panel} panel @param {Item} item */
async function deleteItem(panel, { job, index }) {
  const asked = resultKey(job.id, index);
  if (panel.store.get().history.deleting !== asked) {
    return panel.store.dispatch({ type: 'history', values: { deleting: asked } });
  }
  try {
    await panel.session.call((client) => client.remove(job.id));
    const jobs = panel.store.get().history.jobs.filter((known) => known.id !== job.id);
    panel.store.dispatch({ type: 'history', values: { jobs, deleting: '' } });
    const card = panel.store.get().cards.find((known) => known.job === job.id);
    if (card) panel.store.dispatch({ type: 'drop', key: card.key });
    return panel.keepOpen();
  } catch (error) {
    return panel.fail(error);
  }
}

module.exports = { loadHistory, search, applyItem, useSettings, runAgain, deleteItem };
