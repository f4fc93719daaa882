"""ONNX files in the model folder: which of them find a subject is read from their header."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.registry import builtin
from bridge_server.http.model_registry import ModelRegistry
from bridge_server.models.catalog import default_model, find_models, resolve
from bridge_server.models.described import Model
from bridge_server.models.onnx import read_onnx
from bridge_server.models.weights import SUBJECT, shipped
from tests.support.tiny_onnx import tiny_onnx


def listed(folder: Path) -> dict[str, Model]:
    return {model.name: model for model in find_models([folder])}


def test_a_segmenter_is_told_by_its_header_and_kept_by_the_store(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "red.onnx").write_bytes(tiny_onnx(96))
    (folder / "birefnet.ONNX").write_bytes(shipped(SUBJECT).read_bytes())
    (folder / "any.onnx").write_bytes(tiny_onnx(0))
    found = listed(folder)
    sides = {name: found[name].ref.native_resolution for name in ("red", "birefnet", "any")}
    assert sides == {"red": 96, "birefnet": 320, "any": 1024}
    assert {found[name].role for name in sides} == {"segmenter"} and found["red"].key
    again = find_models([folder], tmp_path / "models.sqlite3")
    assert [model for model in again if model.role == "segmenter"]


@pytest.mark.parametrize(
    "content",
    [tiny_onnx(96, channels=4), tiny_onnx(96, element=10), tiny_onnx(96, outputs=(1, 21)), tiny_onnx(8)],
    ids=["four channels", "half", "classes", "eight pixels"],
)
def test_another_network_is_listed_as_what_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    model = listed(tmp_path)["net"]
    assert model.problem is ErrorCode.UNSUPPORTED and "finds no subject" in model.note


@pytest.mark.parametrize("content", [b"", b"x", b"\x00" * 40, tiny_onnx()[:60], b"\xff" * 400])
def test_what_is_no_onnx_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    model = listed(tmp_path)["net"]
    assert model.problem is ErrorCode.MODEL_UNREADABLE and "net.onnx" in model.note


def test_a_file_that_ends_within_its_graph_is_refused(tmp_path: Path) -> None:
    whole = tiny_onnx()  # its last four bytes are beyond the graph
    path = tmp_path / "net.onnx"
    for end in range(len(whole) - 4):
        path.write_bytes(whole[:end])
        with pytest.raises(BridgeError) as refused:
            read_onnx(path)
        assert refused.value.code is ErrorCode.MODEL_UNREADABLE


def test_a_segmenter_never_paints_and_what_paints_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "a-red.onnx").write_bytes(tiny_onnx())
    models = find_models([tmp_path])
    assert default_model(models).name == "starter"
    assert resolve("a-red", models, role="segmenter").ref.path.endswith("a-red.onnx")
    for name, role in (("a-red", "base"), ("starter", "segmenter")):
        with pytest.raises(BridgeError) as refused:
            resolve(name, models, role=role)
        assert refused.value.code is ErrorCode.UNSUPPORTED and name in refused.value.message


async def test_who_adds_a_segmenter_has_still_added_nothing_that_paints(tmp_path: Path) -> None:
    """So a removal is still filled by example."""
    (tmp_path / "red.onnx").write_bytes(tiny_onnx())
    assert await ModelRegistry([tmp_path], tmp_path / "models.sqlite3", builtin).only_shipped()
