"""An option's name, limits and default stand where it is declared: elsewhere only in what reads it, and in generated
files.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge_server.operations import limits
from bridge_server.operations.registry import builtin
from bridge_server.operations.table import operation_table
from bridge_server.protocol.envelope import PlanRequest
from bridge_server.protocol.messages import PlanReply

ROOT = Path(__file__).parents[2]
CLIENTS = (
    ("gimp_plugin", "*.py"),
    ("photoshop_uxp", "*.js"),
    ("layerbridge_client", "*.py"),
    ("bridge_server/cli", "*.py"),
)
# Below these, `plan`, `edit`, `pipelines`, `families` and `models` have functions that are given numbers: a width there
# is called feather for what it is, whoever asks for it.
DAEMON = tuple((f"bridge_server/{name}", "*.py") for name in ("executors", "http", "jobs", "protocol", "worker"))
GENERATED = {"wire.py", "wire.js", "operation_table.py", "operation_table.js"}
# These mean something beyond a row in a form and a number for the runner: a widget of their own, how many results there
# are, a layer's name, which model is loaded; `steps` is also a word of progress.
KNOWN = {"model", "sampler", "seed", "margins", "num_images", "prompt", "steps"}
OTHER_WORDS = {  # Photoshop's own events, classes of the style sheet, and how a number is shown (percent: times 100)
    "grow": {"photoshop_uxp/lib/host.js", "photoshop_uxp/lib/views/main.js", "photoshop_uxp/lib/views/history.js"},
    "feather": {"photoshop_uxp/lib/host.js"},
    "scale": {"gimp_plugin/layerbridge/fields.py"},
    "guidance_scale": {"bridge_server/cli/model_families.py"},  # of a family, as `models families` tells them
    "negative_prompt": {"bridge_server/cli/model_families.py"},
}
PAINTING = {"worker/operations/painting.py", "worker/operations/filling.py", "worker/painting.py", "worker/request.py"}
PLANNING = {"http/planning.py", "protocol/messages.py"}  # PlanReply: what the plan made of it
OF_A_MODEL = {"http/models.py", "protocol/service.py", "protocol/tasks.py", "jobs/stored.py"}  # what its settings say
OLD_REQUESTS = {"protocol/earlier.py"}  # those of journals before there were envelopes: a list that never changes
OTHER_READERS = {
    "guidance_scale": OF_A_MODEL | PLANNING,
    "negative_prompt": OF_A_MODEL | {"worker/notices.py"},  # which looks for words that mean nothing to this model
    "fill_with": {"http/by_example.py", "protocol/envelope.py", "jobs/stored.py"},  # and what it is resolved to
    "strength": {"http/by_example.py"},
    "grow": {"worker/notices.py"},  # as the plan has it: whether an outpaint begins beside transparent ground
    "feather": {"worker/notices.py"},
    "scale": {"worker/operations/replace_background.py"},  # of the plan: how much smaller a background is painted
}
# Numbers of other things: samples of a profile's curve, events that are kept, seconds, how small a thumbnail may be
# made at once, how sure the subject's network has to be.
OTHER_NUMBERS = {
    "photoshop_uxp/lib/area.js": {4096},  # characters
    "photoshop_uxp/lib/panel.js": {500},  # milliseconds
    "bridge_server/cli/connection.py": {0.05},
    "bridge_server/cli/daemon.py": {0.05},
    "bridge_server/cli/pictures/profile.py": {4096, 0.6},
    "bridge_server/executors/dispatch.py": {0.01},
    "bridge_server/jobs/events.py": {4096},
    "bridge_server/protocol/envelope.py": {500},  # of a document's name
    "bridge_server/worker/main.py": {0.05},
    "bridge_server/worker/operations/cutting.py": {0.95},
}
CHECKS = ("photoshop_uxp/lib/checks/", "photoshop_uxp/lib/selftest/")  # of a real Photoshop, on pictures of their own
ORDINARY = 128  # whole numbers up to this, and a half, stand in any program
COMMENT = re.compile(r"^\s*(\*|//).*$", re.MULTILINE)
OPTIONS = sorted({name for operation in builtin().all() for name in operation.params.model_fields} - KNOWN)


def files(*where: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Hand-written files, from the root, with what they say."""
    for folder, glob in where:
        for path in sorted((ROOT / folder).rglob(glob)):
            if path.name not in GENERATED and "node_modules" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def lines_of(name: str, where: str, text: str) -> list[int]:
    """Where `name` is a string, an attribute or a key."""
    if where.endswith(".py"):
        return sorted({line for line, word in words_of(ast.parse(text)) if word == name})
    bare = COMMENT.sub("", text)
    pattern = re.compile(rf"""["']{name}["']|(?<![\w.])\w+\.{name}\b(?!\()|^\s*{name}:""", re.MULTILINE)
    return [bare.count("\n", 0, hit.start()) + 1 for hit in pattern.finditer(bare)]


def words_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Whole strings, attributes that are not called, fields and named arguments, with their lines."""
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.Attribute) and node not in called:
            yield node.lineno, node.attr
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.lineno, node.target.id
        elif isinstance(node, ast.keyword) and node.arg is not None:
            yield node.value.lineno, node.arg


def places(name: str, *where: tuple[str, str], allowed: set[str] = frozenset()) -> list[str]:
    found = [(file, line) for file, text in files(*where) if file not in allowed for line in lines_of(name, file, text)]
    return [f"{file}:{line}" for file, line in found]


def readers(name: str) -> set[str]:
    """Files of the daemon that read this option: its operations' runners, what they share, plan and estimates."""
    found = OLD_REQUESTS | OTHER_READERS.get(name, set())
    for operation in (each for each in builtin().all() if each.has_option(name)):
        found |= {f"worker/operations/{operation.name.replace('-', '_')}.py"} | (
            PAINTING if operation.planner else set()
        )
        found |= {"http/estimates.py"} if operation.estimate else set()
    if name in PlanRequest.model_fields or name in PlanReply.model_fields:
        found |= PLANNING
    return {f"bridge_server/{file}" for file in found}


def test_there_are_options_to_look_for() -> None:
    assert {"strength", "guidance_scale", "negative_prompt", "keep_to_selection"} <= set(OPTIONS)
    assert places("margins", *CLIENTS), "the search finds nothing at all"
    assert places("strength", *DAEMON), "the search finds nothing at all"


@pytest.mark.parametrize("name", OPTIONS)
def test_no_client_names_an_option(name: str) -> None:
    assert places(name, *CLIENTS, allowed=OTHER_WORDS.get(name, set())) == []


@pytest.mark.parametrize("name", OPTIONS)
def test_of_the_daemon_only_what_reads_an_option_names_it(name: str) -> None:
    assert places(name, *DAEMON, allowed=readers(name)) == []


def test_no_limit_or_default_is_typed_again() -> None:
    """Numbers of the table that do not stand in any program anyhow: 150, 4096, 2147483647 …"""
    every = [option for operation in operation_table(builtin()) for option in operation["options"]]
    declared = {value for name, value in vars(limits).items() if name.isupper()}
    declared |= {option[key] for option in every for key in ("default", "minimum", "maximum", "max_length")
                 if isinstance(option[key], (int, float))}  # fmt: skip
    telling = {number for number in declared if number > ORDINARY or number not in (int(number), 0.5)}
    assert {0.01, 0.6, 150, 4096} <= telling
    typed: dict[str, set[float]] = {}
    for where, text in (each for each in files(*CLIENTS, *DAEMON) if not each[0].startswith(CHECKS)):
        numbers = numbers_of(where, text) & telling - OTHER_NUMBERS.get(where, set())
        if numbers:
            typed[where] = numbers
    assert typed == {}


def numbers_of(where: str, text: str) -> set[float]:
    if where.endswith(".py"):
        values = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
        return {value for value in values if type(value) in (int, float)}
    return {float(number.replace("_", "")) for number in re.findall(r"(?<![\w.])\d[\d_]*(?:\.\d+)?(?![\w.])", text)}
