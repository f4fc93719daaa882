'use strict';

/**
 * What the manifest names: the panel with its menu, and the commands.
 *
 * @typedef {{commands: typeof import('./commands.js'), panel: import('./panel.js').Panel}} Ready
 */

const { t } = require('./texts.js');

/**
 * @param {Promise<Ready>} ready what is called before waits for it; an entry point itself must return within 300 milliseconds
 * @returns {any} for entrypoints.setup
 */
function entries(ready) {
  const command = (/** @type {import('./commands.js').Command} */ name) => ({
    run() {
      ready.then(({ commands, panel }) => commands.runCommand(panel, name));
    },
  });
  return {
    panels: {
      layerbridge: {
        create() {},
        show() {},
        menuItems: [
          { id: 'reload', label: t('menuReload') },
          { id: 'settings', label: t('menuSettings') },
        ],
        invokeMenu(/** @type {string} */ id) {
          ready.then(({ commands, panel }) => commands.openMenu(panel, id));
        },
      },
    },
    commands: {
      generate: command('generate'),
      again: command('again'),
      nextVariation: command('nextVariation'),
      previousVariation: command('previousVariation'),
      stop: command('stop'),
    },
  };
}

module.exports = { entries };
