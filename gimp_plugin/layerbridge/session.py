"""The client library's connector as this plug-in uses it: its name, its memory and its own sentences. No gi."""

from __future__ import annotations

from dataclasses import dataclass, field

from layerbridge_client import session
from layerbridge_client.sentences import Sentences

from .remembered import Remembered
from .texts import t

CLIENT_NAME = "GIMP"


def gimp_sentences() -> Sentences:
    """What the plug-in says where the daemon does not; what names a menu names GIMP's."""
    return Sentences(
        unreachable=t("notRunning"),
        not_layerbridge=t("notLayerbridge"),
        not_understood=t("notUnderstood"),
        foreign=t("foreign"),
        unpaired=t("unpaired"),
        older_daemon=t("daemonOlder"),
        older_client=t("clientOlder"),
        lost=t("lostText"),
    )


@dataclass(frozen=True)
class Connector(session.Connector):
    """Makes sessions; raises BridgeError with the plug-in's sentences."""

    remembered: Remembered
    client_name: str = CLIENT_NAME
    sentences: Sentences = field(default_factory=gimp_sentences)
