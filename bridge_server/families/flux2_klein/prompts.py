"""What FLUX.2's transformer is told of a prompt: the answers of three layers of Qwen3 to it, as to a user's request.

The request is written here and not with the template that comes with a tokenizer, so that no text of a model's is run:
that of https://huggingface.co/Qwen/Qwen3-4B for one message, without thinking.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ...pipelines.memory import BETWEEN
from ...pipelines.prompts import framed
from .spec import TEXT_LAYERS, TOKENS

BEFORE = "<|im_start|>user\n"
AFTER = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"


@dataclass(frozen=True)
class Read:
    """embeddings: (1, TOKENS, width of the three layers), float32. unread: the end of a prompt that was too long."""

    embeddings: torch.Tensor
    unread: str


@torch.no_grad()
def read_prompt(tokenizer: Any, encoder: Any, prompt: str, device: torch.device) -> Read:
    """As diffusers' Flux2KleinPipeline.encode_prompt, but that a long prompt is cut at a word, and not its frame."""
    given = framed(tokenizer, BEFORE, prompt, AFTER, TOKENS, device)
    answer = encoder(
        input_ids=given.ids,
        attention_mask=given.mask,
        output_hidden_states=True,
        use_cache=False,
        logits_to_keep=1,
    )
    layers = torch.cat([answer.hidden_states[layer] for layer in TEXT_LAYERS], dim=-1)
    return Read(layers.to(BETWEEN), given.unread)
