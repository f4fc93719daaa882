'use strict';

/** The picture of a job while it is painted: in its own shape, and without flicker when the next one comes. */

const { el } = require('./dom.js');

const HIGHEST = 260; // pixels; as in styles.css

/**
 * Two pictures on one another: the one before stays until the next is loaded, since a picture whose source changes is empty for
 * a moment in many versions of Photoshop.
 * @returns {{node: any, update: (address: string) => void}}
 */
function createPreview() {
  const images = [el('img', { class: 'preview' }), el('img', { class: 'preview waiting' })];
  const node = el('div', { class: 'previewbox' }, ...images);
  let [front, waiting, last] = [0, false, ''];

  function swap() {
    waiting = false;
    front = 1 - front;
    images[front].className = 'preview';
    images[1 - front].className = 'preview waiting';
  }

  images.forEach((image, i) => {
    image.addEventListener('load', () => {
      fit(image, Number(node.clientWidth));
      if (waiting && i !== front) swap();
    });
  });
  return {
    node,
    update(address) {
      if (address === last) return;
      if (waiting) swap(); // where its loading was not told
      waiting = last !== '';
      last = address;
      images[waiting ? 1 - front : front].setAttribute('src', address);
    },
  };
}

/**
 * As large as there is room, in the picture's own shape. Its height follows from its width.
 * @param {any} image @param {number} available pixels
 */
function fit(image, available) {
  const [width, height] = [Number(image.naturalWidth), Number(image.naturalHeight)];
  if (width > 0 && height > 0 && available > 0) {
    image.style.width = `${Math.round(Math.min(available, (HIGHEST * width) / height) * 100) / 100}px`;
  }
}

module.exports = { createPreview };
