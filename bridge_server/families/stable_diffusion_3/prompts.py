"""What Stable Diffusion 3's transformer is told of a prompt: the answers of two CLIPs side by side, T5's after
them, and the summaries of both CLIPs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import pad

from ...pipelines.memory import BETWEEN
from ...pipelines.prompts import ended, split_prompt, with_marks
from .spec import T5_TOKENS

LAST_LEFT_OUT = 2  # of CLIP's hidden states, from the end: the last layer is never read


@dataclass(frozen=True)
class Read:
    """words: (1, tokens, width), float32. summary: (1, width of both CLIPs), float32. unread: the end of a prompt that
    was too long.
    """

    words: torch.Tensor
    summary: torch.Tensor
    unread: str


@torch.no_grad()
def read_prompt(parts: Mapping[str, Any], prompt: str, width: int, device: torch.device) -> Read:
    """As diffusers' StableDiffusion3Pipeline.encode_prompt, but that a long prompt is cut at a word. width: of what the
    transformer hears; without T5 it hears nothing in T5's place. The CLIPs read 75 tokens, T5 more.
    """
    sides: list[torch.Tensor] = []
    summaries: list[torch.Tensor] = []
    unread = ""
    for number in ("", "_2"):
        tokenizer, encoder = parts[f"tokenizer{number}"], parts[f"text_encoder{number}"]
        length = min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings))
        chunks = split_prompt(tokenizer, prompt, length - 2, 1)
        row = torch.tensor([with_marks(tokenizer, chunks.ids[0], length)], device=device)
        answer = encoder(row, output_hidden_states=True)
        sides.append(answer.hidden_states[-LAST_LEFT_OUT].to(BETWEEN))
        summaries.append(answer[0].to(BETWEEN))
        unread = chunks.unread
    both = torch.cat(sides, dim=-1)
    both = pad(both, (0, width - both.shape[-1]))
    if "text_encoder_3" in parts:
        given = ended(parts["tokenizer_3"], prompt, T5_TOKENS, device)  # what fills it up is heard as well
        further, unread = parts["text_encoder_3"](given.ids)[0].to(BETWEEN), given.unread
    else:
        further = torch.zeros((1, T5_TOKENS, width), dtype=BETWEEN, device=device)
    return Read(torch.cat([both, further], dim=1), torch.cat(summaries, dim=-1), unread)
