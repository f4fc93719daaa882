"""Fixtures of the real GIMP. Without it the tests skip with a sentence; in CI they fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gimp.harness import Gimp, Profile, find_gimp, make_profile
from tests.gimp.session import Session, open_session
from tests.support.daemon import Daemon, short_home


@pytest.fixture(scope="session")
def gimp() -> Gimp:
    found = find_gimp()
    if found is None:
        reason = "The real GIMP 3 is not here; `make system` installs it (on Debian, as root)."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def gimp_daemon(gimp: Gimp) -> Iterator[Daemon]:
    daemon = Daemon(short_home(), environment={"OMP_NUM_THREADS": "1"}).start()
    try:
        daemon.worker_pid()
        yield daemon
    finally:
        daemon.stop()
        shutil.rmtree(daemon.home, ignore_errors=True)


@pytest.fixture(scope="session")
def gimp_profile(gimp: Gimp, gimp_daemon: Daemon) -> Iterator[Profile]:
    """A user folder whose LAYERBRIDGE_HOME is a folder of its own, with a link to the daemon's runtime.json."""
    home = short_home()
    (home / "runtime.json").symlink_to(gimp_daemon.home / "runtime.json")
    profile = make_profile(gimp, home)
    try:
        yield profile
    finally:
        shutil.rmtree(profile.folder, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def gimp_work() -> Iterator[Path]:
    """A folder that GIMP sees too."""
    folder = short_home()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def one_gimp_session(gimp: Gimp) -> Iterator[Session]:
    """One GIMP with its window for all tests that need it, in the order of their files."""
    with open_session(gimp) as session:
        yield session


@pytest.fixture
def gimp_session(one_gimp_session: Session) -> Iterator[Session]:
    yield one_gimp_session
    one_gimp_session.screen.close_all()
