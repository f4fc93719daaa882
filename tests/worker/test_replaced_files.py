"""A model whose files are replaced while it is loaded: the next task paints with the new ones, and says so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge_server.families.registry import builtin
from bridge_server.models.checkpoints import describe_checkpoint
from bridge_server.models.folders import read_folder
from bridge_server.protocol.tasks import ModelRef
from tests.support.tiny import build_tiny
from tests.support.tiny_checkpoint import write_checkpoint

from .rig import Rig, make_task, read_result

Painted = tuple[str, bytes]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two models that differ in nothing but their weights."""
    folder = tmp_path_factory.mktemp("pair")
    return build_tiny(folder / "a", inpaint=False, seed=0), build_tiny(folder / "b", inpaint=False, seed=1)


def place(model: Path, root: Path, layout: str) -> ModelRef:
    """Put `model` at `root` as a folder or as one file."""
    if layout == "folder":
        shutil.copytree(model, root)
        return read_folder(root, "swapped").ref
    return describe_checkpoint(write_checkpoint(model, root), builtin()).ref


def weights(root: Path) -> list[Path]:
    return sorted(root.rglob("*.safetensors")) if root.is_dir() else [root]


def paint(rig: Rig, folder: Path, ref: ModelRef, name: str) -> Painted:
    task = make_task(folder, ref, name=name, kind="txt2img", steps=2)
    assert rig.run(task)["event"] == "done", rig.events[-1]
    frame, image, _ = read_result(task)
    return frame.message["model"]["hash"], image.tobytes()


def by_rename(new: Path, old: Path) -> None:
    beside = old.with_name("new.part")
    shutil.copyfile(new, beside)
    beside.replace(old)


def in_place(new: Path, old: Path) -> None:
    with old.open("r+b") as file:
        file.write(new.read_bytes())
        file.truncate()


def in_place_keeping_the_time(new: Path, old: Path) -> None:
    """As `rsync --inplace --times` does with a file of the same age."""
    status = old.stat()
    in_place(new, old)
    os.utime(old, ns=(status.st_atime_ns, status.st_mtime_ns))


WAYS = [by_rename, in_place, in_place_keeping_the_time]


@pytest.mark.parametrize("layout", ["folder", "file"])
def test_the_next_task_paints_with_what_the_files_hold_now(
    rig: Rig, pair: tuple[Path, Path], tmp_path: Path, layout: str
) -> None:
    roots = [tmp_path / kind / f"{kind}.safetensors" for kind in "ab"]
    for root in roots:
        root.parent.mkdir()
    refs = [place(model, root, layout) for model, root in zip(pair, roots, strict=True)]
    known = [paint(rig, tmp_path, ref, f"known-{number}") for number, ref in enumerate(refs)]
    assert known[0][0] != known[1][0] and known[0][1] != known[1][1]

    used = tmp_path / "used" / "used.safetensors"
    used.parent.mkdir()
    ref = place(pair[0], used, layout)
    assert paint(rig, tmp_path, ref, "before") == known[0]
    for turn, way in enumerate(WAYS):
        now = (turn + 1) % 2
        for new, old in zip(weights(roots[now]), weights(used), strict=True):
            way(new, old)
        assert paint(rig, tmp_path, ref, way.__name__) == known[now], way.__name__
        rig.send("load", model=ref.to_json())
        assert rig.wait_for("model", "load_failed")["hash"] == known[now][0]

    for old in weights(used):
        os.truncate(old, 0)
    failed = rig.run(make_task(tmp_path, ref, name="emptied", kind="txt2img", steps=2))
    assert failed["error"]["code"] == "model_unreadable"
    for new, old in zip(weights(roots[0]), weights(used), strict=True):
        in_place(new, old)
    assert paint(rig, tmp_path, ref, "again") == known[0]
    assert rig.process.poll() is None


@pytest.mark.parametrize("way", WAYS)
def test_loading_ahead_of_a_task_sees_it_too(
    rig: Rig, pair: tuple[Path, Path], tmp_path: Path, way: Callable[[Path, Path], None]
) -> None:
    ref = place(pair[0], tmp_path / "ahead", "folder")
    hashes = set[str]()
    for model in (pair[0], pair[1]):
        for new, old in zip(weights(model), weights(tmp_path / "ahead"), strict=True):
            way(new, old)
        rig.send("load", model=ref.to_json())
        hashes.add(rig.wait_for("model", loaded="swapped")["hash"])
        rig.wait_for("load_done", model="swapped")
    assert len(hashes) == 2


def test_a_model_that_is_gone_is_missed_not_damaged(rig: Rig, pair: tuple[Path, Path], tmp_path: Path) -> None:
    ref = place(pair[0], tmp_path / "gone", "folder")
    paint(rig, tmp_path, ref, "there")
    shutil.rmtree(tmp_path / "gone")
    failed = rig.run(make_task(tmp_path, ref, name="gone", kind="txt2img", steps=1))
    assert failed["error"]["code"] == "model_not_found" and "not there any more" in failed["error"]["message"]
