"""Writes what clients say of texts/en.json: one table for both plug-ins and the client library.

A text is a string, or a string for each program that says it in words of its own. `{name}` stands for a value.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

Program = Literal["client", "gimp", "photoshop"]
Section = dict[str, str | dict[str, str]]

SOURCE = Path(__file__).parents[2] / "texts" / "en.json"  # of a checkout: what is installed has generated files alone
SENTENCES = "sentences"  # the section that the client library says by itself
BROUGHT_ALONG = {"gimp": "client"}  # where a program has no words of its own: those of the library that it brings along
NOTE = "Generated from texts/en.json by `python -m bridge_server.protocol.generate`: change it there."


def read_sections(path: Path = SOURCE) -> dict[str, Section]:
    """The table, by the titles of its sections. Raises ValueError where a key stands twice."""

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError(f"{path.name} has a key twice: {sorted(key for key, _ in pairs)}")
        return dict(pairs)

    sections: dict[str, Section] = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)
    unique([(key, text) for section in sections.values() for key, text in section.items()])
    return sections


def texts_of(program: Program, sections: dict[str, Section]) -> dict[str, str]:
    """What a program says, by key."""
    texts: dict[str, str] = {}
    for title, section in sections.items():
        for key, text in section.items():
            if program == "client" and title != SENTENCES:
                continue
            words = text if isinstance(text, str) else text.get(program, text.get(BROUGHT_ALONG.get(program, "")))
            if words is not None:
                texts[key] = words
    return texts


def render_python(program: Program) -> str:
    """The text of a program's english.py."""
    lines = "".join(f"    {key!r}: {text!r},\n" for key, text in texts_of(program, read_sections()).items())
    return (
        f'"""What is said, in English, by key. {NOTE}"""\n# fmt: off\n\nfrom __future__ import annotations\n\n'
        f"TEXTS = {{\n{lines}}}\n"
    )


def render_javascript(program: Program) -> str:
    """The text of a program's english.js."""
    rows = texts_of(program, read_sections()).items()
    lines = "".join(f"  {key}: {json.dumps(text, ensure_ascii=False)},\n" for key, text in rows)
    return (
        f"'use strict';\n\n/** What is said in both plug-ins. {NOTE} */\n\n"
        "/** @type {import('./texts.js').Table} */\n"
        f"const SHARED = {{\n{lines}}};\n\nmodule.exports = {{ SHARED }};\n"
    )
