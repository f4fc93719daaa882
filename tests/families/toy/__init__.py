"""A family that no product file knows: a small flow-matching transformer of 16-pixel latents, registered by tests."""

from __future__ import annotations

from dataclasses import replace

from bridge_server.families.base import (
    Candidate,
    Component,
    Family,
    FamilySpec,
    Folder,
    Lacking,
    Match,
    MemoryModel,
    Range,
    Sampler,
    TextLimits,
)
from bridge_server.families.registry import FamilyRegistry, builtin

PIPELINE = "ToyPipeline"
SPEC = FamilySpec(
    key="toy",
    title="Toy",
    native_resolution=64,
    latent_cell=16,
    size_multiple=16,
    guidance="none",
    negative_prompt=False,
    text=TextLimits(tokens=100),
    schedule="flow",
    samplers={"Toy Euler": Sampler("FlowMatchEulerDiscreteScheduler")},
    steps=Range(1, 20, 4),
    guidance_scale=Range(0, 1, 1.0),
    pipelines=(PIPELINE,),
    components={
        "transformer": Component(
            frozenset({("toy", "ToyTransformer")}), required=True, weighted=True, blocks=("transformer_blocks",)
        ),
        "vae": Component(frozenset({("toy", "ToyVae")})),
    },
    denoiser="transformer",
    operations={"inpaint": "mask", "outpaint": "mask", "img2img": "picture", "txt2img": "noise"},
    references=1,
    memory=MemoryModel(step_per_pixel=20, decode_per_pixel=40, gpu_factor=1.5, cpu_factor=2.5),
)


def detect(candidate: Candidate) -> Match | Lacking | None:
    if not isinstance(candidate, Folder):
        return None
    return Match(SPEC.key, int(candidate.configs["transformer"]["side"]), SPEC.size_multiple)


TOY = Family(SPEC, detect, model=f"{__name__}.model", tiny=f"{__name__}.tiny")
DEAF = replace(TOY, model=f"{__name__}.deaf")
"""The same, but it asks nobody whether to go on while a step runs."""


def registry() -> FamilyRegistry:
    return FamilyRegistry([*builtin(), TOY])
