'use strict';

/**
 * The next or the previous variation in the place of the one that is shown, in one history state.
 *
 * @typedef {import('./panel.js').Panel} Panel
 * @typedef {import('./state.js').Card} Card
 * @typedef {import('./host.js').PsDocument} PsDocument
 * @typedef {{card: Card, index: number, layer: number}} Shown a variation, and Photoshop's number of its layer
 */

const host = require('./host.js');
const { readScene, findLayer } = require('./read_scene.js');
const { readNotes } = require('./again.js');
const { select } = require('./layers.js');
const { applyResults } = require('./apply.js');
const { cardOf } = require('./jobs.js');
const { mainRole, stackOf } = require('./parts.js');
const { documentId } = require('./scene.js');
const { placedVariations } = require('./state.js');
const { isGroup } = require('./bounds.js');
const { BridgeError } = require('./failures.js');
const { t } = require('./texts.js');

/**
 * @param {Panel} panel
 * @param {1 | -1} step
 * @returns {Promise<string>} what is to be said of it; '': nothing
 * @throws {BridgeError} refused: there is none
 */
async function switchVariation(panel, step) {
  const document = host.activeDocument();
  if (!document) throw new BridgeError('refused', t('noDocument'));
  const shown = (await selectedResult(panel, document)) || lastResult(panel, document);
  if (!shown) throw new BridgeError('refused', t('nothingToSwitch'));
  const { card, index, layer } = shown;
  const { variations, key } = card;
  if (variations.length < 2) throw new BridgeError('refused', t('oneVariation'));
  const chosen = (variations.findIndex((known) => known.index === index) + step + variations.length) % variations.length;
  const next = variations[chosen];
  panel.change(key, { chosen });
  const other = next.placed && isThere(document, next.placed) ? next.placed.layer : 0;
  if (other) await showInstead(document, layer, other, card.title);
  else await applyResults(panel, key, { indices: [next.index], replace: true, layer, choice: '', about: '' });
  return panel.card(key)?.notice?.text || '';
}

/** @param {PsDocument} document @param {import('./state.js').Spot} spot @returns {boolean} */
function isThere(document, spot) {
  return spot.document === document.id && host.hasLayer(document.id, spot.layer);
}

/**
 * The one selected layer where it is a result, also one of an earlier start of the panel: it says itself what it is.
 * @param {Panel} panel @param {PsDocument} document
 * @returns {Promise<Shown | null>}
 */
async function selectedResult(panel, document) {
  const [layer, ...others] = Array.from(document.activeLayers);
  if (!layer || others.length) return null;
  const scene = /** @type {import('./scene.js').Scene} */ (readScene(document));
  const [note] = await readNotes(document, [layer], documentId(scene), panel.remembered);
  if (!note) return null;
  const card = await cardOfJob(panel, note.job, document.id);
  if (isGroup(layer) || stackOf(card.request)) return resultOf(card, document);
  const { index: made, role } = note.result || {};
  if (role && role !== mainRole(card.request)) return null; // a layer beside those that stand for the job
  const index = Number(made);
  const { variations } = card;
  if (!variations.some((known) => known.index === index)) return null;
  const placed = { document: document.id, layer: layer.id };
  panel.store.dispatch({ type: 'variation', key: card.key, index, values: { placed } });
  return { card: panel.card(card.key) || card, index, layer: layer.id };
}

/** @param {Panel} panel @param {string} job @param {number} document @returns {Promise<Card>} */
async function cardOfJob(panel, job, document) {
  const known = panel.store.get().cards.find((card) => card.job === job);
  if (known) return known;
  const { job: snapshot } = await panel.session.call((client) => client.job(job, 0, 0));
  const { key } = cardOf(panel, snapshot, document);
  return /** @type {Card} */ (panel.card(key));
}

/** @param {Panel} panel @param {PsDocument} document @returns {Shown | null} of the newest job that has a result there */
function lastResult(panel, document) {
  for (const card of panel.store.get().cards) {
    const shown = resultOf(card, document);
    if (shown) return shown;
  }
  return null;
}

/** @param {Card} card @param {PsDocument} document @returns {Shown | null} its result in sight, else its last one */
function resultOf(card, document) {
  const there = placedVariations(card).filter(({ placed }) => isThere(document, placed));
  const visible = there.length > 1 && there.find(({ placed }) => findLayer(document, placed.layer)?.visible);
  const found = visible || there[there.length - 1];
  return found ? { card, index: found.index, layer: found.placed.layer } : null;
}

/**
 * Both are layers already: one is hidden, the other shown.
 * @param {PsDocument} document @param {number} from @param {number} to @param {string} title
 */
async function showInstead(document, from, to, title) {
  await host.modal(title, async (context) => {
    const suspension = await context.hostControl.suspendHistory({ documentID: document.id, name: title });
    const [old, fresh] = [findLayer(document, from), findLayer(document, to)];
    if (fresh) fresh.visible = true;
    if (old) old.visible = false;
    await select([to]);
    await context.hostControl.resumeHistory(suspension, true);
  });
}

module.exports = { switchVariation };
