"""The noise a run begins with: drawn once, before the pipeline, so that it can be cut from a larger picture's."""

from __future__ import annotations

import torch
from diffusers.utils.torch_utils import randn_tensor

from .generation import Generation

PART_BITS = 31  # seeds are smaller than 2**31, so that a part's never is the seed of another picture


def generator_for(generation: Generation) -> torch.Generator:
    """Noise comes from the CPU, so that it is the same on every device."""
    return torch.Generator("cpu").manual_seed(seed_of(generation))


def seed_of(generation: Generation) -> int:
    """Of a run; a part has one of its own."""
    part = generation.part
    if part is None:
        return generation.seed
    return generation.seed + ((2 + part.y * part.whole_width + part.x) << PART_BITS)


def first_noise(
    generation: Generation,
    generator: torch.Generator,
    channels: int,
    factor: int,
    device: torch.device,
    dtype: torch.dtype,
) -> torch.Tensor:
    """(1, channels, height / factor, width / factor): what the pipeline would draw first from `generator`; for a part
    its share of the whole picture's noise, which a generator of the whole's own draws.
    """
    height, width = generation.height // factor, generation.width // factor
    part = generation.part
    if part is None:
        return randn_tensor((1, channels, height, width), generator=generator, device=device, dtype=dtype)
    whole = torch.Generator("cpu").manual_seed(generation.seed + (1 << PART_BITS))
    shape = (1, channels, part.whole_height // factor, part.whole_width // factor)
    y, x = part.y // factor, part.x // factor
    return randn_tensor(shape, generator=whole, device=device, dtype=dtype)[..., y : y + height, x : x + width]
