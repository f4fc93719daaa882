'use strict';

/**
 * What the panel shows of results: thumbnails and texts, fetched once each.
 *
 * @typedef {import('./panel.js').Panel} Panel
 */

const { readText } = require('./artifacts.js');
const { jpegAddress } = require('./base64.js');
const { reasonOf } = require('./failures.js');
const { noticeOf } = require('./notices.js');
const { textRole } = require('./parts.js');
const { resultKey } = require('./state.js');

/** @param {Panel} panel @param {number} key */
function loadResults(panel, key) {
  const card = panel.card(key);
  for (const { index } of card ? card.variations : []) loadPicture(panel, card?.job || '', index);
  loadTexts(panel, key);
}

/**
 * The thumbnail of a variation, where there is none yet.
 * @param {Panel} panel @param {string} job @param {number} index
 * @returns {Promise<void>} also where it cannot be had: a result can be used without
 */
async function loadPicture(panel, job, index) {
  const name = resultKey(job, index);
  if (panel.store.get().pictures[name] || panel.loading.has(name)) return;
  panel.loading.add(name);
  try {
    const picture = jpegAddress(await panel.session.call((client) => client.thumbnail(job, index)));
    panel.store.dispatch({ type: 'picture', name, picture });
  } catch (error) {
    console.warn(`Layerbridge: no thumbnail: ${reasonOf(error)}`);
  } finally {
    panel.loading.delete(name);
  }
}

/** Texts of variations that have one and were not read yet. @param {Panel} panel @param {number} key */
function loadTexts(panel, key) {
  const card = panel.card(key);
  for (const { index, roles, text } of card ? card.variations : []) {
    const role = card && textRole(card.request, roles);
    const name = card ? `${card.job}/${index} text` : '';
    if (!card || !role || text !== null || panel.loading.has(name)) continue;
    panel.loading.add(name);
    panel.session
      .call((client) => client.artifact(card.job, role, index))
      .then((bytes) => panel.store.dispatch({ type: 'variation', key, index, values: { text: readText(bytes) } }))
      .then(() => panel.keepOpen())
      .catch((error) => panel.change(key, { notice: noticeOf(error) }))
      .finally(() => panel.loading.delete(name));
  }
}

module.exports = { loadResults, loadPicture };
