'use strict';

/**
 * What follows from where a result can go: the destination, or the question that must be asked first. Pure functions.
 *
 * @typedef {import('./geometry.js').Shift} Shift
 * @typedef {import('./target.js').Target} Target
 * @typedef {{choice: string, about: string}} Answer what the user chose, and what about; '' where nothing was asked
 * @typedef {{documentId: number, moved: Shift, own: boolean}} Destination `documentId` 0: a new document; `own`: the job's own
 * @typedef {{text: string, choices: string[], about: string}} Question `about`: an answer holds as long as this is the same
 */

const { t } = require('./texts.js');

const NO_SHIFT = Object.freeze({ x: 0, y: 0 });

/**
 * @param {any} request of the job
 * @param {Target} target
 * @param {Answer} answer
 * @returns {{destination: Destination} | {question: Question}}
 */
function destinationOf(request, target, answer) {
  if (answer.choice === 'new') return { destination: { documentId: 0, moved: NO_SHIFT, own: false } };
  const about = aboutOf(target);
  const agreed = answer.about === about ? answer.choice : '';
  const ask = (/** @type {string} */ text, /** @type {string[]} */ choices) => ({ question: { text, choices, about } });
  const { width: oldWidth, height: oldHeight } = request.document;
  switch (target.kind) {
    case 'ok':
      return { destination: { documentId: target.scene.id, moved: target.moved, own: true } };
    case 'behind':
      if (agreed === 'switch') return { destination: { documentId: target.scene.id, moved: target.moved, own: true } };
      return ask(t('docNotInFront', { name: target.scene.name }), ['switch', 'later']);
    case 'resized': {
      if (agreed === 'anyway') return { destination: { documentId: target.scene.id, moved: NO_SHIFT, own: true } };
      const { name, width, height } = target.scene;
      const resized = t('docResized', { name, oldWidth, oldHeight, width, height });
      return ask(target.behind ? `${t('docNotInFront', { name })} ${resized}` : resized, ['anyway', 'new', 'later']);
    }
    case 'mode':
      return ask(t('docMode', { name: target.name }), ['new', 'later']);
    case 'other':
      if (agreed === 'anyway') return { destination: { documentId: target.scene.id, moved: NO_SHIFT, own: false } };
      return ask(t('docOther', { name: target.name, oldWidth, oldHeight }), ['anyway', 'new', 'later']);
    default:
      return ask(t('docClosed', { name: target.name }), ['new', 'later']);
  }
}

/** @param {Target} target @returns {string} what decides the question */
function aboutOf(target) {
  if (!('scene' in target)) return target.kind;
  const { id, width, height } = target.scene;
  return `${target.kind} ${id} ${width}x${height}`;
}

module.exports = { destinationOf };
