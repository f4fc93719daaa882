"""Shows Qwen-Image 2.1's transformer further pictures: their tokens stand where its text encoder has seen them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch

from ..qwen_image.shown import Shown


@dataclass
class InPlace(Shown):
    """places: where pictures are seen among the tokens of each prompt, one for 2x2 tokens of theirs."""

    places: torch.Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.long))


@contextmanager
def shown_to(transformer: Any) -> Iterator[InPlace]:
    """While inside, whatever pipeline calls the transformer, it sees what is put into the yielded one before the
    picture that is painted. What it answers to that comes first, and the pipeline leaves it out.
    """
    shown = InPlace()

    def before(_module: Any, arguments: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        latents, seen = options["hidden_states"], options["img_mask"].clone()
        more = [tokens.to(latents) for tokens in shown.tokens]
        seen[:, shown.places.to(seen.device)] = True
        shapes = [[*shown.shapes, *shape] for shape in options["img_shapes"]]
        told = {"hidden_states": torch.cat([*more, latents], dim=1), "img_mask": seen, "img_shapes": shapes}
        return arguments, {**options, **told}

    hook = transformer.register_forward_pre_hook(before, with_kwargs=True)
    try:
        yield shown
    finally:
        hook.remove()
