"""How fast a large folder of models is listed, and what odd files cost.

    python -m bench.models [files]

LoRAs: 5,000 files with the 792 tensors and the notes that an adapter of Stable Diffusion 1 has, read for the first time
and looked at again; in brackets the processor's time, which other programs do not lengthen. Daemon: its answers to
`GET /v1/models` for the same folder, with one header of 75 MB beside them; how long `hello` takes meanwhile; its memory
at the highest. Fuzz: headers spoiled by tests/models/fuzz.py, of which none may raise.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

from bridge_server.families.registry import builtin
from bridge_server.http.models import model_list
from bridge_server.models.catalog import Catalog
from bridge_server.models.checkpoints import describe_checkpoint
from bridge_server.operations.registry import builtin as shipped_operations
from tests.models.fuzz import mutated
from tests.support.daemon import Daemon, short_home

FILES = 5000
FUZZ = 100_000
LARGE = 75 * 10**6
MB = 1e6


def lora_header() -> bytes:
    """As kohya's scripts write them for Stable Diffusion 1: 264 modules of three tensors, and notes of the training."""
    notes = {"ss_network_module": "networks.lora", "ss_tag_frequency": json.dumps({"1_thing": {"tag": 3}}) * 60}
    header: dict[str, object] = {"__metadata__": notes}
    for number in range(264):
        for part, shape in (("alpha", []), ("lora_down.weight", [4, 768]), ("lora_up.weight", [320, 4])):
            name = f"lora_unet_down_blocks_{number}_attentions_0_transformer_blocks_0_attn2_to_k.{part}"
            header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [0, 2]}
    return json.dumps(header).encode()


def fill(folder: Path, files: int) -> None:
    text = lora_header()
    whole = struct.pack("<Q", len(text)) + text + b"\0\0"
    folder.mkdir(parents=True)
    for number in range(files):
        (folder / f"lora{number:05}.safetensors").write_bytes(whole)


def add_large(file: Path) -> None:
    entry = b'":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"'
    text = b'{"' + b"".join(b"t%07d" % number + entry for number in range(LARGE // 60))
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", LARGE) + text)
        stream.truncate(8 + LARGE)


def shown(what: Callable[[], object]) -> str:
    processor = time.process_time()
    seconds = timed(what)
    return f"{seconds:.2f} s ({time.process_time() - processor:.2f} s)"


def timed(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return time.perf_counter() - started


class Greeter(threading.Thread):
    """Says hello again and again; `slowest` is the longest that an answer took, in seconds."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._done = threading.Event()
        self.slowest = 0.0

    def run(self) -> None:
        while not self._done.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            self.slowest = max(self.slowest, timed(lambda: _hello(connection)))  # noqa: B023 - called at once
            connection.close()
            time.sleep(0.005)

    def stop(self) -> None:
        self._done.set()
        self.join()


def _hello(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/v1/hello")
    connection.getresponse().read()


def peak_memory(pid: int) -> int:
    """Bytes at the highest; at present, where the system does not say."""
    if sys.platform == "linux":
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    return psutil.Process(pid).memory_info().rss


def measure_daemon(folder: Path) -> None:
    daemon = Daemon(short_home(), arguments=("--models", str(folder))).start()
    greeter = Greeter(daemon.port)
    greeter.start()
    try:
        seconds = [timed(lambda: daemon.call("GET", "/v1/models")) for _ in range(3)]
        greeter.stop()
        assert daemon.process is not None
        print(f"daemon, GET /v1/models  {', '.join(f'{value:.2f}' for value in seconds)} s")
        print(f"hello meanwhile    {greeter.slowest * 1000:.0f} ms at the slowest")
        print(f"its memory         {peak_memory(daemon.process.pid) / MB:.0f} MB at the highest")
    finally:
        daemon.stop()


def fuzz(file: Path, times: int) -> None:
    randomly = random.Random(1)
    told: Counter[str] = Counter()
    families, operations = builtin(), shipped_operations()
    started = time.perf_counter()
    with file.open("wb", buffering=0) as stream:
        for _ in range(times):
            stream.seek(0)
            stream.truncate(stream.write(mutated(randomly)))
            model = describe_checkpoint(file, families)
            model_list([model], [], [], operations).model_dump_json().encode("utf-8")
            told[str(model.problem or "usable")] += 1
    shown = ", ".join(f"{count:,} {name}" for name, count in told.most_common())
    print(f"fuzz               {times:,} headers in {time.perf_counter() - started:.0f} s, none raised: {shown}")


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    folder = short_home() / "models"
    try:
        fill(folder, files)
        catalog = Catalog([folder])
        print(f"{files:,} LoRAs, first     {shown(catalog.look)}      goal < 1 s")
        print(f"{files:,} LoRAs, again     {shown(catalog.look)}      goal < 0.2 s")
        add_large(folder / "large.safetensors")
        measure_daemon(folder)
        fuzz(folder / "fuzz.safetensors", FUZZ * files // FILES)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
