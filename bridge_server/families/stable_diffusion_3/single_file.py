"""A single file with Stable Diffusion 3's transformer, in its makers' names or diffusers'; it may have all else."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from diffusers.loaders.single_file_utils import convert_sd3_transformer_checkpoint_to_diffusers
from diffusers.models.transformers.transformer_sd3 import SD3Transformer2DModel

from ...pipelines.part_sources import FLUX_VAE, count_of
from ...pipelines.text_sources import PLAIN_CLIP, SUMMING_CLIP, T5, inside
from ...pipelines.weight_files import Shapes, Source
from .layout import INSIDE, PLACES, root_of

LATENTS = {"scaling_factor": 1.5305, "shift_factor": 0.0609}  # https://huggingface.co/stabilityai, of all of them
HEAD, SAMPLE = 64, 128  # of the attention, where no norm tells it; values on a side in training
OF_TWICE = re.compile(r"transformer_blocks\.(\d+)\.attn2\.to_q\.weight")


def _autoencoder(shapes: Shapes) -> Any:
    """FLUX.1's layers, with other numbers for its latents."""
    made: Any = FLUX_VAE.make(shapes)
    made.register_to_config(**LATENTS)
    return made


VAE_OF_SD3 = replace(FLUX_VAE, name="AutoencoderKL of Stable Diffusion 3", make=_autoencoder)
SOURCES = {
    name: inside(source, INSIDE[name][0])
    for name, source in {
        "text_encoder": PLAIN_CLIP,
        "text_encoder_2": SUMMING_CLIP,
        "text_encoder_3": T5,
        "vae": VAE_OF_SD3,
    }.items()
}


def transformer(_folder: Path | None = None) -> Source:
    """Of what the shapes tell: the folder of the rest may be that of another kind."""
    return Source("SD3Transformer2DModel", _made, _named)


def _made(shapes: Shapes) -> Any:
    with torch.device("meta"):  # the places of all tokens come with the file; to make Medium's takes 20 s
        return SD3Transformer2DModel.from_config(_config(shapes))


def _named(tensors: dict[str, Any]) -> dict[str, Any]:
    root = root_of(tensors) or ""
    others = tuple(start for start, _ in INSIDE.values())
    own = {
        name.removeprefix(root): tensor
        for name, tensor in tensors.items()
        if name.startswith(root) and not (root == "" and name.startswith(others))
    }
    return own if PLACES[1] in own else convert_sd3_transformer_checkpoint_to_diffusers(own)


def _config(shapes: Shapes) -> dict[str, Any]:
    """For diffusers' names."""
    width, values, patch, _ = shapes["pos_embed.proj.weight"]
    projected, text = shapes["context_embedder.weight"]
    places = shapes[PLACES[1]][1]
    norm = "transformer_blocks.0.attn.norm_q.weight"
    head = shapes[norm][0] if norm in shapes else HEAD
    return {
        "sample_size": SAMPLE,
        "patch_size": patch,
        "in_channels": values,
        "out_channels": shapes["proj_out.weight"][0] // patch**2,
        "num_layers": count_of(shapes, "transformer_blocks."),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": text,
        "caption_projection_dim": projected,
        "pooled_projection_dim": shapes["time_text_embed.text_embedder.linear_1.weight"][1],
        "pos_embed_max_size": round(places**0.5),
        "dual_attention_layers": tuple(sorted(int(found[1]) for name in shapes if (found := OF_TWICE.match(name)))),
        "qk_norm": "rms_norm" if norm in shapes else None,
    }
