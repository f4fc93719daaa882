"""What diffusers' own pipelines of a family make of the requests of test_contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import diffusers
import torch
from torch.nn.functional import pixel_shuffle

from bridge_server.families.chroma.spec import KEYS as CHROMA
from bridge_server.families.ernie_image.spec import KEYS as ERNIE
from bridge_server.families.flux1.spec import DEV, FILL, KONTEXT, SCHNELL
from bridge_server.families.flux2_klein.detect import KEYS as KLEIN
from bridge_server.families.krea_2 import tiny as tiny_krea
from bridge_server.families.krea_2.spec import KEYS as KREA
from bridge_server.families.qwen_image.spec import EDIT, EDIT_PLUS, QWEN_IMAGE
from bridge_server.families.qwen_image_21.noise_levels import resampled
from bridge_server.families.qwen_image_21.spec import QWEN21, TURBO
from bridge_server.families.qwen_image_21.tiny import LEVELS
from bridge_server.families.stable_diffusion_3.spec import KEYS as SD3
from bridge_server.families.stable_diffusion_xl.spec import KEYS as XL
from bridge_server.families.z_image.spec import KEYS as Z_IMAGE
from bridge_server.families.z_image.spec import UNGUIDED
from bridge_server.pipelines.flow_schedulers import scheduler_by_steps
from bridge_server.pipelines.latents import encode_image
from bridge_server.pipelines.samplers import make_scheduler
from bridge_server.pipelines.tokens import PATCH, token_form
from tests.support.qwen21 import own_pipeline

from .contract import CPU, Subject

STEPS, STRENGTH, GUIDANCE, SEED = 8, 0.625, 3.0, 1  # a whole number of steps, which diffusers rounds both ways


@dataclass(frozen=True)
class Own:
    """text, image, inpaint: classes of diffusers; None: it has none that does the same. made_with: what they take
    beside the parts. asked: what they are called with beside. samplers: those that are tried. takes_pixels: their
    inpaint takes no latents of a picture. noised: samplers that their pipelines for pictures can run; None: all. back:
    of what they give, (1, channels, h, w). scheduler: as make_scheduler. guidance: what GUIDANCE is there.
    """

    text: Any
    image: Any
    inpaint: Any
    made_with: dict[str, Any]
    asked: dict[str, Any]
    samplers: tuple[str, ...] = ("DDIM", "Euler", "Euler a", "DPM++ 2M", "Heun", "UniPC")
    takes_pixels: bool = False
    noised: tuple[str, ...] | None = None
    back: Callable[[Subject, torch.Tensor], torch.Tensor] = lambda _, latents: latents
    scheduler: Callable[..., tuple[Any, str]] = make_scheduler
    guidance: float = GUIDANCE


def noising(*asked: Any) -> tuple[Any, str]:
    """One for Z-Image that pipelines can ask for noise as they ask the model's own."""
    scheduler, name = scheduler_by_steps(*asked)
    if not hasattr(scheduler, "scale_noise"):
        scheduler.scale_noise = lambda sample, timestep, noise: scheduler.add_noise(sample, noise, timestep)
    return scheduler, name


def _of_tokens(subject: Subject, latents: torch.Tensor) -> torch.Tensor:
    loaded: Any = subject.loaded
    side = subject.side // (loaded.factor * PATCH)
    return token_form(side, side).back(latents)


def _of_klein(subject: Subject, latents: torch.Tensor) -> torch.Tensor:
    """Of 2x2 values as one, normalised, as FLUX.2 Klein's pipeline gives them."""
    loaded: Any = subject.loaded
    return pixel_shuffle(latents * loaded.deviation + loaded.mean, PATCH)


def _of_values(subject: Subject, latents: torch.Tensor) -> torch.Tensor:
    loaded: Any = subject.loaded
    side = subject.side // loaded.factor
    return latents.transpose(1, 2).reshape(1, -1, side, side)


STABLE_DIFFUSION = Own(
    diffusers.StableDiffusionPipeline,
    diffusers.StableDiffusionImg2ImgPipeline,
    diffusers.StableDiffusionInpaintPipeline,
    {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False},
    {"negative_prompt": ""},
)
STABLE_DIFFUSION_XL = Own(
    diffusers.StableDiffusionXLPipeline,
    diffusers.StableDiffusionXLImg2ImgPipeline,
    diffusers.StableDiffusionXLInpaintPipeline,
    {"add_watermarker": False},
    {"negative_prompt": None},
)
DISTILLED = replace(STABLE_DIFFUSION_XL, samplers=("auto",))  # the same code, with schedules of their own
QWEN = Own(
    diffusers.QwenImagePipeline,
    diffusers.QwenImageImg2ImgPipeline,
    diffusers.QwenImageInpaintPipeline,
    {},
    {"negative_prompt": "", "true_cfg_scale": GUIDANCE},
    ("Euler", "Euler shift 3", "UniPC"),
    takes_pixels=True,
    noised=("Euler", "Euler shift 3"),  # they call scale_noise, which others do not have
    back=_of_tokens,
)
QWEN_21 = Own(
    own_pipeline,
    None,
    None,
    {},
    {"negative_prompt": "", "true_cfg_scale": GUIDANCE},
    ("Euler", "UniPC"),
    back=_of_values,
)
FLUX = Own(
    diffusers.FluxPipeline,
    diffusers.FluxImg2ImgPipeline,
    diffusers.FluxInpaintPipeline,
    {},
    {},
    ("Euler", "DPM++ 2M", "UniPC"),
    takes_pixels=True,
    noised=("Euler", "auto"),  # they call scale_noise, which others do not have
    back=_of_tokens,
)


def all_heard(kind: Any) -> Any:
    """A pipeline of Chroma without the tokens that its mask leaves out: theirs hand it on as numbers, which are added.
    Inpaint asks the transformer for a guidance that it has not.
    """

    class Heard(kind):
        def _get_t5_prompt_embeds(self, *given: Any, **more: Any) -> tuple[torch.Tensor, torch.Tensor]:
            self.transformer.register_to_config(guidance_embeds=False)
            embeds, mask = super()._get_t5_prompt_embeds(*given, **more)
            heard = int(mask.sum())
            return embeds[:, :heard], mask[:, :heard]

    return Heard


CHROMA_OWN = Own(
    all_heard(diffusers.ChromaPipeline),
    all_heard(diffusers.ChromaImg2ImgPipeline),
    all_heard(diffusers.ChromaInpaintPipeline),
    {},
    {"negative_prompt": ""},
    ("Euler", "DPM++ 2M", "UniPC"),
    takes_pixels=True,
    noised=("Euler", "auto"),
    back=_of_tokens,
    scheduler=noising,
)
AS_IT_IS = {"max_area": 64 * 64, "_auto_resize": False}  # of Kontext's, which make pictures as large as a megapixel
NOTHING_SHOWN = {"image": torch.zeros(1, 3, 64, 64), "mask_image": torch.ones(1, 1, 64, 64)}
OWN = {
    DEV.key: FLUX,
    SCHNELL.key: replace(FLUX, asked={"max_sequence_length": 256}, samplers=("auto",)),
    FILL.key: replace(  # theirs keeps nothing outside a mask: tests/pipelines/test_flux.py
        FLUX, text=diffusers.FluxFillPipeline, image=None, inpaint=None, asked=NOTHING_SHOWN, samplers=("auto",)
    ),
    KONTEXT.key: replace(
        FLUX,
        text=diffusers.FluxKontextPipeline,
        image=None,
        inpaint=diffusers.FluxKontextInpaintPipeline,
        asked=AS_IT_IS,
        samplers=("auto",),
    ),
    **{
        key: replace(CHROMA_OWN, samplers=CHROMA_OWN.samplers if key == "chroma" else ("auto",), guidance=guidance)
        for key, guidance in zip(CHROMA, (GUIDANCE, GUIDANCE, 1.0), strict=True)
    },
    **dict.fromkeys(("sd1", "sd2-base", "sd2", "starter"), STABLE_DIFFUSION),
    **{
        key: Own(
            diffusers.Flux2KleinPipeline,
            None,
            diffusers.Flux2KleinInpaintPipeline,
            {"is_distilled": "base" not in key},
            {},
            ("Euler", "DPM++ 2M", "UniPC") if key == "flux2-klein-base-4b" else ("auto",),
            takes_pixels=True,
            noised=("Euler", "auto"),
        )
        for key in KLEIN
    },
    QWEN_IMAGE.key: QWEN,
    **dict.fromkeys((EDIT.key, EDIT_PLUS.key), replace(QWEN, inpaint=None, samplers=("Euler",))),
    **{
        key: Own(
            diffusers.ErnieImagePipeline,
            None,  # tests/pipelines/test_ernie.py does by hand what they would do
            None,
            {},
            {},
            ("auto",) if "turbo" in key else ("Euler", "Heun", "UniPC"),
            back=_of_klein,
            scheduler=noising,
            guidance=1.0 if "turbo" in key else GUIDANCE,
        )
        for key in ERNIE
    },
    QWEN21.key: QWEN_21,
    TURBO.key: replace(QWEN_21, made_with={"sample_sigmas": resampled(LEVELS, STEPS)}, asked={}, samplers=("auto",)),
    **{
        key: Own(
            diffusers.Krea2Pipeline,
            None,  # tests/pipelines/test_krea.py does by hand what they would do
            None,
            {"is_distilled": "turbo" in key, "text_encoder_select_layers": tiny_krea.LAYERS_READ},
            {},
            ("auto",) if "turbo" in key else ("Euler", "UniPC"),
            back=_of_tokens,
            guidance=0.0 if "turbo" in key else GUIDANCE - UNGUIDED,
        )
        for key in KREA
    },
    **{
        key: Own(
            diffusers.ZImagePipeline,
            diffusers.ZImageImg2ImgPipeline,
            diffusers.ZImageInpaintPipeline,
            {},
            {},
            ("Euler", "Heun", "DPM++ 2M", "UniPC") if key == "z-image" else ("auto",),
            takes_pixels=True,
            noised=("Euler", "DPM++ 2M", "UniPC", "auto"),  # of Heun's they count evaluations for steps
            scheduler=noising,
            guidance=GUIDANCE - UNGUIDED if key == "z-image" else 0.0,
        )
        for key in Z_IMAGE
    },
    **{
        key: Own(
            diffusers.StableDiffusion3Pipeline,
            diffusers.StableDiffusion3Img2ImgPipeline,
            diffusers.StableDiffusion3InpaintPipeline,
            {},
            {},
            ("Euler", "DPM++ 2M", "UniPC") if key == "sd35-large" else ("auto",),
            takes_pixels=True,
            scheduler=noising,
            guidance=GUIDANCE,
        )
        for key in SD3
    },
    **{key: STABLE_DIFFUSION_XL if key in ("sdxl", "sdxl-v") else DISTILLED for key in XL},
}


def latents_from_noise(subject: Subject, sampler: str) -> torch.Tensor:
    """Text to image."""
    return _run(subject, sampler, OWN[subject.family.key].text, width=subject.side, height=subject.side)


def noised_latents(subject: Subject, sampler: str) -> torch.Tensor:
    """Image to image."""
    kind = OWN[subject.family.key].image
    sized = "width" in signature(kind.__call__).parameters
    size = {"width": subject.side, "height": subject.side} if sized else {}
    return _run(subject, sampler, kind, **size, **_picture(subject))


def masked_latents(subject: Subject, sampler: str) -> torch.Tensor:
    """Inpaint of the right half; 4-channel UNets do not read the picture without it."""
    mask = torch.from_numpy(subject.strips(0, 1))[None, None]
    size = {"width": subject.side, "height": subject.side}
    kind = OWN[subject.family.key].inpaint
    if OWN[subject.family.key].takes_pixels:
        pixels = torch.from_numpy(subject.picture()).permute(2, 0, 1)[None]
        return _run(subject, sampler, kind, image=pixels, strength=STRENGTH, mask_image=mask, **size)
    given = _picture(subject)
    return _run(subject, sampler, kind, mask_image=mask, masked_image_latents=given["image"], **size, **given)


def _picture(subject: Subject) -> dict[str, Any]:
    return {"image": encode_image(subject.loaded.parts["vae"], subject.picture(), CPU), "strength": STRENGTH}


def _run(subject: Subject, sampler: str, kind: Any, **given: Any) -> torch.Tensor:
    loaded: Any = subject.loaded
    own = OWN[subject.family.key]
    known = subject.family.spec.samplers
    scheduler, _ = own.scheduler(sampler, known, loaded.scheduler_config, loaded.scheduler_class)
    pipeline = kind(**own.made_with, **loaded.parts, scheduler=scheduler)
    pipeline.set_progress_bar_config(disable=True)
    with torch.no_grad():
        made = pipeline(
            prompt="red apple",
            **own.asked,
            num_inference_steps=STEPS,
            guidance_scale=own.guidance,
            generator=torch.Generator().manual_seed(SEED),
            output_type="latent",
            **given,
        ).images
    return own.back(subject, made)
