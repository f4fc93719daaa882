"""Networks that run through spandrel: listed by their tensors, run by a stand-in, refused in words without it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.models.catalog import find_models, resolve
from bridge_server.models.upscalers import upscaler_at
from bridge_server.pipelines.upscalers import load_upscaler
from tests.support.tiny_upscalers import RRDBNet, save, seeded

STAND_INS = Path(__file__).parents[1] / "support" / "stand_ins"
CPU = torch.device("cpu")


@pytest.fixture
def spandrel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(STAND_INS)
    monkeypatch.delitem(sys.modules, "spandrel", raising=False)


def saved(path: Path, prefix: str = "", scale: int = 3, channels: int = 3, **more: torch.Tensor) -> Path:
    """A file whose names tell a DAT."""
    tensors = {
        "conv_first.weight": torch.zeros(8, channels, 3, 3),
        "before_RG.1.weight": torch.zeros(8),
        "layers.0.blocks.0.attn.dwconv.0.weight": torch.zeros(8, 1, 3, 3),
        "upscale": torch.tensor(scale),
        **more,
    }
    save_file({f"{prefix}{name}": tensor for name, tensor in tensors.items()}, path)
    return path


def nothing() -> None:
    pass


@pytest.mark.parametrize("prefix", ["", "params_ema."])
@pytest.mark.usefixtures("spandrel")
def test_it_is_listed_and_enlarges(tmp_path: Path, prefix: str) -> None:
    path = saved(tmp_path / "dat.safetensors", prefix)
    model = resolve("dat", find_models([tmp_path]), role="upscaler")
    assert model.note == "Enlarges a picture (DAT), with the library spandrel."
    assert upscaler_at(path) is None, "how long it takes is not known"
    net = load_upscaler(path, CPU)
    picture = np.random.default_rng(1).random((5, 7, 3), np.float32)
    large = net.enlarge(picture, nothing)
    assert net.facts.scale == 3 and np.array_equal(large, picture.repeat(3, 0).repeat(3, 1))


@pytest.mark.usefixtures("spandrel")
def test_it_stops_between_two_layers(tmp_path: Path) -> None:
    calls: list[int] = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    net = load_upscaler(saved(tmp_path / "dat.safetensors"), CPU)
    with pytest.raises(KeyboardInterrupt):
        net.enlarge(np.zeros((4, 4, 3), np.float32), check)
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("told", "code", "text"),
    [
        ({"scale": 1}, ErrorCode.UNSUPPORTED, "leaves pictures at their size"),
        ({"channels": 1}, ErrorCode.UNSUPPORTED, "enlarges no color pictures"),
    ],
)
@pytest.mark.usefixtures("spandrel")
def test_what_is_of_no_use_is_refused(tmp_path: Path, told: dict[str, int], code: ErrorCode, text: str) -> None:
    with pytest.raises(BridgeError, match=text) as refused:
        load_upscaler(saved(tmp_path / "net.safetensors", **told), CPU)
    assert refused.value.code is code


@pytest.mark.usefixtures("spandrel")
def test_what_spandrel_cannot_read_is_refused(tmp_path: Path) -> None:
    tensors = {"layers.0.residual_group.td": torch.zeros(2), "conv_first.weight": torch.zeros(8, 3, 3, 3)}
    save_file(tensors, tmp_path / "net.safetensors")
    with pytest.raises(BridgeError, match="is no ATD network that spandrel can read") as refused:
        load_upscaler(tmp_path / "net.safetensors", CPU)
    assert refused.value.code is ErrorCode.MODEL_UNREADABLE


def test_without_spandrel_a_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spandrel", None)
    with pytest.raises(BridgeError) as refused:
        load_upscaler(saved(tmp_path / "dat.safetensors"), CPU)
    assert refused.value.code is ErrorCode.UNSUPPORTED
    assert refused.value.message.startswith("dat.safetensors is a DAT network, which needs the library spandrel.")
    assert 'pip install "layerbridge[spandrel]"' in refused.value.message
    load_upscaler(save(seeded(RRDBNet), tmp_path / "own.safetensors"), CPU)  # needs no library


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "HAT-L.pth").write_bytes(b"\x80\x04cos\nsystem\n.")
    (model,) = (model for model in find_models([tmp_path]) if not model.shipped)
    assert model.problem is ErrorCode.MODEL_UNSAFE
    assert model.note.startswith("HAT-L.pth is a pickle, which can run any program when it is opened")
