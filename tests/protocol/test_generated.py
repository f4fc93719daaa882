"""The plug-ins' copies are what the generator would write now, and say what the messages say."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from bridge_server.errors import ERRORS, BridgeError
from bridge_server.http.call import parse_message
from bridge_server.operations.options import EditStep
from bridge_server.operations.registry import builtin
from bridge_server.plan import limits as plan_limits
from bridge_server.plan.steps import STEPS
from bridge_server.protocol import frame, generate, limits, messages, mirror
from bridge_server.protocol.envelope import JobRequest, PlanRequest
from layerbridge_client import wire

from .vectors import ROOT

DOCUMENT = {"width": 100, "height": 50}
JOB = {"operation": "inpaint", "version": 1, "document": DOCUMENT}
PLAN = {"operation": "img2img", "document": DOCUMENT}


def test_the_generated_files_are_fresh() -> None:
    assert generate.differences(ROOT, builtin()) == "", "run `python -m bridge_server.protocol.generate`"


def test_check_names_what_differs_and_write_mends_it(tmp_path: Path) -> None:
    for name in generate.generated(ROOT, builtin()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    assert generate.differences(tmp_path, builtin()) == ""
    changed = tmp_path / "layerbridge_client" / "wire.py"
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text.replace("API_VERSION = 1", "API_VERSION = 2"), encoding="utf-8")
    assert "-API_VERSION = 2" in generate.differences(tmp_path, builtin())
    assert generate.write(tmp_path, builtin()) == ["layerbridge_client/wire.py"]
    assert generate.differences(tmp_path, builtin()) == ""


def test_every_limit_has_its_reason() -> None:
    found = [c for c in (*mirror.frame_constants(), *mirror.limit_constants()) if c.name.startswith("MAX_")]
    assert len(found) > 10
    assert [limit.name for limit in found if not limit.reason] == []


@pytest.mark.parametrize("path", sorted((ROOT / "layerbridge_client").glob("*.py")), ids=lambda path: path.name)
def test_the_client_needs_only_python_3_9(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    unions = [
        node
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for node in ast.walk(statement.value)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)
    ]
    assert not unions, "`X | Y` outside annotations needs Python 3.10"


def test_the_client_runs_without_the_server(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "layerbridge_client", tmp_path / "layerbridge_client")
    code = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import layerbridge_client
for module in pkgutil.iter_modules(layerbridge_client.__path__):
    importlib.import_module(f"layerbridge_client.{module.name}")
from layerbridge_client import wire
wire.decode(b"".join(wire.encode({}, {})))
print([name for name in sys.modules if "_server" in name])
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(tmp_path)], capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_requests_and_plan_know_the_same_steps() -> None:
    assert get_args(EditStep) == STEPS


def test_the_client_has_the_same_words() -> None:
    assert wire.API_VERSION == limits.API_VERSION
    assert wire.MAX_CROP_PIXELS == plan_limits.MAX_CROP_PIXELS
    assert wire.MAX_HEADER_BYTES == frame.MAX_HEADER_BYTES
    assert list(messages.JobState) == list(wire.JOB_STATES)
    assert builtin().names == wire.OPERATION_NAMES
    assert {code: (info.status, info.meaning, info.remedy) for code, info in ERRORS.items()} == {
        code: (info.status, info.meaning, info.remedy) for code, info in wire.ERRORS.items()
    }
    assert issubclass(wire.FrameError, Exception)
    assert str(wire.FrameError("A sentence.")) == "A sentence."


@pytest.mark.parametrize(("model", "base"), [(JobRequest, JOB), (PlanRequest, PLAN)], ids=["job", "plan"])
def test_the_field_tables_have_the_fields_that_the_daemon_takes(model: type[BaseModel], base: dict[str, Any]) -> None:
    assert accepts(model, base)
    table = wire.REQUESTS[model.__name__]
    assert [field.name for field in table] == list(model.model_fields)
    assert {field.name for field in table if field.required} <= base.keys()
    for field in table:
        if field.required:
            assert not accepts(model, {name: value for name, value in base.items() if name != field.name})


def test_a_text_is_as_long_as_the_table_says() -> None:
    (name,) = [field for field in wire.REQUESTS["Document"] if field.name == "name"]
    longest = "n" * int(name.maximum)
    assert accepts(JobRequest, {**JOB, "document": {**DOCUMENT, "name": longest}})
    assert not accepts(JobRequest, {**JOB, "document": {**DOCUMENT, "name": longest + "n"}})


def accepts(model: type[BaseModel], values: dict[str, Any]) -> bool:
    """Whether the daemon does."""
    try:
        parse_message(model, json.dumps(values))
    except BridgeError:
        return False
    return True
