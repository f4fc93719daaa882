"""layerbridge jobs: what the command line has painted can be listed, written once more, cancelled and deleted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .shell import Shell


def jobs_of(shell: Shell) -> list[dict[str, object]]:
    return json.loads(shell("jobs", "list", "--json").stdout)


def wait_for_state(shell: Shell, job: str, *states: str) -> str:
    deadline = time.monotonic() + 120
    while (state := json.loads(shell("jobs", "show", job).stdout)["state"]) not in states:
        assert time.monotonic() < deadline, state
        time.sleep(0.1)
    return state


def test_a_job_is_listed_fetched_and_deleted(shell: Shell, files: Path, tmp_path: Path) -> None:
    assert shell("jobs", "list").returncode == 3
    done = shell(
        "generate", "outpaint", "--image", files / "photo.png", "--right", 16, "--prompt", "red  apple", "--steps", 1,
        "--out", tmp_path / "first",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (job,) = jobs_of(shell)
    identity = str(job["id"])
    assert f"{identity}  {time.strftime('%Y')}" in shell("jobs", "list").stdout
    assert 'outpaint "red apple": done, 1 finished' in shell("jobs", "list").stdout
    assert 'outpaint "red apple"' in shell("jobs", "list", "--search", "APPLE outpaint").stdout
    none = shell("jobs", "list", "--search", "apple pear")
    assert none.stdout == "No job of this command has all of these words: apple pear\n"
    layer = tmp_path / "layer-1.png"
    fetched = shell("jobs", "fetch", identity[:6], "--out", tmp_path)
    assert [Path(line).name for line in fetched.stdout.splitlines()] == ["layer-1.png", "result-1.json"]
    assert layer.read_bytes() == (tmp_path / "first" / "layer-1.png").read_bytes()
    other = shell("jobs", "fetch", identity, "--image", layer, "--out", tmp_path / "second")
    assert other.returncode == 1
    assert "the job was painted on one of 160x120" in other.stderr
    assert "has ended already: done" in shell("jobs", "cancel", identity).stdout
    assert shell("jobs", "delete", identity).stdout == f"{identity} is deleted.\n"
    assert shell("jobs", "show", identity).stderr == (
        f"layerbridge: There is no job {identity}. `layerbridge jobs list` shows all.\n"
    )
    assert "No jobs of this command are kept" in shell("jobs", "list").stdout


def start_painting(shell: Shell, files: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bridge_server", "generate", "inpaint", "--image", str(files / "photo.png")]
    command += ["--mask", str(files / "mask.png"), "--steps", "150", "--num-images", "16", "--out", str(out)]
    env = {**os.environ, "LAYERBRIDGE_HOME": str(shell.home)}
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def newest(shell: Shell, after: set[object]) -> str:
    deadline = time.monotonic() + 60
    while not (new := [job for job in jobs_of(shell) if job["id"] not in after]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return str(new[0]["id"])


def test_cancel_from_another_terminal(shell: Shell, files: Path, tmp_path: Path) -> None:
    shell("serve", "--detach", "--port", 0)
    before = {job["id"] for job in jobs_of(shell)}
    running = start_painting(shell, files, tmp_path)
    job = newest(shell, before)
    refused = shell("jobs", "delete", job)
    assert refused.returncode == 1
    assert "stop it first: `layerbridge jobs cancel" in refused.stderr
    assert f"{job} is cancelled." in shell("jobs", "cancel", job).stdout
    assert wait_for_state(shell, job, "cancelled") == "cancelled"
    assert running.wait(60) == 1


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_command_that_is_ended_cancels_its_job(shell: Shell, files: Path, tmp_path: Path, name: str) -> None:
    shell("serve", "--detach", "--port", 0)
    before = {job["id"] for job in jobs_of(shell)}
    running = start_painting(shell, files, tmp_path)
    job = newest(shell, before)
    running.send_signal(getattr(signal, name))
    assert running.wait(60) == 128 + getattr(signal, name)
    assert running.stderr is not None
    assert running.stderr.read().endswith(b"layerbridge: Ended.\n")
    assert wait_for_state(shell, job, "cancelled", "done", "failed") == "cancelled"


@pytest.mark.parametrize("moment", ["before the request", "after the request"])
def test_ctrl_c_while_the_job_is_submitted_cancels_it(shell: Shell, files: Path, tmp_path: Path, moment: str) -> None:
    """Interrupted inside `submit`, by a process that sends itself the signal at the worst moments."""
    shell("serve", "--detach", "--port", 0)
    before = {job["id"] for job in jobs_of(shell)}
    program = f"""
import os, signal, sys
from bridge_server.cli import entry, generate
real = generate.submit
def submit(work, connection):
    if {moment!r} == "before the request":
        os.kill(os.getpid(), signal.SIGINT)
    job = real(work, connection)
    if {moment!r} == "after the request":
        os.kill(os.getpid(), signal.SIGINT)
    return job
generate.submit = submit
sys.exit(entry.main())
"""
    words = ["generate", "inpaint", "--image", files / "photo.png", "--mask", files / "mask.png", "--steps", "150"]
    env = {**os.environ, "LAYERBRIDGE_HOME": str(shell.home)}
    command = [sys.executable, "-c", program, *map(str, words), "--num-images", "16", "--out", str(tmp_path)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 130, done.stderr
    assert done.stderr.endswith("layerbridge: Interrupted.\n")
    job = newest(shell, before)
    assert wait_for_state(shell, job, "cancelled", "done", "failed") == "cancelled"


def test_ctrl_c_in_the_middle_of_an_import_says_one_line() -> None:
    """numpy makes an ImportError of 60 lines of it."""
    program = """
import os, signal, sys
from bridge_server.cli import entry
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "numpy":
            os.kill(os.getpid(), signal.SIGINT)
            raise ImportError("as numpy does")
sys.meta_path.insert(0, Interrupting())
sys.exit(entry.main())
"""
    command = [sys.executable, "-c", program, "generate", "txt2img"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (130, "layerbridge: Interrupted.\n")
