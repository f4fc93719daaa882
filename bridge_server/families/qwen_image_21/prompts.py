"""What Qwen-Image 2.1's transformer is told of a prompt: the last answers of Qwen3-VL to it, before they are made
alike in size, as to a user's request.

The request is the one with which it was trained: https://huggingface.co/Qwen/Qwen-Image-2.1 and diffusers' pipeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ...pipelines.memory import BETWEEN
from ...pipelines.prompts import split_framed
from ..qwen_image import prompts as qwen_image
from ..qwen_image.pictures import Seen
from ..qwen_image.prompts import PAD, what_is_seen
from .spec import TOKENS

SYSTEM = "<|im_start|>system\nComprehend and analyze the provided prompt.<|im_end|>\n"  # which it does not hear
BEFORE, AFTER = f"{SYSTEM}<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"


@dataclass(frozen=True)
class Read(qwen_image.Read):
    """places: where pictures are seen, (slots,) of the tokens of the embeddings; the same for every prompt."""

    places: torch.Tensor


@torch.no_grad()
def read_prompt(tokenizer: Any, encoder: Any, prompt: str, device: torch.device, pictures: Sequence[Seen] = ()) -> Read:
    """As diffusers' QwenImage21Pipeline reads it, but that a long prompt is cut at a word."""
    before = BEFORE + " ".join(
        f"<image{number}><|vision_start|>{PAD * seen.tokens}<|vision_end|>" for number, seen in enumerate(pictures, 1)
    )
    prompt = prompt.replace(PAD, "") or " "  # it has to answer to something
    most = len(tokenizer(before)["input_ids"]) + TOKENS
    shown, unread = split_framed(tokenizer, before, prompt, AFTER, most)
    given = tokenizer(f"{before}{shown}{AFTER}", return_tensors="pt")
    places = given["input_ids"] == encoder.config.image_token_id
    answers: list[torch.Tensor] = []
    hook = encoder.model.language_model.norm.register_forward_pre_hook(lambda _, given: answers.append(given[0]))
    try:
        encoder(
            input_ids=given["input_ids"].to(device),
            attention_mask=given["attention_mask"].to(device),
            use_cache=False,
            logits_to_keep=1,
            **what_is_seen(pictures, places, device),
        )
    finally:
        hook.remove()
    first = len(tokenizer(SYSTEM)["input_ids"])
    return Read(answers[0][:, first:].to(BETWEEN), unread, places[0, first:].nonzero()[:, 0])
