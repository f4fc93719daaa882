"""The first seconds of a worker: standard input out of the libraries' sight, and libraries that cannot be loaded."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.worker.main import CANNOT_START
from bridge_server.worker.parent import die_with_parent
from bridge_server.worker.startup import LibraryError, import_libraries, why_unavailable

from .rig import Rig, ref_of

PROBE = """
import importlib.abc, os, stat, sys

class Probe(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in ("numpy", "torch"):
            print("standard input is a pipe at", name, stat.S_ISFIFO(os.fstat(0).st_mode), file=sys.stderr, flush=True)
            print("and empty", os.read(0, 1) == b"", file=sys.stderr, flush=True)
        return None

sys.meta_path.insert(0, Probe())
"""


def test_no_library_meets_the_pipe_and_a_command_before_ready_is_read(
    tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    """On Windows a library that looks at standard input waits for the thread that reads it: numpy#24290."""
    (tmp_path / "sitecustomize.py").write_text(PROBE)
    rig = Rig(environment={"PYTHONPATH": str(tmp_path)})
    try:
        rig.send("load", model=ref_of(tiny_models["plain"]).to_json())
        rig.wait_for("ready")
        rig.wait_for("load_done", model="plain")
    finally:
        rig.close()
    said = b"".join(rig.log).decode()
    for library in ("numpy", "torch"):
        assert f"standard input is a pipe at {library} False\nand empty True\n" in said, said


def test_what_only_compiles_is_not_waited_for() -> None:
    """Half of the time until a worker is ready; and what needs it later finds it."""
    code = """
import sys
from bridge_server.worker.startup import import_libraries
import_libraries()
print("torch._dynamo" in sys.modules)
import torch
print(torch.compiler.disable(len)([1, 2]), "torch._dynamo" in sys.modules)
"""
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.split() == ["False", "2", "True"], told.stderr


@pytest.mark.parametrize(
    ("library", "source", "told"),
    [
        (
            "torch",
            "raise ImportError('libtorch_cpu.so: cannot open')",
            "torch cannot be loaded (libtorch_cpu.so: cannot",
        ),
        ("torch", "raise OSError(126, 'The specified module could not be found', 'c10.dll')", "torch cannot be loaded"),
        ("transformers", "import nowhere_to_be_found", "nowhere_to_be_found, which transformers needs, is missing"),
        ("diffusers", "raise RuntimeError('too new')", "diffusers cannot be loaded (too new)"),
        ("cv2", "1 / 0", "cv2 cannot be loaded (division by zero)"),
    ],
)
def test_a_library_that_cannot_be_loaded_is_named_and_the_worker_ends_in_order(
    tmp_path: Path, library: str, source: str, told: str
) -> None:
    (tmp_path / f"{library}.py").write_text(source)
    rig = Rig(environment={"PYTHONPATH": str(tmp_path)})
    try:
        assert told in rig.wait_for("unavailable")["reason"]
        assert rig.process.wait(60) == CANNOT_START
    finally:
        rig.close()
    said = b"".join(rig.log).decode()
    assert "Fatal Python error" not in said and "Traceback" not in said
    assert said.count("cannot start: LibraryError at ") == 1


def test_a_device_that_is_not_there_is_named() -> None:
    rig = Rig("--device", "cuda:7")
    try:
        assert rig.wait_for("unavailable")["reason"].startswith(
            "The device cuda:7 cannot be used: PyTorch sees no such"
        )
        assert rig.process.wait(60) == CANNOT_START
    finally:
        rig.close()


def test_a_library_that_is_missing_says_so_itself() -> None:
    with pytest.raises(LibraryError, match="the library surely_not_installed is missing"):
        import_libraries(["json", "surely_not_installed"])
    import_libraries(["json"])


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BridgeError(ErrorCode.UNSUPPORTED, "The device x cannot be used."), "The device x cannot be used"),
        (ValueError("a secret"), "a fault in Layerbridge or a library (ValueError)"),
    ],
)
def test_the_reason_is_the_middle_of_a_sentence(error: Exception, told: str) -> None:
    assert why_unavailable(error) == told


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_only_linux_is_asked_to_end_the_worker(platform: str) -> None:
    assert die_with_parent(platform) is False


def test_faults_are_one_line_each_and_show_no_command(rig: Rig) -> None:
    secret = "a prompt of mine"
    already = len(rig.log)
    commands: list[dict[str, Any]] = [
        {"op": "run", "task": {"id": secret}},
        {"op": secret},
        {"op": "load", "model": {"name": secret}},
    ]
    for command in commands:
        rig.send(**command)
    rig.send("run")
    deadline = time.monotonic() + 60
    while len(rig.log) < already + len(commands) + 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    said = [line.decode() for line in rig.log[already:]]
    assert len(said) == 4, said
    assert all(line.startswith("a command that ") and secret not in line for line in said), said


if sys.platform == "linux":

    def test_a_stopped_worker_does_not_outlive_its_daemon() -> None:
        """Killed, the daemon cannot end it; stopped, it cannot see that its standard input has ended."""
        import signal
        import subprocess

        import psutil

        daemon = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import subprocess, sys\n"
                "worker = subprocess.Popen([sys.executable, '-m', 'bridge_server.worker.main', '--device', 'cpu'],"
                " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
                "worker.stdout.readline()\n"
                "print(worker.pid, flush=True)\n"
                "worker.wait()\n",
            ],
            stdout=subprocess.PIPE,
        )
        assert daemon.stdout is not None
        worker = psutil.Process(int(daemon.stdout.readline()))
        os.kill(worker.pid, signal.SIGSTOP)
        daemon.kill()
        daemon.wait(10)
        daemon.stdout.close()
        assert psutil.wait_procs([worker], timeout=240)[1] == []
