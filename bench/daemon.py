"""How fast the daemon is ready, how much memory it takes, and how fast pictures pass through it.

    python -m bench.daemon

Ready: from starting the process until it says that it listens. Memory: the daemon's resident set, idle and at its
highest while a 200 MB request passes through. Speed: a 4096 x 4096 RGBA layer and its mask sent into the spool and
fetched again over loopback, against a plain socket program that writes and reads a file of the same size, in turns.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from bridge_server.protocol.frame import Tensor, encode
from tests.support.daemon import Daemon, short_home
from tests.support.envelopes import envelope

ROUNDS = 7
SIDE = 4096
MB = 1e6
CHUNK = 2**20


def ready_seconds(home: Path) -> float:
    started = time.perf_counter()
    command = [sys.executable, "-m", "bridge_server", "serve", "--port", "0", "--device", "cpu"]
    process = subprocess.Popen(command, env={**os.environ, "LAYERBRIDGE_HOME": str(home)}, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    seconds = time.perf_counter() - started
    process.terminate()
    process.wait(20)
    return seconds


def big_frame(side: int, dtype: str = "U8", kind: str = "inpaint") -> list[bytes]:
    """An inpaint's mask selects nothing, so that its job fails at once and only transport is timed; img2img paints."""
    size = side * side * 4 * (4 if dtype == "F32" else 1)
    block = os.urandom(2**20)
    image = (block * (size // len(block) + 1))[:size]
    tensors = {"image": Tensor(dtype, (side, side, 4), image)}
    if kind == "inpaint":
        tensors["mask"] = Tensor("U8", (side, side), bytes(side * side))
    message = {
        "kind": kind,
        "steps": 1,
        "document": {"width": side, "height": side},
        "bounds": {"x": 0, "y": 0, "width": side, "height": side},
    }
    return [bytes(part) for part in encode(envelope(message, tensors), tensors)]


def send(daemon: Daemon, parts: list[bytes]) -> tuple[str, float]:
    """The job's id, and the seconds until the daemon had accepted the frame."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port)
    headers = {"Authorization": f"Bearer {daemon.secret}", "Content-Length": str(sum(map(len, parts)))}
    connection.request("POST", "/v1/jobs", body=iter(parts), headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 202, body
    connection.close()
    return json.loads(body)["id"], time.perf_counter() - started


def fetch(daemon: Daemon, job: str) -> float:
    """Seconds to read result 0 of `job`."""
    buffer = bytearray(CHUNK)
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port)
    path = f"/v1/jobs/{job}/artifacts/layer/0"
    connection.request("GET", path, headers={"Authorization": f"Bearer {daemon.secret}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    total = 0
    while count := answer.readinto(buffer):
        total += count
    connection.close()
    return time.perf_counter() - started


def plain_round_trip(parts: list[bytes], folder: Path) -> float:
    """The same bytes through a plain socket into a file, and from the file back through a socket."""
    file, total = folder / "plain", sum(map(len, parts))
    listener = socket.create_server(("127.0.0.1", 0))

    def server() -> None:
        peer, _ = listener.accept()
        left, buffer = total, bytearray(CHUNK)
        with peer, file.open("wb", buffering=0) as out:
            while left:
                count = peer.recv_into(buffer)
                out.write(memoryview(buffer)[:count])
                left -= count
            peer.sendall(b"1")
        peer, _ = listener.accept()
        with peer, file.open("rb") as stored:
            peer.sendfile(stored)

    thread = threading.Thread(target=server)
    thread.start()
    started = time.perf_counter()
    with socket.create_connection(listener.getsockname()) as client:
        for part in parts:
            client.sendall(part)
        client.recv(1)
    with socket.create_connection(listener.getsockname()) as client:
        buffer = bytearray(CHUNK)
        while client.recv_into(buffer):
            pass
    seconds = time.perf_counter() - started
    thread.join()
    listener.close()
    return seconds


class PeakMemory(threading.Thread):
    """Samples a process's resident memory until told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self._stop_sampling = threading.Event()
        self.peak = 0

    def run(self) -> None:
        while not self._stop_sampling.wait(0.005):
            self.peak = max(self.peak, self._process.memory_info().rss)

    def finish(self) -> float:
        self._stop_sampling.set()
        self.join()
        return self.peak / MB


def main() -> None:
    homes = [short_home() for _ in range(3)]
    times = [ready_seconds(homes[0]) for _ in range(5)]
    print(f"ready after        {statistics.median(times):.2f} s (median of 5)   goal < 0.7 s")
    daemon = Daemon(homes[1]).start()
    assert daemon.process is not None
    daemon.worker_pid()
    process = psutil.Process(daemon.process.pid)
    time.sleep(1)
    print(f"resident, idle     {process.memory_info().rss / MB:.0f} MB                    goal < 80 MB")
    sampler = PeakMemory(daemon.process.pid)
    sampler.start()
    send(daemon, big_frame(3456, "F32"))
    print(f"resident, 200 MB   {sampler.finish():.0f} MB                    goal < 80 MB")
    parts = big_frame(SIDE)
    painted, _ = send(daemon, big_frame(SIDE, kind="img2img"))
    print(f"painting a result of {SIDE} x {SIDE} to fetch …", daemon.wait(painted, timeout=600)["state"])
    ours, plain = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            plain.append(plain_round_trip(parts, Path(folder)))
            job, up = send(daemon, parts)
            daemon.wait(job)
            ours.append(up + fetch(daemon, painted))
            daemon.call("DELETE", f"/v1/jobs/{job}")
    size = sum(map(len, parts)) / MB
    print(f"{size:.0f} MB there and back: ours {statistics.median(ours):.3f} s, plain {statistics.median(plain):.3f} s")
    ratio = statistics.median(plain) / statistics.median(ours)
    print(f"speed against plain {ratio:.2f}                     goal >= 0.50")
    daemon.stop()


if __name__ == "__main__":
    main()
