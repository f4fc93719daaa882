"""The jobs that History lists, page by page, and what became of them since. Main thread only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .background import start_in_background
from .listing import PAGE, Job, Look, look_again, merged
from .session import Connector
from .watching import Attempt


class JobPages:
    """jobs: those that are listed, by id. words: what they were searched for. number: grows with each fresh load."""

    def __init__(self, connector: Connector, attempt: Attempt) -> None:
        self._connector, self._attempt = connector, attempt
        self._next: dict[str | None, str | None] = {}
        self._looking = False
        self.jobs: dict[str, Job] = {}
        self.words = ""
        self.number = 0

    @property
    def has_more(self) -> bool:
        return any(self._next.values())

    def load(self, documents: Sequence[str | None], words: str) -> None:
        """The newest jobs of these documents (None: of all) that have the words."""
        self.number += 1
        self.words = words
        self.jobs, self._next = {}, dict.fromkeys(documents)
        for document in documents:
            self._load(document, None)

    def load_more(self) -> None:
        """The page that comes after those that are listed, of each document that has one."""
        for document, before in dict(self._next).items():
            if before is not None:
                self._load(document, before)

    def look(self, documents: Callable[[], Sequence[str | None]], done: Callable[[], None]) -> None:
        """See in the background what became of the jobs, then call `done()`. Nothing while an earlier look goes on,
        and nothing comes of it where jobs were loaded afresh meanwhile.
        """
        if self._looking:
            return
        self._looking, number, known, words = True, self.number, dict(self.jobs), self.words

        def looked(look: Look | None, _error: BaseException | None) -> None:
            self._looking = False
            if look is not None and number == self.number:
                self.jobs = merged(self.jobs, look, documents())
                done()

        start_in_background(lambda: self._connector.call(lambda client: look_again(client, known, words)), looked)

    def close(self) -> None:
        """Nothing comes of a look that still goes on."""
        self.number += 1

    def _load(self, document: str | None, before: str | None) -> None:
        reply = self._attempt(
            self._connector,
            lambda client: client.jobs(limit=PAGE, before=before, document=document, q=self.words or None),
        )
        self.jobs.update({job["id"]: job for job in reply.get("jobs", [])})
        self._next[document] = reply.get("next")
