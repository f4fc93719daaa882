"""A daemon whose model folder holds whatever can lie in one: it starts, lists, works, and takes no more memory."""

from __future__ import annotations

import json
import os
import struct
import sys
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.models.made import checkpoint, folder_model, header_file, stable_diffusion, tensor, whole_header
from tests.models.test_odd_files import HEADERS
from tests.support.daemon import Daemon, short_home

MEMORY = 80e6  # bytes: the goal for a daemon that does nothing, see bench/daemon.py


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("odd")
    for number, (header, _) in enumerate(HEADERS.values()):
        header_file(folder / f"odd{number}.safetensors", header)
    for number in range(3):
        large(folder / f"large{number}.safetensors")
    checkpoint(folder / "good" / "good.safetensors", stable_diffusion())
    evil = folder_model(folder / "evil")
    (evil / "model_index.json").write_text(
        json.dumps({"_class_name": "StableDiffusionPipeline", "unet": ["evil", "Evil"]})
    )
    if sys.platform != "win32":
        os.mkfifo(folder / "pipe.safetensors")
        os.mkfifo(folder_model(folder / "with pipe") / "README.md")
        for number in range(25):
            (folder / f"again{number}").symlink_to(folder, target_is_directory=True)
    if sys.platform == "linux":
        Path(os.fsdecode(os.fsencode(folder) + b"/mod\xe8le.safetensors")).write_bytes(b"")
    daemon = Daemon(short_home(), arguments=("--models", str(folder))).start()
    yield daemon
    daemon.stop()


def large(file: Path) -> None:
    """75 MB of JSON that says nothing."""
    piece = b'"%08d":' + json.dumps(tensor([0])).encode() + b","
    with file.open("wb") as stream:
        text = b"{" + b"".join(piece % number for number in range(10_000))
        stream.write(struct.pack("<Q", 75 * 10**6) + text)
        stream.truncate(75 * 10**6 + 8)


def test_it_lists_all_of_it_and_works(odd: Daemon) -> None:
    answer = odd.call("GET", "/v1/models")
    found = {model["name"]: model for model in answer["models"]}
    assert found["good"]["operations"] and found["starter"]["operations"] and found["good"]["default"]
    for name in [f"odd{number}" for number in range(len(HEADERS))] + ["large0", "evil"]:
        assert found[name]["operations"] == [] and name in found[name]["note"]
    request = {"operation": "inpaint", "document": {"width": 128, "height": 128}}
    for model in ("starter", "good", "good.safetensors", found["good"]["path"]):
        assert odd.call("POST", "/v1/plan", {**request, "model": model})["working_width"] > 0
    with pytest.raises(urllib.error.HTTPError) as caught:
        odd.call("POST", "/v1/models/load", {"model": "evil"})
    assert json.loads(caught.value.read())["code"] == "model_unsafe"


def test_it_takes_no_more_memory_for_it(odd: Daemon) -> None:
    for _ in range(3):
        odd.call("GET", "/v1/models")
    assert odd.process is not None
    assert peak_memory(odd.process.pid) < MEMORY


def peak_memory(pid: int) -> int:
    """Bytes at its highest; at present, where the system does not say."""
    if sys.platform == "linux":
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    memory = psutil.Process(pid).memory_info()
    return getattr(memory, "peak_wset", memory.rss)


def test_a_file_that_comes_while_it_runs_changes_nothing_for_the_others(odd: Daemon) -> None:
    folder = Path(odd.call("GET", "/v1/models")["folders"][-1])
    header_file(folder / "late.safetensors", {"__metadata__": None, **whole_header()})
    found = {model["name"]: model for model in odd.call("GET", "/v1/models")["models"]}
    assert found["late"]["operations"] == [] and found["good"]["operations"]
