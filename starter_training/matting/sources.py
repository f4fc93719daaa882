"""What the refiner is learned from: photographs and glyphs, none of which bench/cutouts measures it with."""

from __future__ import annotations

from pathlib import Path

from ..backgrounds import SOURCES, TRAINING_SOURCES, Picture, read_pictures
from ..concepts import load_concepts
from ..glyphs import Glyph, draw_glyphs, find_font

ENVIRONMENTS = ("night.exr.js", "sky.exr.js", "studio.exr.js", "sunset.exr.js")  # of @pmndrs/assets, CC0
MEASURED_WITH = {  # in the held-out sets of bench/cutouts
    "brick.png", "china.jpg", "flower.jpg", "aitzgorri_by_Aitzol_Berasategi.jpg", "life_by_Aitzol_Berasategi.jpg",
    "picosdeeuropa_by_Aitzol_Berasategi.jpg", "sunset_by_Aitzol_Berasategi.jpg", "Picture_1A_by_freespace.jpg",
    "getty-black-canyon.jpg", "getty-nagasaki-boats.jpg",
    "world-city.exr", "world-forest.exr", "world-sunrise.exr",  # maybe the places of environments there
}  # fmt: skip
PHOTOGRAPHS = frozenset((*SOURCES, *TRAINING_SOURCES, *ENVIRONMENTS)) - MEASURED_WITH
NOT_LEARNED = frozenset(
    "🐶🦁🌻🍍🦊🌴🦀🕷🦋🥕🦖🍄"  # the first held-out set's
    "🐓🐢🌵🐠🦚🍓🌷🚲🦔🎸⛵🦉"  # the second's
    "🐘🦒🌹🍇🛴🦅🐙🌲🎻🐝🐿🐑"  # the third's
)
VARIANT = "\N{VARIATION SELECTOR-16}"


def training_photographs(folder: Path) -> tuple[Picture, ...]:
    """Of `starter_training.fetch`'s folder. Raises FileNotFoundError naming what is missing."""
    found = {name: picture for name, picture in read_pictures(folder) if name.split("@")[0] in PHOTOGRAPHS}
    missing = PHOTOGRAPHS - {name.split("@")[0] for name in found}
    if missing:
        raise FileNotFoundError(f"{folder} lacks {', '.join(sorted(missing))}")
    return tuple(found.values())


def training_glyphs(font: Path | None) -> tuple[Glyph, ...]:
    concepts = (one for one in load_concepts() if one.glyph.replace(VARIANT, "") not in NOT_LEARNED)
    return draw_glyphs(tuple(concepts), find_font(font))
