"""What FLUX.1's transformer is told of a prompt: T5's answer to each of its words, and CLIP's summary of them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ...pipelines.memory import BETWEEN
from ...pipelines.prompts import ended, split_prompt, with_marks


@dataclass(frozen=True)
class Read:
    """words: (1, tokens, width), float32. summary: (1, width), float32. unread: the end of a prompt that was too long
    for T5; CLIP sums up its beginning, 75 tokens.
    """

    words: torch.Tensor
    summary: torch.Tensor
    unread: str


@torch.no_grad()
def read_prompt(parts: dict[str, Any], prompt: str, tokens: int, device: torch.device) -> Read:
    """As diffusers' FluxPipeline.encode_prompt, but that a long prompt is cut at a word. tokens: that T5 reads; all of
    them count, also those that fill up.
    """
    given = ended(parts["tokenizer_2"], prompt, tokens, device)
    words = parts["text_encoder_2"](given.ids)[0]
    tokenizer, encoder = parts["tokenizer"], parts["text_encoder"]
    length = min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings))
    row = with_marks(tokenizer, split_prompt(tokenizer, prompt, length - 2, 1).ids[0], length)
    summary = encoder(torch.tensor([row], device=device)).pooler_output
    return Read(words.to(BETWEEN), summary.to(BETWEEN), given.unread)
