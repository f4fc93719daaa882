"""What is said, in English, by key. Generated from texts/en.json by `python -m bridge_server.protocol.generate`: change it there."""
# fmt: off

from __future__ import annotations

TEXTS = {
    'notRunning': 'Layerbridge is not running. Start it with “layerbridge serve” in a terminal, then try again.',
    'foreign': 'Your Layerbridge is not running. Start it with “layerbridge serve” in a terminal, then try again. The one that answers at {address} belongs to another user or to another home folder: nothing is sent to it.',
    'notLayerbridge': 'Something that is not Layerbridge answered at its address (HTTP {status}).',
    'notUnderstood': 'Layerbridge gave an answer that is not understood. Update this program.',
    'unpaired': 'This program is not paired with Layerbridge. Run “layerbridge pair” in a terminal for a code.',
    'daemonOlder': 'Layerbridge {version} is older than this program. Update Layerbridge, then restart it with “layerbridge stop” and “layerbridge serve”.',
    'clientOlder': 'This program is older than Layerbridge {version}. Update it.',
    'lostText': 'Layerbridge stopped while this ran, and has not come back. Start it with “layerbridge serve”: it has what was finished.',
}
