"""The worker as a process: cancelling, failing, dying, and never outliving its pipe."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from bridge_server.models.described import with_known_hash
from bridge_server.models.folders import read_folder
from bridge_server.models.hashes import remembered
from tests.support.soon import soonest

from .rig import Rig, make_task, photo, read_result, ref_of, square_mask, worker

GONE_SECONDS = 1.0


def test_a_cancel_lands_inside_a_step(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    task = make_task(tmp_path, ref_of(tiny_models["slow"]), name="slow", image=photo(), mask=square_mask(), steps=20)

    def cancelled() -> float:
        rig.send("run", task=task.to_json())
        step = rig.wait_for("step", task="slow")
        time.sleep(0.1)
        asked = time.monotonic()
        rig.send("cancel", task="slow")
        rig.wait_for("cancelled", task="slow")
        return (time.monotonic() - asked) / max(0.5, step["seconds"])

    assert soonest(cancelled, 1.0) < 1.0
    assert not Path(task.artifacts["layer"]).exists()
    after = make_task(tmp_path, ref_of(tiny_models["slow"]), name="after", image=photo(), mask=square_mask(), steps=1)
    assert rig.run(after)["event"] == "done"


def test_a_cancel_touches_no_other_task(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    ref = ref_of(tiny_models["plain"])
    first = make_task(tmp_path, ref, name="first", image=photo(), steps=10)
    second = make_task(tmp_path, ref, name="second", image=photo(), steps=2)
    rig.send("run", task=first.to_json())
    rig.send("run", task=second.to_json())
    rig.send("cancel", task="second")
    rig.send("cancel", task="nobody")
    assert rig.wait_for("done", "cancelled", "failed", task="first")["event"] == "done"
    assert rig.wait_for("done", "cancelled", "failed", task="second")["event"] == "cancelled"


def test_a_cancel_while_a_model_loads_frees_the_job_and_the_load_goes_on(
    tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    with worker() as rig:
        task = make_task(tmp_path, ref_of(tiny_models["slow"]), name="l", image=photo(), mask=square_mask(), steps=1)
        rig.send("run", task=task.to_json())
        rig.wait_for("stage", task="l", stage="loading")
        rig.send("cancel", task="l")
        assert rig.wait_for("cancelled", "model")["event"] == "cancelled"
        rig.wait_for("model", loaded="slow")


def test_a_failed_task_leaves_a_good_worker(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    ref = ref_of(tiny_models["plain"])
    broken = make_task(tmp_path, ref, name="broken", image=photo(), steps=1)
    Path(broken.request).write_bytes(b"\x10\0\0\0\0\0\0\0not a frame at all")
    failed = rig.run(broken)
    assert failed["error"]["code"] == "invalid_frame" and failed["error"]["message"]
    Path(broken.request).write_bytes(b"")
    assert rig.run(broken)["error"]["code"] == "invalid_frame"
    unknown = make_task(tmp_path, ref, name="unknown", image=photo(), steps=1, sampler="Magic")
    assert rig.run(unknown)["error"]["code"] == "unsupported"
    empty = make_task(tmp_path, ref, name="empty", image=photo(), mask=square_mask() * 0, steps=1)
    assert rig.run(empty)["error"]["code"] == "empty_selection"
    good = make_task(tmp_path, ref, name="good", image=photo(), steps=1)
    assert rig.run(good)["event"] == "done"


def test_a_damaged_model_is_named_and_the_next_one_runs(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(tiny_models["plain"], damaged)
    weights = damaged / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    failed = rig.run(make_task(tmp_path, ref_of(damaged), name="d", image=photo(), steps=1))
    assert failed["error"]["code"] == "model_unreadable" and "damaged" in failed["error"]["message"]
    assert "Traceback" not in json.dumps(failed)
    rig.send("load", model=ref_of(damaged).to_json())
    assert rig.wait_for("load_failed", model="damaged")["error"]["code"] == "model_unreadable"
    assert (
        rig.run(make_task(tmp_path, ref_of(tiny_models["plain"]), name="e", image=photo(), steps=1))["event"] == "done"
    )


def test_a_hub_model_without_a_hub_says_so(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    ref = ref_of(tiny_models["plain"], source="hub", path="nobody/nothing", name="nobody/nothing")
    failed = rig.run(make_task(tmp_path, ref, name="hub", image=photo(), steps=1))
    assert failed["error"]["code"] == "model_not_found" and "nobody/nothing" in failed["error"]["message"]


def test_a_load_is_told(rig: Rig, tiny_models: dict[str, Path]) -> None:
    ref = ref_of(tiny_models["v"])
    for _ in range(2):
        rig.send("load", model=ref.to_json())
        assert len(rig.wait_for("model", loaded="v")["hash"]) == 16


def test_a_new_process_lets_an_idle_model_go_and_paints_the_same_bytes(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    ref, cache = ref_of(tiny_models["plain"]), tmp_path / "state" / "models.sqlite3"
    here, there = (
        make_task(tmp_path, ref, name=name, image=photo(), mask=square_mask(), sampler="Euler a", steps=3)
        for name in ("here", "there")
    )
    rig.run(here)
    with worker("--idle-unload-seconds", "0.2", "--model-store", str(cache)) as other:
        other.run(there)
        other.wait_for("model", loaded=None)
    assert read_result(here)[1].tobytes() == read_result(there)[1].tobytes()
    assert (
        read_result(there)[0].message["model"]["hash"]
        == with_known_hash(read_folder(tiny_models["plain"], "p"), remembered(cache)).ref.hash
    )


def test_closing_the_pipe_ends_it_within_a_second_in_the_middle_of_a_step(
    tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    task = make_task(tmp_path, ref_of(tiny_models["slow"]), name="s", image=photo(), mask=square_mask(), steps=20)

    def painting() -> float:
        with worker() as rig:
            rig.send("run", task=task.to_json())
            rig.wait_for("step", task="s")
            return seconds_to_end(rig)

    assert soonest(painting, GONE_SECONDS) < GONE_SECONDS


def test_closing_the_pipe_ends_it_while_it_starts() -> None:
    def starting() -> float:
        rig = Rig()
        time.sleep(0.5)
        return seconds_to_end(rig)

    assert soonest(starting, GONE_SECONDS) < GONE_SECONDS


def seconds_to_end(rig: Rig) -> float:
    """From the moment when its standard input is closed."""
    assert rig.process.stdin is not None
    closed = time.monotonic()
    rig.process.stdin.close()
    rig.process.wait(60)
    return time.monotonic() - closed
