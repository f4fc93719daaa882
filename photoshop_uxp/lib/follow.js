'use strict';

/**
 * Following a job to its end by long-polls, through restarts of the daemon.
 *
 * @typedef {{text: string, fraction: number, eta: number | null, preview: string, lost: boolean, snapshot: any}} Update
 *   `fraction` 0 to 1; `preview`: a JPEG's base64 text, '' for no news; `lost`: the daemon does not answer at present
 * @typedef {{call: (work: (client: any) => Promise<any>) => Promise<any>}} Caller a Session
 */

const { FINAL_STATES } = require('./wire.js');
const { BridgeError } = require('./failures.js');
const { sleep } = require('./timing.js');
const { t } = require('./texts.js');

const FURTHER_STAGES = ['waiting', 'encoding', 'decoding', 'finished']; // of which no steps are told
const WAIT_SECONDS = 20; // of one long-poll
const RETRY_SECONDS = 1.5;
const CROWDED_SECONDS = 1; // between short looks, where long-polls of many jobs would take all connections

/**
 * @param {Caller} session
 * @param {string} job
 * @param {number} after
 * @param {(update: Update) => void} onUpdate
 * @param {() => boolean} abandoned asked while the daemon stays away
 * @param {() => boolean} [crowded] whether many jobs are followed at the same time
 * @returns {Promise<any>} the job's last snapshot: done, failed or cancelled
 * @throws {BridgeError} lost where it was abandoned; not_found where the job was deleted; unauthorized
 */
async function followJob(session, job, after, onUpdate, abandoned, crowded = () => false) {
  let wait = 0; // the first look shows at once whether it waits or runs
  for (;;) {
    try {
      const [seq, seconds] = [after, wait];
      const reply = await session.call((client) => client.job(job, seq, seconds));
      wait = crowded() ? 0 : WAIT_SECONDS;
      const events = reply.events || [];
      after = Math.max(
        after,
        Number(reply.job.seq || 0),
        ...events.map((/** @type {any} */ event) => Number(event.seq)),
      );
      onUpdate(updateOf(reply.job, events));
      if (FINAL_STATES.includes(reply.job.state)) return reply.job;
      if (!wait) await sleep(CROWDED_SECONDS * 1000);
    } catch (error) {
      const away = error instanceof BridgeError && ['unreachable', 'shutting_down'].includes(error.code);
      if (!away) throw error;
      if (abandoned()) throw new BridgeError('lost', t('lostText'), error.detail);
      onUpdate({ text: t('reconnecting'), fraction: NaN, eta: null, preview: '', lost: true, snapshot: null });
      await sleep(RETRY_SECONDS * 1000);
    }
  }
}

/** @param {any} job a snapshot @param {any[]} events @returns {Update} */
function updateOf(job, events) {
  const previews = events.filter((event) => event.type === 'preview').map((event) => String(event.data.jpeg || ''));
  const progress = job.progress || {};
  return {
    text: stageText(job),
    fraction: Math.min(1, Math.max(0, Number(progress.fraction || 0))),
    eta: typeof progress.eta_seconds === 'number' ? progress.eta_seconds : null,
    preview: previews.length ? previews[previews.length - 1] : '',
    lost: false,
    snapshot: job,
  };
}

/** @param {any} job @returns {string} */
function stageText(job) {
  const progress = job.progress || {};
  if (job.state === 'queued') return job.position ? t('waitingBehind', { count: job.position }) : t('waiting');
  if (job.state === 'loading' || progress.stage === 'loading') return t('loadingModel');
  const count = Number(job.num_images);
  const own = progress.stage && !FURTHER_STAGES.includes(progress.stage);
  if (own && progress.steps) {
    const values = { step: progress.step || 0, steps: progress.steps, number: Number(progress.task || 0) + 1, count };
    const paints = progress.stage === 'denoising';
    if (count > 1) return t(paints ? 'paintingOf' : 'workingOf', values);
    return t(paints ? 'painting' : 'working', values);
  }
  if (progress.stage === 'decoding') return t('finishing');
  if (FINAL_STATES.includes(job.state))
    return t(job.state === 'done' ? 'finished' : job.state === 'failed' ? 'failed' : 'stopped');
  return own && progress.stage !== 'denoising' ? ownWord(progress.stage) : t('preparing');
}

/** @param {string} stage that an operation declares @returns {string} as a text */
function ownWord(stage) {
  const words = t(stage.replace(/_/g, ' '));
  return `${words[0].toUpperCase()}${words.slice(1)}…`;
}

/** @param {number | null} seconds @returns {string} '' where that is not known */
function etaText(seconds) {
  if (seconds === null || !(seconds >= 0)) return '';
  if (seconds < 2) return t('etaMoment');
  if (seconds < 90) return t('etaSeconds', { seconds: Math.round(seconds) });
  return t('etaMinutes', { minutes: Math.round(seconds / 60) });
}

module.exports = { followJob, updateOf, stageText, etaText };
