"""What Z-Image's transformer is told of a prompt: Qwen3's answer to it, as to a user's request, before the last layer.

The request is written here and not with the template that comes with a tokenizer, so that no text of a model's is run:
that of https://huggingface.co/Qwen/Qwen3-4B for one message, with thinking.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ...pipelines.memory import BETWEEN
from ...pipelines.prompts import framed
from .spec import TOKENS

BEFORE = "<|im_start|>user\n"
AFTER = "<|im_end|>\n<|im_start|>assistant\n"


@dataclass(frozen=True)
class Read:
    """embeddings: (tokens, width), float32. unread: the end of a prompt that was too long."""

    embeddings: torch.Tensor
    unread: str


@torch.no_grad()
def read_prompt(tokenizer: Any, encoder: Any, prompt: str, device: torch.device) -> Read:
    """As diffusers' ZImagePipeline.encode_prompt, but that a long prompt is cut at a word, and not its frame."""
    given = framed(tokenizer, BEFORE, prompt, AFTER, TOKENS, device)
    mask = given.mask.bool()
    least = {"logits_to_keep": 1} if hasattr(encoder, "lm_head") else {}
    answer = encoder(
        input_ids=given.ids,
        attention_mask=mask,
        output_hidden_states=True,
        use_cache=False,
        **least,
    )
    return Read(answer.hidden_states[-2][0][mask[0]].to(BETWEEN), given.unread)
