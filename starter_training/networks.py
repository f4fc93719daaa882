"""The three networks and the tokenizer: sizes, how they are made, and what trains them fastest on a CPU.

docs/starter-model.md has the measurements behind the choices. What mattered most: PyTorch's fused attention is slow
backwards on CPUs (a third of the time), so training multiplies matrices itself; and attention at 8 x 8 only is enough,
since the pooled text reaches every block through the time embedding.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

FACTOR = 4  # pixels per latent on each side
MASKED_INPUTS = 9  # 4 noisy latents, the mask, 4 latents of what is kept


@dataclass(frozen=True)
class Sizes:
    """Widths of the networks; the defaults are the shipped model's, tests take smaller ones."""

    autoencoder: tuple[int, ...] = (32, 64, 128)
    unet: tuple[int, ...] = (64, 128, 256)
    text: int = 192
    text_layers: int = 2
    tokens: int = 16  # a prompt's length with its start and end
    groups: int = 16


def make_autoencoder(sizes: Sizes) -> AutoencoderKL:
    levels = len(sizes.autoencoder)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=sizes.autoencoder,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=128,
    )


def make_unet(sizes: Sizes) -> UNet2DConditionModel:
    """Attention on the lowest level only; the text also as one pooled vector in the time embedding."""
    above = len(sizes.unet) - 1
    return UNet2DConditionModel(
        sample_size=32,
        in_channels=MASKED_INPUTS,
        out_channels=4,
        block_out_channels=sizes.unet,
        layers_per_block=1,
        down_block_types=("DownBlock2D",) * above + ("CrossAttnDownBlock2D",),
        up_block_types=("CrossAttnUpBlock2D",) + ("UpBlock2D",) * above,
        cross_attention_dim=sizes.text,
        attention_head_dim=4,
        norm_num_groups=sizes.groups,
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
    )


def make_text_encoder(sizes: Sizes, tokenizer: CLIPTokenizer) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=sizes.text,
            intermediate_size=sizes.text * 8 // 3,
            num_hidden_layers=sizes.text_layers,
            num_attention_heads=4,
            max_position_embeddings=sizes.tokens,
            projection_dim=sizes.text,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def make_scheduler() -> DDIMScheduler:
    """v-prediction on Stable Diffusion's noise schedule, rescaled to end in pure noise; trailing steps, so that few
    steps start there. Without it the last step shows a fifteenth of the picture in training and none of it when
    painting, where the network then takes mid-grey for what is there (Lin et al. 2023, arXiv 2305.08891).
    """
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        rescale_betas_zero_snr=True,
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,  # has no effect with trailing steps; diffusers warns of any other
    )


class Denoiser(torch.nn.Module):
    """UNet and text encoder, trained as one."""

    def __init__(self, unet: UNet2DConditionModel, text_encoder: CLIPTextModel) -> None:
        super().__init__()
        self.unet = unet
        self.text_encoder = text_encoder

    def forward(self, latents: torch.Tensor, timesteps: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """(B, 9, h, w) float, (B,) int, (B, tokens) int -> v, (B, 4, h, w)."""
        text = self.text_encoder(tokens).last_hidden_state
        return self.unet(latents, timesteps, text, return_dict=False)[0]


def make_denoiser(sizes: Sizes, tokenizer: CLIPTokenizer) -> Denoiser:
    return Denoiser(make_unet(sizes), make_text_encoder(sizes, tokenizer))


def tokenize(tokenizer: CLIPTokenizer, captions: list[str]) -> torch.Tensor:
    """(N, tokens) int64, padded; longer captions are cut."""
    length = tokenizer.model_max_length
    encoded = tokenizer(captions, padding="max_length", max_length=length, truncation=True, return_tensors="pt")
    return encoded.input_ids


def load_autoencoder(folder: Path) -> AutoencoderKL:
    return AutoencoderKL.from_pretrained(folder, torch_dtype=torch.float32).eval().requires_grad_(False)


def parameter_count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def describe(sizes: Sizes) -> dict[str, object]:
    return asdict(sizes)
