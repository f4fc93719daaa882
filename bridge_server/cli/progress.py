"""Follows a job in the terminal: a bar, the stage, the time left; Ctrl+C cancels the job."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import Any

from tqdm import tqdm

from layerbridge_client.follow import follow as look_on

from ..errors import BridgeError
from .connection import Connection

POLL_SECONDS = 1 if sys.platform == "win32" else 20  # Windows delivers Ctrl+C only when a call has returned
STAGES = {
    "waiting": "Waiting",
    "loading": "Loading the model",
    "encoding": "Preparing",
    "denoising": "Painting",
    "decoding": "Finishing",
    "finished": "Finished",
}


def follow(
    connection: Connection,
    job: str,
    on_artifact: Callable[[dict[str, Any]], None],
    *,
    begin: Callable[[], None],
    quiet: bool,
) -> dict[str, Any]:
    """The job's snapshot once it is finished; every artifact is handed to `on_artifact` as soon as it is there.

    begin: called first; it may raise what has been waiting since the job was submitted.

    Ctrl+C, or a signal that ends the command, cancels the job, hands over what was finished until then, and is passed
    on; where `on_artifact` raises, the job is cancelled too.
    """
    bar_format = "{desc}: {percentage:3.0f}%|{bar}| {postfix}"
    bar = tqdm(total=100, bar_format=bar_format, disable=True if quiet else None, leave=False)
    given: set[tuple[str, int]] = set()
    try:
        begin()
        return _follow(connection, job, on_artifact, given, bar)
    except KeyboardInterrupt:
        connection.call("POST", f"/v1/jobs/{job}/cancel")
        _follow(connection, job, on_artifact, given, bar)
        raise
    except (OSError, BridgeError):
        with contextlib.suppress(BridgeError):
            connection.call("POST", f"/v1/jobs/{job}/cancel")
        raise
    finally:
        bar.close()


def _follow(
    connection: Connection,
    job: str,
    on_artifact: Callable[[dict[str, Any]], None],
    given: set[tuple[str, int]],
    bar: tqdm[Any],
) -> dict[str, Any]:
    def look(after: int, wait: int) -> dict[str, Any]:
        return connection.call("GET", f"/v1/jobs/{job}?after={after}&wait={wait}")

    snapshot: dict[str, Any] = {}
    for snapshot, _events in look_on(look, wait=POLL_SECONDS):
        _show(snapshot["progress"], bar)
        for info in snapshot["artifacts"]:
            if (info["role"], info["index"]) not in given:
                on_artifact(info)
                given.add((info["role"], info["index"]))
    return snapshot


def _show(progress: dict[str, Any], bar: tqdm[Any]) -> None:
    bar.n = round(progress["fraction"] * 100)
    bar.set_description_str(STAGES.get(progress["stage"], progress["stage"].capitalize()), refresh=False)
    step = f"step {progress['step']} of {progress['steps']}" if progress["steps"] else ""
    bar.set_postfix_str(", ".join(part for part in (step, _duration(progress["eta_seconds"])) if part), refresh=True)


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"
