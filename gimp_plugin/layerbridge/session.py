"""The client library's connector as this plug-in uses it: its name, its memory and its own sentences. No gi."""

from __future__ import annotations

from dataclasses import dataclass, field

from layerbridge_client import session
from layerbridge_client.sentences import Sentences

from .remembered import Remembered
from .texts import _

CLIENT_NAME = "GIMP"


def gimp_sentences() -> Sentences:
    """What the plug-in says where the daemon does not; what names a menu names GIMP's."""
    return Sentences(
        unreachable=_(Sentences.unreachable),
        not_layerbridge=_(Sentences.not_layerbridge),
        not_understood=_("Layerbridge gave an answer that is not understood. Update the plug-in."),
        foreign=_(Sentences.foreign),
        unpaired=_(
            "This GIMP is not paired with Layerbridge. Run “layerbridge pair” in a terminal, then type the code under "
            "Filters ▸ Layerbridge ▸ Settings… ▸ Pair…."
        ),
        older_daemon=_(
            "Layerbridge {version} is older than this plug-in. Update Layerbridge, then restart it with "
            "“layerbridge stop” and “layerbridge serve”."
        ),
        older_client=_(
            "This plug-in is older than Layerbridge {version}. "
            "Run “layerbridge plugin install gimp”, then restart GIMP."
        ),
        lost=_(
            "Layerbridge stopped while this ran, and has not come back. Start it with “layerbridge serve”; "
            "Filters ▸ Layerbridge ▸ History… then has the result, or runs the job again."
        ),
    )


@dataclass(frozen=True)
class Connector(session.Connector):
    """Makes sessions; raises BridgeError with the plug-in's sentences."""

    remembered: Remembered
    client_name: str = CLIENT_NAME
    sentences: Sentences = field(default_factory=gimp_sentences)
