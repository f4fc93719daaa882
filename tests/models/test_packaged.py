"""Networks that other Python packages bring are listed where the package is installed, without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge_server.models.catalog import find_models, resolve
from bridge_server.models.packaged import PACKAGE, X4PLUS, X4PLUS_BYTES, X4PLUS_NAME
from bridge_server.models.upscalers import upscaler_at


def installed(site: Path, size: int) -> Path:
    """The package, with weights that hold nothing."""
    weights = site / PACKAGE / X4PLUS
    weights.parent.mkdir(parents=True)
    (site / PACKAGE / "__init__.py").write_text("raise SystemExit('it was run')")
    with weights.open("wb") as stream:
        stream.truncate(size)
    weights.with_suffix(".param").write_text("7767517\n")
    return weights


def test_x4plus_is_a_model_to_choose_where_its_package_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = installed(tmp_path, X4PLUS_BYTES)
    assert X4PLUS_NAME not in {model.name for model in find_models([])}
    monkeypatch.syspath_prepend(tmp_path)
    model = resolve(X4PLUS_NAME, find_models([]), role="upscaler")
    assert (Path(model.ref.path), model.license) == (weights, "BSD-3-Clause")
    known = upscaler_at(weights)
    assert known is not None and (known.kind, known.scale, known.depth) == ("rrdb", 4, 23)


def test_half_a_file_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, 1000)
    monkeypatch.syspath_prepend(tmp_path)
    assert {model.role for model in find_models([])} == {"base"}
