"""What the daemon does now and then: old results go, the journal is backed up, some room is kept for a full disk."""

from __future__ import annotations

import asyncio
import logging
import sqlite3

from ..jobs.backups import backup_folder, is_due
from ..jobs.faults import storage_error
from ..sqlite_format import is_damage
from .services import Services

log = logging.getLogger(__name__)

UPKEEP_SECONDS = 600.0
LIVE_SECONDS = 5.0
BALLAST_SECONDS = 60.0


async def keep_tidy(services: Services) -> None:
    """Runs until it is cancelled; what cannot be done now is tried again later."""
    while True:
        await back_up_daily(services)
        await asyncio.sleep(UPKEEP_SECONDS)
        try:
            await services.queue.expire()
        except (OSError, sqlite3.Error) as error:
            log.error("old results could not be deleted, trying again later: %s", storage_error(error).message)


async def forget_live(services: Services) -> None:
    """Let go of live jobs that have ended, each soon after its time. Runs until it is cancelled."""
    while True:
        await asyncio.sleep(LIVE_SECONDS)
        try:
            await services.queue.expire_live()
        except (OSError, sqlite3.Error) as error:  # no number for the event that tells of it can be reserved
            log.error("live jobs stay for now: %s", storage_error(error).message)


async def keep_ballast(services: Services) -> None:
    """Keep some room for the day on which the disk is full. Runs until it is cancelled."""
    while True:
        try:
            await asyncio.to_thread(services.ballast.fill)
        except OSError as error:
            log.warning("no room can be kept for a full disk, trying again later: %s", storage_error(error).message)
        await asyncio.sleep(BALLAST_SECONDS)


async def back_up_daily(services: Services) -> None:
    folder = backup_folder(services.options.home.journal)
    try:
        if await asyncio.to_thread(is_due, folder):
            await services.journal.call(lambda journal: journal.back_up(folder), uses_ballast=False)
    except (OSError, sqlite3.Error) as error:
        said = storage_error(error).message
        log.error("the job journal could not be backed up, trying again later: %s", said)
        if isinstance(error, sqlite3.Error) and is_damage(error) and said not in services.remarks:
            services.remarks.append(said)
