"""Safetensors files in the model folder that enlarge pictures: told by their tensors, listed with their role."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.models.catalog import default_model, find_models, resolve
from bridge_server.models.upscalers import upscaler_of
from bridge_server.models.weights import UPSCALER, shipped
from tests.support.tiny_upscalers import Compact, RRDBNet, old_names, save, seeded


def test_every_kind_is_listed_with_its_role_and_its_scale(tmp_path: Path) -> None:
    save(seeded(RRDBNet), tmp_path / "x4plus.safetensors")
    save(seeded(lambda: RRDBNet(2)), tmp_path / "x2plus.safetensors", "params_ema.")
    save(seeded(Compact), tmp_path / "compact.safetensors", "params.")
    save_file(old_names(seeded(RRDBNet).state_dict(), 2), tmp_path / "esrgan.safetensors")
    (tmp_path / "shipped.safetensors").write_bytes(shipped(UPSCALER).read_bytes())
    found = {model.name: model for model in find_models([tmp_path]) if not model.shipped}
    scales = {"x4plus": 4, "x2plus": 2, "compact": 2, "esrgan": 4, "shipped": 4}
    assert {name: model.note for name, model in found.items()} == {
        name: f"Enlarges a picture {scale} times." for name, scale in scales.items()
    }
    assert {(model.role, model.problem) for model in found.values()} == {("upscaler", None)}


def test_an_upscaler_neither_paints_nor_is_painted_with_by_default(tmp_path: Path) -> None:
    save(seeded(Compact), tmp_path / "a-net.safetensors")
    models = find_models([tmp_path])
    assert default_model(models).name == "starter"
    assert resolve("a-net", models, role="upscaler").name == "a-net"
    for name, role, text in (("a-net", "base", "a-net enlarges pictures and cannot paint."),
                             ("starter", "upscaler", "starter paints and cannot enlarge a picture.")):  # fmt: skip
        with pytest.raises(BridgeError) as refused:
            resolve(name, models, role=role)
        assert refused.value.code is ErrorCode.UNSUPPORTED and refused.value.message.startswith(text)
    with pytest.raises(BridgeError) as unknown:
        resolve("owner/name", models, role="upscaler")
    assert unknown.value.code is ErrorCode.MODEL_NOT_FOUND, "nothing is downloaded"


@pytest.mark.parametrize("change", ["missing", "shape", "more"])
def test_a_file_that_is_nearly_one_is_none(tmp_path: Path, change: str) -> None:
    tensors = load_file(save(seeded(RRDBNet), tmp_path / "net.safetensors"))
    if change == "missing":
        del tensors["body.1.rdb2.conv3.bias"]
    elif change == "shape":
        tensors["conv_hr.weight"] = torch.zeros(8, 8, 1, 1)
    else:
        tensors["attention.weight"] = torch.zeros(8)
    save_file(tensors, tmp_path / "net.safetensors")
    (model,) = (model for model in find_models([tmp_path]) if not model.shipped)
    assert model.problem is ErrorCode.UNSUPPORTED and model.role != "upscaler"


def test_the_work_of_the_published_networks() -> None:
    """Of Real-ESRGAN x4plus: 16.7 million weights, those that make the large picture used up to 16 times a pixel."""
    with torch.device("meta"):
        net = RRDBNet(4, 64, 32, 23)
    found = upscaler_of({name: tuple(tensor.shape) for name, tensor in net.state_dict().items()})
    assert found is not None and found.depth == 23
    assert 17e6 < found.work < 19e6
