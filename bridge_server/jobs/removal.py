"""Taking away what is left of a deleted job, also where the disk is so full that the journal cannot be written."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable

from .faults import is_full, storage_error
from .journal import JournalThread
from .spool import Spool

log = logging.getLogger(__name__)


class Removal:
    """Used from the event loop only. What cannot go now is kept in mind, and goes when `catch_up` is called.

    A row that is still there when the daemon ends goes at the next start: an empty folder in the spool, with the name
    of a deleted job, says so.
    """

    def __init__(self, journal: JournalThread, spool: Spool) -> None:
        self._journal = journal
        self._spool = spool
        self.rows: set[str] = set()
        self._files: set[str] = set()

    async def forget(self, job: str, secure_event: Callable[[], None]) -> None:
        """Delete the job's row, and its files first where the disk is too full for that.

        secure_event: makes sure that the deletion can be told. Raises OSError and sqlite3.Error; no file is gone then,
        unless the disk is full.
        """
        try:
            secure_event()
            await self._delete_row(job)
        except (OSError, sqlite3.Error) as error:
            if not is_full(error):
                raise
            await asyncio.to_thread(self._spool.empty, job)
            secure_event()
            await self._rows_go({job})

    async def remove_files(self, job: str) -> None:
        """Now, or later where a file is still being sent (Windows)."""
        if job in self.rows:
            return
        if await asyncio.to_thread(self._spool.remove, job):
            self._files.discard(job)
        else:
            self._files.add(job)

    async def finish(self, jobs: Iterable[str]) -> None:
        """Complete deletions of which the last daemon had deleted the files only."""
        await self._rows_go(set(jobs))

    async def catch_up(self) -> None:
        """Try again what could not go before."""
        await self._rows_go(set(self.rows))
        for job in list(self._files):
            await self.remove_files(job)

    async def _rows_go(self, jobs: set[str]) -> None:
        self.rows |= jobs
        for job in jobs:
            try:
                await self._delete_row(job)
            except (OSError, sqlite3.Error) as error:
                log.error("a deleted job stays in the journal for now: %s", storage_error(error).message)
                return
            self.rows.discard(job)
            await self.remove_files(job)

    async def _delete_row(self, job: str) -> None:
        await self._journal.call(lambda journal: journal.delete_job(job))
