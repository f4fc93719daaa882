"""What a user hears when a worker ends: the exit codes of every system."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge_server.errors import ErrorCode
from bridge_server.executors.endings import cannot_start, died, unresponsive

pytestmark = pytest.mark.portable


@pytest.mark.parametrize(
    ("platform", "code"),
    [
        ("linux", -9),
        ("linux", 137),
        ("darwin", -9),
        ("win32", 0xC0000017),
        ("win32", 0xC0000017 - 2**32),
        ("win32", 0xC000012D),
    ],
)
def test_memory_is_named_where_it_most_likely_is_the_cause(platform: str, code: int) -> None:
    assert "most likely because memory ran out" in died(code, platform).message
    assert "smaller area" in died(code, platform).message


@pytest.mark.parametrize(
    ("platform", "code"),
    [
        ("linux", -6),
        ("linux", -11),
        ("darwin", -6),
        ("win32", 1),
        ("win32", 0xC0000005),
        ("win32", 0xC0000005 - 2**32),
        ("win32", 0xC0000409),
    ],
)
def test_memory_is_named_as_one_possibility(platform: str, code: int) -> None:
    assert "perhaps because memory ran out" in died(code, platform).message
    assert "doctor" in died(code, platform).message


@pytest.mark.parametrize(("platform", "code"), [("linux", -7), ("darwin", -10), ("win32", 0xC0000006)])
def test_a_file_that_became_shorter_while_it_was_read(platform: str, code: int) -> None:
    assert "downloaded or copied" in died(code, platform).message


@pytest.mark.parametrize(
    ("platform", "code"), [("linux", 0), ("linux", 1), ("linux", -10), ("darwin", -7), ("win32", 0), ("win32", 9)]
)
def test_anything_else_is_not_called_memory(platform: str, code: int) -> None:
    told = died(code, platform)
    assert told.code is ErrorCode.WORKER_DIED and "memory" not in told.message and "file" not in told.message


def test_the_detail_has_the_code_as_the_systems_documents_write_it() -> None:
    assert died(-9, "linux").detail == "exit code -9"
    assert died(0xC0000409 - 2**32, "win32").detail == died(0xC0000409, "win32").detail == "exit code 0xC0000409"


def test_standing_still_and_not_starting_say_what_to_do() -> None:
    assert "stood still for 15 minutes" in unresponsive("loading", 901).message
    assert "30 seconds" in unresponsive("loading", 30.2).message
    assert unresponsive("loading", 900).code is ErrorCode.WORKER_UNRESPONSIVE
    told = cannot_start("the library torch is missing", Path("worker.log"))
    assert told.message.startswith("The process that paints cannot start: the library torch is missing. Run ")
