"""Following a job to its end by long-polls, through restarts of the daemon. Blocking: runs in a thread. No gi."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from layerbridge_client import wire
from layerbridge_client.follow import follow
from layerbridge_client.retry import Patience

from .session import Connector
from .texts import _, t

PATIENCE_SECONDS = 120.0  # how long a daemon that went away is waited for while a user watches
BATCH_PATIENCE_SECONDS = 20.0  # … and in scripts


FURTHER_STAGES = ("waiting", "encoding", "decoding", "finished")  # of which no steps are told


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
        patience = Patience(self.patience_seconds, self.connector.sentences, self.abandon)

        def look(after: int, wait: int) -> dict[str, Any]:
            call = self.connector.call
            return patience.attempt(lambda: call(lambda client: client.job(self.job, after, wait)), self._lost)

        job: dict[str, Any] = {}
        for job, events in follow(look, after):
            self.on_update(update_of(job, events))
        return job

    def _lost(self) -> None:
        self.on_update(Update(t("reconnecting"), lost=True))


def update_of(job: Mapping[str, Any], events: list[Any]) -> Update:
    """What to show for a snapshot and the events that led to it."""
    previews = [event["data"].get("jpeg", "") for event in events if event.get("type") == "preview"]
    progress = job.get("progress", {})
    return Update(
        text=_stage_text(job, progress),
        fraction=min(1.0, max(0.0, float(progress.get("fraction", 0.0)))),
        eta_seconds=progress.get("eta_seconds"),
        preview=previews[-1] if previews else "",
        ended=job.get("state") in wire.FINAL_STATES,
    )


def _stage_text(job: Mapping[str, Any], progress: Mapping[str, Any]) -> str:
    state, stage = job.get("state"), progress.get("stage", "waiting")
    ended = {"done": t("finished"), "failed": _("It ended before it was finished."), "cancelled": t("stopped")}
    if state in ended:
        return ended[state]
    if state == "queued":
        position = job.get("position")
        if position:
            return t("waitingBehind", count=position)
        return t("waiting")
    if state == "loading" or stage == "loading":
        return t("loadingModel")
    count = int(job["num_images"])
    if progress.get("steps") and stage not in FURTHER_STAGES:
        number, steps = int(progress.get("task", 0)) + 1, {"step": progress.get("step", 0), "steps": progress["steps"]}
        one, several = ("painting", "paintingOf") if stage == "denoising" else ("working", "workingOf")
        return t(several, number=number, count=count, **steps) if count > 1 else t(one, **steps)
    if stage == "decoding":
        return t("finishing")
    if stage == "finished":
        return t("finished")
    if stage in FURTHER_STAGES or stage == "denoising":
        return t("preparing")
    return f"{stage.replace('_', ' ').capitalize()}…"  # the operation's own word


def eta_text(seconds: float | None) -> str:
    """“About 40 seconds left”, or nothing where that is not known."""
    if seconds is None or seconds < 0:
        return ""
    if seconds < 2:
        return t("etaMoment")
    if seconds < 90:
        return t("etaSeconds", seconds=round(seconds))
    return t("etaMinutes", minutes=round(seconds / 60))
