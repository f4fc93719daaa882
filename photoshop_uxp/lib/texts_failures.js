'use strict';

/** What a user reads where something cannot be done, or must be asked: a part of the table in texts.js. */

/** @type {import('./texts.js').Table} */
const FAILURES = {
  // Failures of the panel's own
  refusedWays:
    'Photoshop refused the connection. Settings shows what was tried; run “layerbridge doctor” in a terminal and compare the port.',
  tableMissing:
    'Layerbridge {version} does not say what it can do: it is older than this panel, and may refuse what is here. Update Layerbridge.',
  tableDiffers: 'The panel and Layerbridge {version} are not of the same version: {parts}. Update the older one.',
  tableGone: 'Layerbridge has no {names}',
  tableNew: 'the panel came without {names}',
  tableOther: '{names} has changed since',
  tableUnknown: 'the panel is too old for {names}',
  needMargin: '{operation} needs room: expand at least one side, or select past the edge of the picture.',
  needPrompt: '{operation} needs a prompt: describe the picture.',
  needPicture: '“{title}” has no picture. Choose a layer, a group or a file for it.',
  needSelection: 'Nothing is selected. Select the area to work on, then try again.',
  seedTooLarge: 'The seed is too large for so many variations. Choose a smaller one.',
  badNumber: '{field}: type a number from {minimum} to {maximum}, or leave it empty.',
  noDocument: 'No document is open. Open one, or make one with File ▸ New.',
  groupLayer: '“{name}” is a group. Select one layer in it, or set Source to “All visible layers”.',
  adjustmentLayer: '“{name}” is an adjustment layer and has no pixels of its own. Set Source to “All visible layers”.',
  unreadableLayer:
    'Photoshop does not give out the pixels of “{name}”. Set Source to “All visible layers”, or rasterize a copy of it.',
  unreadablePicture:
    'Photoshop could not read “{name}”: {reason}. Nothing was sent. Try again; if that area is empty, fill it first.',
  fileGone: 'The file “{name}” cannot be read any more. Choose it again.',
  fileUnknown: '“{name}” is neither a PNG nor a JPEG file. Choose another one, or save it as PNG.',
  fileTooLarge: '“{name}” is larger than {most} MB. Choose a smaller file.',
  pictureLayerGone: 'The layer “{name}”, chosen for “{title}”, is not in this document. Choose another one.',
  pictureHidden: '“{name}”, chosen for “{title}”, is hidden. Show it in the Layers panel, then try again.',
  emptyLayer: '“{name}” has no pixels. Select another layer, or set Source to “All visible layers”.',
  pictureEmpty: '“{name}”, chosen for “{title}”, has no pixels on the canvas. Choose another layer.',
  pictureTooLarge:
    '“{name}” has {megapixels} megapixels; at {depth} bit the panel can hold {most}. Choose a smaller layer, or a file.',
  quickMask: 'Quick Mask is on. Press Q to make it a selection, then try again.',
  mode_CMYKColorMode:
    'CMYK documents cannot take the result without loss. Work on an RGB copy: Image ▸ Duplicate, then Image ▸ Mode ▸ RGB Color. History can also open results as new RGB documents.',
  mode_labColorMode:
    'Lab documents cannot take the result without loss. Choose Image ▸ Mode ▸ RGB Color (at 16 bit nothing visible is lost), then try again.',
  mode_bitmapMode:
    'A Bitmap document has only black and white. Choose Image ▸ Mode ▸ Grayscale, then RGB Color, and try again.',
  mode_indexedColorMode:
    'An Indexed document has too few colors to work with. Choose Image ▸ Mode ▸ RGB Color, then try again.',
  mode_duotoneMode:
    'A Duotone document cannot take the result. Choose Image ▸ Mode ▸ RGB Color or Grayscale, then try again.',
  mode_multichannelMode:
    'A Multichannel document has no colors to paint with. Choose Image ▸ Mode ▸ RGB Color, then try again.',
  mode_other: 'This kind of document cannot be painted on. Choose Image ▸ Mode ▸ RGB Color, then try again.',
  depthOther:
    'Documents of this depth cannot be painted on. Choose Image ▸ Mode ▸ 8, 16 or 32 Bits/Channel, then try again.',
  artboardsGrow:
    'A document with artboards has no single canvas to extend. Make the artboard larger, select the empty part, and have that painted.',
  artboardsPlaced: 'The document has artboards: the result lies above them. Drag it into the one it belongs to.',
  hiddenUnseen:
    'With the earlier results hidden Photoshop gave the same picture: the new one may be made of them. If so, hide them in the Layers panel, then choose Generate.',
  nothingThere: 'Nothing is visible in that area: it was sent as transparent.',
  profileConverted: 'Layerbridge does not know the profile “{profile}”: Photoshop converts to {via} and back.',
  sourceElsewhere:
    'This was made from the layer “{name}” of another document. Select the layer that it is to be made from, set the job again, and choose Generate.',
  selectAgain:
    'This was made with a selection that is not there any more. Select the area again, then choose Again; or set the job and choose Generate.',
  keepsChanging:
    'The selection or the canvas kept changing while the picture was read. Finish the change, then try again.',
  tooLargeToRead:
    'The area has {megapixels} megapixels; at {depth} bit the panel can hold {most}. Select a smaller area, set a smaller Padding, or scale the picture down with Image ▸ Image Size.',
  tooLargeTogether:
    'All {count} variations at once do not fit into the panel’s memory. Select one, and place them one after another.',
  nothingToRepeat: 'There is nothing to repeat yet. Choose Generate first.',
  photoshopBusy: 'Another command or dialog holds Photoshop. Finish it, then try again. Nothing is lost.',
  photoshopFailed: 'Photoshop could not do this: {reason}',
  escaped: 'Stopped with Escape. Nothing was changed; History has the result.',

  // Where a result can go
  docClosed:
    '“{name}” was closed. Open it again and place the result from here, or open it as a new document. Nothing is lost.',
  docNotInFront: '“{name}” is not in front any more.',
  docSwitch: 'Go to it and place',
  docResized: '“{name}” was {oldWidth} × {oldHeight} pixels when the job was sent and is {width} × {height} now.',
  docMode:
    '“{name}” has another mode or depth than when the job was sent. Change it back, or open the result as a new document.',
  docOther: 'This was made for “{name}” ({oldWidth} × {oldHeight} px), not for the document in front.',
  applyRest: 'Try again',
  placeAnyway: 'Place at the same pixels',
  later: 'Later',
  lockedGroup:
    'The group “{name}” is locked. Unlock it in the Layers panel and place the result again, or set Source to “All visible layers” for the next job.',
  lockedResult: '“{name}” is locked. Unlock it in the Layers panel, or choose Place to add the variation above it.',
  maskDiffers:
    'Photoshop keeps the layer’s mask with other values than it was given. Look at the edges of the result; Undo takes it back.',
  selectsNothing: 'The result selects nothing on the canvas: nothing was changed.',
  maskOneLayer: 'The result becomes the mask of one layer. Select a single layer, then try again.',
  maskBackground:
    'The Background layer “{name}” cannot have a mask. Double-click it in the Layers panel to make it a layer, then try again.',
  maskLocked: '“{name}” is locked. Unlock it in the Layers panel, or select another layer, then try again.',
  documentTooLarge:
    'The result has {megabytes} MB, more than the panel can hold ({most}). “layerbridge generate” writes it to a file.',
  maskReplaced: 'The mask that “{name}” had before was replaced; Undo brings it back.',
  nothingReplaced: 'The earlier result is not in this document: nothing was taken away.',
};

module.exports = { FAILURES };
