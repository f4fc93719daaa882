'use strict';

/**
 * Failures and remarks as the panel shows them. Pure functions.
 *
 * @typedef {import('./state.js').Notice} Notice
 */

const { BridgeError, reasonOf } = require('./failures.js');
const { failureTitle, t } = require('./texts.js');

/** @param {unknown} error @returns {Notice} */
function noticeOf(error) {
  if (error instanceof BridgeError) {
    return { title: failureTitle(error.code), text: error.message, tone: 'error', choices: [] };
  }
  return {
    title: failureTitle('other'),
    text: t('photoshopFailed', { reason: reasonOf(error) }),
    tone: 'error',
    choices: [],
  };
}

/** @param {string} text @returns {Notice} */
function infoOf(text) {
  return { title: '', text, tone: 'info', choices: [] };
}

/** @param {string} text @param {string[]} ids of choices @returns {Notice} */
function questionOf(text, ids) {
  /** @type {Object<string, string>} */
  const labels = { switch: t('docSwitch'), anyway: t('placeAnyway'), new: t('openNew'), later: t('later') };
  return { title: '', text, tone: 'warning', choices: ids.map((id) => ({ id, label: labels[id] })) };
}

/**
 * @param {Notice | null} notice
 * @param {Notice | null} question which stays to be answered
 * @returns {Notice | null} both in one
 */
function withQuestion(notice, question) {
  if (!notice || !question) return notice || question;
  const tone = notice.tone === 'error' ? notice.tone : question.tone;
  const choices = [...notice.choices, ...question.choices];
  return { title: notice.title, text: `${notice.text}\n${question.text}`, tone, choices };
}

module.exports = { noticeOf, infoOf, questionOf, withQuestion };
