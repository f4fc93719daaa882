"""`make env` with environments that are no use: none may trap the user. Python is a stand-in that only takes notes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STANDIN = """#!/bin/sh
# A Python of version {version} that makes environments like itself.
echo "$@" >> "{folder}/calls"
case "$1 $2" in
"-c "*) exit {old} ;;
"-m venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python; exit {venv} ;;
"-m pip") exit {pip} ;;
esac
"""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="`make` is not installed here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    return tmp_path


def standin(folder: Path, path: str, *, version: str = "3.12", venv: int = 0, pip: int = 0) -> Path:
    program = folder / path
    program.parent.mkdir(parents=True, exist_ok=True)
    old = int(tuple(map(int, version.split("."))) < (3, 11))
    program.write_text(STANDIN.format(version=version, folder=folder, old=old, venv=venv, pip=pip))
    program.chmod(0o755)
    return program


def make_env(folder: Path, python: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "env", f"PYTHON={python}"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


def calls(folder: Path) -> str:
    return (folder / "calls").read_text()


def test_an_environment_is_made_and_kept(folder: Path) -> None:
    python = standin(folder, "python")
    assert make_env(folder, python).returncode == 0
    assert "-m pip install" in calls(folder)
    (folder / "calls").unlink()
    assert make_env(folder, python).returncode == 0
    assert not (folder / "calls").exists(), "the second time there is nothing to do"
    (folder / "constraints.txt").touch()
    os.utime(folder / "constraints.txt", (4e9, 4e9))
    assert make_env(folder, python).returncode == 0
    assert "venv" not in calls(folder), "a good environment is used again"


@pytest.mark.parametrize("trap", [{"version": "3.10"}, {"pip": 1}])
def test_an_environment_that_cannot_be_used_is_made_anew(folder: Path, trap: dict[str, str]) -> None:
    standin(folder, ".venv/bin/python", **trap)  # pyright: ignore[reportArgumentType]
    (folder / ".venv/old").touch()
    done = make_env(folder, standin(folder, "python"))
    assert done.returncode == 0, done.stderr
    assert "making it anew" in done.stdout
    assert not (folder / ".venv/old").exists()


@pytest.mark.parametrize("trap", [{"version": "3.10"}, {"pip": 1}, {"venv": 1}])
def test_what_is_missing_is_named_and_the_next_try_is_free(folder: Path, trap: dict[str, str]) -> None:
    done = make_env(folder, standin(folder, "python", **trap))  # pyright: ignore[reportArgumentType]
    assert done.returncode != 0
    assert "apt install python3-venv" in done.stderr
    assert "PYTHON=python3.12" in done.stderr
    assert make_env(folder, standin(folder, "better")).returncode == 0


def test_a_python_that_is_too_old_does_not_cost_the_environment_there_is(folder: Path) -> None:
    standin(folder, ".venv/bin/python", pip=1)
    (folder / ".venv/mine").touch()
    assert make_env(folder, standin(folder, "python", version="3.10")).returncode != 0
    assert (folder / ".venv/mine").exists()
