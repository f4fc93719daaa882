"""Loaded models of every family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

import pytest

from bridge_server.families.base import Family
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import loader, memory
from bridge_server.pipelines.memory import Device

from .contract import Subject
from .toy import TOY, registry

Subjects = Callable[[Family], Subject]


@pytest.fixture(scope="module")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> Subjects:
    """A family's tiny model, found by the scan and loaded, once each."""
    return _subjects(tmp_path_factory)


@pytest.fixture(scope="module")
def plain_subjects(tmp_path_factory: pytest.TempPathFactory) -> Subjects:
    """The same, each with a denoiser that takes no mask."""
    return _subjects(tmp_path_factory, inpaint=False)


@pytest.fixture(scope="module")
def exact_subjects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subjects]:
    """The same in single precision on every machine."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        yield _subjects(tmp_path_factory)


def _subjects(folders: pytest.TempPathFactory, **changes: bool) -> Subjects:
    made: dict[str, Subject] = {}

    def subject(family: Family) -> Subject:
        if family.key not in made:
            folder = folders.mktemp(family.key.replace("-", ""))
            told = {} if family is TOY else {"family": family.key}
            import_module(family.tiny).build(folder / "tiny", **told, **changes)
            (model,) = [model for model in find_models([folder], families=registry()) if not model.shipped]
            assert model.problem is None and model.ref.family == family.key, model.note
            made[family.key] = Subject(family, loader.load(model.ref, registry(), Device("cpu", None), None))
        return made[family.key]

    return subject
