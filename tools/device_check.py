"""Checks a graphics card against the CPU, for those who have one: `python -m tools.device_check --device cuda:0`.

The demonstration's jobs are painted on both and compared; the same job twice must give the same bytes; a model of
Stable Diffusion 1.5's size (random weights, made here) is painted with all of the card's memory, with little of it, and
with so little that it must fail with a sentence. All through the real daemon and its worker. Needs 5 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from .demo import SCENES, Scene, draw_selection
from .device_models import LARGE_NAME, build_large
from .device_shell import DeviceShell

GIB = 2**30
SAME_PICTURE_DB = 40.0  # half precision against the CPU: an H100 came to 66 dB and more
POLL_SECONDS = 0.02
TIGHT_GIB = (("model", 3.75), ("layers", 1.8))  # free before the worker starts; its context takes half a GiB of it
TOO_LITTLE_GIB = 0.75  # for anything at 512
PLACEMENT = re.compile(r"offload='(\w+)'")


@dataclass
class Report:
    """Lines for the reader, and whether all checks held."""

    lines: list[str] = field(default_factory=list)
    failed: int = 0

    def say(self, holds: bool | None, line: str) -> None:
        """holds: None for a figure that nothing is asked of."""
        self.failed += holds is False
        self.lines.append({True: "ok    ", False: "FAILED", None: "      "}[holds] + " " + line)
        print(self.lines[-1], flush=True)


def psnr(one: Path, other: Path) -> float:
    """Decibels between two pictures of one size; infinite where they are equal."""
    first, second = (np.asarray(Image.open(path).convert("RGB"), np.float64) for path in (one, other))
    error = float(np.mean((first - second) ** 2))
    return float("inf") if error == 0 else 10 * float(np.log10(255**2 / error))


def compare_scenes(shell: DeviceShell, device: str, report: Report) -> None:
    """The demonstration and a text to image on both devices, and once more on this one."""
    painted = ("inpaint", "img2img")  # of the demonstration; the rest asks no device
    banana = ("--prompt", "yellow banana", "--size", "256x256", "--seed", "3")
    scenes = [scene for scene in SCENES if scene.operation in painted]
    scenes.append(Scene("txt2img", "a text to image", "txt2img", banana))
    for run, where in (("cpu", "cpu"), ("device", device), ("again", device)):
        with shell.serving(where):
            for scene in scenes:
                words = [] if scene.operation == "txt2img" else ["--image", str(scene.photo)]
                if scene.ellipse is not None:
                    mask = shell.root / f"{scene.name}.png"
                    draw_selection(scene, mask)
                    words += ["--mask", str(mask)]
                started = time.monotonic()
                shell.generate(scene.operation, *words, *scene.options, "--out", str(shell.root / run / scene.name))
                report.say(
                    None, f"{scene.name} on {where}: {time.monotonic() - started:.1f} s with the command's start"
                )
    for name in (scene.name for scene in scenes):
        cpu, ours, again = (shell.root / run / name / "flat-1.png" for run in ("cpu", "device", "again"))
        close = psnr(cpu, ours)
        report.say(close >= SAME_PICTURE_DB, f"{name}: {close:.1f} dB from the CPU's picture")
        report.say(ours.read_bytes() == again.read_bytes(), f"{name}: the same bytes when painted again")


def check_cancel(shell: DeviceShell, device: str, report: Report) -> None:
    """Ctrl+C in the middle of a long job, then a job that must be painted as if nothing had been."""
    with shell.serving(device):
        words = ("--model", LARGE_NAME, "--size", "512x512", "--steps", "150", "--prompt", "a")
        code, seconds = shell.interrupted("txt2img", *words, "--out", str(shell.root / "cancelled"))
        report.say(code == 130, f"Ctrl+C in the middle of a job: exit {code}, {seconds:.2f} s after the signal")
        after = shell.root / "after"
        shell.generate("txt2img", "--prompt", "red apple", "--seed", "1", "--out", str(after))
        report.say((after / "flat-1.png").exists(), "the next job is painted")


def check_memory(shell: DeviceShell, device: str, report: Report) -> None:
    """A full-size model with much, little and too little memory on the card."""
    paint_large(shell, device, report, "none", None)
    for expected, free in TIGHT_GIB:
        with ballast(device, int(free * GIB)):
            paint_large(shell, device, report, expected, free)
    words = (
        "--model",
        LARGE_NAME,
        "--prompt",
        "a",
        "--steps",
        "2",
        "--size",
        "512x512",
        "--out",
        str(shell.root / "oom"),
    )
    with shell.serving(device):
        with ballast(device, int(TOO_LITTLE_GIB * GIB)):
            code, said = shell.try_generate("txt2img", *words)
        report.say(code == 1 and "ran out of memory" in said, f"no memory left: exit {code}: {said[-200:]}")
        code, said = shell.try_generate("txt2img", *words)
        report.say(code == 0, f"the same worker afterwards: exit {code} {said[-200:]}")


def paint_large(shell: DeviceShell, device: str, report: Report, expected: str, free: float | None) -> None:
    out = shell.root / f"large-{expected}"
    with shell.serving(device), peak_of(device) as peak:
        for _ in range(2):  # the second has the model in memory
            shell.generate(
                "txt2img",
                "--model",
                LARGE_NAME,
                "--size",
                "512x512",
                "--steps",
                "20",
                "--prompt",
                "a",
                "--out",
                str(out),
            )
        made = json.loads((out / "result-1.json").read_text(encoding="utf-8"))
        placed = PLACEMENT.findall(shell.worker_log())
    room = "all memory" if free is None else f"{free} GiB free"
    seconds = made.get("seconds", float("nan"))
    line = f"Stable Diffusion 1.5's size, 512, 20 steps, {room}: offload {placed[-1:]}, {seconds:.2f} s"
    report.say(placed[-1:] == [expected], f"{line}, peak {peak[0] / GIB:.2f} GiB")


@contextmanager
def ballast(device: str, leave: int) -> Iterator[None]:
    """Hold all of the card's memory but so many bytes, as other programs would."""
    import torch

    free = int(torch.cuda.mem_get_info(device)[0])
    held = torch.empty(max(0, free - leave), dtype=torch.uint8, device=device)
    try:
        yield
    finally:
        del held
        torch.cuda.empty_cache()


@contextmanager
def peak_of(device: str) -> Iterator[list[int]]:
    """The most that the card's memory grew by meanwhile, in bytes, by looking often; a list of one number."""
    import torch

    before = int(torch.cuda.mem_get_info(device)[0])
    peak, done = [0], threading.Event()

    def look() -> None:
        while not done.wait(POLL_SECONDS):
            peak[0] = max(peak[0], before - int(torch.cuda.mem_get_info(device)[0]))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda:0", help="cuda:0, mps, or cpu to try the check itself")
    parser.add_argument("--out", type=Path, help="keep the pictures in this folder (default: they are deleted)")
    parser.add_argument("--no-large", action="store_true", help="only the shipped model: no memory, no cancel")
    options = parser.parse_args(words)
    root = options.out or Path(tempfile.mkdtemp(prefix="layerbridge-device-"))
    root.mkdir(parents=True, exist_ok=True)
    report = Report()
    shell = DeviceShell(root)
    try:
        compare_scenes(shell, options.device, report)
        if not options.no_large:
            build_large(shell.models)
            check_cancel(shell, options.device, report)
            if options.device.startswith("cuda"):
                check_memory(shell, options.device, report)
    finally:
        shutil.copy(shell.worker_log_file, root / "worker.log") if shell.worker_log_file.exists() else None
        if options.out is None:
            shutil.rmtree(root, ignore_errors=True)
    print("all checks held" if report.failed == 0 else f"{report.failed} checks FAILED", file=sys.stderr)
    return 1 if report.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
