"""texts/en.json: one table of what both plug-ins say. Each text is said by somebody, and stands in no second file."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge_server.errors import ErrorCode
from bridge_server.protocol import generate
from bridge_server.protocol.mirror_texts import Program, read_sections, texts_of

ROOT = Path(__file__).parents[2]
FOLDERS: dict[Program, str] = {"client": "layerbridge_client", "gimp": "gimp_plugin", "photoshop": "photoshop_uxp"}
GENERATED = {ROOT / name for name in generate.TARGETS}
OWN_CODES = {
    "unreachable",
    "foreign",
    "lost",
    "refused",
    "gone",
    "busy",
    "other",
}  # failures that clients find themselves
TITLES = {f"title_{code}" for code in {*map(str, ErrorCode), *OWN_CODES}}


def sources(program: Program) -> list[Path]:
    """A program's own files, without those that are generated."""
    return [
        path
        for path in sorted((ROOT / FOLDERS[program]).rglob("*"))
        if path.suffix in (".py", ".js") and path not in GENERATED
    ]


def strings(path: Path) -> Iterator[str]:
    """The literal strings of a file; those that stand beside each other as one."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from (
            node.value
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
    else:
        joined = re.sub(r"'\s*\+\s*'", "", text)
        yield from (found[2] for found in re.finditer(r"(['\"`])((?:(?!\1)[^\\\n]|\\.)*)\1", joined))


@pytest.mark.parametrize("program", FOLDERS)
def test_each_text_is_said(program: Program) -> None:
    said = {text for path in sources(program) for text in strings(path)}
    begun = tuple(text.partition("${")[0] for text in said if "${" in text[3:])  # `way_${way}`
    silent = texts_of(program, read_sections()).keys() - said - TITLES
    assert {key for key in silent if not key.startswith(begun)} == set()


def test_the_title_of_a_failure_is_that_of_a_code_and_every_code_has_one() -> None:
    titles = {key for key in texts_of("gimp", read_sections()) if key.startswith("title_")}
    titles |= {key for key in texts_of("photoshop", read_sections()) if key.startswith("title_")}
    assert titles == TITLES


@pytest.mark.parametrize("program", FOLDERS)
def test_no_text_stands_in_a_second_file_that_is_written_by_hand(program: Program) -> None:
    texts = {text for other in FOLDERS for text in texts_of(other, read_sections()).values() if " " in text}
    again = {
        (path.name, text)
        for path in sources(program)
        for text in strings(path)
        if text.replace("_", "") in texts  # in GIMP a letter that Alt reaches stands behind a _
    }
    assert again == set()


def test_values_that_are_put_in_are_the_same_in_every_program() -> None:
    for section in read_sections().values():
        for key, text in section.items():
            forms = [text] if isinstance(text, str) else list(text.values())
            assert len({frozenset(re.findall(r"\{(\w+)\}", form)) for form in forms}) == 1, key


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "en.json"
    path.write_text(json.dumps({"one": {"key": "a"}, "two": {"key": "b"}}), encoding="utf-8")
    with pytest.raises(ValueError, match="key"):
        read_sections(path)
