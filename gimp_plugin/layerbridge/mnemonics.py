"""Which letter of a label Alt reaches: the same one in every dialog. No gi."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Reset, Cancel, Generate, Advanced, Start Layerbridge, Source, Random, Left, Right, Bottom: the form's own words.
TAKEN = "tcgayorlhb"


def mnemonics(titles: Iterable[tuple[str, str]], taken: str = TAKEN) -> Mapping[str, str]:
    """By name: its title with _ before the first letter that is still free; without one where none is."""
    used, marked = set(taken), {}
    for name, title in titles:
        if name not in marked:
            place = next((at for at, letter in enumerate(title) if _is_free(letter, used)), -1)
            used |= {title[place].lower()} if place >= 0 else set()
            marked[name] = title if place < 0 else underlined(title, place)
    return marked


def underlined(title: str, place: int) -> str:
    return f"{title[:place]}_{title[place:]}"


def _is_free(letter: str, used: set[str]) -> bool:
    return letter.isascii() and letter.isalpha() and letter.lower() not in used
