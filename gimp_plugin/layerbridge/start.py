"""Starting the daemon from the plug-in with the command that the installer wrote, and waiting for it. No gi."""

from __future__ import annotations

import os
import time
from pathlib import Path

from layerbridge_client.places import Installation

from .failures import UNREACHABLE, BridgeError
from .launch import clean_environment, launch
from .session import Connector
from .texts import _

READY_SECONDS = 90.0  # the first start after an installation may wait for a virus scanner
LOOK_SECONDS = 0.2
LOG_BYTES = 4 * 1024  # of the end of what it said: the reason is in its last line
OTHERS_START = "is running already"  # the daemon's own words where another one has its home: that one is awaited


def can_start(installation: Installation) -> bool:
    """Whether the installer left a command; it leaves none where GIMP's sandbox cannot run it."""
    return bool(installation.command)


def start(connector: Connector) -> None:
    """Start the daemon and wait until it answers. Blocking. Raises BridgeError with what to do where it does not."""
    installation = connector.installation
    if not installation.command:
        raise BridgeError(UNREACHABLE, _("This GIMP cannot start Layerbridge. Run “layerbridge serve” in a terminal."))
    environment = clean_environment(os.environ, installation.environment)
    try:
        process = launch(installation.command, environment, installation.start_log)
    except OSError as error:
        raise BridgeError(
            UNREACHABLE,
            _(
                "Layerbridge could not be started: {program} was not found. "
                "Run “layerbridge plugin install gimp” again, or “layerbridge serve” in a terminal."
            ).format(program=installation.command[0]),
            str(error),
        ) from None
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if connector.own() is not None:
            return
        if process.poll() not in (None, 0) and OTHERS_START not in last_words(installation.start_log):
            break
        time.sleep(LOOK_SECONDS)
    raise BridgeError(UNREACHABLE, not_started_text(installation.start_log), f"exit code {process.poll()}")


def not_started_text(log: Path | None) -> str:
    """Why it did not start, in its own words where it left some."""
    said = last_words(log)
    if said:
        return _(
            "Layerbridge did not start. It says: “{reason}” If that does not help, run “layerbridge doctor” in a "
            "terminal."
        ).format(reason=said)
    return _("Layerbridge was started but does not answer. Run “layerbridge doctor” in a terminal: it says why.")


def last_words(log: Path | None) -> str:
    """The last line that the daemon wrote to standard error, or nothing."""
    if log is None:
        return ""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG_BYTES))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip().removeprefix("layerbridge: ") if lines else ""
