'use strict';

/** What a painter reads where something cannot be done, or must be asked: a part of the table in texts.js. */

/** @type {import('./texts.js').Table} */
const FAILURES = {
  // Failures of the panel's own
  notRunning: 'Start it with “layerbridge serve” in a terminal, then choose Check again.',
  refusedWays:
    'Photoshop refused the connection. Settings shows what was tried; run “layerbridge doctor” in a terminal and compare the port.',
  lostText:
    'It has not come back. Start it with “layerbridge serve”; the job then goes on here, and History has what was finished.',
  notUnderstood: 'Layerbridge gave an answer that is not understood. Update the panel.',
  notLayerbridge: 'Something that is not Layerbridge answered at its address (HTTP {status}).',
  daemonOlder:
    'Layerbridge {version} is older than this panel. Update Layerbridge, then restart it with “layerbridge stop” and “layerbridge serve”.',
  panelOlder:
    'This panel is older than Layerbridge {version}. Run “layerbridge plugin install photoshop”, then restart Photoshop.',
  needMargin: 'Outpaint needs room: expand at least one side, or select past the edge of the picture.',
  needPrompt: 'Text to Image needs a prompt: describe the picture.',
  needSelection: 'Nothing is selected. Select what is to be removed, then try again.',
  seedTooLarge: 'The seed is too large for so many variations. Choose a smaller one.',
  badNumber: '{field}: type a number from {minimum} to {maximum}, or leave it empty.',
  noDocument: 'No document is open. Open one, or make one with File ▸ New.',
  noLayer: 'No layer is selected. Select one, or set Source to “All visible layers”.',
  manyLayers: 'Several layers are selected. Select one, or set Source to “All visible layers”.',
  groupLayer: '“{name}” is a group. Select one layer in it, or set Source to “All visible layers”.',
  adjustmentLayer: '“{name}” is an adjustment layer and has no pixels of its own. Set Source to “All visible layers”.',
  unreadableLayer:
    'Photoshop does not give out the pixels of “{name}”. Set Source to “All visible layers”, or rasterize a copy of it.',
  unreadablePicture:
    'Photoshop could not read “{name}”: {reason}. Nothing was sent. Try again; if that area is empty, fill it first.',
  quickMask: 'Quick Mask is on. Press Q to make it a selection, then try again.',
  mode_CMYKColorMode:
    'CMYK documents cannot take the result without loss. Work on an RGB copy: Image ▸ Duplicate, then Image ▸ Mode ▸ RGB Color. History can also open results as new RGB documents.',
  mode_labColorMode:
    'Lab documents cannot take the result without loss. Choose Image ▸ Mode ▸ RGB Color (at 16 bit nothing visible is lost), then try again.',
  mode_bitmapMode:
    'A Bitmap document has only black and white. Choose Image ▸ Mode ▸ Grayscale, then RGB Color, and try again.',
  mode_indexedColorMode:
    'An Indexed document has too few colours for the result. Choose Image ▸ Mode ▸ RGB Color, then try again.',
  mode_duotoneMode:
    'A Duotone document cannot take the result. Choose Image ▸ Mode ▸ RGB Color or Grayscale, then try again.',
  mode_multichannelMode:
    'A Multichannel document has no colours to paint with. Choose Image ▸ Mode ▸ RGB Color, then try again.',
  mode_other: 'This kind of document cannot be painted on. Choose Image ▸ Mode ▸ RGB Color, then try again.',
  depthOther:
    'Documents of this depth cannot be painted on. Choose Image ▸ Mode ▸ 8, 16 or 32 Bits/Channel, then try again.',
  artboardsOutpaint:
    'A document with artboards has no single canvas to extend. Make the artboard larger, select the empty part, and inpaint it.',
  artboardsPlaced: 'The document has artboards: the result lies above them. Drag it into the one it belongs to.',
  hiddenUnseen:
    'With the earlier results hidden Photoshop gave the same picture: the new one may be made of them. If so, hide them in the Layers panel, then choose Generate.',
  nothingThere: 'Nothing is visible in that area: it was sent as transparent.',
  profileConverted: 'Layerbridge does not know the profile “{profile}”: Photoshop converts to {via} and back.',
  sourceGone: 'The layer this was made from is gone. Select another layer, set the job again, and choose Generate.',
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
  damagedResult: 'The result is damaged. Fetch it again from History, or update the panel.',

  // Where a result can go
  docClosed:
    '“{name}” was closed. Open it again and place the result from here, or open it as a new document. Nothing is lost.',
  docNotInFront: '“{name}” is not in front any more.',
  docSwitch: 'Go to it and place',
  docResized: '“{name}” was {oldWidth} × {oldHeight} pixels when the job was sent and is {width} × {height} now.',
  docMode:
    '“{name}” has another mode or depth than when the job was sent. Change it back, or open the result as a new document.',
  docOther: 'This was made for “{name}” ({oldWidth} × {oldHeight} px), not for the document in front.',
  placeAnyway: 'Place at the same pixels',
  later: 'Later',
  lockedGroup:
    'The group “{name}” is locked. Unlock it in the Layers panel and place the result again, or set Source to “All visible layers” for the next job.',
  lockedResult: '“{name}” is locked. Unlock it in the Layers panel, or choose Place to add the variation above it.',
  layerGoneTop: 'The layer was deleted meanwhile: the result lies on top of all layers.',
  maskDiffers:
    'Photoshop keeps the layer’s mask with other values than it was given. Look at the edges of the result; Undo takes it back.',
  nothingReplaced: 'The earlier result is not in this document: nothing was taken away.',
  close: 'Close',
};

module.exports = { FAILURES };
