"""Rules for every test.

Where CI is "true" nothing may skip (support/no_skips.py), and hypothesis tries the same
cases every time, so that a change is judged by itself; elsewhere it goes on looking for new ones. Nothing
asks a model hub. A test during which a daemon answered otherwise than protocol/endpoints.py declares fails.

Several processes (pytest-xdist, `make test`) share the tests by file; files that share a running program stay
together: a GIMP with its window, a daemon for GIMPs, Chromium, Node.js. The longest of these chains begin first, and
then every other file that starts a GIMP of its own.
"""

from __future__ import annotations

import gc
import getpass
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from bridge_server.http.contract import UNDECLARED_VARIABLE

from .support.no_skips import pytest_make_collect_report, pytest_runtest_makereport  # noqa: F401  (rules by their names)

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when huggingface_hub is imported, so before any test module
UNDECLARED = Path(tempfile.mkdtemp(prefix="layerbridge-tests-"), "undeclared")  # written by every daemon of the tests
os.environ[UNDECLARED_VARIABLE] = str(UNDECLARED)
COMPILED = Path(tempfile.gettempdir(), f"layerbridge-tests-compiled-{getpass.getuser()}")
os.environ.setdefault("NUMBA_CACHE_DIR", str(COMPILED))  # of every daemon's home together: 8 s of a processor each
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a background job, which programs inherit
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored under nohup
SHARED_PROGRAMS = ("gimp window", "chromium", "gimp daemon", "node", "")
OF_GIMP = {
    "test_window": "gimp window",
    "test_window_more": "gimp window",
    "test_scenes": "gimp daemon",
    "test_tools": "gimp daemon",
}
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"  # of torch, which this module is imported before
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class ByProgram(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return program_of(Path(file)) or file

    return ByProgram(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def turn(item: pytest.Item) -> tuple[int, bool]:
        return SHARED_PROGRAMS.index(program_of(item.path)), not is_of_gimp(item.path)

    items.sort(key=turn)  # stable: files keep their order


def pytest_collection_finish() -> None:
    """All modules and tests are there: each full collection would go through them again, a second at a time."""
    gc.collect()
    gc.freeze()


def program_of(path: Path) -> str:
    """Which running program the tests of a file share with those of others; "" for none."""
    if is_of_gimp(path):
        return OF_GIMP.get(path.stem, "")
    return {".mjs": "chromium", ".js": "node"}.get(path.suffix, "")


def is_of_gimp(path: Path) -> bool:
    return path.parent.name == "gimp"


@pytest.fixture(autouse=True)
def answers_as_declared() -> Iterator[None]:
    yield
    if UNDECLARED.exists():
        answers = UNDECLARED.read_text(encoding="utf-8")
        UNDECLARED.unlink()
        pytest.fail(answers, pytrace=False)
