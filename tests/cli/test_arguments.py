"""Wrong options are usage errors: exit code 2, one line in the option's own name, and where to read on."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from bridge_server.cli.arguments import make_parser
from bridge_server.cli.main import main
from bridge_server.operations.inpaint import InpaintParams
from bridge_server.operations.limits import MAX_PROMPT, MAX_SEED, MAX_SIDE
from bridge_server.operations.registry import builtin

INPAINT = "generate inpaint --image a --mask b"
OUTPAINT = "generate outpaint --image a"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (f"{INPAINT} --strength 7", "--strength"),
        (f"{INPAINT} --strength 0", "--strength"),
        (f"{INPAINT} --strength nan", "--strength"),
        (f"{INPAINT} --strength x", "--strength"),
        (f"{INPAINT} --guidance -1", "--guidance"),
        (f"{INPAINT} --guidance inf", "--guidance"),
        (f"{INPAINT} --guidance 51", "--guidance"),
        (f"{INPAINT} --steps 0", "--steps"),
        (f"{INPAINT} --prompt {'x' * (MAX_PROMPT + 1)}", "--prompt"),
        (f"{INPAINT} --negative-prompt {'x' * (MAX_PROMPT + 1)}", "--negative-prompt"),
        (f"{INPAINT} --seed {MAX_SEED} --num-images 2", "--seed"),
        (f"{INPAINT} --grow 5000", "--grow"),
        (f"{OUTPAINT} --left {MAX_SIDE + 1}", "--left"),
        (f"{OUTPAINT} --right -3", "--right"),
        (OUTPAINT, "--left, --top, --right, --bottom"),
        (f"{OUTPAINT} --left 0", "--left, --top, --right, --bottom"),
        ("generate txt2img --size 7x7", "--size"),
        ("generate txt2img --size x", "--size"),
        ("serve --idle-unload -1", "--idle-unload"),
        ("serve --idle-unload nan", "--idle-unload"),
        ("serve --idle-unload inf", "--idle-unload"),
        ("serve --keep-models -1", "--keep-models"),
        ("serve --models /no/such/folder", "there is no folder /no/such/folder"),
        ("serve --port 65536", "--port"),
        ("generate inpaint", "--image"),
        ("paint", "'paint'"),
        ("", "COMMAND"),
    ],
)
def test_a_wrong_option_is_named_in_one_line(capsys: pytest.CaptureFixture[str], words: str, named: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(words.split())
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert named in said
    assert "--help`)" in said
    assert said.startswith("layerbridge: ")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("option", ["--strength", "--grow", "--feather", "--padding", "--keep-to-selection"])
def test_txt2img_does_not_offer_what_it_would_ignore(capsys: pytest.CaptureFixture[str], option: str) -> None:
    with pytest.raises(SystemExit):
        main(["generate", "txt2img", option, "1"])
    assert option in capsys.readouterr().err


def test_the_ends_of_every_range_are_taken(tmp_path: Path) -> None:
    parse = make_parser().parse_args
    assert parse([*INPAINT.split(), "--strength", "0.01", "--guidance", "50"]).guidance == 50
    assert parse([*OUTPAINT.split(), "--top", str(MAX_SIDE)]).top == MAX_SIDE
    assert parse(["serve", "--idle-unload", "0", "--models", str(tmp_path)]).models == [tmp_path]
    assert parse(["serve", "--keep-models", "0"]).keep_models == 0 and parse(["serve"]).keep_models is None


def test_a_refiner_takes_over_where_it_is_said_or_at_the_last_fifth() -> None:
    parse = make_parser().parse_args
    assert parse([*INPAINT.split(), "--refiner", "xl"]).refiner == ("xl", 0.8)
    assert parse([*INPAINT.split(), "--refiner", "C:\\xl.safetensors:0.7"]).refiner == ("C:\\xl.safetensors", 0.7)
    with pytest.raises(SystemExit):
        parse([*INPAINT.split(), "--refiner", "xl:2"])


def test_ranges_are_those_of_the_messages() -> None:
    properties = InpaintParams.model_json_schema()["properties"]
    assert properties["strength"]["anyOf"][0] == {"type": "number", "minimum": 0.01, "maximum": 1.0}
    assert properties["guidance_scale"]["anyOf"][0] == {"type": "number", "minimum": 0.0, "maximum": 50.0}
    assert properties["grow"]["anyOf"][0] == {"type": "integer", "minimum": 0, "maximum": 4096}


def parsers(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    parser.format_help()  # those of `generate` get their arguments when they are wanted
    nested = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return [parser, *(below for action in nested for child in action.choices.values() for below in parsers(child))]


def test_every_option_has_a_help_text_and_every_command_a_description() -> None:
    found = parsers(make_parser())
    assert {f"layerbridge generate {name}" for name in builtin().names} <= {parser.prog for parser in found}
    for parser in found:
        assert parser.description, parser.prog
        for action in parser._actions:
            if not isinstance(action, argparse._SubParsersAction):
                assert action.help, f"{parser.prog} {action.option_strings or action.dest}"
        assert parser.format_help()


@pytest.mark.parametrize("page", ["README.md", "docs/generate.md"])
def test_the_examples_can_be_typed_as_they_stand(page: str) -> None:
    root = Path(__file__).parents[2]
    text = (root / page).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.startswith("layerbridge generate")]
    assert lines
    masks = {"demo-output/inpaint/selection.png"}  # made by tools/demo.py
    for line in lines:
        options = make_parser().parse_args(shlex.split(line)[1:])
        if options.operation.name != "txt2img":
            assert (root / options.image).is_file()
        if options.operation.name in ("inpaint", "remove"):
            assert Path(options.mask).as_posix() in masks
        if options.operation.name == "select-subject":
            masks.add(f"{options.out}/mask-1.png")
    assert 'Scene("inpaint"' in (root / "tools/demo.py").read_text(encoding="utf-8")


def test_links_between_the_pages_lead_somewhere() -> None:
    root = Path(__file__).parents[2]
    for page in (root / "README.md", *(root / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_libraries_for_pictures_are_imported_by_those_who_need_them(tmp_path: Path) -> None:
    heavy = {"numpy", "PIL", "imagecodecs", "tifffile", "OpenEXR"}
    path = tmp_path / "a.png"
    Image.new("RGB", (8, 8)).save(path)
    program = f"import sys; {{}}; print(*(name for name in {sorted(heavy)} if name in sys.modules))"
    parser = "from bridge_server.cli.arguments import make_parser; make_parser().format_help()"
    daemon = "import bridge_server.cli.main, bridge_server.cli.serve, bridge_server.http.app"
    reader = "from pathlib import Path; from bridge_server.cli.pictures.reading import read_picture as read"
    for code, expected in (
        (parser, set()),
        (daemon, set()),
        (f"{reader}; read(Path({str(path)!r}))", {"numpy", "PIL", "imagecodecs"}),
    ):
        command = [sys.executable, "-c", program.format(code)]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert set(found.split()) == expected, code
