"""Every option of every operation can be typed, within its limits, and is sent as it was typed."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal, cast

import numpy as np
import pytest
from pydantic import Field

from bridge_server.cli.arguments import make_parser
from bridge_server.cli.connection import Connection
from bridge_server.cli.generate import Work, submit
from bridge_server.cli.options import add_arguments, options_given, wrong_together
from bridge_server.families.registry import builtin as families
from bridge_server.operations.arguments import flags, input_flag, negation
from bridge_server.operations.base import Operation
from bridge_server.operations.limits import MAX_SEED
from bridge_server.operations.options import Options
from bridge_server.operations.registry import Registry, builtin
from bridge_server.operations.table import options_of
from bridge_server.operations.ui import Ui
from bridge_server.plan.bounds import Bounds
from bridge_server.protocol.frame import decode
from bridge_server.protocol.mirror_arguments import argument_lines
from tests.operations.toy import TOY, ToyParams


class EveryKind(ToyParams):
    """The kinds of options that no operation of Layerbridge has yet."""

    scale: Annotated[Literal["twice", "thrice"], Field(title="Scale", description="How large."), Ui("choice")] = "twice"
    sharp: Annotated[bool, Field(title="Sharp", description="100% sharp."), Ui("check")] = True
    reach: Annotated[
        Annotated[int, Field(ge=2, le=4)] | None, Field(title="Reach", description="How far."), Ui("number", step=1)
    ] = None


CASES = {operation.name: operation for operation in (*builtin().all(), replace(TOY, params=EveryKind))}


def parse(operation: Operation, *words: str) -> Any:
    needed = [word for role in operation.inputs if operation.needs(role) for word in (f"--{role}", "file")]
    return make_parser(Registry([operation])).parse_args(["generate", operation.name, *needed, *words])


def given(operation: Operation, *words: str) -> dict[str, Any]:
    return options_given(operation, parse(operation, *words))


def samples(option: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What may be typed, and what is to be sent for it."""
    if option["widget"] == "sampler":
        yield "dpm2", "DPM2"
    elif option["type"] == "text":
        of_any_text = ("x", "y" * option["max_length"])
        yield from ((text, text) for text in ((option["default"],) if option["default"] else of_any_text))
    elif option["type"] in ("choice", "choices"):
        yield from ((word, [word] if option["type"] == "choices" else word) for word in option["choices"])
    else:
        yield from ((str(number), number) for number in (option["minimum"], option["maximum"]))


@pytest.mark.parametrize("name", CASES)
def test_every_option_can_be_typed_and_is_sent_as_the_daemon_takes_it(name: str) -> None:
    operation = CASES[name]
    for option in options_of(operation):
        for flag, part in flags(option).items():
            if option["type"] == "boolean":
                words, value = [negation(option) or flag], not option["default"]
                assert given(operation, *words) == {option["name"]: value}
                continue
            for text, value in samples(option):
                sent = given(operation, flag, text)
                assert sent == {option["name"]: {part: value} if part else value}
                operation.params.model_validate(sent)
    assert given(operation) == {}, "what is not typed is the daemon's to decide"


@pytest.mark.parametrize("name", CASES)
def test_what_is_beyond_a_limit_is_refused_in_the_options_own_name(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    operation = CASES[name]
    refused = 0
    for option in options_of(operation):
        beyond = [str(option[end] + step) for end, step in (("minimum", -1), ("maximum", 1)) if option[end] is not None]
        beyond += ["x" * (option["max_length"] + 1)] if option["max_length"] else []
        beyond += ["neither"] if option["choices"] else []
        for flag in flags(option):
            for text in beyond:
                with pytest.raises(SystemExit) as end:
                    parse(operation, f"{flag}={text}")
                assert end.value.code == 2
                assert f"argument {flag}: " in capsys.readouterr().err
                refused += 1
    assert refused >= 1


@pytest.mark.parametrize("name", CASES)
def test_help_tells_every_option_with_its_limits_and_its_default(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    operation = CASES[name]
    with pytest.raises(SystemExit) as end:
        parse(operation, "--help")
    assert end.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for option in options_of(operation):
        assert all(f"{flag} " in text for flag in flags(option)), option["name"]
        if option["type"] in ("integer", "number"):
            assert f"{option['minimum']:g} to {option['maximum']}".removesuffix(".0") in text
    assert ("(default: the model's own)" in text) == operation.requires.model


def test_the_table_of_the_documents_names_every_word_that_can_be_typed_for_an_option() -> None:
    table = "\n".join(argument_lines(Registry(list(CASES.values()))))
    found: set[str] = set()
    for operation in CASES.values():
        parser = argparse.ArgumentParser(add_help=False)
        add_arguments(parser, operation, families())
        files = {input_flag(role) for role in operation.inputs}
        words = set(re.findall(r"--[a-z0-9-]+", parser.format_usage())) - files - {"--size"}
        assert [word for word in words if not re.search(rf"`{word}[` ]", table)] == [], operation.name
        found |= words
    assert {"--no-follow-edges", "--no-sharp", "--keep-to-selection", "--left", "--seed"} <= found
    assert "--no-keep-to-selection" not in found


def test_auto_is_the_same_as_nothing_where_something_is_automatic(capsys: pytest.CaptureFixture[str]) -> None:
    inpaint = CASES["inpaint"]
    words = [word for option in options_of(inpaint) if option["type"] in ("integer", "number") and option["automatic"]
             for word in (*flags(option), "auto")]  # fmt: skip
    assert {"--grow", "--steps", "--strength", "--seed"} < set(words)
    assert given(inpaint, *words) == {}
    with pytest.raises(SystemExit):
        given(inpaint, "--num-images", "auto")
    assert "--num-images" in capsys.readouterr().err


def test_names_that_were_typed_before_are_typed_still() -> None:
    words = (
        "--prompt a --negative-prompt b --model m --seed 1 --steps 2 --guidance 3 --sampler ddim --num-images 4 "
        "--strength 0.5 --grow 5 --feather auto --padding 6 --keep-to-selection "
        "--disabled-steps seam --disabled-steps dither"
    )
    assert given(CASES["inpaint"], *shlex.split(words)) == {
        "prompt": "a", "negative_prompt": "b", "model": "m", "seed": 1, "steps": 2, "guidance_scale": 3.0,
        "sampler": "DDIM", "num_images": 4, "strength": 0.5, "grow": 5, "padding": 6, "keep_to_selection": True,
        "disabled_steps": ["seam", "dither"],
    }  # fmt: skip
    sides = given(CASES["outpaint"], *["--left", "1", "--top", "2", "--right", "3", "--bottom", "4"])
    assert sides == {"margins": {"left": 1, "top": 2, "right": 3, "bottom": 4}}


def test_what_one_option_alone_does_not_tell() -> None:
    inpaint, outpaint = CASES["inpaint"], CASES["outpaint"]
    last = ("--seed", str(MAX_SEED - 1), "--num-images")
    assert wrong_together(inpaint, parse(inpaint, *last, "2")) is None
    assert f"at most {MAX_SEED - 2}" in str(wrong_together(inpaint, parse(inpaint, *last, "3")))
    assert wrong_together(outpaint, parse(outpaint, "--top", "1")) is None
    assert "outpaint needs at least one of --left" in str(wrong_together(outpaint, parse(outpaint, "--top", "0")))


class Recorded:
    """A daemon that takes what it is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        self.sent.append((path, body or {}))
        return {"capture": {"x": 0, "y": 0, "width": 4, "height": 4}}

    def raw(self, method: str, path: str, parts: list[Any], headers: dict[str, str]) -> bytes:
        self.sent.append((path, decode(b"".join(bytes(part) for part in parts)).message))
        return json.dumps({"id": "a"}).encode()


@pytest.mark.parametrize(("name", "plans"), [("inpaint", True), ("toy", False)])
def test_a_request_has_what_was_typed_and_its_plan_what_plans_read(name: str, plans: bool) -> None:
    """An operation that was registered elsewhere is sent with its own options, and without a plan if it has none."""
    daemon, operation = Recorded(), CASES[name]
    typed = {"grow": 3, "steps": 2} if plans else {"toy_amount": 7}
    mask = np.full((4, 4), 255, np.uint8) if plans else None
    submit(Work(operation, typed, None, mask, Bounds(0, 0, 4, 4)), cast("Connection", daemon))
    job = daemon.sent[-1][1]
    assert job["operation"] == name and job["params"] == typed
    assert [path for path, _ in daemon.sent] == (["/v1/plan"] if plans else []) + ["/v1/jobs"]
    if plans:
        assert daemon.sent[0][1]["grow"] == 3 and "steps" not in daemon.sent[0][1]


def test_an_option_that_argparse_has_already_cannot_be_declared(capsys: pytest.CaptureFixture[str]) -> None:
    class Taken(Options):
        out: Annotated[str, Field(max_length=9, title="Out", description="Out."), Ui("text")] = ""

    with pytest.raises(SystemExit):
        parse(replace(TOY, params=Taken), "--help")
    assert "conflicting option string: --out" in capsys.readouterr().err


def test_other_commands_do_not_wait_for_the_registry() -> None:
    code = (
        "import sys\nfrom bridge_server.cli.main import main\ntry: main({})\nexcept SystemExit: pass\n"
        "print('loaded', *(name for name in ('pydantic', 'bridge_server.operations.registry') if name in sys.modules))"
    )
    for words, loaded in ((["--help"], []), (["jobs", "--help"], []), (["generate", "remove", "--help"], ["pydantic"])):
        command = [sys.executable, "-c", code.format(words)]
        last = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
        assert last.split()[:2] == ["loaded", *loaded], words
