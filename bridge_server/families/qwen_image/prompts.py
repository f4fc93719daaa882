"""What Qwen-Image's transformer is told of a prompt: the last answers of Qwen2.5-VL to it, as to a user's request.

The request is that with which it was trained: https://huggingface.co/Qwen/Qwen-Image and diffusers' QwenImagePipeline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ...pipelines.memory import BETWEEN
from ...pipelines.prompts import split_framed
from .spec import TOKENS


@dataclass(frozen=True)
class Request:
    """What stands before and after a prompt. told: tokens of what stands before, of which the transformer hears
    nothing.
    """

    before: str
    after: str
    told: int


DESCRIBE = Request(
    "<|im_start|>system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, spatial "
    "relationships of the objects and background:<|im_end|>\n<|im_start|>user\n",
    "<|im_end|>\n<|im_start|>assistant\n",
    34,
)


@dataclass(frozen=True)
class Read:
    """embeddings: (1, tokens, width), float32. unread: the end of a prompt that was too long."""

    embeddings: torch.Tensor
    unread: str

    @property
    def mask(self) -> torch.Tensor:
        """(1, tokens): all of them count."""
        return torch.ones(self.embeddings.shape[:2], dtype=torch.long, device=self.embeddings.device)


@torch.no_grad()
def read_prompt(tokenizer: Any, encoder: Any, prompt: str, device: torch.device, request: Request = DESCRIBE) -> Read:
    """As diffusers' QwenImagePipeline.encode_prompt, but that a long prompt is cut at a word, and not its request."""
    shown, unread = split_framed(tokenizer, request.before, prompt, request.after, request.told + TOKENS)
    given = tokenizer(f"{request.before}{shown}{request.after}", return_tensors="pt")
    answer = encoder(
        input_ids=given["input_ids"].to(device),
        attention_mask=given["attention_mask"].to(device),
        output_hidden_states=True,
        use_cache=False,
        logits_to_keep=1,
    )
    return Read(answer.hidden_states[-1][:, request.told :].to(BETWEEN), unread)
