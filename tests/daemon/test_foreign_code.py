"""Started from a folder of somebody else's Python files (Downloads, a picture's folder), nothing of it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge_server.children import python_command, python_environment
from bridge_server.cli.connection import connect
from bridge_server.cli.doctor import examine_torch
from bridge_server.cli.plugin import this_target
from bridge_server.config import Home, find_home
from gimp_plugin.layerbridge.remembered import Remembered
from gimp_plugin.layerbridge.session import Connector
from gimp_plugin.layerbridge.start import start
from layerbridge_client.places import Installation
from tests.support.daemon import Daemon

NAMES = (
    "bridge_server", "torch", "numpy", "diffusers", "transformers", "PIL", "aiohttp", "pydantic", "safetensors", "cv2",
    "json", "logging", "asyncio", "argparse", "ssl", "sqlite3", "typing", "pathlib", "random", "sitecustomize",
    "usercustomize", "platformdirs", "filelock", "psutil",
)  # fmt: skip


@dataclass(frozen=True)
class Trap:
    """A folder of modules, each of which notes that it was run."""

    folder: Path
    notes: Path

    @property
    def ran(self) -> list[str]:
        return sorted(path.name for path in self.notes.iterdir())


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    made = Trap(tmp_path / "Downloads", tmp_path / "notes")
    made.folder.mkdir()
    made.notes.mkdir()
    for name in NAMES:
        text = f"open({str(made.notes / name)!r}, 'w').close()\nraise SystemExit('not ours')\n"
        for file in (made.folder / f"{name}.py", made.folder / name / "__init__.py"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
    return made


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home of its own; the daemon that was started there is stopped at the end."""
    monkeypatch.setenv("LAYERBRIDGE_HOME", str(tmp_path / "home"))
    here = find_home()
    yield here
    running = connect(here)
    if running is not None:
        running.call("POST", "/v1/shutdown")


def by_command(home: Home) -> None:
    command = [sys.executable, "-P", "-m", "bridge_server", "serve", "--detach", "--port", "0", "--device", "cpu"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


def by_gimp(home: Home) -> None:
    target = this_target()
    command = (*target.command, "--port", "0", "--device", "cpu")
    start(Connector(Installation("1", target.runtime, command, target.environment), Remembered(home.state / "gimp")))


def by_gimp_with_the_command_of_an_older_installation(home: Home) -> None:
    target = this_target()
    command = (sys.executable, "-m", "bridge_server", "serve", "--port", "0", "--device", "cpu")
    start(Connector(Installation("1", target.runtime, command, target.environment), Remembered(home.state / "gimp")))


@pytest.mark.parametrize("begin", [by_command, by_gimp, by_gimp_with_the_command_of_an_older_installation])
def test_a_daemon_in_the_background_does_not_run_what_lies_there(
    trap: Trap, home: Home, monkeypatch: pytest.MonkeyPatch, begin: Callable[[Home], None]
) -> None:
    monkeypatch.chdir(trap.folder)
    begin(home)
    assert connect(home) is not None
    assert trap.ran == []


def test_nor_does_the_worker(trap: Trap, make_daemon: Callable[..., Daemon]) -> None:
    here = Path.cwd()
    os.chdir(trap.folder)
    try:
        daemon = make_daemon()
        assert daemon.worker_pid(timeout=300)
    finally:
        os.chdir(here)
    assert trap.ran == []


def test_nor_does_doctor(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trap.folder)
    assert {finding.level for finding in examine_torch()} <= {"ok", "warning"}
    assert trap.ran == []


@pytest.mark.parametrize("path", ["", ".", os.pathsep, f"{os.pathsep}.{os.pathsep}x", "{trap}{sep}", "{sep}{trap}/x"])
def test_an_empty_part_of_pythonpath_does_not_mean_the_current_folder(trap: Trap, path: str) -> None:
    given = path.format(trap=trap.notes, sep=os.pathsep)
    environment = python_environment({**os.environ, "PYTHONPATH": given})
    without = [name for name in NAMES if name not in ("usercustomize", "sitecustomize")]
    command = python_command("-c", f"import {', '.join(without)}, sys; print(sys.flags.safe_path)")
    done = subprocess.run(command, cwd=trap.folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("True", "")
    assert trap.ran == []


def test_absolute_folders_of_pythonpath_stay_and_those_of_models_become_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"PYTHONPATH": os.pathsep.join(["", str(tmp_path), "."]), "HF_HOME": "models", "HF_HUB_CACHE": "", "A": "b"}
    assert python_environment(given) == {
        "PYTHONPATH": str(tmp_path), "HF_HOME": str(tmp_path / "models"), "HF_HUB_CACHE": "", "A": "b",
        "PYTHONSAFEPATH": "1",
    }  # fmt: skip
