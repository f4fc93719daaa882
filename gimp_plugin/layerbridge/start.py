"""Starting the daemon from the plug-in, detached, with the command that the installer wrote. Blocking. No gi."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from .failures import UNREACHABLE, BridgeError
from .places import Installation
from .session import Connector
from .texts import _

READY_SECONDS = 30.0
LOOK_SECONDS = 0.2
# Set by GIMP's bundles for their own Python and libraries; they would break another Python.
FOREIGN = ("PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "GI_TYPELIB_PATH", "SSL_CERT_FILE")


def can_start(installation: Installation) -> bool:
    """Whether the installer left a command; it leaves none where GIMP's sandbox cannot run it."""
    return bool(installation.command)


def start(connector: Connector) -> None:
    """Start the daemon and wait until it answers. Raises BridgeError with what to do where it does not."""
    command = list(connector.installation.command)
    if not command:
        raise BridgeError(UNREACHABLE, _("This GIMP cannot start Layerbridge. Run “layerbridge serve” in a terminal."))
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=Path(command[0]).parent,  # no code of the folder in which GIMP was started
            env=clean_environment(os.environ, connector.installation.environment),
            close_fds=True,
            **_detached(),
        )
    except OSError as error:
        raise BridgeError(
            UNREACHABLE,
            _(
                "Layerbridge could not be started: {program} was not found. "
                "Run “layerbridge plugin install gimp” again, or “layerbridge serve” in a terminal."
            ).format(program=command[0]),
            str(error),
        ) from None
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            connector.find()
        except BridgeError:
            if process.poll() not in (None, 0):
                break
            time.sleep(LOOK_SECONDS)
        else:
            return
    raise BridgeError(
        UNREACHABLE,
        _("Layerbridge was started but does not answer. Run “layerbridge doctor” in a terminal: it says why."),
        f"exit code {process.poll()}",
    )


def clean_environment(environ: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """GIMP's environment without what its bundle set for itself, and with what the installer noted."""
    kept = {name: value for name, value in environ.items() if name not in FOREIGN}
    return {**kept, **extra}


def _detached() -> dict[str, object]:
    """The daemon outlives GIMP, and shows no console window."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return {"creationflags": flags}
    return {"start_new_session": True}
