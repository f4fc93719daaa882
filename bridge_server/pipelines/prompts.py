"""Text embeddings of prompts of any length, and the words that were not read.

CLIP reads 77 tokens, two of them marks. A longer prompt is read in chunks at word ends, each with its own marks, and
the embeddings are put one after another, as AUTOMATIC1111's web UI does; the UNet's cross-attention takes any length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ..families.base import TextLimits
from .generation import Generation, Watch
from .memory import BETWEEN

LONGEST_WORD = 40  # letters; scripts without spaces have no words to go back to
GUIDED_ABOVE = 1.0  # diffusers' own rule: at 1 and below, the negative prompt is not read
COMMA_REACH = 20  # tokens: a chunk ends at a comma if one is this near to its end


@dataclass(frozen=True)
class Embeddings:
    """prompt, negative: (1, chunks * length, width); negative None without guidance. unread: the end of the prompt."""

    prompt: torch.Tensor
    negative: torch.Tensor | None
    unread: str


@dataclass(frozen=True)
class Chunks:
    """ids: per chunk, its tokens without marks; at least one chunk. unread: the words after the last chunk."""

    ids: list[list[int]]
    unread: str


def split_prompt(tokenizer: Any, prompt: str, length: int, max_chunks: int) -> Chunks:
    """Tokens of `prompt` in chunks of at most `length`, cut after words, at a comma where one is near."""
    encoded = tokenizer(prompt, add_special_tokens=False, truncation=False, return_offsets_mapping=True)
    ids: list[int] = list(encoded.input_ids)
    tokens: list[str] = tokenizer.convert_ids_to_tokens(ids)
    chunks: list[list[int]] = []
    start = 0
    while start < len(ids) and len(chunks) < max_chunks:
        end = _end_of_chunk(tokens, start, length)
        chunks.append(ids[start:end])
        start = end
    unread = from_word(prompt, encoded.offset_mapping[start][0]) if start < len(ids) else ""
    return Chunks(chunks or [[]], unread)


def from_word(prompt: str, place: int) -> str:
    """The end of the prompt from the word that `place` lies in: what is half read was not read."""
    begin = place
    while begin > 0 and place - begin < LONGEST_WORD and not prompt[begin - 1].isspace():
        begin -= 1
    whole = begin == 0 or prompt[begin - 1].isspace()
    return prompt[begin if whole else place :].strip()


def split_framed(tokenizer: Any, before: str, prompt: str, after: str, most: int) -> tuple[str, str]:
    """What a language model reads of a prompt, which stands between two texts, in `most` tokens together; and the words
    that it does not.
    """
    encoded = tokenizer(f"{before}{prompt}{after}", truncation=False, return_offsets_mapping=True, verbose=False)
    if len(encoded.input_ids) <= most:
        return prompt, ""
    begins = [begin for begin, _ in encoded.offset_mapping]
    end = len(before) + len(prompt)
    of_after = sum(begin >= end for begin in begins)
    unread = from_word(prompt, begins[most - of_after] - len(before))
    return prompt.rstrip().removesuffix(unread).rstrip(), unread


def _end_of_chunk(tokens: list[str], start: int, length: int) -> int:
    end = start + length
    if end >= len(tokens):
        return len(tokens)
    for place in range(end, max(start, end - min(COMMA_REACH, length // 2)), -1):
        if tokens[place - 1] == ",</w>":
            return place
    for place in range(end, start, -1):
        if tokens[place - 1].endswith("</w>"):
            return place
    return end


@torch.no_grad()
def encode_prompts(
    tokenizer: Any,
    text_encoder: Any,
    prompt: str,
    negative_prompt: str,
    guided: bool,
    limits: TextLimits,
    device: torch.device,
) -> Embeddings:
    """Read both prompts, in chunks of what the model reads, within its family's limits; the shorter is filled up with
    empty chunks.
    """
    length = reading_length(tokenizer, text_encoder, limits)
    wanted = split_prompt(tokenizer, prompt, length - 2, limits.readings)
    avoided = split_prompt(tokenizer, negative_prompt, length - 2, limits.readings) if guided else Chunks([[]], "")
    count = max(len(wanted.ids), len(avoided.ids))

    def read(chunks: Chunks) -> torch.Tensor:
        filled = chunks.ids + [[]] * (count - len(chunks.ids))
        return torch.cat([_read_chunk(tokenizer, text_encoder, ids, length, device) for ids in filled], dim=1)

    unread = " ".join(part for part in (wanted.unread, avoided.unread) if part)
    return Embeddings(read(wanted), read(avoided) if guided else None, unread)


def reading_length(tokenizer: Any, text_encoder: Any, limits: TextLimits) -> int:
    """Tokens that are read at once, marks included."""
    return min(int(tokenizer.model_max_length), int(text_encoder.config.max_position_embeddings), limits.tokens)


def with_marks(tokenizer: Any, ids: list[int], length: int) -> list[int]:
    """A chunk as it is read: its tokens between the marks, filled up to the length."""
    row = [tokenizer.bos_token_id, *ids, tokenizer.eos_token_id]
    return row + [tokenizer.pad_token_id] * (length - len(row))


def _read_chunk(tokenizer: Any, text_encoder: Any, ids: list[int], length: int, device: torch.device) -> torch.Tensor:
    row = with_marks(tokenizer, ids, length)
    attention = None
    if getattr(text_encoder.config, "use_attention_mask", False):
        read = len(ids) + 2
        attention = torch.tensor([[1] * read + [0] * (length - read)], device=device)
    return text_encoder(torch.tensor([row], device=device), attention_mask=attention)[0].to(BETWEEN)


@dataclass(frozen=True)
class Framed:
    """A prompt inside a request to a language model. ids, mask: (1, tokens) int64 on its device; the mask is 0 where
    it was filled up. unread: the end of a prompt that was too long.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    unread: str


def framed(tokenizer: Any, before: str, prompt: str, after: str, tokens: int, device: torch.device) -> Framed:
    """Of so many tokens; a long prompt is cut at a word, and not its frame."""
    shown, unread = split_framed(tokenizer, before, prompt, after, tokens)
    given = tokenizer(
        f"{before}{shown}{after}", return_tensors="pt", padding="max_length", truncation=True, max_length=tokens
    )
    return Framed(given["input_ids"].to(device), given["attention_mask"].to(device), unread)


def ended(tokenizer: Any, prompt: str, tokens: int, device: torch.device) -> Framed:
    """A prompt with nothing but the mark of its end, as T5 reads it, of so many tokens; a long one is cut at a word."""
    encoded = tokenizer(prompt, truncation=False, return_offsets_mapping=True, verbose=False)
    unread = ""
    if len(encoded.input_ids) > tokens:
        unread = from_word(prompt, encoded.offset_mapping[tokens - 1][0])
        prompt = prompt.rstrip().removesuffix(unread)
    given = tokenizer(prompt, return_tensors="pt", padding="max_length", truncation=True, max_length=tokens)
    return Framed(given["input_ids"].to(device), given["attention_mask"].to(device), unread)


def abridged(text: str, letters: int = 400) -> str:
    """The beginning and the end of a long text: warnings travel in the header of a result frame, which is short."""
    return text if len(text) <= letters else f"{text[: letters // 2].rstrip()} … {text[-letters // 2 :].lstrip()}"


def guidance_of(generation: Generation) -> float:
    """Between two equal prompts there is nowhere to be led to: without guidance it is the same, for half the work."""
    same = generation.prompt.strip() == generation.negative_prompt.strip()
    return 1.0 if same else generation.guidance_scale


def warn_of_prompts(
    generation: Generation, unread: str, guided: bool, watch: Watch, *, distilled: bool = False
) -> None:
    """unread: words that were not read. distilled: the model was made without guidance."""
    if unread:
        watch.warn("unread_words", f"The prompt is too long for this model. It did not read: {abridged(unread)}")
    if generation.negative_prompt.strip() and distilled:
        watch.warn("negative_prompt_ignored", "This model was distilled: it reads no negative prompt.")
    elif generation.negative_prompt.strip() and not guided:
        watch.warn("negative_prompt_ignored", "The negative prompt has no effect with a guidance of 1 or less.")
