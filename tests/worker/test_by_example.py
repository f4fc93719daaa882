"""Remove, Outpaint and wordless Inpaint without a model, through a real worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge_server.protocol.frame import decode

from .rig import Rig, make_task, photo, square_mask


def read(content: bytes) -> tuple[dict[str, Any], NDArray[Any], NDArray[np.uint8]]:
    frame = decode(content)
    spec = frame.header.tensors["image"]
    image = np.frombuffer(frame.tensor("image"), {"U8": "u1", "U16": "<u2"}[spec.dtype]).reshape(spec.shape)
    mask = np.frombuffer(frame.tensor("mask"), np.uint8).reshape(frame.header.tensors["mask"].shape)
    return frame.message, image, mask


@pytest.mark.parametrize("kind", ["remove", "inpaint"])
def test_a_selection_is_filled_and_the_result_says_with_what(rig: Rig, tmp_path: Path, kind: str) -> None:
    image, mask = photo(128, 160), square_mask(128, 160)
    hidden = np.where(mask[..., None] > 0, np.uint8(255), image)
    task = make_task(tmp_path, None, name=kind, kind=kind, image=hidden, mask=mask)
    ended = rig.run(task)
    assert ended["event"] == "done", ended
    message, filled, shown = read(Path(task.artifacts["layer"]).read_bytes())
    box = message["bounds"]
    place = (slice(box["y"], box["y"] + box["height"]), slice(box["x"], box["x"] + box["width"]))
    inner = mask[place] > 0
    assert np.abs(filled[..., :3][inner].mean(axis=0) - image[place][inner].mean(axis=0)).max() < 25
    assert filled[..., :3][inner].max() < 250 and (shown[inner] == 255).all()
    assert message["model"] is None and message["request"]["models"] == [] and message["steps_run"] == 0
    assert message["request"]["params"]["fill_with"] == "example"
    assert [warning["code"] for warning in message["warnings"]] == ["by_example"]
    assert Path(task.thumbnail).read_bytes()[:2] == b"\xff\xd8"
    stages = [event["stage"] for event in rig.of(kind, "stage")]
    assert stages == ["preparing", "filling"]
    steps = [event["step"] for event in rig.of(kind, "step")]
    assert steps == sorted(steps) and steps[-1] == 20


def test_pieces_are_mirrored_and_rotated_where_that_is_asked_for(rig: Rig, tmp_path: Path) -> None:
    image, mask = photo(128, 160), square_mask(128, 160)
    asked: list[dict[str, Any]] = [{}, {"mirrored": True}, {"rotated": True}]
    layers: list[bytes] = []
    for number, options in enumerate(asked):
        task = make_task(tmp_path, None, name=f"r{number}", kind="remove", image=image, mask=mask, **options)
        assert rig.run(task)["event"] == "done"
        message, filled, _ = read(Path(task.artifacts["layer"]).read_bytes())
        assert options.items() <= message["request"]["params"].items()
        layers.append(filled.tobytes())
    assert len(set(layers)) == 3


def test_pieces_come_from_the_picture_that_was_picked(rig: Rig, tmp_path: Path) -> None:
    image, mask = photo(128, 160), square_mask(128, 160)
    red = np.random.default_rng(1).integers(0, 30, (60, 300, 3), np.uint8) + np.uint8([200, 0, 0])
    task = make_task(tmp_path, None, name="s", kind="remove", image=image, mask=mask, further={"reference/1": red})
    assert rig.run(task)["event"] == "done"
    message, filled, shown = read(Path(task.artifacts["layer"]).read_bytes())
    middle = filled[shown.shape[0] // 2 - 10 :, shown.shape[1] // 2 - 10 :][:20, :20]
    assert (middle[..., 0] > 180).all() and (middle[..., 1] < 50).all()
    assert [warning["message"] for warning in message["warnings"]] == [
        "Filled by example, from what “Sample from” shows."
    ]
    clear = np.dstack([red, np.zeros(red.shape[:2], np.uint8)])
    task = make_task(tmp_path, None, name="c", kind="remove", image=image, mask=mask, further={"reference/1": clear})
    failed = rig.run(task)
    assert failed["event"] == "failed" and failed["error"]["code"] == "invalid_request"
    assert failed["error"]["message"].startswith("“Sample from”: the picture has no opaque place")


def test_the_padding_says_how_far_away_pieces_may_come_from(rig: Rig, tmp_path: Path) -> None:
    """What automatic stands for, as the result's own settings have it, is the same fill."""
    image, mask = photo(400, 600), np.zeros((400, 600), np.uint8)
    mask[180:220, 280:320] = 255
    made: list[tuple[int, bytes]] = []
    for padding in ("auto", 192, 24):
        name = f"p{padding}"
        task = make_task(tmp_path, None, name=name, kind="remove", image=image, mask=mask, padding=padding)
        assert rig.run(task)["event"] == "done"
        message, filled, _ = read(Path(task.artifacts["layer"]).read_bytes())
        made.append((message["request"]["params"]["padding"], filled.tobytes()))
    assert [padding for padding, _ in made] == [192, 192, 24]
    assert made[0] == made[1] and made[0][1] != made[2][1]


def test_a_canvas_grows_and_its_border_is_filled(rig: Rig, tmp_path: Path) -> None:
    image = np.repeat((photo(96, 128)[..., :1].astype(np.uint16) * 257), 3, axis=2)
    task = make_task(
        tmp_path, None, name="out", kind="outpaint", image=image, prompt="", margins={"left": 40, "bottom": 24}
    )
    ended = rig.run(task)
    assert ended["event"] == "done", ended
    message, filled, shown = read(Path(task.artifacts["layer"]).read_bytes())
    assert filled.dtype == np.uint16
    assert message["canvas"] == {"x": -40, "y": 0, "width": 168, "height": 120}
    added = filled[-message["bounds"]["y"] :, : -message["bounds"]["x"]]
    assert (added[..., 3] == 65535).all() and (shown[:, :40] == 255).all()
    assert np.array_equal(added[..., 0], added[..., 2]), "a gray picture stays gray"
    assert added[:96, :, 0].std() > 5000, "it goes on with the picture and is no plain colour"


def test_seeds_are_variations_and_the_same_seed_is_the_same_picture(rig: Rig, tmp_path: Path) -> None:
    image, mask = photo(160, 160, seed=5), square_mask(160, 160)
    made: list[bytes] = []
    for number, seed in enumerate((1, 2, 1)):
        task = make_task(tmp_path, None, name=f"v{number}", kind="remove", image=image, mask=mask, seed=seed)
        assert rig.run(task)["event"] == "done"
        made.append(read(Path(task.artifacts["layer"]).read_bytes())[1].tobytes())
    assert made[0] == made[2] != made[1]


def test_a_fill_can_be_stopped(rig: Rig, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1400, 1400, 3), dtype=np.uint8)
    task = make_task(tmp_path, None, name="long", kind="remove", image=noise, mask=square_mask(1400, 1400))
    rig.send("run", task=task.to_json())
    rig.wait_for("step", task="long")
    rig.send("cancel", task="long")
    assert rig.wait_for("done", "failed", "cancelled", task="long")["event"] == "cancelled"
    assert not Path(task.artifacts["layer"]).exists()
