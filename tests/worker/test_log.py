"""The log of a worker that runs for weeks does not grow for weeks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge_server.worker.channel import keep_log_short


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
