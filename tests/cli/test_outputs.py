"""Nothing of the user's is overwritten, results are written whole or not at all, and none is lost on the way."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bridge_server.cli.outputs import kinds_of, names, prepare_folder, write_whole
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.operations.base import OutputSpec, stacked

from .shell import Shell


@pytest.mark.parametrize("how", ["itself", "symlink", "hard link"])
@pytest.mark.parametrize("role", ["image", "mask"])
@pytest.mark.parametrize("name", names(2, "png"))
def test_an_output_that_is_an_input_is_refused(tmp_path: Path, how: str, role: str, name: str) -> None:
    out, original = tmp_path / "out", tmp_path / "original.png"
    out.mkdir()
    original.write_bytes(b"the only copy")
    if how == "itself":
        original.rename(out / name)
        original = out / name
    elif how == "symlink":
        (out / name).symlink_to(original)
    else:
        (out / name).hardlink_to(original)
    inputs = [original, tmp_path / "another.png"]
    with pytest.raises(
        BridgeError, match=rf"{name} is the image or the mask.*Name another folder with --out\."
    ) as caught:
        prepare_folder(out, 3, "png", inputs if role == "image" else reversed(inputs))
    assert caught.value.code is ErrorCode.INVALID_REQUEST
    assert original.read_bytes() == b"the only copy"
    prepare_folder(out, 1, "png", inputs)  # variation 2 is not written, so it does no harm


def test_layers_of_a_group_have_a_file_each() -> None:
    found = kinds_of({**stacked(3, "Parts"), "subject": OutputSpec("selection", "Subject")})
    assert names(2, "png", found) == (
        "layer-2-1.png", "layer-2-2.png", "layer-2-3.png", "mask-2.png", "result-2.json",
    )  # fmt: skip


def test_going_on_from_a_result_in_its_own_folder_loses_nothing(shell: Shell, files: Path, tmp_path: Path) -> None:
    shutil.copy(files / "photo.png", tmp_path / "flat-1.png")
    shutil.copy(files / "mask.png", tmp_path / "layer-1.png")
    before = (tmp_path / "flat-1.png").read_bytes()
    done = shell(
        "generate", "inpaint", "--image", tmp_path / "flat-1.png", "--mask", tmp_path / "layer-1.png",
        "--out", tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert "would be overwritten. Name another folder with --out." in done.stderr
    assert (tmp_path / "flat-1.png").read_bytes() == before
    assert not (tmp_path / "result-1.json").exists()


def test_what_was_there_stays_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "flat-1.png"
    path.write_bytes(b"an earlier result")

    def fill(part: Path) -> None:
        part.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(BridgeError, match=r"There is no room on the disk for .*flat-1\.png\.") as full:
        write_whole(path, fill)
    assert full.value.code is ErrorCode.DISK_FULL

    def refuse(part: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(part))

    with pytest.raises(OSError, match="Permission denied") as refused:
        write_whole(path, refuse)
    assert refused.value.filename == str(path)
    assert [file.name for file in tmp_path.iterdir()] == ["flat-1.png"]
    assert path.read_bytes() == b"an earlier result"


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_painted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refused)  # root may write everywhere
    with pytest.raises(BridgeError, match=r"Nothing can be written to .*: Permission denied\. Name another folder"):
        prepare_folder(tmp_path / "new", 1, "png", [])
    (tmp_path / "flat-1.png").mkdir()
    with pytest.raises(BridgeError, match=r"flat-1\.png is a folder, where a result is to be written"):
        prepare_folder(tmp_path, 1, "png", [])


@pytest.fixture
def painting(shell: Shell, files: Path, tmp_path: Path) -> Iterator[list[str]]:
    """A command that writes three variations to a folder whose name no code page has."""
    out = tmp_path / "ö 🍎"
    words = ["generate", "inpaint", "--image", str(files / "photo.png"), "--mask", str(files / "mask.png")]
    yield [sys.executable, "-m", "bridge_server", *words, "--steps", "1", "--num-images", "3", "--out", str(out)]


@pytest.mark.parametrize("stdout", ["cp1252", "ascii", "closed", "/dev/full"])
def test_whatever_becomes_of_the_output_all_variations_are_written(
    shell: Shell, painting: list[str], tmp_path: Path, stdout: str
) -> None:
    env = {**os.environ, "LAYERBRIDGE_HOME": str(shell.home)}
    if stdout in ("cp1252", "ascii"):
        env["PYTHONIOENCODING"] = stdout
        done = subprocess.run(painting, env=env, capture_output=True, timeout=120, check=False)
        assert done.stdout.count(b"flat-") == 3
        said = done.stderr
    elif stdout == "closed":
        running = subprocess.Popen(painting, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        said = running.stderr.read()
        done = subprocess.CompletedProcess(painting, running.wait(120))
    else:
        with Path(stdout).open("wb") as full:
            done = subprocess.run(painting, env=env, stdout=full, stderr=subprocess.PIPE, timeout=120, check=False)
        said = done.stderr
    assert b"Traceback" not in said and b"Error" not in said, said
    assert done.returncode == 0
    found = sorted(file.name for file in (tmp_path / "ö 🍎").iterdir())
    assert found == sorted(name for number in (1, 2, 3) for name in names(number, "png"))


def test_names_and_prompts_that_are_not_utf_8(shell: Shell, files: Path, tmp_path: Path) -> None:
    image = os.fsencode(tmp_path) + b"/Caf\xe9.png"
    shutil.copy(files / "photo.png", image)
    command = [sys.executable, "-m", "bridge_server", "generate", "img2img", "--steps", "1", "--out", str(tmp_path)]
    env = {**os.environ, "LAYERBRIDGE_HOME": str(shell.home)}
    done = subprocess.run([*command, "--image", image], env=env, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "result-1.json").read_text("utf-8"))["request"]["document"]["name"] == "Caf\ufffd.png"
    for option in (b"--prompt", b"--negative-prompt", b"--model"):
        wrong = [*command, "--image", files / "photo.png", option, b"\xe9t\xe9"]
        done = subprocess.run(wrong, env=env, capture_output=True, timeout=60, check=False)
        assert done.returncode == 2
        assert b"it is not UTF-8 text; set the terminal to UTF-8" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_disk_that_fills_up_stops_the_job_and_what_is_finished_can_be_fetched(
    shell: Shell, files: Path, tmp_path: Path
) -> None:
    """A file where flat-2 is to be written beside: as good as a full disk, and root cannot write there either."""
    out = tmp_path / "out"
    (out / "flat-2.part.png").mkdir(parents=True)
    done = shell(
        "generate", "inpaint", "--image", files / "photo.png", "--mask", files / "mask.png", "--steps", 20,
        "--num-images", 16, "--seed", 1, "--out", out,
    )  # fmt: skip
    assert done.returncode == 1
    assert "flat-2.png cannot be written: Is a directory" in done.stderr
    assert "Variations that are finished are kept: `layerbridge jobs fetch " in done.stderr
    job = done.stderr.split("jobs fetch ")[1].split()[0]
    shown = json.loads(shell("jobs", "show", job).stdout)
    assert (shown["state"], len(shown["artifacts"]) < 16) == ("cancelled", True)
    again = tmp_path / "again"
    fetched = shell("jobs", "fetch", job, "--image", files / "photo.png", "--out", again)
    assert fetched.returncode == 0, fetched.stderr
    assert (again / "flat-1.png").read_bytes() == (out / "flat-1.png").read_bytes()
    assert (again / "layer-1.png").read_bytes() == (out / "layer-1.png").read_bytes()
    assert np.asarray(Image.open(again / "flat-2.png")).shape == (120, 160, 3)
