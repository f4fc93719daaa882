"""Following a job to its end by long-polls, through restarts of the daemon. Blocking: runs in a thread. No gi."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import wire
from .failures import LOST, NOT_RUNNING, BridgeError
from .session import Connector
from .texts import _

WAIT_SECONDS = 20  # of one long-poll
RETRY_SECONDS = 1.0
PATIENCE_SECONDS = 120.0  # how long a daemon that went away is waited for while a painter watches
BATCH_PATIENCE_SECONDS = 20.0  # … and in scripts


@dataclass(frozen=True)
class Update:
    """What the progress window shows. `fraction` 0 to 1; `preview` is a JPEG's base64 text, or empty for no news."""

    text: str
    fraction: float = 0.0
    eta_seconds: float | None = None
    preview: str = ""
    lost: bool = False  # the daemon does not answer at present
    ended: bool = False  # nothing more will come


@dataclass(frozen=True)
class Follower:
    """Follows one job. Set `abandon` to stop waiting for a daemon that went away."""

    connector: Connector
    job: str
    on_update: Callable[[Update], None]
    patience_seconds: float = PATIENCE_SECONDS
    abandon: threading.Event = field(default_factory=threading.Event)

    def finish(self, after: int = 0) -> dict[str, Any]:
        """The job's last snapshot: done, failed or cancelled.

        Raises BridgeError: LOST where the daemon stays away; not_found where the job was deleted.
        """
        lost_at: float | None = None
        wait = 0  # the first look shows at once whether it waits or runs
        while True:
            try:
                reply = self.connector.call(lambda client, after=after, wait=wait: client.job(self.job, after, wait))
            except BridgeError as error:
                lost_at = self._lost(error, lost_at)
                continue
            lost_at, wait = None, WAIT_SECONDS
            job, events = reply["job"], reply.get("events", [])
            after = max([after, int(job.get("seq", 0)), *(int(event["seq"]) for event in events)])
            self.on_update(update_of(job, events))
            if job["state"] in wire.FINAL_STATES:
                return job

    def _lost(self, error: BridgeError, lost_at: float | None) -> float:
        """Wait a little; returns when the daemon was lost. Raises `error` where waiting does not help."""
        if error.code not in (*NOT_RUNNING, "shutting_down"):
            raise error
        now = time.monotonic()
        since = now if lost_at is None else lost_at
        if now - since > self.patience_seconds or self.abandon.is_set():
            raise BridgeError(LOST, lost_text(), error.detail)
        self.on_update(Update(_("Layerbridge stopped answering. Reconnecting…"), lost=True))
        self.abandon.wait(RETRY_SECONDS)
        return since


def lost_text() -> str:
    return _(
        "Layerbridge stopped while this ran, and has not come back. Start it with “layerbridge serve”; "
        "Filters ▸ Layerbridge ▸ History… then has the result, or runs the job again."
    )


def update_of(job: Mapping[str, Any], events: list[Any]) -> Update:
    """What to show for a snapshot and the events that led to it."""
    previews = [event["data"].get("jpeg", "") for event in events if event.get("type") == "preview"]
    progress = job.get("progress", {})
    return Update(
        text=_phase_text(job, progress),
        fraction=min(1.0, max(0.0, float(progress.get("fraction", 0.0)))),
        eta_seconds=progress.get("eta_seconds"),
        preview=previews[-1] if previews else "",
        ended=job.get("state") in wire.FINAL_STATES,
    )


def _phase_text(job: Mapping[str, Any], progress: Mapping[str, Any]) -> str:
    state, phase = job.get("state"), progress.get("phase", "waiting")
    ended = {"done": _("Finished"), "failed": _("It ended before it was finished."), "cancelled": _("Stopped")}
    if state in ended:
        return ended[state]
    if state == "queued":
        position = job.get("position")
        if position:
            return _("Waiting: {count} before this one").format(count=position)
        return _("Waiting…")
    if state == "loading" or phase == "loading":
        return _("Loading model…")
    count = int(job.get("request", {}).get("count", 1))
    which = _("variation {number} of {count}, ").format(number=int(progress.get("task", 0)) + 1, count=count)
    which = which if count > 1 else ""
    if phase == "denoising" and progress.get("steps"):
        return _("Painting: {which}step {step} of {steps}").format(
            which=which, step=progress.get("step", 0), steps=progress["steps"]
        )
    if phase == "decoding":
        return _("Finishing the picture…")
    if phase == "finished":
        return _("Finished")
    return _("Preparing…")


def eta_text(seconds: float | None) -> str:
    """“About 40 seconds left”, or nothing where that is not known."""
    if seconds is None or seconds < 0:
        return ""
    if seconds < 2:
        return _("A moment left")
    if seconds < 90:
        return _("About {seconds} seconds left").format(seconds=round(seconds))
    return _("About {minutes} minutes left").format(minutes=round(seconds / 60))
