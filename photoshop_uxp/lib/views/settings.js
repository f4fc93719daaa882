'use strict';

/** The Settings view: which way the connection works, why another does not, and the panel's few settings. */

const { el, show, setText, clear, button } = require('./dom.js');
const { labelled, choiceField, checkField } = require('./fields.js');
const { createSelftest } = require('./selftest.js');
const { summary } = require('../connect.js');
const { PORTS } = require('../wire.js');
const { t } = require('../texts.js');

/**
 * @param {import('../panel.js').Panel} panel
 * @returns {{node: any, update: (state: import('../state.js').State) => void}}
 */
function createSettings(panel) {
  const facts = ['connection', 'address', 'way', 'version', 'models'].map((name) => ({
    name,
    value: el('div', { class: 'value' }),
  }));
  const rows = facts.map(({ name, value }) => labelled(t(name), value));
  const tried = el('div', { class: 'tried' });
  const triedBox = el('div', { class: 'field above' }, el('div', { class: 'label' }, t('tried')), tried);
  const way = choiceField({
    id: 'way',
    choices: [
      ['auto', t('wayAuto')],
      ['http', t('wayHttp')],
      ['ws', t('waySocket')],
    ],
    onChange: (value) => {
      panel.keepSetting('way', value);
      panel.connect();
    },
  });
  const placeFirst = checkField({
    id: 'placefirst',
    name: t('placeFirst'),
    onChange: (on) => panel.keepSetting('placeFirst', on),
  });
  const unpair = button(t('unpair'), () => panel.unpair(), { kind: 'quiet', id: 'unpair' });
  const node = el(
    'div',
    { class: 'view', id: 'settings' },
    ...rows,
    labelled(t('connectBy'), way.node),
    el(
      'div',
      { class: 'row wrap' },
      button(t('checkAgain'), () => panel.connect(), { id: 'check' }),
      unpair,
    ),
    triedBox,
    el('div', { class: 'section' }, placeFirst.node),
    createSelftest(panel),
  );
  return {
    node,
    update(state) {
      const { connection } = state;
      const via = connection.way === 'ws' ? t('viaSocket') : connection.way ? t('viaHttp') : '–';
      const names = state.models.map((model) => (model.default ? t('isDefault', { name: model.name }) : model.name));
      const texts = [
        connection.phase === 'connected'
          ? t('connected')
          : connection.phase === 'looking'
            ? t('looking')
            : connection.message,
        connection.address || '–',
        via,
        connection.version || '–',
        connection.phase === 'connected' ? names.join(', ') || t('modelsNone') : '–',
      ];
      facts.forEach(({ value }, i) => setText(value, texts[i]));
      way.set(state.settings.way);
      placeFirst.set(state.settings.placeFirst);
      show(unpair, connection.phase === 'connected');
      show(triedBox, connection.tried.length > 0);
      clear(tried);
      for (const row of summary(connection.tried)) {
        const ports = row.ports === PORTS.join(', ') ? `${PORTS[0]}–${PORTS[PORTS.length - 1]}` : row.ports;
        tried.appendChild(el('div', { class: 'triedrow' }, `${row.address}, ${ports}: ${row.reason}`));
      }
    },
  };
}

module.exports = { createSettings };
