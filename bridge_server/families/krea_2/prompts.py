"""What Krea 2's transformer is told of a prompt: answers of several layers of Qwen3-VL to it, as to a user's request.

The request is Qwen-Image's, with which it was trained: https://github.com/krea-ai/krea-2 and diffusers' Krea2Pipeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import pad

from ...pipelines.memory import BETWEEN
from ...pipelines.prompts import split_framed
from ..qwen_image.prompts import DESCRIBE
from .spec import TOKENS


@dataclass(frozen=True)
class Read:
    """embeddings: (1, tokens, layers, width), float32. unread: the end of a prompt that was too long."""

    embeddings: torch.Tensor
    unread: str

    def filled(self, length: int) -> torch.Tensor:
        """(1, length, layers, width): with tokens that do not count at the end."""
        return pad(self.embeddings, (0, 0, 0, 0, 0, length - self.embeddings.shape[1]))

    def mask(self, length: int) -> torch.Tensor:
        """(1, length): which of them count."""
        return torch.arange(length, device=self.embeddings.device)[None] < self.embeddings.shape[1]


@torch.no_grad()
def read_prompt(tokenizer: Any, encoder: Any, prompt: str, device: torch.device, layers: Sequence[int]) -> Read:
    """As diffusers' Krea2Pipeline.encode_prompt, but that a long prompt is cut at a word, and that it is not filled up
    to TOKENS: diffusers lets nothing hear what fills it up, so that the answers are the same, for less work.
    """
    before, after = DESCRIBE.before, DESCRIBE.after
    shown, unread = split_framed(tokenizer, before, prompt, after, DESCRIBE.told + TOKENS)
    given = tokenizer(f"{before}{shown}{after}", return_tensors="pt")
    answer = encoder(
        input_ids=given["input_ids"].to(device),
        attention_mask=given["attention_mask"].to(device),
        output_hidden_states=True,
        use_cache=False,
        **({"logits_to_keep": 1} if hasattr(encoder, "lm_head") else {}),
    )
    heard = torch.stack([answer.hidden_states[layer] for layer in layers], dim=2)
    return Read(heard[:, DESCRIBE.told :].to(BETWEEN), unread)
