"""Soft masks while denoising: free at the last m of the steps; and hard ones where softness is switched off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage import data

from bridge_server.edit.resample import resize
from bridge_server.families.stable_diffusion import paint as painting
from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.pipelines.generation import FloatArray
from bridge_server.pipelines.latents import encode_image
from bridge_server.pipelines.softmask import free_at, hard_latents, hard_pixels, latent_mask

from .conftest import SIDE, paint

masks = arrays(np.float32, (8, 8), elements=st.floats(0, 1, width=32))


def slope(width: int, height: int) -> FloatArray:
    """(height, width): from 0 at the left to 1 at the right, with a quarter of each at the sides."""
    line = np.clip((np.arange(width) + 0.5 - width / 4) / (width / 2), 0, 1).astype(np.float32)
    return line[None].repeat(height, axis=0)


@given(masks, st.floats(0.01, 1), st.floats(0.01, 1))
def test_what_is_free_only_grows_and_ends_with_all_that_is_masked(mask: FloatArray, one: float, other: float) -> None:
    soft = torch.from_numpy(mask)[None, None]
    early, late = (free_at(soft, done) for done in sorted((one, other)))
    assert (early <= late).all()
    assert torch.equal(free_at(soft, 1.0), (soft > 0).float())
    assert early[soft >= 1].all() and not early[soft == 0].any()


@given(masks)
def test_a_hard_mask_has_no_values_between_and_is_empty_only_where_the_soft_one_is(mask: FloatArray) -> None:
    hard = hard_pixels(mask)
    assert set(np.unique(hard)) <= {0.0, 1.0}
    assert hard.any() == mask.any()
    assert hard[mask >= 0.5].all() and not hard[mask == 0].any()
    assert torch.equal(hard_latents(torch.from_numpy(mask)), torch.from_numpy(hard))


def final_latents(model: StableDiffusion, monkeypatch: pytest.MonkeyPatch, **given: Any) -> torch.Tensor:
    seen: list[torch.Tensor] = []

    def keep(_vae: Any, latents: torch.Tensor) -> FloatArray:
        seen.append(latents)
        return np.zeros((SIDE, SIDE, 3), np.float32)

    monkeypatch.setattr(painting, "decode_latents", keep)
    paint(model, **given)
    return seen[0]


@pytest.mark.parametrize("name", ["inpaint", "plain", "v"])
@pytest.mark.parametrize("sampler", ["DDIM", "Euler a", "DPM++ 2M Karras"])
@pytest.mark.parametrize("strength", [1.0, 0.6])
def test_switching_softness_off_frees_or_keeps_each_latent_for_good(
    tiny: dict[str, StableDiffusion],
    picture: FloatArray,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    sampler: str,
    strength: float,
) -> None:
    mask = slope(SIDE, SIDE)
    common: dict[str, Any] = {"image": picture, "steps": 8, "sampler": sampler, "strength": strength}
    soft = final_latents(tiny[name], monkeypatch, mask=mask, **common)
    off = final_latents(tiny[name], monkeypatch, mask=mask, soft_mask=False, **common)
    own = encode_image(tiny[name].vae, picture, torch.device("cpu"))
    hard = hard_latents(latent_mask(mask, tiny[name].factor)).bool().expand_as(own)
    assert torch.equal(off[~hard], own[~hard])
    assert not torch.equal(soft[~hard], own[~hard])
    whole = final_latents(tiny[name], monkeypatch, mask=hard_pixels(mask), **common)
    assert torch.equal(off, whole)


def test_the_starters_change_grows_along_a_soft_mask_and_begins_at_once_where_softness_is_off(
    starter: StableDiffusion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In latents: the autoencoder's normalisation lets every part of a picture change a little with every other."""
    image = resize(data.chelsea().astype(np.float32)[:, :300] / 255, 128, 128)
    own = encode_image(starter.vae, image, torch.device("cpu"))
    given: dict[str, Any] = {"width": 128, "height": 128, "steps": 10, "guidance_scale": 2.0, "image": image}

    def change(soft_mask: bool) -> FloatArray:
        """(8,): mean change of each eighth of the width; the mask's slope lies on the middle four."""
        made = [
            final_latents(starter, monkeypatch, mask=slope(128, 128), soft_mask=soft_mask, seed=seed, **given)
            for seed in (1, 2, 3)
        ]
        return (torch.cat(made) - own).abs().mean(dim=(0, 1, 2)).reshape(8, -1).mean(dim=1).numpy()

    soft, hard = change(True), change(False)
    assert soft[:2].max() == 0.0 and hard[:4].max() == 0.0
    assert (np.diff(soft[1:7]) > 0).all()
    assert hard[4] > 0.7 * hard[6:].mean()
    assert soft[4] < 0.7 * soft[6:].mean()
