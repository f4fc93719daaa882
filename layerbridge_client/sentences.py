"""What a client says of its own accord; the daemon's refusals bring their own words. The words: texts/en.json."""

from __future__ import annotations

from dataclasses import dataclass

from .english import TEXTS


@dataclass(frozen=True)
class Sentences:
    """A program with menus of its own names them in its own. `{}`: what is put in."""

    unreachable: str = TEXTS["notRunning"]
    not_layerbridge: str = TEXTS["notLayerbridge"]
    not_understood: str = TEXTS["notUnderstood"]
    foreign: str = TEXTS["foreign"]
    unpaired: str = TEXTS["unpaired"]
    older_daemon: str = TEXTS["daemonOlder"]
    older_client: str = TEXTS["clientOlder"]
    lost: str = TEXTS["lostText"]
