"""One model at a time, loaded in a thread that nobody has to wait for."""

from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import replace

import pytest

from bridge_server.pipelines.cache import ModelCache
from bridge_server.pipelines.generation import Cancelled
from bridge_server.protocol.tasks import ModelRef

FIRST = ModelRef("a", "/a", "folder", "sd1", "", 64, 8, False, 4, 3.0)
SECOND = replace(FIRST, name="b", path="/b")


def go_on() -> None: ...


class Loads:
    """Counts loads; each waits until it is let go."""

    def __init__(self, *, wait: bool = False, fail: int = 0) -> None:
        self.done: list[str] = []
        self.drops = 0
        self.gate = threading.Event()
        self._fail = fail
        if not wait:
            self.gate.set()

    def load(self, ref: ModelRef) -> str:
        assert self.gate.wait(240)
        if self._fail:
            self._fail -= 1
            raise ValueError("damaged")
        self.done.append(ref.name)
        return ref.name

    def dropped(self) -> None:
        self.drops += 1


def test_a_model_is_loaded_once_and_another_takes_its_place() -> None:
    loads = Loads()
    cache = ModelCache(loads.load, loads.dropped)
    assert [cache.get(ref, go_on) for ref in (FIRST, FIRST, SECOND, FIRST)] == ["a", "a", "b", "a"]
    assert loads.done == ["a", "b", "a"] and loads.drops == 3
    assert cache.is_loaded(FIRST) and not cache.is_loaded(SECOND)


def test_the_hash_is_no_part_of_what_a_model_is() -> None:
    loads = Loads()
    cache = ModelCache(loads.load, loads.dropped)
    cache.get(FIRST, go_on)
    cache.get(replace(FIRST, hash="0123456789abcdef"), go_on)
    assert loads.done == ["a"]


def test_the_files_of_its_parts_are() -> None:
    loads = Loads()
    cache = ModelCache(loads.load, loads.dropped)
    for place in ("/far", "/near", "/near"):
        cache.get(replace(FIRST, parts={"vae": place, "text_encoder": "/t"}), go_on)
    cache.get(replace(FIRST, parts={"text_encoder": "/t", "vae": "/near"}), go_on)
    assert loads.done == ["a", "a"]


def test_who_leaves_does_not_stop_the_load() -> None:
    loads = Loads(wait=True)
    cache = ModelCache(loads.load, loads.dropped)

    def leave() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        cache.get(FIRST, leave)
    assert not cache.is_loaded(FIRST) and cache.has_model()
    loads.gate.set()
    assert cache.get(FIRST, go_on) == "a"
    assert loads.done == ["a"]


def test_a_failed_load_is_told_and_tried_again() -> None:
    loads = Loads(fail=1)
    cache = ModelCache(loads.load, loads.dropped)
    with pytest.raises(ValueError, match="damaged"):
        cache.get(FIRST, go_on)
    assert not cache.is_loaded(FIRST)
    assert cache.get(FIRST, go_on) == "a"


def test_two_models_never_share_the_memory() -> None:
    class Big: ...

    alive: list[weakref.ref[Big]] = []

    def load(_ref: ModelRef) -> Big:
        big = Big()
        alive.append(weakref.ref(big))
        return big

    def dropped() -> None:
        gc.collect()
        assert not any(reference() for reference in alive)

    cache = ModelCache(load, dropped)
    for ref in (FIRST, SECOND, FIRST):
        cache.get(ref, go_on)
    cache.drop()


def test_of_a_load_that_failed_nothing_is_kept() -> None:
    class Big: ...

    alive: list[weakref.ref[Big]] = []

    def read() -> None:
        weights = Big()
        alive.append(weakref.ref(weights))
        raise RuntimeError("no memory is left")

    def load(_ref: ModelRef) -> Big:
        part = Big()
        alive.append(weakref.ref(part))
        try:
            read()
        except RuntimeError as error:
            raise ValueError("damaged") from error
        return part

    def collect() -> None:
        gc.collect()

    cache = ModelCache(load, collect)
    future = cache.ask(FIRST)
    with pytest.raises(ValueError, match="damaged"):
        cache.get(FIRST, go_on)
    assert isinstance(future.exception(), ValueError)
    assert len(alive) >= 2  # 4 where the load had failed before `get`, which then tries again
    assert not any(reference() for reference in alive)


def test_dropping() -> None:
    loads = Loads()
    cache = ModelCache(loads.load, loads.dropped)
    cache.get(FIRST, go_on)
    cache.drop()
    assert not cache.has_model() and not cache.is_loaded(FIRST)
