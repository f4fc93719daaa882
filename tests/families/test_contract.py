"""The contract, for every family that there is and for one that no product file knows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.base import Family
from bridge_server.families.registry import FamilyRegistry, builtin
from bridge_server.pipelines import loader
from bridge_server.pipelines.memory import Device

from . import contract
from .contract import Subject
from .own_pipelines import OWN, STEPS, STRENGTH, latents_from_noise, masked_latents, noised_latents
from .toy import DEAF, TOY, registry

FAMILIES = tuple(family for family in registry() if "txt2img" in family.spec.operations)
PROMISES = (
    contract.is_determined,
    contract.keeps_what_is_not_masked,
    contract.shows_a_preview_of_each_step,
    contract.stops_within_a_step,
    contract.tells_its_progress,
    contract.needs_no_more_memory_than_it_says,
)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.key)
def test_every_family_keeps_its_promises(
    subjects: Callable[[Family], Subject], family: Family, promise: Callable[[Subject], None]
) -> None:
    promise(subjects(family))


@pytest.mark.parametrize(("key", "sampler"), [(key, sampler) for key, own in OWN.items() for sampler in own.samplers])
def test_it_paints_what_diffusers_own_pipelines_paint(
    plain_subjects: Callable[[Family], Subject], monkeypatch: pytest.MonkeyPatch, key: str, sampler: str
) -> None:
    """Text to image, image to image, and inpaint with a hard mask, to 1e-5, from the same latents and noise.

    With a UNet of 4 channels. With 9 diffusers keeps nothing outside the mask, and we do. A soft mask has no
    counterpart there. Theirs draws a picture's latents at random where it encodes it itself; ours never does.
    """
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    subject = plain_subjects(builtin().named(key))
    whole = {"sampler": sampler, "steps": STEPS}
    given = {**whole, "image": subject.picture(), "strength": STRENGTH}
    pairs = {
        "txt2img": (subject.latents_of(**whole), latents_from_noise(subject, sampler)),
    }
    able = OWN[key].noised is None or sampler in (OWN[key].noised or ())
    if able and OWN[key].inpaint is not None:
        made = subject.latents_of(**given, mask=subject.strips(0, 1))
        pairs["inpaint"] = (made, masked_latents(subject, sampler))
    if able and OWN[key].image is not None:
        pairs["img2img"] = (subject.latents_of(**given), noised_latents(subject, sampler))
    apart = {kind: float((ours - theirs).abs().max()) for kind, (ours, theirs) in pairs.items()}
    print(f"{key}, {sampler}: latents apart at most", {kind: f"{most:.1e}" for kind, most in apart.items()})
    assert max(apart.values()) <= 1e-5


def test_every_family_is_compared_with_its_own_pipelines() -> None:
    """But for a refiner, which finishes what others begin: test_refiner.py; and layers: test_layers.py."""
    painting = [family for family in builtin() if "txt2img" in family.spec.operations]
    assert set(OWN) == {family.key for family in painting if family.spec.role == "base"}


def test_a_family_that_hooks_nothing_fails_the_contract(subjects: Callable[[Family], Subject]) -> None:
    deaf = Subject(DEAF, subjects(TOY).loaded)
    contract.is_determined(deaf)
    with pytest.raises(AssertionError, match="it stopped only after"):
        contract.stops_within_a_step(deaf)


def test_where_the_map_from_latents_to_colors_is_exact_so_is_the_preview(
    subjects: Callable[[Family], Subject],
) -> None:
    """The last shows the picture, looked at in the middle of each latent, since its edges are made smooth."""
    subject, diary = subjects(TOY), contract.Diary()
    made = subject.paint(diary, image=subject.picture(), mask=subject.strips(0, 1), steps=8)
    cell = TOY.spec.latent_cell
    middles = slice(cell // 2, None, cell)
    away = [np.abs(shown / 255 - made.pixels)[middles, middles].max() for shown in diary.previews]
    assert away[-1] < 0.05 < away[0], away


@pytest.mark.parametrize("blocks", [(), ("single_transformer_blocks",)])
def test_a_model_without_the_layers_that_its_family_names_is_not_loaded(
    subjects: Callable[[Family], Subject], blocks: tuple[str, ...]
) -> None:
    from dataclasses import replace

    ref, spec = subjects(TOY).loaded.ref, TOY.spec
    denoiser = replace(spec.components["transformer"], blocks=blocks)
    blind = replace(TOY, spec=replace(spec, components={**spec.components, "transformer": denoiser}))
    with pytest.raises(BridgeError) as caught:
        loader.load(ref, FamilyRegistry([blind]), Device("cpu", None), None)
    assert caught.value.code is ErrorCode.UNSUPPORTED and "could not be stopped" in caught.value.message
