"""A graphics card runs models in half precision, and paints what the CPU paints. Tried on the CPU, in its halves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.pipelines import family, memory
from bridge_server.pipelines.generation import FloatArray

from .conftest import half_mask, load, paint

SAME_PICTURE_DB = 35.0  # the CPU's halves come to 63 and more, an H100 with other noise to 10 to 19


def decibels(one: FloatArray, other: FloatArray) -> float:
    return float(10 * np.log10(1 / max(1e-12, float(np.mean((one - other) ** 2)))))


@pytest.fixture(scope="module")
def folders(tiny_folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The tiny models, and one whose schedule ends in pure noise, as the starter's and NoobAI's do."""
    zero = tmp_path_factory.mktemp("zero") / "zero"
    shutil.copytree(tiny_folders["v"], zero)
    file = zero / "scheduler" / "scheduler_config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    file.write_text(json.dumps(config), encoding="utf-8")
    return {**tiny_folders, "zero": zero}


@pytest.fixture(scope="module")
def in_halves(folders: dict[str, Path]) -> dict[str, StableDiffusion]:
    """The models as a card has them."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (family, memory):
            patch.setattr(module, "precision", lambda *_: (torch.float16, torch.float16))
        return {name: load(folder) for name, folder in folders.items()}


@pytest.mark.parametrize("name", ["plain", "inpaint", "v", "zero"])
@pytest.mark.parametrize("kind", ["txt2img", "img2img", "inpaint"])
def test_half_precision_paints_the_same_picture(
    folders: dict[str, Path], in_halves: dict[str, StableDiffusion], picture: FloatArray, name: str, kind: str
) -> None:
    given: dict[str, Any] = {
        "txt2img": {},
        "img2img": {"image": picture, "strength": 0.6},
        "inpaint": {"image": picture, "mask": half_mask()},
    }[kind]
    assert in_halves[name].unet.dtype == in_halves[name].vae.dtype == torch.float16
    whole = paint(load(folders[name]), **given).pixels
    assert decibels(paint(in_halves[name], **given).pixels, whole) > SAME_PICTURE_DB


@pytest.mark.parametrize("kind", ["txt2img", "inpaint"])
@pytest.mark.parametrize("name", ["plain", "inpaint"])
def test_noise_is_drawn_in_single_precision_on_every_device(
    in_halves: dict[str, StableDiffusion], picture: FloatArray, name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch draws other numbers for float16 than for float32 in some of its builds."""
    drawn: list[torch.dtype] = []
    real = torch.randn

    def randn(*size: Any, **options: Any) -> torch.Tensor:
        drawn.append(options["dtype"])
        return real(*size, **options)

    monkeypatch.setattr(torch, "randn", randn)
    given = {} if kind == "txt2img" else {"image": picture, "mask": half_mask()}
    paint(in_halves[name], **given)
    assert drawn and set(drawn) == {torch.float32}
