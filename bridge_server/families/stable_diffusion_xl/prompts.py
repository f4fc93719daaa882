"""What XL's UNet is told of two prompts: the answers of both text encoders side by side, and the second one's summary.

Long prompts are read in chunks, as families.stable_diffusion does; their summary is that of the first chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from ...pipelines.memory import BETWEEN
from ...pipelines.prompts import Chunks, reading_length, split_prompt, with_marks

if TYPE_CHECKING:
    from .load import StableDiffusionXL

LAST_LEFT_OUT = 2  # of the hidden states, from the end: XL never reads a text encoder's last layer


@dataclass(frozen=True)
class Read:
    """One prompt. text: (1, chunks * length, width of both), float32. pooled: (1, width of the second), float32."""

    text: torch.Tensor
    pooled: torch.Tensor

    def zeros(self) -> Read:
        return Read(torch.zeros_like(self.text), torch.zeros_like(self.pooled))


@dataclass(frozen=True)
class Prompts:
    """negative: None without guidance. unread: the end of what was too long."""

    prompt: Read
    negative: Read | None
    unread: str


@dataclass(frozen=True)
class _Reader:
    tokenizer: Any
    encoder: Any
    length: int
    readings: int

    def split(self, text: str) -> Chunks:
        return split_prompt(self.tokenizer, text, self.length - 2, self.readings)


@torch.no_grad()
def read_prompts(loaded: StableDiffusionXL, prompt: str, negative_prompt: str, guided: bool) -> Prompts:
    """As diffusers' StableDiffusionXLPipeline.encode_prompt, whose clip_skip is for the prompt alone."""
    names = (("tokenizer", "text_encoder"), ("tokenizer_2", "text_encoder_2"))
    there = [pair for pair in names if pair[1] in loaded.parts]
    pairs = [(loaded.parts[tokenizer], loaded.parts[encoder]) for tokenizer, encoder in there]
    length = min(reading_length(*pair, loaded.spec.text) for pair in pairs)
    readers = [_Reader(*pair, length, loaded.spec.text.readings) for pair in pairs]
    wanted = [reader.split(prompt) for reader in readers]
    is_zero = loaded.zeros_for_empty and not negative_prompt.strip()
    is_read = guided and not is_zero
    avoided = [reader.split(negative_prompt) for reader in readers] if is_read else []
    count = max(len(chunks.ids) for chunks in (*wanted, *avoided))
    device = loaded.device.torch
    read = _read(readers, wanted, count, loaded.clip_skip, device)
    negative = _read(readers, avoided, count, 0, device) if is_read else read.zeros() if guided else None
    unread = " ".join(chunks[0].unread for chunks in (wanted, avoided) if chunks and chunks[0].unread)
    return Prompts(read, negative, unread)


def _read(
    readers: Sequence[_Reader], texts: Sequence[Chunks], count: int, clip_skip: int, device: torch.device
) -> Read:
    """count: of chunks; a text of fewer is filled up with empty ones."""
    sides: list[torch.Tensor] = []
    pooled: torch.Tensor | None = None
    for reader, chunks in zip(readers, texts, strict=True):
        filled = chunks.ids + [[]] * (count - len(chunks.ids))
        rows = [with_marks(reader.tokenizer, ids, reader.length) for ids in filled]
        answers = [reader.encoder(torch.tensor([row], device=device), output_hidden_states=True) for row in rows]
        states = [answer.hidden_states[-(clip_skip + LAST_LEFT_OUT)] for answer in answers]
        sides.append(torch.cat(states, dim=1).to(BETWEEN))
        pooled = answers[0][0].to(BETWEEN)  # of the last text encoder, which is the one with a projection
    if pooled is None:
        raise ValueError("no text encoder")
    return Read(torch.cat(sides, dim=-1), pooled)
