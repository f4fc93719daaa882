"""Prompts of any length, and the words that were not read."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.families.stable_diffusion.single_file import PADDING, clip_tokenizer
from bridge_server.families.stable_diffusion.spec import SD1
from bridge_server.pipelines.prompts import encode_prompts, split_prompt

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def clip() -> Any:
    return clip_tokenizer(PADDING["sd1"])


def test_the_shipped_tokenizer_is_clips(clip: Any) -> None:
    known = {
        "a photo of a cat": [320, 1125, 539, 320, 2368],
        "a photograph of an astronaut riding a horse": [320, 8853, 539, 550, 18376, 6765, 320, 4558],
    }
    for prompt, ids in known.items():
        assert clip(prompt).input_ids == [49406, *ids, 49407]
    assert clip.pad_token_id == 49407 and clip_tokenizer(PADDING["sd2"]).pad_token_id == 0
    assert clip.model_max_length == 77 and len(clip) == 49408


def test_a_short_prompt_is_read_as_diffusers_reads_it(tiny: dict[str, StableDiffusion]) -> None:
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

    parts = tiny["plain"].parts
    absent: Any = {"safety_checker": None, "feature_extractor": None}
    pipeline = StableDiffusionPipeline(**parts, **absent, scheduler=None, requires_safety_checker=False)
    wanted, avoided = pipeline.encode_prompt("a red apple", CPU, 1, True, "the grass")
    read = encode_prompts(parts["tokenizer"], parts["text_encoder"], "a red apple", "the grass", True, SD1.text, CPU)
    assert torch.equal(read.prompt, wanted) and read.negative is not None and torch.equal(read.negative, avoided)
    assert read.unread == ""


def test_a_long_prompt_is_read_in_chunks_and_the_negative_is_filled_up(tiny: dict[str, StableDiffusion]) -> None:
    parts = tiny["plain"].parts
    read = encode_prompts(parts["tokenizer"], parts["text_encoder"], "red apple " * 60, "cat", True, SD1.text, CPU)
    assert read.prompt.shape == (1, 2 * 77, 16) and read.negative is not None
    assert read.negative.shape == read.prompt.shape and read.unread == ""
    empty = encode_prompts(parts["tokenizer"], parts["text_encoder"], "", "", True, SD1.text, CPU)
    assert torch.equal(read.negative[:, 77:], empty.prompt)


def test_chunks_end_at_a_comma_or_a_word(clip: Any) -> None:
    words = "sunflower field, " * 30
    chunks = split_prompt(clip, words, 75, 8)
    comma = clip.convert_tokens_to_ids(",</w>")
    assert all(chunk[-1] == comma for chunk in chunks.ids)
    long_words = split_prompt(clip, "incomprehensibilities " * 40, 75, 8)
    for chunk in long_words.ids:
        assert clip.convert_ids_to_tokens(chunk)[-1].endswith("</w>")


def test_a_word_longer_than_a_chunk_is_still_read(clip: Any) -> None:
    chunks = split_prompt(clip, "1" * 200, 75, 8)
    assert sum(len(chunk) for chunk in chunks.ids) == 200


def test_unread_words_are_the_users_own_spelling(clip: Any) -> None:
    prompt = "cat " * (75 * SD1.text.readings) + "Zebra, and Großmutter's HAT"
    chunks = split_prompt(clip, prompt, 75, SD1.text.readings)
    assert chunks.unread == "Zebra, and Großmutter's HAT" and len(chunks.ids) == SD1.text.readings


@settings(deadline=None)  # a busy machine takes its time
@given(st.text(max_size=300), st.integers(min_value=2, max_value=20))
def test_chunks_hold_every_token_once_in_order(text: str, room: int) -> None:
    clip = _shared()
    chunks = split_prompt(clip, text, room, max_chunks=10_000)
    flat = [token for chunk in chunks.ids for token in chunk]
    assert flat == clip(text, add_special_tokens=False).input_ids
    assert all(len(chunk) <= room for chunk in chunks.ids) and chunks.unread == ""
    assert len(chunks.ids) >= 1 and (not flat or all(chunks.ids))


def _shared(made: list[Any] = []) -> Any:  # noqa: B006  (built once: hypothesis cannot use a fixture)
    if not made:
        made.append(clip_tokenizer(PADDING["sd1"]))
    return made[0]


def test_a_word_that_was_read_only_in_part_is_named_whole(clip: Any) -> None:
    room = len(clip("word19", add_special_tokens=False).input_ids) * 3 - 1
    chunks = split_prompt(clip, "word17 word18 word19 word20", room, 1)
    assert chunks.unread == "word19 word20"
