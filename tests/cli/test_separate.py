"""`generate separate`: a picture file becomes one file with alpha for each layer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from bridge_server.families.qwen_image.tiny import build

from .shell import Shell


def test_each_layer_is_a_file_and_one_over_the_other_they_are_the_picture(
    shell: Shell, files: Path, tmp_path: Path
) -> None:
    build(shell.home / "models" / "layered", family="qwen-image-layered")
    done = shell(
        "generate", "separate", "--image", files / "photo.png", "--prompt", "a cat", "--layers", 3, "--seed", 2,
        "--out", tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = [Path(line).name for line in done.stdout.splitlines()]
    assert names == ["layer-1-1.png", "result-1.json", "layer-1-2.png", "layer-1-3.png"]
    over = Image.new("RGBA", (160, 120))
    for number in (1, 2, 3):
        over.alpha_composite(Image.open(tmp_path / f"layer-1-{number}.png"))
    wanted = np.asarray(Image.open(files / "photo.png")).astype(int)
    assert np.abs(np.asarray(over)[:, :, :3] - wanted).max() <= 3, "Pillow rounds at each layer"
    told = json.loads((tmp_path / "result-1.json").read_text())
    assert (told["operation"], told["model"]["family"]) == ("separate", "qwen-image-layered")
    assert told["request"]["params"]["layer_count"] == 3
