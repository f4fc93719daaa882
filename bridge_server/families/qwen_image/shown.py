"""Shows Qwen-Image's transformer further pictures: their tokens follow those of the one that is painted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass
class Shown:
    """tokens: (1, n, width) of each picture. shapes: of each, in frames, rows and columns of tokens."""

    tokens: list[torch.Tensor] = field(default_factory=list[torch.Tensor])
    shapes: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])

    def add(self, tokens: torch.Tensor, rows: int, columns: int) -> None:
        self.tokens.append(tokens)
        self.shapes.append((1, rows, columns))


@contextmanager
def shown_to(transformer: Any) -> Iterator[Shown]:
    """While inside, whatever pipeline calls the transformer, it sees what is added to the yielded one; what it answers
    to that is left out.
    """
    shown = Shown()

    def before(_module: Any, arguments: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        latents = options["hidden_states"]
        more = [tokens.to(latents) for tokens in shown.tokens]
        shapes: Sequence[Any] = [[*shape, *shown.shapes] for shape in options["img_shapes"]]
        return arguments, {**options, "hidden_states": torch.cat([latents, *more], dim=1), "img_shapes": shapes}

    def after(_module: Any, _arguments: Any, answer: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        count = sum(tokens.shape[1] for tokens in shown.tokens)
        return (answer[0][:, : answer[0].shape[1] - count],)

    hooks = [
        transformer.register_forward_pre_hook(before, with_kwargs=True),
        transformer.register_forward_hook(after),
    ]
    try:
        yield shown
    finally:
        for hook in hooks:
            hook.remove()
