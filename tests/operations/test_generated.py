"""What is generated for a registry: a new operation with its option stands in both plug-ins' tables and in docs/."""

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
    "step": 1, "lines": 1, "max_length": None, "choices": None, "labels": {}, "choices_from": "", "hint": "",
    "required": False, "optional_with": "", "shown_when": "", "argument": "",
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


def python_module(root: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(
        f"layerbridge_client.scratch_{name}", root / f"layerbridge_client/{name}.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look there
    spec.loader.exec_module(module)
    return module


def javascript_table(root: Path) -> Any:
    code = "process.stdout.write(JSON.stringify(require(process.argv[1]).OPERATIONS))"
    done = subprocess.run(
        ["node", "-e", code, str(root / "photoshop_uxp/lib/operation_table.js")],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_both_tables_carry_the_toy_and_its_option(scratch: Path) -> None:
    assert ("toy", *builtin().names) == python_module(scratch, "wire").OPERATION_NAMES
    table = python_module(scratch, "operation_table").OPERATIONS
    assert table[0]["name"] == "toy" and table[0]["options"] == [AMOUNT]
    assert list(table) == operation_table(with_toy()) == javascript_table(scratch)


def test_the_requests_of_plug_ins_know_the_toy(scratch: Path) -> None:
    requests = python_module(scratch, "wire").REQUESTS
    (operation,) = [field for field in requests["JobRequest"] if field.name == "operation"]
    assert operation.choices == ("toy", *builtin().names)


def test_the_documents_have_the_toys_table(scratch: Path) -> None:
    text = (scratch / "docs/operations.md").read_text(encoding="utf-8")
    assert "### Play with It: `toy`" in text
    assert "| `toy_amount`: Amount | How much of it. | 1 to 9 px | 3 |  |" in text
    schema = json.loads((scratch / "docs/openapi.json").read_text(encoding="utf-8"))["components"]["schemas"]
    assert "toy" in schema["JobRequest"]["properties"]["operation"]["enum"]


def test_without_the_toy_it_is_what_the_repository_has(tmp_path: Path) -> None:
    write(tmp_path, builtin())
    for name in generate.generated(ROOT, builtin()):
        assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes(), name
