"""Photoshop's copy of the codec, run by Node: the shared vectors, and the same verdict as Python on damaged frames."""

from __future__ import annotations

import json
import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from bridge_server.protocol import frame

from .test_frame_refusals import damage
from .vectors import bad_vectors, good_vectors

HERE = Path(__file__).parent
DAMAGED = 4000


def run_node(*arguments: str, input: bytes = b"") -> str:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed, so Photoshop's copy of the protocol was not tested.")
    done = subprocess.run([node, *arguments], input=input, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout.decode()[-4000:] + done.stderr.decode()[-4000:]
    return done.stdout.decode()


def test_vectors() -> None:
    output = run_node("--test", "--test-reporter=tap", str(HERE / "wire.test.cjs"))
    counts = dict(line.removeprefix("# ").split(" ", 1) for line in output.splitlines() if line.startswith("# "))
    assert counts["fail"] == counts["skipped"] == counts["todo"] == "0"
    assert int(counts["pass"]) > len(good_vectors()) + len(bad_vectors())


def test_python_and_javascript_give_the_same_verdict() -> None:
    randomness = random.Random(20)
    whole = [vector.data[8:] for vector in (*good_vectors(), *bad_vectors())]
    whole = [data[: data.rfind(b"}") + 1] for data in whole]
    headers = [*whole, *(damage(randomness.choice(whole[:8]), randomness) for _ in range(DAMAGED))]
    verdicts = json.loads(
        run_node(
            str(HERE / "verdicts.cjs"), input=b"".join(struct.pack("<I", len(header)) + header for header in headers)
        )
    )
    assert len(verdicts) == len(headers)
    accepted = 0
    for header, verdict in zip(headers, verdicts, strict=True):
        try:
            message = frame.decode_header(header).message
        except frame.FrameError as error:
            assert verdict is None, f"only Python refuses {header!r}: {error}"
        else:
            assert verdict is not None, f"only JavaScript refuses {header!r}"
            assert json.loads(verdict) == message
            accepted += 1
    assert accepted > DAMAGED / 20, "the damage is so bad that nothing is compared"
