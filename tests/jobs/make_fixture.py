"""Make tests/jobs/fixtures/vN: a journal and a spool as the Layerbridge of this tree leaves them when it is killed.

    python -m tests.jobs.make_fixture v1

Run once for each format of the journal, with the last commit that writes that format, and never again: what it made
is what users have on their disks. A real daemon and a real worker paint with a tiny model; jobs of every kind and in
every state are there when the daemon is killed. `expected.json` is what that daemon last said of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from bridge_server.protocol.frame import encode
from tests.support.daemon import Daemon
from tests.support.envelopes import envelope
from tests.support.requests import picture, selection, tensor
from tests.support.tiny import build_tiny

FIXTURES = Path(__file__).with_name("fixtures")
STUDIO_HOME = "/studio/share/layerbridge"  # stands where the scratch folder was
WIDTH, HEIGHT = 32, 24
CLIENT = "GIMP"
MANY_STEPS = 100  # of a model that is slow enough to be interrupted


def request(kind: str, prompt: str, **message: Any) -> list[Any]:
    tensors = {"image": tensor(picture(WIDTH, HEIGHT))} if kind != "txt2img" else {}
    if kind == "inpaint":
        tensors["mask"] = tensor(selection(WIDTH, HEIGHT, (8, 6, 14, 10)))
    if kind == "outpaint":
        message["margins"] = {"right": 16}
    full = {
        "kind": kind,
        "document": {"width": WIDTH, "height": HEIGHT, "id": "doc-1", "name": "Küste im März.xcf"},
        "bounds": {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT},
        "prompt": prompt,
        "steps": 2,
        "seed": 7,
        "client_data": {"layer": "3"},
        **message,
    }
    return encode(envelope(full, tensors), tensors)


def fill(daemon: Daemon, token: str) -> list[str]:
    """Jobs of every kind and state; the last two still wait, and the one before them is being painted."""

    def submit(*what: Any, **message: Any) -> str:
        key = f"key-{len(made)}"
        made.append(daemon.submit(request(*what, **message), token=token, key=key)["id"])
        return made[-1]

    made: list[str] = []
    daemon.wait(submit("txt2img", "a red apple", num_images=2, negative_prompt="blurred, 模糊"), token=token)
    daemon.wait(submit("inpaint", "Äpfel auf der Wiese", grow=2, feather=3, disabled_steps=["dither"]), token=token)
    daemon.wait(submit("img2img", "a blue automobile", strength=0.5), token=token)
    daemon.wait(submit("inpaint", ""), token=token)
    cancelled = submit("outpaint", "the grass", steps=MANY_STEPS)
    painting(daemon, token, cancelled)
    daemon.call("POST", f"/v1/jobs/{cancelled}/cancel", token=token)
    daemon.wait(cancelled, token=token)
    failed = submit("img2img", "a cat", steps=MANY_STEPS)
    painting(daemon, token, failed)
    os.kill(daemon.worker_pid(), signal.SIGKILL)
    daemon.wait(failed, token=token)
    made.append(daemon.call("POST", f"/v1/jobs/{made[2]}/resubmit", token=token)["id"])
    daemon.wait(made[-1], token=token)
    painting(daemon, token, submit("outpaint", "a photo of the grass", steps=MANY_STEPS))
    submit("txt2img", "Ein Apfel am Strand")
    submit("inpaint", "", num_images=3)
    return made


def painting(daemon: Daemon, token: str, job: str) -> None:
    """Wait until a step of the job is done."""
    after = 0
    while True:
        reply = daemon.call("GET", f"/v1/jobs/{job}?after={after}&wait=10", token=token)
        after = max([after, *(event["seq"] for event in reply["events"])])
        if reply["job"]["progress"]["step"]:
            return


def make(target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="layerbridge-fixture-") as scratch:
        home = Path(scratch)
        build_tiny(home / "models" / "tiny", slow=12)
        daemon = Daemon(home).start()
        try:
            code = daemon.call("POST", "/v1/pairing-codes")["code"]
            token = daemon.call("POST", "/v1/pair", {"code": code, "client": CLIENT})["token"]
            jobs = fill(daemon, token)
            said = [daemon.call("GET", f"/v1/jobs/{job}", token=token)["job"] for job in jobs]
        finally:
            daemon.kill()
        target.mkdir(parents=True)
        shutil.copytree(home / "spool", target / "spool")
        for note in target.glob("spool/*/job.json"):
            note.write_text(note.read_text().replace(scratch, STUDIO_HOME))
        for part in target.glob("spool/*/*.part"):
            part.unlink()
        with closing(sqlite3.connect(home / "journal.sqlite3", isolation_level=None)) as journal:
            journal.execute("UPDATE jobs SET model = replace(model, ?, ?)", (scratch, STUDIO_HOME))
            journal.execute("VACUUM INTO ?", (str(target / "journal.sqlite3"),))
        (target / "expected.json").write_text(json.dumps(expected(said, target), indent=1, ensure_ascii=False) + "\n")


def expected(said: list[dict[str, Any]], target: Path) -> dict[str, Any]:
    files = {file.relative_to(target).as_posix(): file for file in sorted(target.rglob("*")) if file.is_file()}
    return {
        "client": CLIENT,
        "jobs": said,
        "files": {
            name: hashlib.sha256(file.read_bytes()).hexdigest()
            for name, file in files.items()
            if name.startswith("spool/")
        },
    }


if __name__ == "__main__":
    if len(sys.argv) != 2 or (FIXTURES / sys.argv[1]).exists():
        sys.exit("usage: python -m tests.jobs.make_fixture vN   (a folder that is not there yet)")
    make(FIXTURES / sys.argv[1])
