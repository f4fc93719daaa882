"""The one denoising against diffusers' own image to image and inpaint, of families of other kinds than today's."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from PIL import Image

from bridge_server.pipelines.generation import Cancelled

from .contract import Diary, Impatient
from .published import ALL, COMPARED, Published, latents_of_picture, ours, theirs
from .published.base import RUN, STEPS

TOLERANCE = 1e-5


@cache
def built(name: str) -> Published:
    return ALL[name]()


EACH = [(name, sampler) for name in COMPARED for sampler in built(name).samplers]


@pytest.fixture(autouse=True)
def modes(monkeypatch: pytest.MonkeyPatch) -> None:
    """diffusers draws the picture's latents at random; Layerbridge takes the most probable ones."""
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())


@pytest.mark.parametrize(("name", "sampler"), EACH)
def test_it_is_their_image_to_image(name: str, sampler: str) -> None:
    family = built(name)
    made = ours(family, sampler, own=latents_of_picture(family))
    wanted = theirs(family, sampler, family.image)
    assert (made - wanted).abs().max() <= TOLERANCE
    assert (wanted - latents_of_picture(family)).abs().mean() > 1e-2


@pytest.mark.parametrize(("name", "sampler"), EACH)
def test_it_is_their_inpaint(name: str, sampler: str) -> None:
    family = built(name)
    made = ours(family, sampler, own=latents_of_picture(family), mask=family.strips(0.0, 1.0))
    wanted = theirs(family, sampler, family.inpaint, mask_image=family.right_half)
    assert (made - wanted).abs().max() <= TOLERANCE


def test_kleins_inpaint_also_sees_the_picture_as_a_reference() -> None:
    family = built("klein")
    shown = Image.fromarray((family.picture[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))
    made = ours(family, "plain", own=latents_of_picture(family), mask=family.strips(0.0, 1.0), image=shown)
    pipeline = family.make(family.inpaint, family.samplers["plain"]())
    seen: list[torch.Tensor] = []
    pipeline(
        image=family.picture,
        mask_image=family.right_half,
        strength=RUN / STEPS,
        num_inference_steps=STEPS,
        generator=torch.Generator().manual_seed(1),
        output_type="latent",
        callback_on_step_end=lambda _pipeline, _index, _time, tensors: seen.append(tensors["latents"]) or tensors,
        **family.call,
    )
    assert torch.allclose(made, family.form.back(seen[-1]), rtol=0, atol=TOLERANCE)


def plain(family: Published) -> str:
    return "Euler a" if "Euler a" in family.samplers else next(iter(family.samplers))


@pytest.mark.parametrize("name", ALL)
def test_what_is_outside_a_soft_mask_is_untouched_and_less_masked_changes_less(name: str) -> None:
    family = built(name)
    own = latents_of_picture(family)
    made = ours(family, plain(family), own=own, mask=family.strips(0.0, 0.3, 0.6, 1.0), run=STEPS)
    change = (made - own).abs().mean(dim=(0, 1, 2)).reshape(4, -1).mean(dim=1)
    assert change[0] == 0 and 1e-3 < change[1] < change[2] < change[3]


@pytest.mark.parametrize("name", ALL)
def test_the_same_request_gives_the_same_bytes(name: str) -> None:
    family = built(name)
    own, mask = latents_of_picture(family), family.strips(0.0, 1.0)

    def made(**changes: int) -> torch.Tensor:
        return ours(family, plain(family), own=own, mask=mask, **changes)

    first = made()
    assert torch.equal(made(), first) and not torch.equal(made(seed=2), first) and not torch.equal(made(run=3), first)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("run", [STEPS, 3, 1])
def test_every_step_is_told_once_with_a_preview_and_the_last_is_the_picture(name: str, run: int) -> None:
    family, diary = built(name), Diary()
    own = None if run == STEPS else latents_of_picture(family)
    made = ours(family, plain(family), own=own, run=run, watch=diary)
    assert diary.steps == [(step, run) for step in range(1, run + 1)] and len(diary.previews) == run
    gray = (made[0].mean(0) * 40 + 128).clamp(0, 255).byte().numpy()
    assert np.array_equal(diary.previews[-1][..., 0], gray)


@pytest.mark.parametrize("name", ALL)
def test_it_stops_within_the_first_step(name: str) -> None:
    watch = Impatient()
    with pytest.raises(Cancelled):
        ours(built(name), plain(built(name)), own=latents_of_picture(built(name)), watch=watch)
    assert not watch.steps
