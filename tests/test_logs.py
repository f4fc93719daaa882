"""What is logged: one line a record, nothing of what a client sent, and few of a kind."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from bridge_server.logs import KIND_SECONDS, KINDS, OF_A_KIND, Few, OneLine, log_loop_fault

SECRET = "a red fox in the snow"


class Written:
    """A logger tree of its own behind `Few`, with a clock that is set by hand."""

    def __init__(self) -> None:
        self.text = io.StringIO()
        self.now = 0.0
        target = logging.StreamHandler(self.text)
        target.setFormatter(OneLine())
        self.few = Few([target], clock=lambda: self.now)

    @property
    def lines(self) -> list[str]:
        return self.text.getvalue().splitlines()

    def logger(self, name: str) -> logging.Logger:
        made = logging.Logger(name)
        made.addHandler(self.few)
        return made


@pytest.fixture
def written() -> Iterator[Written]:
    yield Written()


@pytest.mark.parametrize("letter", ["\n", "\r\n", "\x1b", "\x00", "\u2028", "\x85", "\ud800"])
def test_a_record_is_one_printable_line(written: Written, letter: str) -> None:
    written.logger("bridge_server.x").warning("a%sb", letter * 3)
    assert len(written.lines) == 1
    assert written.lines[0].isprintable()


def test_a_long_text_is_cut(written: Written) -> None:
    written.logger("bridge_server.x").warning("%s", "a" * 10**6)
    assert len(written.lines[0]) < 1100


def test_other_packages_show_their_template_and_the_place_but_not_what_was_sent(written: Written) -> None:
    logger = written.logger("aiohttp.server")
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        logger.error("Error handling request from %s", SECRET, exc_info=error)
        logger.error(f"Task exception was never retrieved {SECRET}", exc_info=error)
    logger.error(f"put together before: {SECRET}")
    assert SECRET not in written.text.getvalue()
    assert "Error handling request from %s: ValueError at tests/test_logs.py" in written.lines[0]
    assert len(written.lines) == 3


def test_our_own_exceptions_show_their_place_without_their_message_or_a_trace(written: Written) -> None:
    try:
        raise KeyError(SECRET)
    except KeyError:
        written.logger("bridge_server.http").exception("a call over the socket")
    assert "a call over the socket: KeyError at tests/test_logs.py" in written.lines[0]
    assert len(written.lines) == 1
    assert SECRET not in written.text.getvalue()


def test_of_a_kind_few_are_written_and_the_rest_is_counted(written: Written) -> None:
    logger = written.logger("bridge_server.x")
    for number in range(1000):
        logger.warning("refused %s", number)
    logger.warning("something else")
    assert len(written.lines) == OF_A_KIND + 1
    written.now = KIND_SECONDS
    logger.warning("refused %s", "again")
    assert written.lines[-1].endswith(f"refused again (and {1000 - OF_A_KIND} of this kind that were left out)")


def test_kinds_without_end_are_not_remembered_without_end(written: Written) -> None:
    logger = written.logger("bridge_server.x")
    for number in range(KINDS * 3):
        logger.warning(f"kind {number}")
    assert len(written.few._kinds) <= KINDS


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (f"Exception in callback <Handle run({SECRET!r})>", "Exception in callback"),
        (f"Task exception was never retrieved: {SECRET}", "Task exception was never retrieved"),
        ("socket.accept() out of system resource", "socket.accept"),
    ],
)
def test_a_fault_in_the_event_loop_is_one_line(caplog: pytest.LogCaptureFixture, message: str, shown: str) -> None:
    log_loop_fault(None, {"message": message, "exception": OSError(24, SECRET)})  # type: ignore[arg-type]
    assert caplog.messages == [f"in the event loop: {shown}, OSError (EMFILE)"]
