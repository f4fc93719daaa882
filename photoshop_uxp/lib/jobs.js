'use strict';

/**
 * Jobs of this panel: begun, followed to their end, found again after a restart.
 *
 * @typedef {import('./panel.js').Panel} Panel
 * @typedef {import('./state.js').Card} Card
 */

const { readScene } = require('./read_scene.js');
const { newKey } = require('./client.js');
const { send } = require('./run.js');
const { againTask, lastTask } = require('./again.js');
const { areaOf } = require('./area.js');
const { sourceLayerOf } = require('./source_layer.js');
const { newCard } = require('./state.js');
const { followJob } = require('./follow.js');
const { fromRequest, titleOf } = require('./parameters.js');
const { FINAL_STATES } = require('./wire.js');
const { BridgeError, CancelError } = require('./failures.js');
const { noticeOf, infoOf, withQuestion } = require('./notices.js');
const { variationsOf } = require('./history_items.js');
const { applyFirst } = require('./apply.js');
const { loadResults } = require('./loading.js');
const { t } = require('./texts.js');

const WORTH_REPEATING = ['interrupted', 'worker_died', 'worker_unresponsive'];
const MAX_LONG_POLLS = 3; // browsers keep six connections to a host, the daemon eight calls of a WebSocket
const LOOK_BACK = 20; // jobs that are looked through for unfinished ones when the panel starts

/**
 * @param {Panel} panel
 * @param {import('./parameters.js').Parameters | null} [given] null: those of the form
 * @returns {Promise<boolean>} whether a job was begun; else the panel says why not
 */
async function generate(panel, given = null) {
  try {
    const state = panel.store.get();
    const problem = given ? '' : Object.values(state.problems)[0];
    const scene = readScene();
    if (problem || !scene) throw new BridgeError('refused', problem || t('noDocument'));
    const parameters = given || state.values[state.operation];
    if (!given) panel.remembered.keepParameters(parameters);
    return await begin(panel, { documentId: scene.id, parameters, layerId: null, hidden: [], area: null, first: '' });
  } catch (error) {
    panel.fail(error);
    return false;
  }
}

/** The selected Layerbridge layer, or the last run, with a new seed. @param {Panel} panel @returns {Promise<void>} */
async function again(panel) {
  try {
    panel.noticeDocuments();
    const task = (await againTask(panel.remembered)) || (await lastTask(panel.remembered));
    if (!task) throw new BridgeError('refused', t('nothingToRepeat'));
    await begin(panel, task);
  } catch (error) {
    panel.fail(error);
  }
}

/** @param {Panel} panel @param {import('./run.js').Task} task @returns {Promise<boolean>} whether it was sent */
async function begin(panel, task) {
  const key = panel.nextKey();
  panel.store.dispatch({ type: 'set', values: { notice: null } });
  panel.store.dispatch({
    type: 'card',
    card: newCard(key, { title: titleOf(task.parameters), documentId: task.documentId, text: t('reading') }),
  });
  const say = (/** @type {string} */ text) => panel.change(key, { text });
  const stopped = () => !panel.card(key) || panel.card(key)?.stopping === true;
  try {
    panel.noticeDocuments();
    const { remembered } = panel;
    const known = {
      moves: (/** @type {string} */ document) => remembered.moves(document),
      picture: (/** @type {string} */ id) => remembered.picture(id),
    };
    const sent = await send(panel.session, task, say, stopped, known);
    const found = panel.store.get().cards.find(({ job }) => job === sent.job); // by `recover`, before the answer came
    if (found) panel.store.dispatch({ type: 'drop', key: found.key });
    const { message, area } = sent;
    const first = task.first || sent.job;
    const notice = sent.remarks.length ? infoOf(sent.remarks.join('\n')) : null;
    panel.change(key, {
      job: sent.job,
      stage: 'active',
      request: message,
      area,
      first,
      notice,
      text: t('waiting'),
    });
    panel.remembered.keepLastRun({ parameters: fromRequest(message), area, sourceLayer: sourceLayerOf(message), first });
    panel.keepOpen();
    if (stopped()) await cancel(panel, sent.job);
    follow(panel, key, sent.seq);
    return true;
  } catch (error) {
    panel.store.dispatch({ type: 'drop', key });
    if (!(error instanceof CancelError)) panel.fail(error);
    return false;
  }
}

/** @param {Panel} panel @param {number} key @param {number} after @returns {Promise<void>} */
async function follow(panel, key, after) {
  const card = panel.card(key);
  if (!card || panel.following.has(key)) return;
  panel.following.add(key);
  const abandoned = () => !panel.card(key) || panel.card(key)?.stopping === true;
  try {
    const crowded = () => panel.following.size > MAX_LONG_POLLS;
    const last = await followJob(
      panel.session,
      card.job,
      after,
      (update) => show(panel, key, update),
      abandoned,
      crowded,
    );
    await ended(panel, key, last);
  } catch (error) {
    const unpaired = error instanceof BridgeError && error.code === 'unauthorized'; // followed on when it is paired again
    const text = t(unpaired ? 'waiting' : 'failed');
    panel.change(key, {
      stage: unpaired ? 'active' : 'ended',
      lost: unpaired,
      text,
      notice: withQuestion(unpaired ? null : noticeOf(error), questionIn(panel.card(key))),
    });
  } finally {
    panel.following.delete(key);
  }
}

/** @param {Panel} panel @param {number} key @param {import('./follow.js').Update} update */
function show(panel, key, update) {
  const card = panel.card(key);
  if (!card) return;
  const { text, fraction, eta, preview, lost, snapshot } = update;
  panel.change(key, {
    text: card.stopping && !lost ? t('stopping') : text,
    fraction: isNaN(fraction) ? card.fraction : fraction,
    eta: card.stopping ? null : eta,
    preview: preview || card.preview,
    lost,
  });
  if (!snapshot) return;
  panel.store.dispatch({ type: 'snapshot', key, snapshot });
  loadResults(panel, key);
}

/** @param {Panel} panel @param {number} key @param {any} snapshot */
async function ended(panel, key, snapshot) {
  const card = panel.card(key);
  if (!card) return;
  const done = card.variations.length;
  const texts = (snapshot.warnings || []).map((/** @type {any} */ warning) => String(warning.message));
  const told = card.notice && card.notice.tone === 'info' ? card.notice.text.split('\n') : [];
  let notice = texts.length || told.length ? infoOf([...new Set([...told, ...texts])].join('\n')) : null;
  const text = t(snapshot.state === 'done' ? 'finished' : snapshot.state === 'failed' ? 'failed' : 'stopped');
  if (snapshot.error) notice = failureOf(snapshot, done);
  const question = questionIn(card);
  panel.change(key, {
    stage: 'ended',
    text,
    fraction: 1,
    eta: null,
    preview: '',
    lost: false,
    stopping: false,
    notice: withQuestion(notice, question),
  });
  panel.keepOpen();
  if (question) return;
  if (snapshot.state === 'cancelled' && !done) panel.store.dispatch({ type: 'drop', key });
  else if (done && card.documentId && panel.store.get().settings.placeFirst) await applyFirst(panel, key);
}

/**
 * @param {Card | undefined} card
 * @returns {import('./state.js').Notice | null} what the user was asked and has not answered
 */
function questionIn(card) {
  return card && card.notice && card.notice.tone === 'warning' && card.notice.choices.length ? card.notice : null;
}

/** @param {any} snapshot @param {number} done */
function failureOf(snapshot, done) {
  const { code, message } = snapshot.error;
  const text = done ? t('someFinished', { done, count: snapshot.num_images, message }) : message;
  const notice = noticeOf(new BridgeError(code, text));
  if (WORTH_REPEATING.includes(code)) notice.choices.push({ id: 'again', label: t('runAgain') });
  return notice;
}

/** @param {Panel} panel @param {number} key @returns {Promise<void>} */
async function stop(panel, key) {
  const card = panel.card(key);
  if (!card || card.stage === 'ended') return;
  panel.change(key, { stopping: true, text: t('stopping'), eta: null });
  if (card.job) await cancel(panel, card.job).catch((error) => panel.fail(error));
}

/** @param {Panel} panel @param {string} job */
function cancel(panel, job) {
  return panel.session.call((client) => client.cancel(job));
}

/** Escape: the newest job that runs. @param {Panel} panel @returns {boolean} whether there was one */
function stopNewest(panel) {
  const card = panel.store.get().cards.find((known) => known.stage !== 'ended' && !known.stopping);
  if (card) stop(panel, card.key);
  return Boolean(card);
}

/** The same request again, with the same seed. @param {Panel} panel @param {any} snapshot @param {number} documentId */
async function resubmit(panel, snapshot, documentId) {
  try {
    const key = newKey();
    const accepted = await panel.session.call((client) => client.resubmit(snapshot.id, key));
    const card = cardOf(panel, { ...snapshot, id: accepted.id, artifacts: [], state: 'queued' }, documentId);
    panel.keepOpen();
    follow(panel, card.key, Number(accepted.seq));
  } catch (error) {
    panel.fail(error);
  }
}

/**
 * A card for a job that the daemon knows. @param {Panel} panel @param {any} snapshot @param {number} documentId @returns {Card}
 */
function cardOf(panel, snapshot, documentId) {
  const existing = panel.store.get().cards.find((card) => card.job === snapshot.id);
  if (existing) return existing;
  const final = FINAL_STATES.includes(snapshot.state);
  const card = newCard(panel.nextKey(), {
    job: snapshot.id,
    title: titleOf(fromRequest(snapshot.request)),
    documentId,
    stage: final ? 'ended' : 'active',
    text: final ? t('finished') : t('waiting'),
    request: snapshot.request,
    area: areaOf(snapshot.request),
    first: snapshot.id,
  });
  panel.store.dispatch({ type: 'card', card });
  panel.store.dispatch({ type: 'snapshot', key: card.key, snapshot });
  if (final) loadResults(panel, card.key);
  return card;
}

/**
 * After a start of the panel or of the daemon: unfinished jobs are followed on, finished ones that were not placed are
 * offered again.
 * @param {Panel} panel
 */
async function recover(panel) {
  const open = panel.remembered.openJobs();
  const { jobs } = await panel.session.call((client) => client.jobs({ limit: LOOK_BACK }));
  for (const { stage, job, key } of panel.store.get().cards) {
    const known = jobs.some((/** @type {any} */ snapshot) => snapshot.id === job);
    if (stage === 'active' && !known) follow(panel, key, 0); // deleted, or of another pairing
  }
  for (const snapshot of [...jobs].reverse()) {
    const final = FINAL_STATES.includes(snapshot.state);
    const wanted = open.includes(snapshot.id) && (snapshot.artifacts.length || snapshot.error);
    const known = panel.store.get().cards.find((card) => card.job === snapshot.id);
    if (!final) follow(panel, (known || cardOf(panel, snapshot, 0)).key, 0);
    else if (known && known.stage === 'active') follow(panel, known.key, 0);
    else if (!known && wanted) {
      const card = cardOf(panel, snapshot, 0);
      if (snapshot.error)
        panel.change(card.key, { text: t('failed'), notice: failureOf(snapshot, variationsOf(snapshot).length) });
    }
  }
  panel.keepOpen();
}

module.exports = { generate, again, follow, stop, stopNewest, resubmit, cardOf, recover };
