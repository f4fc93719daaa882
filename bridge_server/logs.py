"""What the daemon logs: a line a record, without prompts, tokens or traces, and few of a kind."""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import os
import re
import stat
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .faults import describe_fault

OWN = "bridge_server"
LOG_BYTES = 2 * 2**20  # of one file; two older ones are kept
LINE_LENGTH = 1000
OF_A_KIND = 20  # records of one kind in a minute; the others are counted
KIND_SECONDS = 60.0
KINDS = 500  # that are remembered

log = logging.getLogger(__name__)


class OneLine(logging.Formatter):
    """A record as one printable line.

    Of other packages' records only the template is written, and where an exception was raised: aiohttp's carry what a
    client sent, which may be a prompt or a token. A text without arguments may have been put together before.
    """

    def format(self, record: logging.LogRecord) -> str:
        own = record.name.partition(".")[0] == OWN
        text = record.getMessage() if own else str(record.msg) if record.args else "a fault"
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text}: {describe_fault(record.exc_info[1])}"
        left_out = getattr(record, "left_out", 0)
        more = f" (and {left_out} of this kind that were left out)" if left_out else ""
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        return printable(f"{moment} {record.levelname} {record.name}: {text}")[:LINE_LENGTH] + more


def printable(text: str) -> str:
    """`text` on one line: what is no printable character becomes an escape."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


@dataclass
class _Kind:
    began: float
    count: int = 0
    left_out: int = 0


class Few(logging.Handler):
    """Hands records on to `targets`, of one kind only a number in a minute; the next one says how many were left out.

    A kind is a logger and the template of a message: whoever sends a thousand broken requests gets a few lines.
    """

    def __init__(self, targets: Sequence[logging.Handler], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._targets = tuple(targets)
        self._clock = clock
        self._kinds: dict[tuple[str, str], _Kind] = {}

    def emit(self, record: logging.LogRecord) -> None:
        now = self._clock()
        key = (record.name, str(record.msg)[:200])
        kind = self._kinds.get(key)
        if kind is None or now - kind.began >= KIND_SECONDS:
            if kind is None and len(self._kinds) >= KINDS:
                self._kinds.clear()
            record.left_out = kind.left_out if kind is not None else 0
            kind = self._kinds[key] = _Kind(now)
        kind.count += 1
        if kind.count > OF_A_KIND:
            kind.left_out += 1
            return
        for target in self._targets:
            if record.levelno >= target.level:
                target.handle(record)

    def close(self) -> None:
        for target in self._targets:
            target.close()
        super().close()


def start_log(path: Path) -> None:
    """Log to `path`, which keeps the last few megabytes, and warnings to the terminal as well.

    Not to a standard error that is a file: that of a daemon in the background has nobody who shortens it.
    """
    file = logging.handlers.RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8", delay=True)
    targets: list[logging.Handler] = [file]
    if not _is_file(sys.stderr.fileno()):
        terminal = logging.StreamHandler()
        terminal.setLevel(logging.WARNING)
        targets.append(terminal)
    for target in targets:
        target.setFormatter(OneLine())
    logging.raiseExceptions = False  # a full disk must not fill standard error with traces
    logging.basicConfig(level=logging.INFO, handlers=[Few(targets)])


def start_worker_log() -> None:
    """Log to standard error, which the daemon leads into worker.log: our own facts, and warnings of libraries."""
    target = logging.StreamHandler()
    target.setFormatter(OneLine())
    logging.raiseExceptions = False
    logging.basicConfig(level=logging.WARNING, handlers=[Few([target])])
    logging.getLogger(OWN).setLevel(logging.INFO)


def _is_file(handle: int) -> bool:
    return stat.S_ISREG(os.fstat(handle).st_mode)


def log_loop_fault(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The event loop's exception handler. Of asyncio's text the part before any object: those hold what was sent."""
    what = re.split(r"[<(:]", str(context.get("message", "")), maxsplit=1)[0].strip()
    error = context.get("exception")
    log.error("in the event loop: %s", what if error is None else f"{what}, {describe_fault(error)}")
