"""Areas far larger than the model's size, through a real worker process: two passes, one result."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge_server.protocol.messages import ResultMessage
from tests.support.soon import soonest

from .rig import Rig, make_task, photo, read_result, ref_of, square_mask

HEIGHT, WIDTH = 160, 200
LARGE: dict[str, Any] = {"image": photo(HEIGHT, WIDTH), "mask": square_mask(HEIGHT, WIDTH), "steps": 4}


def steps_told(rig: Rig, name: str) -> list[tuple[int, int]]:
    return [(event["step"], event["steps"]) for event in rig.of(name, "step")]


@pytest.mark.parametrize("model", ["inpaint", "plain"])
def test_a_large_inpaint_tells_every_step_of_both_passes_once(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path, model: str
) -> None:
    name = f"large-{model}"
    task = make_task(tmp_path, ref_of(tiny_models[model]), name=name, **LARGE)
    done = rig.run(task)
    assert done["event"] == "done", done
    told = steps_told(rig, name)
    assert len(told) == done["steps_run"] > 4
    assert told == [(n, len(told)) for n in range(1, len(told) + 1)]
    stages = [event["stage"] for event in rig.of(name, "stage") if event["stage"] != "loading"]
    assert stages == ["encoding", "denoising", "decoding"]
    frame, layer, mask = read_result(task)
    message = ResultMessage.model_validate(frame.message)
    assert message.steps_run == done["steps_run"] and message.request.options.steps == 4
    assert layer.shape[:2] == mask.shape == (message.bounds.height, message.bounds.width)
    kept = mask == 0
    box = message.bounds
    before = LARGE["image"][box.y : box.y + box.height, box.x : box.x + box.width]
    assert kept.any() and np.array_equal(layer[..., :3][kept], before[kept])


def test_switched_off_there_is_one_pass_and_a_warning(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    ref = ref_of(tiny_models["plain"])
    task = make_task(tmp_path, ref, name="once", disabled_steps=["hires_pass"], **LARGE)
    assert rig.run(task)["steps_run"] == 4
    (warning,) = rig.of("once", "warning")
    assert "will look soft" in warning["message"]
    twice = make_task(tmp_path, ref, name="twice", **LARGE)
    rig.run(twice)
    assert not any("soft" in event["message"] for event in rig.of("twice", "warning"))
    assert read_result(task)[1].tobytes() != read_result(twice)[1].tobytes()


def test_a_model_that_knows_whole_things_only_paints_them_once(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    """A weak image to image too: in tiles the thing would be there once in each of them."""
    ref = ref_of(tiny_models["plain"], hires_with_prompt=False)
    weak = {"strength": 0.3, "kind": "img2img", "steps": 10}
    for name, prompt, more, once in (
        ("thing", "a box", {}, 4),
        ("nothing", "", {}, None),
        ("weak-thing", "a box", weak, 3),
        ("weak-nothing", "", weak, None),
    ):
        done = rig.run(make_task(tmp_path, ref, name=name, **{**LARGE, "prompt": prompt, **more}))
        assert done["event"] == "done", done
        assert (done["steps_run"] == once) == (once is not None)
        assert steps_told(rig, name)[-1] == (done["steps_run"], done["steps_run"])
        told = [event["code"] for event in rig.of(name, "warning")]
        assert ("takes_long" in told) == (once is None)
        assert ("looks_soft" in told) == (name == "thing")


def test_a_hard_mask_can_be_asked_for(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    ref = ref_of(tiny_models["plain"])
    soft, hard = (
        make_task(
            tmp_path, ref, name=f"mask{n}", image=photo(), mask=square_mask() // 2 + 20, steps=4, disabled_steps=without
        )
        for n, without in enumerate(([], ["soft_mask"]))
    )
    for task in (soft, hard):
        assert rig.run(task)["event"] == "done"
    assert read_result(soft)[1].tobytes() != read_result(hard)[1].tobytes()


def test_two_passes_give_the_same_bytes_again(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    ref = ref_of(tiny_models["inpaint"])
    tasks = [make_task(tmp_path, ref, name=f"again{n}", sampler="Euler a", **LARGE) for n in range(2)]
    for task in tasks:
        rig.run(task)
    first, second = (read_result(task)[1].tobytes() for task in tasks)
    assert first == second


def test_a_cancel_lands_between_the_tiles_too(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    task = make_task(tmp_path, ref_of(tiny_models["slow"]), name="tiles", **(LARGE | {"steps": 1}))

    def cancelled() -> float:
        rig.send("run", task=task.to_json())
        step = rig.wait_for("step", task="tiles", step=3)
        assert step["steps"] > 4
        asked = time.monotonic()
        rig.send("cancel", task="tiles")
        rig.wait_for("cancelled", task="tiles")
        return (time.monotonic() - asked) / max(0.5, step["seconds"])

    assert soonest(cancelled, 1.0) < 1.0
    assert not Path(task.artifacts["layer"]).exists()


def test_a_result_tells_the_edit_cores_share(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    task = make_task(tmp_path, ref_of(tiny_models["plain"]), name="share", **LARGE)
    rig.run(task)
    message = ResultMessage.model_validate(read_result(task)[0].message)
    assert 0 < message.edit_seconds < message.seconds


@pytest.mark.parametrize(("height", "width"), [(8, 8), (1, 1), (8, 3000), (900, 3)])
@pytest.mark.parametrize("kind", ["inpaint", "img2img", "txt2img"])
def test_icons_and_strips_are_painted_like_anything_else(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path, kind: str, height: int, width: int
) -> None:
    mask = np.full((height, width), 255, np.uint8)
    name = f"{kind}-{height}x{width}"
    image = None if kind == "txt2img" else photo(height, width)
    asked: dict[str, Any] = {"steps": 1} | ({} if image is None else {"strength": 0.3})
    task = make_task(tmp_path, ref_of(tiny_models["plain"]), name=name, kind=kind, image=image, mask=mask, **asked)
    done = rig.run(task)
    assert done["event"] == "done", done
    _, layer, layer_mask = read_result(task)
    assert layer.shape[:2] == layer_mask.shape == (height, width)
