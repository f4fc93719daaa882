"""What History lists: jobs as the daemon tells them, their results as lines, and how a newer look is merged. No gi."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from layerbridge_client import wire
from layerbridge_client.client import Client

from .failures import BridgeError
from .follow import eta_text, update_of
from .parameters import from_request, has_seed, layer_name
from .results import variations_of
from .texts import _, ngettext, t

PAGE = 24  # jobs
Job = Mapping[str, Any]


@dataclass(frozen=True)
class Item:
    """A line: one finished variation of a job, or (`index` None) a job that goes on or has none."""

    job: Job
    index: int | None

    @property
    def key(self) -> tuple[str, int | None]:
        return str(self.job["id"]), self.index

    @property
    def title(self) -> str:
        return layer_name(from_request(self.job["request"], 0))


def is_unfinished(job: Job) -> bool:
    return job["state"] not in wire.FINAL_STATES


def items_of(jobs: Iterable[Job]) -> list[Item]:
    """Newest job first; a line for a job that goes on, and one for every finished variation."""
    items: list[Item] = []
    for job in sorted(jobs, key=lambda job: job.get("created", 0.0), reverse=True):
        results = [Item(job, index) for index in variations_of(job)]
        items += [Item(job, None)] if is_unfinished(job) or not results else []
        items += results
    return items


@dataclass(frozen=True)
class Look:
    """The newest jobs of this GIMP, and others that went on when last seen. `oldest`: none of them is missing since."""

    jobs: Sequence[Job]
    oldest: float
    gone: frozenset[str]


def look_again(client: Client, known: Mapping[str, Job], words: str = "") -> Look:
    """What is new of the jobs that have the words. Blocking; raises BridgeError where the daemon does not answer."""
    reply = client.jobs(limit=PAGE, q=words or None)
    jobs = {str(job["id"]): job for job in reply.get("jobs", [])}
    oldest = min((float(job["created"]) for job in jobs.values()), default=0.0) if reply.get("next") else -1.0
    gone: set[str] = set()
    for identity in [identity for identity, job in known.items() if is_unfinished(job) and identity not in jobs]:
        try:
            jobs[identity] = client.job(identity)["job"]
        except BridgeError as error:
            if error.code != "not_found":
                raise
            gone.add(identity)
    return Look(list(jobs.values()), oldest, frozenset(gone))


def merged(known: Mapping[str, Job], look: Look, documents: Sequence[str | None]) -> dict[str, Job]:
    """The jobs that are known after a look. documents: whose jobs are listed; None among them: everybody's."""
    seen = {str(job["id"]): job for job in look.jobs}
    kept = {
        identity: job
        for identity, job in known.items()
        if identity not in look.gone and (identity in seen or float(job["created"]) <= look.oldest)
    }
    listed = {
        identity: job
        for identity, job in seen.items()
        if None in documents or job["request"]["document"]["id"] in documents or identity in known
    }
    return {**kept, **listed}


def thumbnail_of(client: Client, item: Item) -> bytes:
    """A JPEG; empty where the result has none, as a text. Raises BridgeError where the daemon does not answer."""
    try:
        return client.thumbnail(item.job["id"], item.index or 0)
    except BridgeError as error:
        if error.code != "not_found":
            raise
        return b""


def empty_text(words: str) -> str:
    """What stands in a list without a line."""
    if words:
        return t("historyNothing", words=words)
    return t("historyEmpty")


def item_text(item: Item) -> str:
    """What happened: size, place and seed of a result; how far a job is; or the state and what went wrong. Empty for a
    text of an operation that has no seed.
    """
    job = item.job
    if item.index is not None:
        made = [each["meta"] for each in job["artifacts"] if int(each["index"]) == item.index]
        shown = next((meta["bounds"] for meta in made if (meta.get("bounds") or {}).get("width")), None)
        return _result_text(made[0]["seed"], shown, has_seed(job["request"]))
    if job.get("error"):
        return job["error"]["message"]
    update = update_of(job, [])
    done = len(variations_of(job))
    lines = [update.text, "" if update.ended else eta_text(update.eta_seconds)]
    if done and not update.ended:
        lines.append(
            _("{done} of {count} variations finished, more are coming").format(done=done, count=job["num_images"])
        )
    return "\n".join(line for line in lines if line)


def deletion_text(job: Job) -> str:
    """What deleting takes away, and what it leaves."""
    count = len(variations_of(job))
    return ngettext(
        "The result is deleted from Layerbridge. Layers in your images stay.",
        "All {count} variations of this job are deleted from Layerbridge. Layers in your images stay.",
        max(1, count),
    ).format(count=count)


def _result_text(seed: int, bounds: Mapping[str, int] | None, seeded: bool) -> str:
    """bounds: None of a text."""
    if bounds is None:
        return _("seed {seed}").format(seed=seed) if seeded else ""
    if seeded:
        return _("{width} × {height} pixels at {x}, {y}; seed {seed}").format(seed=seed, **bounds)
    return _("{width} × {height} pixels at {x}, {y}").format(**bounds)


def when_text(item: Item) -> str:
    name = item.job["request"].get("document", {}).get("name", "")
    when = time.strftime("%x %H:%M", time.localtime(item.job.get("created", 0.0)))
    return _("{name}, {when}").format(name=name, when=when) if name else when
