"""Shows FLUX.1's transformer more than the noise: Fill what is around a mask, Kontext further pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass
class Shown:
    """beside: (1, tokens, width), what each token of the noise has beside it, or None. tokens, places: of each further
    picture, (1, n, width) and (n, 3).
    """

    beside: torch.Tensor | None = None
    tokens: list[torch.Tensor] = field(default_factory=list[torch.Tensor])
    places: list[torch.Tensor] = field(default_factory=list[torch.Tensor])
    _rows: int = 0
    _columns: int = 0

    def add(self, tokens: torch.Tensor, rows: int, columns: int) -> None:
        """A picture of so many tokens. It lies to the right of those before it, or below them, where all together reach
        less far then.
        """
        is_upright = rows + self._rows > columns + self._columns
        top, left = (0, self._columns) if is_upright else (self._rows, 0)
        self._rows, self._columns = max(self._rows, top + rows), max(self._columns, left + columns)
        place = torch.ones(rows, columns, 3)  # 1: it is no part of what is painted, which is 0
        place[..., 1] = torch.arange(top, top + rows)[:, None]
        place[..., 2] = torch.arange(left, left + columns)[None]
        self.tokens.append(tokens)
        self.places.append(place.flatten(0, 1))


@contextmanager
def shown_to(transformer: Any) -> Iterator[Shown]:
    """While inside, whatever pipeline calls the transformer, it sees what is added to the yielded one; what it answers
    to further pictures is left out.
    """
    shown = Shown()

    def before(_module: Any, arguments: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        latents, places = options["hidden_states"], options["img_ids"]
        if shown.beside is not None:
            latents = torch.cat([latents, shown.beside.to(latents)], dim=2)
        latents = torch.cat([latents, *(tokens.to(latents) for tokens in shown.tokens)], dim=1)
        places = torch.cat([places, *(more.to(places) for more in shown.places)])
        return arguments, {**options, "hidden_states": latents, "img_ids": places}

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
