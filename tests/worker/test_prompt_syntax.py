"""Other programs' prompt syntax is told, and prose is not taken for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge_server.worker.prompt_syntax import not_understood, sentence_about

from .rig import Rig, make_task, photo, ref_of, square_mask

FOREIGN = [
    ("red apple <lora:add_detail:0.8>", "LoRA", "<lora:add_detail:0.8>"),
    ("red apple<lora:My Style v2:1>, x", "LoRA", "<lora:My Style v2:1>"),
    ("<LyCO:thing:0.5:0.7> cat", "LoRA", "<LyCO:thing:0.5:0.7>"),
    ("<hypernet:x:1> cat", "LoRA", "<hypernet:x:1>"),
    ("red apple, embedding:easynegative", "embedding", "embedding:easynegative"),
    ("a (embedding:bad-hands-5:1.2) b", "embedding", "(embedding:bad-hands-5:1.2)"),
    ("red apple BREAK blue car", "BREAK", "BREAK"),
    ("red apple,\nBREAK, blue car", "BREAK", "BREAK"),
    ("((red apple:1.3))", "weight", "((red apple:1.3))"),
    ("a (red:1.2) apple", "weight", "(red:1.2)"),
    ("a (red apple : 0.8) apple", "weight", "(red apple : 0.8)"),
    ("a (red apple:2) apple", "weight", "(red apple:2)"),
    ("a (red apple)1.3 on a table", "weight", ")1.3"),
    ("((masterpiece)), cat", "weight", "((masterpiece))"),
    ("[[blurry]] cat", "weight", "[[blurry]]"),
    ("{{cat}}", "weight", "{{cat}}"),
    ("a [cat|dog] on grass", "alternatives", "[cat|dog]"),
    ("a {cat|dog} on grass", "alternatives", "{cat|dog}"),
    ("a [cat:dog:0.5]", "change between steps", "[cat:dog:0.5]"),
    ("a [cat:10]", "change between steps", "[cat:10]"),
    ("a __animal__ on grass", "wildcard", "__animal__"),
]
PROSE = [
    "",
    "a red apple",
    "(a cat)",
    "a cat (Felis catus), asleep",
    "a cat (asleep) and a dog (awake)",
    "a clock that shows 10:30",
    "a clock (at 10:30)",
    "a screen (16:9)",
    "a screen (ratio 16:9), 4:3",
    "John 3:16 (verse 3:16)",
    "a cat (cute :3)",
    "a sign: “no entry” [sic]",
    "[a cat]",
    "a cat; a dog | a bird",
    "C++ code on a screen",
    "f(x) = 2x, g(x)2",
    "5 < 7 and <3",
    "BREAK THE CHAINS, A POSTER",
    "a breakdance, Break a leg, breaking",
    "snake_case and __init",
    "a label that says embedding: none",
    "ein Haus (mit Garten: 3 Bäume)",
    "un chat (noir : 3 ans)",
    "note: (see below)",
    "猫 (かわいい) 😀",
]


@pytest.mark.parametrize(("prompt", "kind", "text"), FOREIGN)
def test_foreign_syntax_is_found_and_named(prompt: str, kind: str, text: str) -> None:
    assert not_understood(prompt) == [(kind, text)]
    sentence = sentence_about(("", prompt))
    assert sentence is not None and text in sentence and "read as words" in sentence


@pytest.mark.parametrize("prompt", PROSE)
def test_prose_is_not(prompt: str) -> None:
    assert not not_understood(prompt) and sentence_about((prompt, prompt)) is None


@given(st.text(max_size=300))
def test_any_text_is_read_quickly_and_what_is_told_stands_in_it(prompt: str) -> None:
    for kind, text in not_understood(prompt):
        assert kind and text in prompt


@pytest.mark.parametrize("part", ["(", "((", "[a:", "{a|", "<lora:", "(a:1.", "(:" * 3, " __a"])
def test_the_longest_prompt_costs_no_time(part: str) -> None:
    """8000 characters of unclosed brackets: a pattern that tries every way to close them would never end."""
    assert not not_understood((part * 8000)[:8000])


def test_several_are_told_in_one_sentence_and_long_ones_shortened() -> None:
    many = "".join(f"<lora:{name * 40}:1> " for name in "abcde")
    sentence = sentence_about((many, many))
    assert sentence is not None and sentence.count("(LoRA)") == 3 and "and 2 more" in sentence and len(sentence) < 260


def test_a_job_tells_it_once(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    task = make_task(
        tmp_path,
        ref_of(tiny_models["inpaint"]),
        name="lora",
        image=photo(),
        mask=square_mask(),
        steps=1,
        prompt="red apple <lora:add_detail:0.8>",
        negative_prompt="embedding:easynegative",
    )
    assert rig.run(task)["event"] == "done"
    (told,) = [event for event in rig.of("lora", "warning") if event["code"] == "prompt_syntax"]
    assert "<lora:add_detail:0.8>” (LoRA)" in told["message"] and "embedding:easynegative" in told["message"]
