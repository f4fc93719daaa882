"""One worker and a few tiny models for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tiny import build_tiny

from .rig import Rig, worker


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """inpaint: 9 channels; plain: 4 channels; v: 4 channels that predict v; slow: 9 channels, about a second a step."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "inpaint": build_tiny(folder / "inpaint"),
        "plain": build_tiny(folder / "plain", inpaint=False),
        "v": build_tiny(folder / "v", inpaint=False, prediction_type="v_prediction"),
        "slow": build_tiny(folder / "slow", slow=60),
    }


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    """A worker that tests share; each test leaves it idle."""
    with worker() as made:
        yield made
