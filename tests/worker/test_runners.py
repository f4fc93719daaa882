"""Which runner a task goes to, what becomes of its artifacts, and that Remove is inpaint without a prompt."""

from __future__ import annotations

import importlib
import io
import pkgutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import BaseModel

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.registry import builtin as shipped_families
from bridge_server.operations.base import OutputSpec
from bridge_server.operations.registry import Registry, builtin
from bridge_server.plan.bounds import Bounds
from bridge_server.protocol.frame import decode
from bridge_server.protocol.messages import FRAME
from bridge_server.protocol.tasks import Made, ModelRef
from bridge_server.worker.channel import Channel
from bridge_server.worker.operations.base import JPEG, THUMBNAIL, Artifact, Meta, RunContext
from bridge_server.worker.operations.registry import builtin_runners, runner_module
from bridge_server.worker.runner import Finished, run_task
from bridge_server.worker.watch import TaskWatch
from tests.operations.toy import TOY, ToyParams, with_toy

from .rig import Rig, make_task, photo, read_result, ref_of, square_mask


def no_model(ref: ModelRef, watch: TaskWatch) -> Any:
    raise AssertionError("the toy loads no model")


def toy_runner(context: RunContext, params: BaseModel, inputs: Mapping[str, NDArray[Any]]) -> Iterator[Artifact]:
    """A result that says what it was made of."""
    assert isinstance(params, ToyParams)
    told = f"{params.toy_amount} x {inputs['image'].shape}".encode()
    yield Artifact(THUMBNAIL, context.task.index, JPEG, [b"little"])
    yield Artifact("layer", context.task.index, FRAME, [told], Meta(Bounds(1, 2, 3, 4), seed=5, steps_run=6))


def nothing(context: RunContext, params: BaseModel, inputs: Mapping[str, NDArray[Any]]) -> Iterator[Artifact]:
    yield Artifact(THUMBNAIL, 0, JPEG, [b"little"])


def stray(context: RunContext, params: BaseModel, inputs: Mapping[str, NDArray[Any]]) -> Iterator[Artifact]:
    yield Artifact("selection", 0, FRAME, [b"?"])


def run(folder: Path, runners: Mapping[str, Any], **message: Any) -> tuple[Finished, Path, Path]:
    task = make_task(folder, None, image=photo(8, 9), **{"kind": "toy", **message})
    watch = TaskWatch(task.id, Channel(io.BytesIO()), threading.Event())
    done = run_task(task, no_model, watch, shipped_families(), with_toy(), runners)
    return done, Path(task.artifacts["layer"]), Path(task.thumbnail)


def test_every_operation_has_its_runner_and_no_runner_is_without_one() -> None:
    folder = importlib.import_module("bridge_server.worker.operations")
    found = {f"{folder.__name__}.{module.name}" for module in pkgutil.iter_modules(folder.__path__)}
    runners = {name for name in found if callable(getattr(importlib.import_module(name), "run", None))}
    assert runners == {runner_module(name) for name in builtin().names}
    assert set(builtin_runners()) == set(builtin().names)


def test_a_runner_is_imported_when_it_first_runs() -> None:
    code = (
        "import sys; from bridge_server.worker.operations.registry import builtin_runners, runner_module; "
        "runners = builtin_runners(); print([name for name in runners if runner_module(name) in sys.modules]); "
        "next(iter(runners['inpaint'](None, None, {})), None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240)
    assert done.stdout == "[]\n"
    assert "worker/operations/filling.py" in done.stderr.replace("\\", "/")


def test_a_runner_gets_its_options_and_inputs_and_its_artifacts_become_files(tmp_path: Path) -> None:
    done, result, thumbnail = run(tmp_path, {"toy": toy_runner}, toy_amount=4)
    assert result.read_bytes() == b"4 x (8, 9, 3)" and thumbnail.read_bytes() == b"little"
    meta = {"seed": 5, "bounds": {"x": 1, "y": 2, "width": 3, "height": 4}}
    assert done == Finished((Made("layer", FRAME, 13, meta),), steps_run=6)


def test_an_operation_that_this_worker_cannot_do_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match="cannot do Play with It") as refused:
        run(tmp_path, builtin_runners())
    assert refused.value.code is ErrorCode.UNSUPPORTED


@pytest.mark.parametrize(("runner", "words"), [(nothing, "no result"), (stray, "'selection'")])
def test_a_runner_that_does_not_keep_to_its_operation_fails_and_leaves_no_result(
    tmp_path: Path, runner: Any, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        run(tmp_path, {"toy": runner})
    assert not (tmp_path / "t1.layer").exists()


class CrashError(Exception):
    """As if the process had been killed."""


def test_the_artifacts_of_a_task_count_together_or_not_at_all(tmp_path: Path) -> None:
    """A file beside them says that some are missing, as long as some are."""
    outputs = {role: OutputSpec("layer", role) for role in ("layer", "selection", "text")}
    operations = Registry([replace(TOY, outputs=outputs)])
    places = {role: str(tmp_path / role) for role in outputs}
    task = replace(make_task(tmp_path, None, kind="toy", image=photo(8, 9)), artifacts=places)

    def several(context: RunContext, params: BaseModel, inputs: Mapping[str, NDArray[Any]]) -> Iterator[Artifact]:
        for role in outputs:
            yield Artifact(role, 0, FRAME, [role.encode()], Meta(seed=3))
        if dies:
            raise CrashError

    watch = TaskWatch(task.id, Channel(io.BytesIO()), threading.Event())
    dies = True
    with pytest.raises(CrashError):
        run_task(task, no_model, watch, shipped_families(), operations, {"toy": several})
    assert {file.name for file in tmp_path.iterdir()} >= {"layer", "selection", "t1.unfinished"}
    dies = False
    done = run_task(task, no_model, watch, shipped_families(), operations, {"toy": several})
    assert [(made.role, made.meta["seed"], made.bytes) for made in done.artifacts] == [
        ("layer", 3, 5), ("selection", 3, 9), ("text", 3, 4)
    ]  # fmt: skip
    assert {file.name for file in tmp_path.iterdir()} == {*outputs, "t1.request"}


def test_a_stage_that_the_operation_does_not_declare_fails(tmp_path: Path) -> None:
    def odd(context: RunContext, params: BaseModel, inputs: Mapping[str, NDArray[Any]]) -> Iterator[Artifact]:
        context.watch.stage("juggling")
        yield from toy_runner(context, params, inputs)

    with pytest.raises(ValueError, match="'juggling', which its operation does not declare"):
        run(tmp_path, {"toy": odd})


def test_remove_paints_what_inpaint_without_a_prompt_does(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    made = []
    for kind, words in (("inpaint", {"prompt": ""}), ("remove", {})):
        ref = ref_of(tiny_models["inpaint"], removal_strength=0.5)
        task = make_task(tmp_path, ref, name=kind, kind=kind, image=photo(), mask=square_mask(), steps=4, **words)
        assert rig.run(task)["event"] == "done"
        frame, layer, mask = read_result(task)
        made.append((layer, mask))
        assert frame.message["operation"] == frame.message["request"]["operation"] == kind
        assert decode(Path(task.artifacts["layer"]).read_bytes()).message["steps_run"] == 2
    assert all(np.array_equal(one, other) for one, other in zip(*made, strict=True))
