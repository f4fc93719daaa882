"""The query parameters and headers of the calls in endpoints.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .limits import MAX_WAIT_SECONDS
from .messages import JobState


@dataclass(frozen=True)
class Parameter:
    """A query parameter or request header; low and high bound whole numbers, `words` a closed list."""

    name: str
    meaning: str
    place: Literal["query", "header"] = "query"
    low: int | None = None
    high: int | None = None
    default: int | None = None
    words: tuple[str, ...] = ()
    max_length: int | None = None


IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    "Any text, new for each new request. The same key with the same body answers with the job it made; "
    "with another body it is refused; an unfinished upload is replaced.",
    place="header",
    max_length=200,
)
SUPERSEDES_KEY = Parameter(
    "Supersedes-Key",
    "Any text, the same for requests of which only the newest counts, such as those of a slider that is dragged: this "
    "job takes the place of the client's unfinished ones with the same key, which are cancelled.",
    place="header",
    max_length=200,
)
ACCEPT = Parameter(
    "Accept",
    "image/png or image/jpeg: an artifact of pixels as such a file. Without it, or with */*: as it is stored.",
    place="header",
)
AFTER = Parameter("after", "Answer with events of a higher number than this.", low=0, high=2**53 - 1, default=0)
WAIT = Parameter(
    "wait",
    "Seconds to wait for an event where there is none yet and the job is not finished.",
    low=0,
    high=MAX_WAIT_SECONDS,
    default=0,
)
STATE = Parameter("state", "Only jobs in this state.", words=tuple(str(state) for state in JobState))
LIMIT = Parameter("limit", "Jobs of one page.", low=1, high=200, default=50)
SEARCH = Parameter(
    "q",
    "Only jobs that have all of these words, or parts of words, whatever their case, in a prompt, the name of the "
    "model or of the document, or the operation.",
    max_length=200,
)
LISTING = (
    SEARCH,
    STATE,
    Parameter("document", "Only jobs of the document with this id."),
    Parameter("before", "The `next` of the page before."),
    LIMIT,
)
