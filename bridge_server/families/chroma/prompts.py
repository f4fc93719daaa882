"""What Chroma's transformer is told of a prompt: T5's answer to each of its words, and to one token that fills up.

It was trained to hear that one and none of those after it: https://huggingface.co/lodestones/Chroma, "MMDiT Masking".
diffusers' ChromaPipeline means that too, but hands its mask on as numbers, which then are added where they should
leave out (https://github.com/huggingface/diffusers/issues/13619), so that short prompts drown in what fills up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ...pipelines.memory import BETWEEN
from ...pipelines.prompts import ended


@dataclass(frozen=True)
class Read:
    """words: (1, tokens, width), float32, of which all are heard. unread: the end of a prompt that was too long."""

    words: torch.Tensor
    unread: str

    @property
    def mask(self) -> torch.Tensor:
        """(1, tokens): all of them count."""
        return torch.ones(self.words.shape[:2], dtype=torch.bool, device=self.words.device)


@torch.no_grad()
def read_prompt(tokenizer: Any, encoder: Any, prompt: str, tokens: int, device: torch.device) -> Read:
    """As diffusers' ChromaPipeline.encode_prompt, without what is not to be heard; a long prompt is cut at a word.
    tokens: that are read at most.
    """
    given = ended(tokenizer, prompt, tokens, device)
    heard = int(given.mask.sum()) + 1
    words = encoder(given.ids[:, :heard], attention_mask=given.mask[:, :heard])[0]
    return Read(words.to(BETWEEN), given.unread)
