'use strict';

/**
 * What checks work with: documents of their own, pixels and masks written and read, notes for the report.
 *
 * @typedef {import('photoshop/dom/Document').Document} Document
 * @typedef {import('photoshop/dom/Layer').Layer} Layer
 * @typedef {Awaited<ReturnType<typeof import('photoshop').imaging.createImageDataFromBuffer>>} ImageData
 * @typedef {{photoshop: typeof import('photoshop'), uxp: any}} Host
 * @typedef {<T>(work: () => Promise<T>) => Promise<T>} InScope runs work in a modal scope; in a script everything is in one
 * @typedef {{megapixels: number, layers: number}} Sizes of the checks that measure
 * @typedef {{registerAutoCloseDocument: (id: number) => any, unregisterAutoCloseDocument: (id: number) => any}} Closer closes a script's
 *   documents where it is cancelled
 * @typedef {ReturnType<typeof createKit>} Kit
 */

const { RGB, GRAY, WIDTH, HEIGHT, bounds, is, textOf } = require('./answers.js');

/** @param {Host} host @param {InScope} inScope @param {Sizes} sizes @param {Closer | null} [closer] */
function createKit({ photoshop, uxp }, inScope, sizes, closer = null) {
  const { app, core, imaging, action, constants } = photoshop;
  /** @type {Document[]} of the check that runs */
  let documents = [];
  /** @type {Record<string, string>} rule → what else was seen */
  const notes = {};
  let current = '';

  const note = (/** @type {string} */ text) => void (notes[current] = text);
  const said = () => notes[current];
  const begin = (/** @type {string} */ rule) => void (current = rule);

  /** Closes the documents of the check that ran, without saving. */
  async function end() {
    for (const document of documents) {
      try {
        const { id } = document;
        await document.closeWithoutSaving();
        if (closer) await closer.unregisterAutoCloseDocument(id);
      } catch (error) {
        notes[`${current} (closing)`] = textOf(error);
      }
    }
    documents = [];
  }

  /** A check has closed it by itself. @param {Document} document */
  function forget(document) {
    documents = documents.filter((known) => known !== document);
  }

  /** A new document of 64 x 48 pixels: white with a Background layer unless `fill` is transparent. @returns {Promise<Document>} */
  async function newDocument(/** @type {any} */ options = {}) {
    const base = {
      name: 'Layerbridge conformance',
      width: WIDTH,
      height: HEIGHT,
      resolution: 72,
      depth: 8,
      profile: RGB,
    };
    const modes = { mode: constants.NewDocumentMode.RGB, fill: constants.DocumentFill.WHITE };
    const document = await app.createDocument({ ...base, ...modes, ...options });
    if (!document) throw new Error('Photoshop made no document');
    documents.push(document);
    if (closer) await closer.registerAutoCloseDocument(document.id);
    return document;
  }

  const emptyDocument = (/** @type {any} */ options = {}) =>
    newDocument({ fill: constants.DocumentFill.TRANSPARENT, ...options });

  /**
   * @param {any} data chunky @param {number} width @param {number} height @param {number} components gray for one or two
   * @param {any} [options] of createImageDataFromBuffer
   * @returns {Promise<ImageData>}
   */
  function imageOf(data, width, height, components, options = {}) {
    const gray = components < 3;
    const space = { colorSpace: gray ? 'Grayscale' : 'RGB', colorProfile: gray ? GRAY : RGB };
    return imaging.createImageDataFromBuffer(
      data,
      /** @type {any} */ ({ width, height, components, ...space, ...options }),
    );
  }

  /**
   * Image data of `width` x `height` pixels that all are `pixel`.
   * @param {number} width @param {number} height @param {number[]} pixel @param {any} [options]
   * @param {Uint8ArrayConstructor | Uint16ArrayConstructor | Float32ArrayConstructor} [type]
   */
  function flat(width, height, pixel, options = {}, type = Uint8Array) {
    const data = new type(width * height * pixel.length);
    for (let i = 0; i < data.length; i++) data[i] = pixel[i % pixel.length];
    return imageOf(data, width, height, pixel.length, options);
  }

  /** @param {Layer} layer @param {ImageData} imageData @param {number} left @param {number} top @param {any} [options] */
  async function put(layer, imageData, left, top, options = {}) {
    const target = { documentID: layer.document.id, layerID: layer.id, targetBounds: { left, top } };
    try {
      await imaging.putPixels({ ...target, imageData, ...options });
    } finally {
      imageData.dispose();
    }
  }

  /** @param {Layer} layer @param {ImageData} imageData @param {number} left @param {number} top @param {any} [options] */
  async function putMask(layer, imageData, left, top, options = {}) {
    const target = { documentID: layer.document.id, layerID: layer.id, targetBounds: { left, top } };
    try {
      await imaging.putLayerMask({ ...target, imageData, ...options });
    } finally {
      imageData.dispose();
    }
  }

  /** @param {Document} document @param {any} [options] @returns {Promise<Layer>} */
  async function newLayer(document, options = {}) {
    const layer = await document.createPixelLayer(options);
    if (!layer) throw new Error('Photoshop made no layer');
    return layer;
  }

  /** @param {Document} document @param {any} options @returns {Promise<Layer & {layers: Layer[]}>} */
  async function newGroup(document, options) {
    const group = await document.createLayerGroup(options);
    if (!group || !group.layers) throw new Error('Photoshop made no group');
    return /** @type {any} */ (group);
  }

  /** @param {Document} document @returns {Layer} */
  function background(document) {
    if (!document.backgroundLayer) throw new Error('the document has no Background layer');
    return document.backgroundLayer;
  }

  /** A layer with a red patch of 10 x 8 pixels at (20, 10). @param {Document} document @param {any} [options] of putPixels */
  async function patch(document, options = {}) {
    const layer = await newLayer(document, { name: 'patch' });
    await put(layer, await flat(10, 8, [255, 0, 0, 255]), 20, 10, options);
    return layer;
  }

  /** What an imaging function gives, with its data, disposed of. @param {Promise<any>} promise @param {any} [options] of getData */
  async function taken(promise, options = {}) {
    const { imageData, sourceBounds, level } = await promise;
    try {
      const { width, height, components, componentSize, colorSpace, colorProfile, hasAlpha, pixelFormat, type } =
        imageData;
      const data = await imageData.getData(options);
      /** The components of a pixel. @param {number} x @param {number} y @returns {number[]} */
      const at = (x, y) => Array.from(data.slice((y * width + x) * components, (y * width + x + 1) * components));
      const sides = [sourceBounds.left, sourceBounds.top, sourceBounds.right, sourceBounds.bottom];
      const facts = { width, height, components, componentSize, colorSpace, colorProfile, hasAlpha, pixelFormat, type };
      return { ...facts, data, level, at, bounds: sides };
    } finally {
      imageData.dispose();
    }
  }

  const pixels = (/** @type {Document} */ document, /** @type {any} */ options = {}, data = {}) =>
    taken(imaging.getPixels({ documentID: document.id, ...options }), data);
  const layerPixels = (/** @type {Layer} */ layer, /** @type {any} */ options = {}) =>
    pixels(layer.document, { layerID: layer.id, ...options });
  const mask = (/** @type {Layer} */ layer, /** @type {any} */ options = {}) =>
    taken(imaging.getLayerMask({ documentID: layer.document.id, layerID: layer.id, ...options }));
  const selected = (/** @type {Document} */ document, /** @type {any} */ options = {}) =>
    taken(imaging.getSelection({ documentID: document.id, ...options }));

  /** 'yes' where `work` is refused; the error's text goes into the report. @param {() => any} work @returns {Promise<string>} */
  async function refused(work) {
    try {
      await work();
    } catch (error) {
      note(textOf(error));
      return 'yes';
    }
    return 'it was not refused';
  }

  /** 'throws' or what `work` gives. @param {() => Promise<any>} work @returns {Promise<any>} */
  async function orThrows(work) {
    /** @type {any} */
    let answer = '';
    const failed = await refused(async () => {
      answer = await work();
    });
    return failed === 'yes' ? 'throws' : answer;
  }

  /** @param {...any} commands @returns {Promise<any[]>} */
  async function play(...commands) {
    const results = await action.batchPlay(commands, {});
    const failed = results.find((result) => result && result._obj === 'error');
    if (failed) throw new Error(String(failed.message));
    return results;
  }

  const layerReference = (/** @type {Layer} */ layer) => ({ _ref: 'layer', _id: layer.id });
  const selectLayer = (/** @type {Layer} */ layer, more = {}) =>
    play({ _obj: 'select', _target: [layerReference(layer)], makeVisible: false, ...more });

  /** Give a layer a mask that begins as `value` says. @param {Layer} layer @param {string} value */
  async function makeMask(layer, value) {
    await selectLayer(layer);
    const at = { _ref: 'channel', _enum: 'channel', _value: 'mask' };
    await play({ _obj: 'make', new: { _class: 'channel' }, at, using: { _enum: 'userMaskEnabled', _value: value } });
  }

  /**
   * Whether the 256 values come back from a mask as 0 to 255.
   * @param {Document} document @param {any} ramp in the depth that is written
   */
  async function rampThrough(document, ramp) {
    const layer = await patch(document);
    await putMask(layer, await imageOf(ramp, 16, 16, 1), 0, 0);
    const seen = await mask(layer, { sourceBounds: bounds(0, 0, 16, 16) });
    const full = seen.componentSize === 8 ? 255 : seen.componentSize === 16 ? 32768 : 1;
    const values = Array.from(seen.data, (value) => Math.round((Number(value) / full) * 255));
    return is(
      values,
      Array.from({ length: 256 }, (_, i) => i),
      1,
    );
  }

  /** One property of a layer. @param {Layer} layer @param {string} property */
  const readProperty = async (layer, property) =>
    (await play({ _obj: 'get', _target: [{ _property: property }, layerReference(layer)] }))[0];

  /** A layer as patch makes it, of which a mask shows 4 x 3 pixels at (22, 12). */
  async function maskedPatch() {
    const layer = await patch(await newDocument());
    await makeMask(layer, 'hideAll');
    await putMask(layer, await flat(4, 3, [255]), 22, 12, { replace: false });
    return layer;
  }

  const names = (/** @type {Document} */ document) =>
    document.layers.map((layer) => (layer.isClippingMask ? `[${layer.name}]` : layer.name)).join(' ');

  /** A document of which the layer `high` is clipped to the layer `low`. */
  async function stack() {
    const document = await newDocument();
    const low = await newLayer(document, { name: 'low' });
    const high = await newLayer(document, { name: 'high' });
    high.isClippingMask = true;
    return { document, low, high };
  }

  /** @param {Document} document @param {number} left @param {number} top @param {number} right @param {number} bottom */
  const select = (document, left, top, right, bottom) =>
    document.selection.selectRectangle(bounds(left, top, right, bottom));

  /**
   * Between suspendHistory and resumeHistory; gives the names of the history states that came of it.
   * @param {Document} document @param {() => Promise<any>} work @param {{commit?: boolean, finalName?: string}} [options]
   */
  async function suspended(document, work, { commit = true, finalName = '' } = {}) {
    const before = document.historyStates.length;
    await core.executeAsModal(
      async (context) => {
        const suspension = await context.hostControl.suspendHistory({ documentID: document.id, name: 'One state' });
        await work();
        if (finalName) suspension.finalName = finalName;
        await context.hostControl.resumeHistory(suspension, commit);
      },
      { commandName: 'History' },
    );
    return document.historyStates.slice(before).map((state) => state.name);
  }

  return {
    ...{ app, core, imaging, action, constants, uxp, sizes, inScope },
    ...{
      notes,
      note,
      said,
      begin,
      end,
      forget,
      newDocument,
      emptyDocument,
      imageOf,
      flat,
      put,
      putMask,
      newLayer,
      newGroup,
      background,
      patch,
    },
    ...{ taken, pixels, layerPixels, mask, selected, refused, orThrows, play, layerReference, selectLayer, makeMask },
    ...{ rampThrough, readProperty, maskedPatch, names, stack, select, suspended },
  };
}

module.exports = { createKit };
