"""For tests: tiny FLUX.1 models with seeded random weights and tokenizers built in code."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from ..stable_diffusion.tiny import NATIVE_SIDE, TEXT_LENGTH, WORDS, tiny_tokenizer
from .spec import ALL, DEV, FILL, SCHEDULERS, SCHNELL

WIDTH, SUMMARY = 32, 64  # of T5 and CLIP
HEAD = 32  # of the transformer
LATENT_CHANNELS, FACTOR = 4, 4


def build(
    folder: Path,
    *,
    family: str = DEV.key,
    slow: int = 1,
    seed: int = 0,
    overrides: dict[str, object] | None = None,
    **_changes: object,
) -> Path:
    """Write a diffusers folder and return it: 64 pixels native, 8 pixels to a token, about 1 MB.

    slow: that many layers of each kind in the transformer. overrides: added to the folder's layerbridge.json (4 steps,
    the family, and but for schnell guidance 3 are there already).
    """
    import torch

    diffusers: Any = import_module("diffusers")
    transformers: Any = import_module("transformers")
    clip, t5 = tiny_tokenizer(folder), tiny_t5_tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        text_encoder = transformers.CLIPTextModel(
            transformers.CLIPTextConfig(
                vocab_size=len(clip),
                hidden_size=SUMMARY,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=1,
                max_position_embeddings=TEXT_LENGTH,
                projection_dim=SUMMARY,
                hidden_act="quick_gelu",
                eos_token_id=2,  # as of the published one
                initializer_factor=5.0,
            )
        )
        text_encoder_2 = tiny_t5(len(t5))
        values = 4 * LATENT_CHANNELS
        transformer = diffusers.FluxTransformer2DModel(
            in_channels=2 * values + 4 * FACTOR**2 if family == FILL.key else values,
            out_channels=values,
            num_layers=slow,
            num_single_layers=slow,
            attention_head_dim=HEAD,
            num_attention_heads=1,
            joint_attention_dim=WIDTH,
            pooled_projection_dim=SUMMARY,
            guidance_embeds=family != SCHNELL.key,
            axes_dims_rope=(4, 14, 14),  # shares of the published ones
        )
        vae = tiny_vae()
    for name, weight in transformer.named_parameters():
        if ".attn." in name and weight.ndim == 2:
            weight.data *= 2  # what is random attends to hardly anything
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(**SCHEDULERS[family])
    pipeline = diffusers.FluxPipeline(
        scheduler=scheduler,
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=clip,
        text_encoder_2=text_encoder_2,
        tokenizer_2=t5,
        transformer=transformer,
    )
    pipeline.save_pretrained(folder)
    index = folder / "model_index.json"
    named: dict[str, Any] = {"_class_name": next(spec.pipelines[0] for spec in ALL if spec.key == family)}
    index.write_text(json.dumps(json.loads(index.read_text()) | named), encoding="utf-8")
    described: dict[str, object] = {"family": family, "native_resolution": NATIVE_SIDE, "steps": 4}
    described |= {"license": "Apache-2.0"} | ({} if family == SCHNELL.key else {"guidance_scale": 3.0})
    (folder / "layerbridge.json").write_text(json.dumps(described | (overrides or {})), encoding="utf-8")
    return folder


def tiny_t5(words: int) -> Any:
    """T5's encoder, with random weights."""
    transformers: Any = import_module("transformers")
    return transformers.T5EncoderModel(
        transformers.T5Config(
            vocab_size=words,
            d_model=WIDTH,
            d_kv=16,
            d_ff=64,
            num_layers=2,
            num_heads=2,
            feed_forward_proj="gated-gelu",
        )
    )


def tiny_vae() -> Any:
    """FLUX.1's autoencoder with random weights, of fewer channels and levels."""
    diffusers: Any = import_module("diffusers")
    return diffusers.AutoencoderKL(
        block_out_channels=(4, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=LATENT_CHANNELS,
        sample_size=NATIVE_SIDE,
        use_quant_conv=False,
        use_post_quant_conv=False,
        scaling_factor=0.3611,
        shift_factor=0.1159,
    )


def tiny_t5_tokenizer() -> Any:
    """A tokenizer of single letters and a few whole words."""
    from transformers import T5Tokenizer

    letters = [chr(code) for code in range(33, 127)]
    whole = dict.fromkeys(["▁", *(f"▁{word}" for word in WORDS), *letters, *(f"▁{letter}" for letter in letters)])
    marks = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces = [(piece, -1.0 if len(piece) > 2 else -10.0) for piece in whole]
    return T5Tokenizer(vocab=[*marks, *pieces], model_max_length=512)
