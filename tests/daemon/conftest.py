"""Real daemons: one shared by all tests that leave it as they found it, and fresh ones for those that kill."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest

from tests.support.daemon import Daemon, short_home


@pytest.fixture(scope="session")
def daemon() -> Iterator[Daemon]:
    running = Daemon(short_home()).start()
    yield running
    running.stop()
    shutil.rmtree(running.home, ignore_errors=True)


@pytest.fixture
def make_daemon() -> Iterator[Callable[..., Daemon]]:
    """Start a daemon of its own; all are stopped at the end."""
    made: list[Daemon] = []

    def make(*arguments: str, **environment: str) -> Daemon:
        made.append(Daemon(short_home(), environment, arguments))
        return made[-1].start()

    yield make
    for running in made:
        running.stop()
        shutil.rmtree(running.home, ignore_errors=True)
