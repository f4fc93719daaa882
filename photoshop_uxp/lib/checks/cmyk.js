'use strict';

/** CMYK documents. By two reports reading them ended Photoshop 26.9: last, and only where the user agreed. */

const { is } = require('./answers.js');

/** @param {import('./kit.js').Kit} kit */
module.exports = (kit) => {
  const { newDocument, pixels, refused, constants } = kit;
  return {
    'pixels.other-modes': async () => {
      const seen = await pixels(await newDocument({ mode: constants.NewDocumentMode.CMYK, profile: undefined }), {
        colorSpace: 'RGB',
      });
      return is([seen.colorSpace, seen.components], ['RGB', 3]);
    },
    'pixels.other-modes-own': async () =>
      refused(async () => pixels(await newDocument({ mode: constants.NewDocumentMode.CMYK, profile: undefined }))),
  };
};
