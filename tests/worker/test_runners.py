"""Which runner a task goes to, what becomes of its artifacts, and that Remove is inpaint without a prompt."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import BaseModel

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.registry import builtin as shipped_families
from bridge_server.operations.registry import builtin
from bridge_server.plan.bounds import Bounds
from bridge_server.protocol.frame import decode
from bridge_server.protocol.tasks import ModelRef
from bridge_server.worker.channel import Channel
from bridge_server.worker.operations.base import FRAME, JPEG, THUMBNAIL, Artifact, Meta, RunContext
from bridge_server.worker.operations.registry import builtin_runners
from bridge_server.worker.runner import Finished, run_task
from bridge_server.worker.watch import TaskWatch
from tests.operations.toy import ToyParams, with_toy

from .rig import Rig, make_task, photo, read_result, ref_of, square_mask

NO_MODEL = ModelRef("", "", "folder", "", "", 512, 8, inpaint_model=False, steps=1, guidance_scale=1.0)


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
    task = make_task(folder, NO_MODEL, image=photo(8, 9), **{"kind": "toy", "prompt": "", **message})
    watch = TaskWatch(task.id, Channel(io.BytesIO()), threading.Event())
    done = run_task(task, no_model, watch, shipped_families(), with_toy(), runners)
    return done, Path(task.result), Path(task.thumbnail)


def test_every_operation_has_its_runner() -> None:
    assert set(builtin_runners()) == set(builtin().names)


def test_a_runner_gets_its_options_and_inputs_and_its_artifacts_become_files(tmp_path: Path) -> None:
    done, result, thumbnail = run(tmp_path, {"toy": toy_runner}, toy_amount=4)
    assert result.read_bytes() == b"4 x (8, 9, 3)" and thumbnail.read_bytes() == b"little"
    assert done == Finished(Bounds(1, 2, 3, 4), seed=5, steps_run=6, bytes=13)


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
    assert not (tmp_path / "t1.result").exists()


def test_remove_paints_what_inpaint_without_a_prompt_does(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    made = []
    for kind in ("inpaint", "remove"):
        ref = ref_of(tiny_models["inpaint"], removal_strength=0.5)
        task = make_task(tmp_path, ref, name=kind, kind=kind, image=photo(), mask=square_mask(), prompt="", steps=4)
        assert rig.run(task)["event"] == "done"
        frame, layer, mask = read_result(task)
        made.append((layer, mask))
        assert frame.message["kind"] == frame.message["request"]["kind"] == kind
        assert decode(Path(task.result).read_bytes()).message["steps_run"] == 2
    assert all(np.array_equal(one, other) for one, other in zip(*made, strict=True))
