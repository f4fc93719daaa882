"""Networks that enlarge: the shipped one on a photograph, and users' kinds against what the papers say."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from skimage import data
from torch import nn

from bridge_server.edit import enlarge as module
from bridge_server.edit.enlarge import drawn, enlarge
from bridge_server.models.upscalers import rrdb_layers
from bridge_server.models.weights import UPSCALER, shipped
from bridge_server.pipelines.ncnn import HALF, read_layers
from bridge_server.pipelines.upscalers import UpscalerNetwork, load_upscaler
from tests.support.tiny_upscalers import Compact, RRDBNet, old_names, save, seeded


@pytest.fixture(scope="module")
def net() -> UpscalerNetwork:
    return load_upscaler(shipped(UPSCALER), torch.device("cpu"))


def larger(net: UpscalerNetwork, picture: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    large = np.zeros((height * scale, width * scale, 3), np.uint8)
    for place, pixels in enlarge(picture, None, scale, drawn(lambda seen: net.enlarge(seen, lambda: None))):
        large[place.y : place.bottom, place.x : place.right] = pixels
    return large


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(np.float64) - other) ** 2)))


@pytest.mark.parametrize("scale", [2, 4])
def test_a_photograph_comes_nearer_to_the_truth_than_by_plain_scaling(net: UpscalerNetwork, scale: int) -> None:
    truth = data.astronaut()[40:200, 140:320][: 160 // scale * scale, : 180 // scale * scale]
    size = (truth.shape[1], truth.shape[0])
    small = cv2.resize(truth, (size[0] // scale, size[1] // scale), interpolation=cv2.INTER_AREA)
    large = larger(net, small, scale)
    plain = cv2.resize(small, size, interpolation=cv2.INTER_LANCZOS4)
    assert psnr(large, truth) > psnr(plain, truth) + 0.15
    back = cv2.resize(large, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    assert psnr(back, small) > 45, "made small again, it is the picture"


def test_no_seam_where_tiles_meet(net: UpscalerNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = data.astronaut()[60:160, 160:280]
    at_once = larger(net, picture, 2)
    monkeypatch.setattr(module, "TILE", 50)
    in_tiles = larger(net, picture, 2)
    assert np.abs(in_tiles.astype(int) - at_once).max() <= 1
    assert (in_tiles != at_once).mean() < 0.001


def test_it_stops_between_layers(net: UpscalerNetwork) -> None:
    calls: list[int] = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        net.enlarge(np.zeros((8, 8, 3), np.float32), check)
    assert net.facts.depth == 16 and len(calls) == 3


@pytest.mark.parametrize("prefix", ["", "params_ema."])
@pytest.mark.parametrize("build", [RRDBNet, lambda: RRDBNet(2), Compact, lambda: Compact(4)])
def test_what_comes_out_is_what_the_papers_say(tmp_path: Path, build: type[nn.Module], prefix: str) -> None:
    torch_net = seeded(build)
    loaded = load_upscaler(save(torch_net, tmp_path / "net.safetensors", prefix), torch.device("cpu"))
    picture = np.random.default_rng(0).random((10, 14, 3)).astype(np.float32)
    with torch.inference_mode():
        expected = torch_net(torch.from_numpy(picture.transpose(2, 0, 1))[None])[0].permute(1, 2, 0).numpy()
    made = loaded.enlarge(picture, lambda: None)
    assert made.shape == expected.shape and np.abs(made - expected).max() < 1e-5


def test_old_names_and_odd_sides(tmp_path: Path) -> None:
    torch_net = seeded(RRDBNet)
    save_file(old_names(torch_net.state_dict(), 2), tmp_path / "old.safetensors")
    new = load_upscaler(save(torch_net, tmp_path / "new.safetensors"), torch.device("cpu"))
    old = load_upscaler(tmp_path / "old.safetensors", torch.device("cpu"))
    picture = np.random.default_rng(0).random((9, 7, 3)).astype(np.float32)
    assert np.array_equal(new.enlarge(picture, lambda: None), old.enlarge(picture, lambda: None))
    double = load_upscaler(save(seeded(lambda: RRDBNet(2)), tmp_path / "x2.safetensors"), torch.device("cpu"))
    assert double.enlarge(picture, lambda: None).shape == (18, 14, 3)


def test_an_rrdb_network_stops_between_its_layers(tmp_path: Path) -> None:
    loaded = load_upscaler(save(seeded(RRDBNet), tmp_path / "net.safetensors"), torch.device("cpu"))
    calls: list[int] = []
    loaded.enlarge(np.zeros((8, 8, 3), np.float32), lambda: calls.append(1))
    assert len(calls) == 1 + 2 * 15 + 5


def test_weights_in_ncnns_format_are_the_same_network() -> None:
    """As the package of Real-ESRGAN x4plus has them: convolutions in the order in which they run, in half precision."""
    net = seeded(RRDBNet).half().float()
    names = tuple(rrdb_layers(8, 4, 2))
    tensors = net.state_dict()
    lines, content = ["7767517", "0 0"], b""
    for name in names:
        weight, bias = tensors[f"{name}.weight"].numpy(), tensors[f"{name}.bias"].numpy()
        lines.append(f"Convolution {name} 1 1 a b 0={len(bias)} 1=3 4=1 5=1 6={weight.size} 9=2 -23310=1,2.000000e-01")
        halves = weight.astype("<f2").tobytes()
        content += struct.pack("<I", HALF) + halves + bytes(-len(halves) % 4) + bias.astype("<f4").tobytes()
    read = read_layers("\n".join(lines), content, names)
    assert set(read) == set(tensors)
    assert all(np.array_equal(read[name].astype(np.float32), tensors[name].numpy()) for name in read)
    with pytest.raises(ValueError, match="for 1 names"):
        read_layers("\n".join(lines), content, ["conv_first"])
