"""A file that is held for a moment on Windows is waited for; elsewhere a refusal is final."""

from __future__ import annotations

import errno

import pytest

from bridge_server.patience import PAUSES, patiently


class Held:
    """An operation that is refused `times` times, as Windows does while another program has the file open."""

    def __init__(self, times: int, error: int = errno.EACCES) -> None:
        self.left = times
        self.tries = 0
        self._error = error

    def __call__(self) -> str:
        self.tries += 1
        if self.left:
            self.left -= 1
            raise OSError(self._error, "The process cannot access the file because it is being used by another process")
        return "done"


@pytest.mark.parametrize("times", range(len(PAUSES) + 1))
def test_windows_waits_for_a_held_file(times: int) -> None:
    slept: list[float] = []
    assert patiently(Held(times), platform="win32", sleep=slept.append) == "done"
    assert slept == list(PAUSES[:times])


def test_windows_gives_up_at_last() -> None:
    held, slept = Held(1000), list[float]()
    with pytest.raises(PermissionError):
        patiently(held, platform="win32", sleep=slept.append)
    assert held.tries == len(PAUSES) + 1
    assert 0.5 < sum(slept) < 2


@pytest.mark.parametrize(
    ("platform", "error"), [("linux", errno.EACCES), ("darwin", errno.EACCES), ("win32", errno.ENOSPC)]
)
def test_any_other_refusal_is_final(platform: str, error: int) -> None:
    held, slept = Held(1, error), list[float]()
    with pytest.raises(OSError):
        patiently(held, platform=platform, sleep=slept.append)
    assert (held.tries, slept) == (1, [])
