"""Finding jobs by words. Pure."""

from __future__ import annotations

import unicodedata

from ..operations.registry import Registry
from ..operations.table import text_options
from .record import Job


def folded(text: str) -> str:
    """Without the difference of upper and lower case, and of ways to write the same letter."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def words_of(text: str) -> tuple[str, ...]:
    return tuple(folded(text).split())


def matches(job: Job, words: tuple[str, ...], operations: Registry) -> bool:
    """Whether each of the words (of `words_of`) is, or is a part of, a word of the job.

    Looked through are what was typed for it (its prompts), its model's name, its document's name, and the name and
    title of its operation.
    """
    if not words:
        return True
    request = job.request
    texts = (
        *(getattr(request.own, name) for name in text_options(request.spec)),
        (job.model.name if job.model else "") or request.base_model or "",
        request.document.name,
        job.operation,
        operations.get(job.operation).title if job.operation in operations else "",
    )
    text = folded("\n".join(texts))
    return all(word in text for word in words)
