"""The garbage collector while modules are imported."""

from __future__ import annotations

import gc

import pytest

from bridge_server.collector import collector_paused


def test_it_pauses_and_goes_on() -> None:
    before = gc.get_freeze_count()
    there = [[] for _ in range(100)]
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(there)


def test_it_goes_on_where_an_import_fails() -> None:
    with pytest.raises(ImportError), collector_paused():
        raise ImportError("no such module")
    assert gc.isenabled()
