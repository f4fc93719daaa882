"""How fast the frame codec is beside plain safetensors, on a 67 MB picture: `python -m bench.frame`.

Writing: arrays to a file. Reading: a file to arrays, every byte added up, so that a view must really be read.
Joining: arrays to one byte string in memory. Each is done in turn, ours and theirs, and the best of several counts.
"""

from __future__ import annotations

import mmap
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save, save_file

from bridge_server.protocol.frame import Tensor, decode, encode

SIDE = 4096  # pixels; RGBA, 8 bit: 67 MB, and a mask of 17 MB
ROUNDS = 7
MESSAGE = '{"kind":"inpaint","prompt":"a red ball"}'


def best_seconds(actions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The shortest time of each action, taken in turn so that all see the same machine."""
    best = dict.fromkeys(actions, float("inf"))
    for _ in range(ROUNDS):
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def main() -> None:
    image = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 4), np.uint8)
    mask = np.full((SIDE, SIDE), 255, np.uint8)
    arrays = {"image": image, "mask": mask}
    tensors = {name: Tensor("U8", array.shape, array.data) for name, array in arrays.items()}
    size = sum(array.nbytes for array in arrays.values())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.frame"

        def write() -> None:
            with path.open("wb", buffering=0) as file:
                for part in encode({"kind": "inpaint", "prompt": "a red ball"}, tensors):
                    file.write(part)

        def read() -> int:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                frame = decode(mapped)
                views = {name: np.frombuffer(frame.tensor(name), np.uint8) for name in frame.header.tensors}
                total = sum(int(view.sum(dtype=np.uint64)) for view in views.values())
                views.clear()
                frame.buffer.release()
                return total

        def read_theirs() -> int:
            return sum(int(array.sum(dtype=np.uint64)) for array in load_file(path).values())

        comparisons: dict[str, dict[str, Callable[[], object]]] = {
            "writing a file": {"ours": write, "safetensors": lambda: save_file(arrays, path, {"message": MESSAGE})},
            "reading a file": {"ours": read, "safetensors": read_theirs},
            "joining in memory": {
                "ours": lambda: b"".join(encode({"kind": "inpaint"}, tensors)),
                "safetensors": lambda: save(arrays, {"message": MESSAGE}),
            },
        }
        print(f"{size / 1e6:.0f} MB, best of {ROUNDS}")
        for name, actions in comparisons.items():
            seconds = best_seconds(actions)
            speeds = ", ".join(f"{who} {size / 1e6 / taken:,.0f} MB/s" for who, taken in seconds.items())
            print(f"{name}: {speeds}; ratio {seconds['safetensors'] / seconds['ours']:.2f}")
    seconds = best_seconds({"encode": lambda: encode({"kind": "inpaint"}, tensors)})
    print(f"the header alone: {seconds['encode'] * 1e6:.0f} µs to encode")


if __name__ == "__main__":
    main()
