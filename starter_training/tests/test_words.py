"""The vocabulary and the captions."""

from __future__ import annotations

import random

import pytest
from transformers import CLIPTokenizer

from starter_training.captions import plural, with_article, without_color_words, write_caption, write_nonsense
from starter_training.concepts import COLORS, load_concepts, parse_concepts

FIRST_TRIES = (
    "apple", "banana", "cat", "dog", "horse", "car", "bus", "house", "tree", "flower", "sunflower", "castle", "watch",
    "light bulb", "camel", "chair", "couch", "bed", "sun", "moon", "cloud", "rainbow", "pizza", "cup of coffee",
    "smiley", "robot",
)  # fmt: skip


def test_at_least_two_hundred_things_and_ten_colors() -> None:
    concepts = load_concepts()
    assert len(concepts) >= 200
    assert len(COLORS) == len({color.name for color in COLORS}) == 10
    assert len({concept.glyph for concept in concepts}) == len(concepts)
    assert len({concept.name for concept in concepts}) == len(concepts)


def test_what_a_newcomer_tries_first_is_there() -> None:
    known = {name for concept in load_concepts() for name in concept.names}
    assert set(FIRST_TRIES) <= known


def test_one_word_never_means_two_things() -> None:
    names = [name for concept in load_concepts() for name in concept.names]
    assert sorted(names) == sorted(set(names))


def test_marks_and_bad_lines() -> None:
    rain, bow = parse_concepts("# c\n[weather]\nx | !rain | drizzle, shower\ny | *rainbow\n")
    assert (rain.names, rain.group, rain.countable) == (("rain", "drizzle", "shower"), "weather", False)
    assert (bow.name, bow.countable, bow.colorable) == ("rainbow", True, False)
    with pytest.raises(ValueError, match="line 1"):
        parse_concepts("only a glyph")


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("apple", "an apple"),
        ("red apple", "a red apple"),
        ("unicorn", "a unicorn"),
        ("hourglass", "an hourglass"),
        ("sunglasses", "sunglasses"),
        ("ufo", "a ufo"),
    ],
)
def test_articles(phrase: str, expected: str) -> None:
    assert with_article(phrase) == expected


def test_no_article_for_what_is_not_counted() -> None:
    assert with_article("bread", countable=False) == "bread"


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("red apple", "red apples"),
        ("cherry", "cherries"),
        ("cup of tea", "cups of tea"),
        ("mouse", "mice"),
        ("snowman", "snowmen"),
        ("fox", "foxes"),
        ("monkey", "monkeys"),
        ("tomato", "tomatoes"),
        ("jeans", "jeans"),
        ("face with heart eyes", "faces with heart eyes"),
    ],
)
def test_plurals(phrase: str, expected: str) -> None:
    assert plural(phrase) == expected


def test_a_color_takes_the_place_of_another() -> None:
    assert without_color_words("red apple", COLORS) == "apple"
    assert without_color_words("orange", COLORS) == "orange"


def test_captions_are_settled_by_the_random_numbers_and_name_the_thing() -> None:
    concept = next(concept for concept in load_concepts() if concept.name == "car")
    blue = next(color for color in COLORS if color.name == "blue")
    captions = [write_caption(concept, blue, COLORS, random.Random(seed)) for seed in range(200)]
    assert captions == [write_caption(concept, blue, COLORS, random.Random(seed)) for seed in range(200)]
    stems = ("car", "automobile", "jeep")
    assert all("blue" in caption and any(stem in caption for stem in stems) for caption in captions)
    assert {"blue car", "a blue car"} <= set(captions)
    assert any(" on " in caption for caption in captions) and any(" with " in caption for caption in captions)
    assert any("cars" in caption for caption in captions)


def test_common_words_are_single_tokens_and_any_text_can_be_read(tokenizer: CLIPTokenizer) -> None:
    assert tokenizer.tokenize("a red ball on the grass") == [
        f"{word}</w>" for word in ["a", "red", "ball", "on", "the", "grass"]
    ]
    strange = tokenizer(
        write_nonsense(random.Random(4)) + " ☂ žluť", padding="max_length", max_length=16, truncation=True
    )
    assert len(strange.input_ids) == 16
    assert tokenizer("").input_ids == [tokenizer.bos_token_id, tokenizer.eos_token_id]
