"""What ERNIE-Image's transformer is told of a prompt: the answers of the last layer but one of Ministral 3 to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ...pipelines.memory import BETWEEN
from ...pipelines.prompts import split_framed
from .spec import TOKENS


@dataclass(frozen=True)
class Read:
    """embeddings: (tokens, width), float32. unread: the end of a prompt that was too long."""

    embeddings: torch.Tensor
    unread: str


@torch.no_grad()
def read_prompt(tokenizer: Any, encoder: Any, prompt: str, device: torch.device) -> Read:
    """As diffusers' ErnieImagePipeline.encode_prompt, but that a long prompt is cut at a word."""
    shown, unread = split_framed(tokenizer, "", prompt, "", TOKENS)
    ids = tokenizer(shown)["input_ids"] or [tokenizer.bos_token_id or 0]
    answer = encoder(input_ids=torch.tensor([ids], device=device), output_hidden_states=True, use_cache=False)
    return Read(answer.hidden_states[-2][0].to(BETWEEN), unread)
