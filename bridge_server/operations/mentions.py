"""Layers that a prompt mentions, as <layer:name>: a picture that comes with the request under that name."""

from __future__ import annotations

import re
from collections.abc import Mapping

MENTION = re.compile(r"<layer:\s*([^<>]*?[^<>\s])\s*>", re.IGNORECASE)


def mentioned(prompt: str) -> list[str]:
    """The names that a prompt mentions, each once, in the order of their places."""
    return list(dict.fromkeys(MENTION.findall(prompt)))


def with_numbers(prompt: str, numbers: Mapping[str, int]) -> str:
    """The prompt as a model reads it, which knows its pictures by their numbers: “image 2” for <layer:sketch>.

    numbers: by the name of a picture, its number among those that the model is shown, from 1. A name that is not among
    them is left out of the prompt's syntax and read as words.
    """
    return MENTION.sub(lambda found: _said(found[1], numbers), prompt)


def _said(name: str, numbers: Mapping[str, int]) -> str:
    return f"image {numbers[name]}" if name in numbers else name
