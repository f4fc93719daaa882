"""The rule of tests/support/no_skips.py: what skips elsewhere fails where CI is "true"."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RULE = Path(__file__).parent / "support" / "no_skips.py"
TESTS = """
import pytest
def test_passes(): pass
def test_skips(): pytest.skip("no GIMP here")
@pytest.mark.skipif(True, reason="not on this system")
def test_is_marked(): pass
@pytest.mark.xfail(strict=True)
def test_known_fault(): assert False
"""
MODULE = """
import pytest
pytest.skip("no browser here", allow_module_level=True)
"""


@pytest.mark.parametrize(
    ("ci", "code", "closing"),
    [("true", 1, "1 failed, 1 passed, 1 xfailed, 1 error"), ("", 0, "1 passed, 2 skipped, 1 xfailed")],
)
def test_skips(tmp_path: Path, ci: str, code: int, closing: str) -> None:
    shutil.copy(RULE, tmp_path / "conftest.py")
    (tmp_path / "test_some.py").write_text(TESTS, encoding="utf-8")
    done = run_pytest(tmp_path, ci)
    assert done.returncode == code, done.stdout
    assert closing in done.stdout.splitlines()[-1]
    assert ("in CI (CI=true) nothing may skip" in done.stdout) == bool(ci)


def test_a_module_that_skips_fails_too(tmp_path: Path) -> None:
    shutil.copy(RULE, tmp_path / "conftest.py")
    (tmp_path / "test_module.py").write_text(MODULE, encoding="utf-8")
    done = run_pytest(tmp_path, "true")
    assert done.returncode != 0
    assert "no browser here" in done.stdout


def run_pytest(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CI": ci}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:aiohttp", str(folder)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
