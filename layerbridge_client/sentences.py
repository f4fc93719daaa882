"""What a client says of its own accord; the daemon's refusals bring their own words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sentences:
    """A program with menus of its own names them in its own. `{}`: what is put in."""

    unreachable: str = "Layerbridge is not running. Start it with “layerbridge serve” in a terminal, then try again."
    not_layerbridge: str = "Something that is not Layerbridge answered at its address (HTTP {status})."
    not_understood: str = "Layerbridge gave an answer that is not understood. Update this program."
    foreign: str = (
        "Your Layerbridge is not running. Start it with “layerbridge serve” in a terminal, then try again. "
        "The one that answers at {address} belongs to another user or to another home folder: nothing is sent to it."
    )
    unpaired: str = "This program is not paired with Layerbridge. Run “layerbridge pair” in a terminal for a code."
    older_daemon: str = (
        "Layerbridge {version} is older than this program. Update Layerbridge, then restart it with "
        "“layerbridge stop” and “layerbridge serve”."
    )
    older_client: str = "This program is older than Layerbridge {version}. Update it."
    lost: str = (
        "Layerbridge stopped while this ran, and has not come back. Start it with “layerbridge serve”: it has what was "
        "finished."
    )
