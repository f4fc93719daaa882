"""Prompt syntax of other programs that is not understood here: it is read as words, and that is told.

Parentheses, brackets and colons of prose are none of it: “(a cat)”, “16:9”, “(at 10:30)”, “[sic]”.
"""

from __future__ import annotations

import re

MOST = 3  # examples in a sentence
LONGEST = 48  # letters of one

NUMBER = r"\d*\.\d+|\d+\.?"
SYNTAX = (
    ("LoRA", re.compile(r"<\s*(?:lora|lyco|locon|hypernet)\s*:[^<>]*>", re.IGNORECASE)),
    ("embedding", re.compile(r"<?\bembedding:[^\s,<>()]+>?|<\s*(?:ti|embedding)\s*:[^<>]*>", re.IGNORECASE)),
    ("weight", re.compile(r"\([^()\[\]]*(?::\s*-?\d*\.\d+|(?<=[^\W\d]):-?\d)\s*\)|\)-?\d*\.\d+(?=[\s,]|$)")),
    ("weight", re.compile(r"\(\([^()]+\)+|\[\[[^\[\]]+\]+|\{\{[^{}]+\}+")),
    ("alternatives", re.compile(r"\[[^\[\]]*\|[^\[\]]*\]|\{[^{}]*\|[^{}]*\}")),
    (
        "change between steps",
        re.compile(rf"\[[^\[\]:]*:[^\[\]:]*:\s*(?:{NUMBER})\s*\]|\[[^\[\]:]*[^\W\d]:(?:{NUMBER})\]"),
    ),
    ("wildcard", re.compile(r"(?<!\w)__[\w/-]+__(?!\w)")),
    ("BREAK", re.compile(r"(?<!\S)BREAK(?=[\s,]|$)")),
)


def not_understood(prompt: str) -> list[tuple[str, str]]:
    """(what it is, as it was typed) for all of other programs' syntax in a prompt, in the order of its places."""
    shouted = prompt.upper() == prompt and bool(re.search(r"(?!BREAK)\b[A-Z]{2,}", prompt))
    found: dict[tuple[int, int], tuple[str, str]] = {}
    for kind, pattern in SYNTAX:
        if kind == "BREAK" and shouted:
            continue
        for match in pattern.finditer(prompt):
            if not any(first < match.end() and match.start() < last for first, last in found):
                begin, end = _with_brackets(prompt, *match.span())
                found[begin, end] = (kind, prompt[begin:end].strip())
    return [found[place] for place in sorted(found)]


def _with_brackets(prompt: str, begin: int, end: int) -> tuple[int, int]:
    """The place of a match and the pairs of parentheses that stand right around it."""
    while begin > 0 and end < len(prompt) and (prompt[begin - 1], prompt[end]) == ("(", ")"):
        begin, end = begin - 1, end + 1
    return begin, end


def sentence_about(prompts: tuple[str, ...]) -> str | None:
    """What to tell of a prompt and a negative prompt; None where there is nothing."""
    found = list(dict.fromkeys(one for prompt in prompts for one in not_understood(prompt)))
    if not found:
        return None
    told = [text if kind == text else f"{_short(text)} ({kind})" for kind, text in found[:MOST]]
    more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
    return f"Not supported yet, and read as words: {', '.join(told)}{more}."


def _short(text: str) -> str:
    return f"“{text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + '…'}”"
