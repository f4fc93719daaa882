"""The log of a worker that runs for weeks does not grow for weeks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge_server.worker.channel import keep_log_short

from .rig import worker


@pytest.mark.parametrize(("length", "left"), [(0, 0), (100, 100), (101, 0), (5000, 0)])
def test_a_long_log_begins_anew_and_goes_on_from_its_beginning(tmp_path: Path, length: int, left: int) -> None:
    path = tmp_path / "worker.log"
    with path.open("ab", buffering=0) as log:
        log.write(b"x" * length)
        keep_log_short(log.fileno(), 100)
        assert path.stat().st_size == left
        log.write(b"next")
    assert path.read_bytes() == b"x" * left + b"next"


def test_a_pipe_is_left_alone() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"x" * 500)
    keep_log_short(writing, 100)
    assert os.read(reading, 1000) == b"x" * 500
    os.close(reading)
    os.close(writing)


def test_how_a_model_lies_on_the_device_is_logged(tiny_models: dict[str, Path]) -> None:
    """For bug reports: whether it was offloaded, and in which precision it runs."""
    from bridge_server.models.folders import read_folder

    with worker() as rig:
        rig.send("load", model=read_folder(tiny_models["plain"], "plain").ref.to_json())
        rig.wait_for("load_done")
        rig.close()
        said = b"".join(rig.log).decode()
    assert "INFO bridge_server.pipelines.loader: " in said
    assert "parameters on cpu as Placement(" in said


def test_of_a_library_only_the_template_is_logged() -> None:
    """transformers, for one, warns with the part of a prompt that it cut off."""
    program = """
import logging
from bridge_server.logs import start_worker_log
start_worker_log()
logging.getLogger("transformers.tokenization").warning("cut off: %s", ["a secret castle"])
logging.getLogger("transformers.tokenization").info("nothing")
logging.getLogger("bridge_server.pipelines").info("a fact")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    first, second = done.stderr.splitlines()
    assert first.endswith("WARNING transformers.tokenization: cut off: %s")
    assert second.endswith("INFO bridge_server.pipelines: a fact")
