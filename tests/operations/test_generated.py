"""What is generated for a registry: a new operation with its option stands in the wire files and in docs/."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge_server.operations.registry import Registry, builtin
from bridge_server.operations.table import operation_table
from bridge_server.protocol import generate

from .toy import with_toy

ROOT = Path(__file__).parents[2]
AMOUNT = {
    "name": "toy_amount", "title": "Amount", "description": "How much of it.", "type": "integer", "widget": "slider",
    "group": "main", "unit": "px", "default": 3, "automatic": False, "automatic_is": None, "minimum": 1, "maximum": 9,
    "step": 1, "lines": 1, "max_length": None, "choices": None, "choices_from": "", "hint": "", "required": False,
    "shown_when": "",
    "argument": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the generator writes for the product's operations and the toy."""
    folder = tmp_path_factory.mktemp("generated")
    write(folder, with_toy())
    return folder


def write(folder: Path, operations: Registry) -> None:
    for name in generate.generated(ROOT, operations):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    for name in generate.DOCUMENTS:
        shutil.copy(ROOT / name, folder / name)
    generate.write(folder, operations)


def python_wire(root: Path) -> Any:
    spec = importlib.util.spec_from_file_location(
        "layerbridge_client.scratch_wire", root / "layerbridge_client/wire.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look there
    spec.loader.exec_module(module)
    return module


def javascript_table(root: Path) -> Any:
    code = "process.stdout.write(JSON.stringify(require(process.argv[1]).OPERATIONS))"
    done = subprocess.run(
        ["node", "-e", code, str(root / "photoshop_uxp/lib/wire.js")], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_both_wire_files_carry_the_toy_and_its_option(scratch: Path) -> None:
    wire = python_wire(scratch)
    assert wire.KINDS == ("toy", "inpaint", "remove", "outpaint", "img2img", "txt2img")
    assert wire.OPERATIONS[0]["name"] == "toy" and wire.OPERATIONS[0]["options"] == [AMOUNT]
    assert list(wire.OPERATIONS) == operation_table(with_toy()) == javascript_table(scratch)


def test_the_requests_of_plug_ins_know_the_toys_option(scratch: Path) -> None:
    wire = python_wire(scratch)
    box = {"x": 0, "y": 0, "width": 4, "height": 4}
    good = {"kind": "toy", "document": {"width": 4, "height": 4}, "bounds": box, "toy_amount": 9}
    assert wire.field_problems(wire.REQUESTS, "JobRequest", good) == []
    assert wire.field_problems(wire.REQUESTS, "JobRequest", {**good, "toy_amount": 10}) == [
        "toy_amount must be at most 9."
    ]


def test_the_documents_have_the_toys_table(scratch: Path) -> None:
    text = (scratch / "docs/operations.md").read_text(encoding="utf-8")
    assert "### Play with It: `toy`" in text
    assert "| `toy_amount`: Amount | How much of it. | 1 to 9 px | 3 |  |" in text
    schema = json.loads((scratch / "docs/openapi.json").read_text(encoding="utf-8"))["components"]["schemas"]
    assert "toy" in schema["JobRequest"]["properties"]["kind"]["enum"]
    assert schema["JobRequest"]["properties"]["toy_amount"]["maximum"] == 9


def test_without_the_toy_it_is_what_the_repository_has(tmp_path: Path) -> None:
    write(tmp_path, builtin())
    for name in generate.generated(ROOT, builtin()):
        assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes(), name
