"""The things and colours the starter model knows, read from concepts.txt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CONCEPTS_FILE = Path(__file__).with_name("concepts.txt")
NO_ARTICLE, NO_COLOR = "!", "*"


@dataclass(frozen=True)
class Concept:
    """One thing. glyph: what the emoji font draws; names: the first is its own, the others mean the same."""

    glyph: str
    names: tuple[str, ...]
    group: str
    countable: bool  # "an apple", but "bread"
    colorable: bool  # "a blue rainbow" is nonsense

    @property
    def name(self) -> str:
        return self.names[0]


@dataclass(frozen=True)
class Color:
    """A colour word and its shades in sRGB, 0 to 255: what the middle tones of a recoloured thing become."""

    name: str
    rgb: tuple[int, int, int]
    words: tuple[str, ...]


COLORS = (
    Color("red", (224, 28, 28), ("red", "red", "red", "crimson", "scarlet")),
    Color("orange", (245, 130, 16), ("orange",)),
    Color("yellow", (250, 215, 25), ("yellow", "yellow", "yellow", "golden")),
    Color("green", (40, 165, 50), ("green",)),
    Color("blue", (30, 90, 225), ("blue",)),
    Color("purple", (135, 45, 190), ("purple", "purple", "violet")),
    Color("pink", (248, 115, 185), ("pink",)),
    Color("brown", (125, 72, 36), ("brown",)),
    Color("black", (38, 38, 42), ("black",)),
    Color("white", (240, 240, 240), ("white",)),
)
"""The ten colour words; `words` are drawn evenly, so that the plain word is met most often."""


def parse_concepts(text: str) -> tuple[Concept, ...]:
    """The concepts of a text in the format that the head of concepts.txt describes. Raises ValueError on a bad line."""
    concepts: list[Concept] = []
    group = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            group = line.strip("[]")
            continue
        columns = [column.strip() for column in line.split("|")]
        if len(columns) not in (2, 3) or not all(columns):
            raise ValueError(f"concepts, line {number}: expected 'glyph | name | synonyms', found {line!r}")
        name = columns[1].lstrip(NO_ARTICLE + NO_COLOR)
        marks = columns[1][: len(columns[1]) - len(name)]
        synonyms = [word.strip() for word in columns[2].split(",")] if len(columns) == 3 else []
        concepts.append(Concept(columns[0], (name, *synonyms), group, NO_ARTICLE not in marks, NO_COLOR not in marks))
    return tuple(concepts)


def load_concepts() -> tuple[Concept, ...]:
    return parse_concepts(CONCEPTS_FILE.read_text("utf-8"))
