"""A task's way through a real worker process: what it says, what it writes, and that it can be repeated."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bridge_server.operations.limits import MAX_SEED
from bridge_server.protocol.messages import ResultMessage

from .rig import Rig, make_task, photo, read_result, ref_of, square_mask


def test_an_inpaint_says_every_step_and_writes_a_whole_result(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    image, mask = photo(), square_mask()
    task = make_task(tmp_path, ref_of(tiny_models["inpaint"]), image=image, mask=mask, steps=5)
    done = rig.run(task)
    assert done["event"] == "done", done
    assert [event["step"] for event in rig.of("t1", "step")] == [1, 2, 3, 4, 5]
    assert all(event["steps"] == 5 and event["seconds"] >= 0 for event in rig.of("t1", "step"))
    stages = [event["stage"] for event in rig.of("t1", "stage")]
    assert [stage for stage in stages if stage != "loading"] == ["encoding", "denoising", "decoding"]
    frame, layer, layer_mask = read_result(task)
    (made,) = done["artifacts"]
    assert Path(task.artifacts["layer"]).stat().st_size == made["bytes"]
    message = ResultMessage.model_validate(frame.message)
    assert (message.bounds.width, message.bounds.height) == (layer.shape[1], layer.shape[0])
    assert made["role"] == message.role == "layer" and made["meta"]["bounds"] == message.bounds.model_dump()
    assert layer.dtype == np.uint8 and layer.shape[2] == 4 and layer_mask.shape == layer.shape[:2]
    assert message.seed == made["meta"]["seed"] == 7 and message.steps_run == done["steps_run"] == 5
    assert message.model is not None and len(message.model.hash) == 16 and message.model.name == "inpaint"
    assert message.request.options.sampler == "DDIM" and message.request.options.strength == 1.0
    assert not list(tmp_path.glob("*.part"))


def test_a_removal_begins_from_the_fill_where_the_model_asks_for_it(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    """What is under the mask has no say, fewer steps run, and the same job asked for again does the same."""
    ref, mask = ref_of(tiny_models["inpaint"], removal_strength=0.5), square_mask()
    spoiled = photo()
    spoiled[mask > 127] = (250, 0, 200)
    made = []
    for name, image, asked in (
        ("removal", photo(), {}),
        ("spoiled", spoiled, {}),
        ("thing", photo(), {"prompt": "a box"}),
        ("strong", photo(), {"strength": 1.0}),
    ):
        task = make_task(tmp_path, ref, name=name, image=image, mask=mask, steps=6, **{"prompt": " ", **asked})
        assert rig.run(task)["event"] == "done"
        frame, layer, _ = read_result(task)
        message = ResultMessage.model_validate(frame.message)
        made.append((message.steps_run, message.request.options.strength, layer[32:64, 32:64, :3]))
    assert [steps for steps, _, _ in made] == [3, 3, 6, 6]
    assert [strength for _, strength, _ in made] == [None, None, 1.0, 1.0]
    assert np.array_equal(made[0][2], made[1][2]) and not np.array_equal(made[0][2], made[3][2])


def test_a_removal_continues_lines_and_keeps_their_colors(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    """Whatever a model paints, with a removal_detail red stays above blue, and they meet where they met around it."""
    image, mask = photo(), square_mask()
    image[:48], image[48:] = (200, 80, 80), (80, 80, 200)
    widths = {}
    for name, values in (
        ("kept", {"removal_strength": 0.5, "removal_detail": 2.0}),
        ("free", {"removal_strength": 0.5}),
    ):
        ref = ref_of(tiny_models["inpaint"], **values)
        task = make_task(tmp_path, ref, name=name, image=image, mask=mask, steps=6, prompt="")
        assert rig.run(task)["event"] == "done"
        frame, layer, _ = read_result(task)
        inside = layer[24 - frame.message["bounds"]["y"] :, 48 - frame.message["bounds"]["x"]][:48].astype(int)
        widths[name] = inside[:, 0] - inside[:, 2]
    assert widths["kept"][:16].min() > 80 and widths["kept"][-16:].max() < -80, widths["kept"]
    assert (np.abs(widths["kept"]) < 60).sum() <= 10, "a line, not a slope"
    assert not np.array_equal(widths["kept"], widths["free"])


def test_previews_are_small_jpegs_first_and_last_among_them(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    task = make_task(tmp_path, ref_of(tiny_models["plain"]), name="p", image=photo(), mask=square_mask(), steps=6)
    rig.run(task)
    previews = rig.of("p", "preview")
    assert len(previews) >= 2
    order = [
        event["event"] for event in rig.events if event.get("task") == "p" and event["event"] in ("step", "preview")
    ]
    assert order[:2] == ["step", "preview"] and order[-2:] == ["step", "preview"]
    for event in previews:
        with Image.open(io.BytesIO(base64.b64decode(event["jpeg"]))) as picture:
            assert picture.format == "JPEG" and max(picture.size) <= 256
    with Image.open(task.thumbnail) as picture:
        assert picture.format == "JPEG" and max(picture.size) <= 512


@pytest.mark.parametrize("model", ["inpaint", "plain", "v"])
@pytest.mark.parametrize("kind", ["inpaint", "outpaint", "img2img", "img2img with mask", "txt2img"])
def test_every_kind_runs_on_every_variant(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path, model: str, kind: str
) -> None:
    extra: dict[str, Any] = {"steps": 2, "kind": kind.split()[0]}
    if kind != "txt2img":
        extra["image"] = photo()
    if "inpaint" in kind or "mask" in kind or kind == "txt2img":
        extra["mask"] = square_mask()
    if kind == "outpaint":
        extra["margins"] = {"left": 20, "top": 0, "right": 0, "bottom": 12}
    task = make_task(tmp_path, ref_of(tiny_models[model]), name=f"{model}-{kind}", **extra)
    assert rig.run(task)["event"] == "done"
    frame, layer, _ = read_result(task)
    message = ResultMessage.model_validate(frame.message)
    if kind == "outpaint":
        assert (message.canvas.x, message.canvas.y, message.canvas.width, message.canvas.height) == (-20, 0, 116, 108)
    assert layer.shape[:2] == (message.bounds.height, message.bounds.width)


def test_same_seed_same_bytes_alone_or_among_variations(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    ref = ref_of(tiny_models["inpaint"])
    given: dict[str, Any] = {"image": photo(), "mask": square_mask(), "sampler": "Euler a", "steps": 3}
    alone = make_task(tmp_path, ref, name="alone", seed=12, **given)
    rig.run(alone)
    among = [make_task(tmp_path, ref, name=f"v{n}", index=n, seed=10 + n, num_images=4, **given) for n in range(4)]
    for task in among:
        rig.run(task)
    tensors = [read_result(task)[1].tobytes() for task in among]
    assert read_result(alone)[1].tobytes() == tensors[2]
    assert len(set(tensors)) == 4


def test_the_last_of_several_variations_may_have_the_last_seed(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    ref = ref_of(tiny_models["plain"])
    task = make_task(tmp_path, ref, kind="txt2img", steps=1, num_images=2, index=1, seed=MAX_SEED)
    assert rig.run(task)["event"] == "done"
    told = read_result(task)[0].message
    assert told["seed"] == MAX_SEED
    assert (told["request"]["params"]["seed"], told["request"]["params"]["num_images"]) == (MAX_SEED, 1)


def test_strength_next_to_nothing_still_runs_one_step(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    for model in ("inpaint", "plain"):
        task = make_task(
            tmp_path,
            ref_of(tiny_models[model]),
            name=f"weak-{model}",
            kind="img2img",
            image=photo(),
            steps=8,
            strength=0.1,
        )
        assert rig.run(task)["steps_run"] == 1


def test_words_beyond_what_is_read_are_named(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    prompt = "red apple " * 400 + "Zebra crossing"
    task = make_task(tmp_path, ref_of(tiny_models["plain"]), name="long", image=photo(), prompt=prompt, steps=1)
    rig.run(task)
    (warning,) = rig.of("long", "warning")
    assert warning["code"] == "unread_words" and "Zebra crossing" in warning["message"]
    assert read_result(task)[0].message["warnings"][0]["code"] == "unread_words"


def test_gray_and_alpha_come_back_as_they_went(rig: Rig, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    ref = ref_of(tiny_models["plain"])
    gray = make_task(tmp_path, ref, name="gray", image=photo()[..., :1], mask=square_mask(), steps=1)
    rgba = make_task(tmp_path, ref, name="rgba", image=np.dstack([photo(), square_mask()]), mask=square_mask(), steps=1)
    assert rig.run(gray)["event"] == rig.run(rgba)["event"] == "done"
    assert read_result(gray)[1].shape[2] == 2
    assert read_result(rgba)[1].shape[2] == 4
