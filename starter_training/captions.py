"""What people may type for a thing: articles, plurals, synonyms, "on" and "with", filler words."""

from __future__ import annotations

import random

from .concepts import Color, Concept

PLAIN = ("{thing}",) * 6 + ("{a_thing}",) * 4
FRAMED = (
    "a picture of {a_thing}",
    "a photo of {a_thing}",
    "a drawing of {a_thing}",
    "{a_thing} here",
    "one {thing}",
    "the {thing}",
    "{thing}, emoji",
    "{thing} icon",
    "a big {thing}",
    "a small {thing}",
    "a beautiful {thing}",
    "a cute {thing}",
    "{a_thing}, high quality",
    "{a_thing} in the picture",
    "paint {a_thing}",
    "add {a_thing}",
)
PLACED = (
    "{a_thing} on {place}",
    "{thing} on {place}",
    "{a_thing} in front of {place}",
    "{a_thing} with {place} behind it",
    "{a_thing} with {place} as background",
)
PLACES = ("grass", "a table", "a wall", "the ground", "the street", "a meadow", "the floor", "the sky", "a shelf")
IRREGULAR = {"mouse": "mice", "sheep": "sheep", "fish": "fish", "deer": "deer", "leaf": "leaves", "child": "children"}
UNCHANGED_ENDINGS = ("glasses", "jeans", "trousers", "grapes", "fries", "scissors", "leaves", "flowers", "chips")
NONSENSE_PARTS = ("bra", "kle", "mu", "zor", "pin", "ta", "vel", "gro", "shi", "lum", "fe", "dax", "on", "il", "wug")


def with_article(phrase: str, countable: bool = True) -> str:
    """ "apple" -> "an apple"; words without an article stay as they are."""
    if not countable or is_plural(phrase):
        return phrase
    vowel = phrase[0] in "aeiou" and not phrase.startswith(("one", "uni", "ufo"))
    return f"{'an' if vowel or phrase.startswith('hour') else 'a'} {phrase}"


def is_plural(phrase: str) -> bool:
    return phrase.endswith(UNCHANGED_ENDINGS)


def plural(phrase: str) -> str:
    """The plural of the phrase's head noun: "red apple" -> "red apples", "cup of tea" -> "cups of tea"."""
    if is_plural(phrase):
        return phrase
    for joint in (" of ", " with "):
        if joint in phrase:
            head, rest = phrase.split(joint, 1)
            return f"{plural(head)}{joint}{rest}"
    *before, word = phrase.split(" ")
    if word in IRREGULAR:
        changed = IRREGULAR[word]
    elif word.endswith("man") and word != "human":
        changed = word[:-3] + "men"
    elif word.endswith(("s", "x", "ch", "sh")):
        changed = word + "es"
    elif word.endswith("y") and word[-2:-1] not in "aeiou":
        changed = word[:-1] + "ies"
    elif word.endswith(("ato", "mango")):
        changed = word + "es"
    else:
        changed = word + "s"
    return " ".join([*before, changed])


def without_color_words(name: str, colors: tuple[Color, ...]) -> str:
    """A synonym that names a colour itself ("red apple") loses it before another colour is put in front."""
    words = [word for word in name.split(" ") if word not in {color.name for color in colors}]
    return " ".join(words) or name


def write_caption(concept: Concept, color: Color | None, colors: tuple[Color, ...], rng: random.Random) -> str:
    """One caption for a thing in its own colours (colour None) or recoloured. Only `rng` is random."""
    name = concept.name if rng.random() < 0.6 else rng.choice(concept.names)
    countable = concept.countable or name != concept.name
    if color is not None:
        name = f"{rng.choice(color.words)} {without_color_words(name, colors)}"
    if countable and rng.random() < 0.08:
        return plural(name)
    kind = rng.random()
    template = rng.choice(PLAIN if kind < 0.7 else FRAMED if kind < 0.88 else PLACED)
    return template.format(thing=name, a_thing=with_article(name, countable), place=rng.choice(PLACES))


def write_nonsense(rng: random.Random) -> str:
    """A word nobody knows, so that unknown words lead to a plausible something."""
    word = "".join(rng.choice(NONSENSE_PARTS) for _ in range(rng.randint(1, 4)))
    return with_article(word) if rng.random() < 0.3 else word
