"""The plug-in's modules that know nothing of GIMP: geometry, parameters, files, starting."""

from __future__ import annotations

import ast
import itertools
import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge_server.config import find_home
from bridge_server.operations.limits import MAX_STEPS
from bridge_server.operations.registry import builtin
from bridge_server.protocol.envelope import JobRequest, PlanRequest
from gimp_plugin.layerbridge.failures import BridgeError
from gimp_plugin.layerbridge.follow import eta_text, update_of
from gimp_plugin.layerbridge.geometry import Box, place, recut, shortened, strips_of
from gimp_plugin.layerbridge.keys import confirms
from gimp_plugin.layerbridge.mnemonics import mnemonics
from gimp_plugin.layerbridge.operations import OPERATIONS, VISIBLE
from gimp_plugin.layerbridge.parameters import (
    Parameters,
    check,
    from_json,
    from_request,
    job_message,
    layer_name,
    plan_request,
)
from gimp_plugin.layerbridge.remembered import Remembered
from gimp_plugin.layerbridge.roles import Pick
from layerbridge_client.places import read_installation, read_runtime

DOCUMENT = {"width": 300, "height": 200, "id": "d", "name": "photo.png"}
FOLDER = Path(__file__).parents[2] / "gimp_plugin" / "layerbridge"
small = st.integers(-40, 40)
boxes = st.builds(Box, small, small, st.integers(1, 30), st.integers(1, 30))


def test_a_result_lies_where_it_was_made() -> None:
    placement = place(Box(5, 6, 7, 8), None, (0, 0), Box(0, 0, 100, 80), (0, 0))
    assert (placement.bounds, placement.canvas, placement.shift) == (Box(5, 6, 7, 8), None, (0, 0))


def test_an_outpaint_moves_what_is_there() -> None:
    placement = place(Box(-10, 0, 20, 80), Box(-10, -5, 110, 85), (0, 0), Box(0, 0, 100, 80), (0, 0))
    assert placement.canvas == Box(-10, -5, 110, 85)
    assert placement.shift == (10, 5)
    assert placement.bounds == Box(0, 5, 20, 80)


def test_an_outpaint_that_was_applied_meanwhile_is_made_up_for() -> None:
    """Two outpaints of the same canvas: the second finds the room made already, and everything moved by it."""
    placement = place(Box(-10, 0, 20, 80), Box(-10, 0, 110, 80), (0, 0), Box(0, 0, 110, 80), (10, 0))
    assert placement.canvas is None
    assert placement.bounds == Box(0, 0, 20, 80)


@given(boxes, boxes)
def test_recut_is_what_a_loop_over_pixels_says(box: Box, wanted: Box) -> None:
    data = bytes((x * 7 + y * 13) % 256 for y in range(box.height) for x in range(box.width))
    expected = bytes(
        data[(y - box.y) * box.width + x - box.x] if box.contains(Box(x, y, 1, 1)) else 0
        for y in range(wanted.y, wanted.bottom)
        for x in range(wanted.x, wanted.right)
    )
    assert recut(data, box, wanted) == expected


@given(boxes, boxes)
def test_intersection_and_union(one: Box, other: Box) -> None:
    both = one.intersection(other)
    assert both.is_empty or (one.contains(both) and other.contains(both))
    assert one.union(other).contains(one) and one.union(other).contains(other)


def test_strips_cover_every_row_once_and_stay_small() -> None:
    strips = list(strips_of(1000, 16384 * 16, 2**24))
    assert sum(rows for _top, rows in strips) == 1000
    assert all(top + rows == after for (top, rows), (after, _rows) in itertools.pairwise(strips))
    assert all(rows * 16384 * 16 <= 2**24 for _top, rows in strips)
    assert list(strips_of(3, 100, 10)) == [(0, 1), (1, 1), (2, 1)]


def test_long_prompts_make_short_names() -> None:
    assert shortened("a red ball") == "a red ball"
    name = shortened("a red ball on a very green lawn, in the late evening,\nwith long shadows")
    assert name == "a red ball on a very green lawn, in the late…"
    assert len(shortened("x" * 300)) == 48


BY_NAME = {operation.name: operation for operation in OPERATIONS}
CHOSEN = {"model": "m", "steps": 5, "guidance_scale": 3.0, "strength": 0.5, "seed": 3, "grow": 4, "padding": 40}


def chosen(name: str, **values: Any) -> Parameters:
    """Everything of CHOSEN that the operation has."""
    return Parameters.of(name, VISIBLE).with_values(**CHOSEN, **values)


@pytest.mark.parametrize("name", BY_NAME)
def test_the_daemon_takes_what_is_sent(name: str) -> None:
    """Against the message models themselves: no unknown field, every value in range."""
    parameters, box = Parameters.of(name), Box(10, 10, 50, 40)
    spec = builtin().get(name)
    for prompt in ("", " \n", "a red ball") if spec.planner else ():
        asked = parameters.with_values(prompt=prompt)
        plan = PlanRequest.model_validate(plan_request(asked, DOCUMENT, box, Box(0, 0, 300, 200)))
        assert plan.has_prompt == (prompt == asked.prompt != ""), "as the job will have one"
    request = JobRequest.model_validate(job_message(chosen(name), DOCUMENT, box, {"host": "gimp"}, ["image"]))
    options = request.options
    for key in ("steps", "guidance_scale", "seed"):
        assert getattr(options, key) == (CHOSEN[key] if spec.has_option(key) else None)
    assert request.base_model == ("m" if spec.has_option("model") else None)
    automatic = JobRequest.model_validate(job_message(parameters, DOCUMENT, box, {}, ["image", "mask"], True))
    options = automatic.options
    assert (options.steps, options.seed, automatic.base_model, options.grow) == (None, None, None, "auto")
    assert automatic.inputs["image"].profile == "icc" and automatic.inputs["mask"].profile is None


def test_what_estimates_its_time_is_asked_with_all_options() -> None:
    parameters = Parameters.of("upscale", "layer").with_values(model="m", scale="4")
    layer = Box(0, 0, 30, 20)
    plan = PlanRequest.model_validate(plan_request(parameters, DOCUMENT, None, layer))
    assert (plan.model, plan.params) == ("m", {"scale": "4", "treat_as": "photograph"})
    assert plan.layer is not None and plan.layer.width == 30


def test_a_plan_knows_which_pictures_are_picked() -> None:
    box = Box(1, 2, 30, 20)
    parameters = Parameters.of("remove")
    assert "further" not in plan_request(parameters, DOCUMENT, box, None)
    picked = replace(parameters, picks={"reference/1": Pick(layer=7, name="Sky"), "reference/2": Pick()})
    plan = PlanRequest.model_validate(plan_request(picked, DOCUMENT, box, None))
    assert plan.further == ["reference/1"]


@pytest.mark.parametrize("name", BY_NAME)
def test_parameters_survive_the_daemon_and_a_file(name: str) -> None:
    parameters = chosen(name, prompt="a", disabled_steps=["seam"])
    assert from_json(json.loads(json.dumps(parameters.to_json()))) == parameters
    notes = {"procedure": name, "source": "visible"}
    request = JobRequest.model_validate(job_message(parameters, DOCUMENT, Box(0, 0, 9, 9), notes, [])).model_dump()
    assert from_request(request, 3) == parameters


def test_damaged_values_fall_back() -> None:
    found = from_json({"procedure": "img2img", "steps": "many", "strength": 1, "num_images": None, "unknown": 1})
    assert found == replace(Parameters.of("img2img", strength=1.0), further={"unknown": 1})
    assert from_json({}).operation == OPERATIONS[0]
    assert from_json({"procedure": "img2img", "steps": 10**6}).values["steps"] == MAX_STEPS


def test_values_of_earlier_versions_are_understood() -> None:
    """As the plug-in wrote them into its file and into layers before options came from a table: -1 was automatic."""
    numbers = {"strength": -1.0, "steps": -1, "guidance": 3.0, "seed": -1, "grow": 5, "feather": -1, "padding": -1}
    texts = {"procedure": "outpaint", "source": "layer", "prompt": "a", "model": "", "sampler": "auto", "num_images": 2}
    sides = {"left": 0, "top": 7, "right": 128, "bottom": 0}
    found = from_json({**texts, **numbers, **sides, "negative_prompt": "", "keep_to_selection": True})
    wanted = Parameters.of("outpaint", "layer", prompt="a", guidance_scale=3.0, grow=5, num_images=2, margins=sides)
    assert replace(found, further={}) == wanted
    removed = {"operation": "inpaint", "client_data": {"procedure": "remove"}, "params": {"prompt": "", "grow": "auto"}}
    assert layer_name(from_request(removed, 1)) == "Removed"


def test_a_random_seed_leaves_room_for_the_variations() -> None:
    for _attempt in range(50):
        seed = Parameters.of("inpaint", num_images=16).with_fixed_seed().values["seed"]
        assert 0 <= seed <= 2**31 - 16
    assert Parameters.of("inpaint", seed=5).with_fixed_seed().values["seed"] == 5


@pytest.mark.parametrize(
    ("parameters", "has_selection", "words"),
    [
        (Parameters.of("outpaint", margins=dict.fromkeys(("left", "top", "right", "bottom"), 0)), True, "at least one"),
        (Parameters.of("remove"), False, "Nothing is selected"),
        (Parameters.of("txt2img", prompt="  "), False, "needs a prompt"),
        (Parameters.of("img2img", strength=0.0), False, "Strength must be at least 0.01"),
        (Parameters.of("inpaint", steps=1000), True, "Steps must be at most 150"),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_change(
    parameters: Parameters, has_selection: bool, words: str
) -> None:
    with pytest.raises(BridgeError, match=words):
        check(parameters, has_selection)


def test_last_values_are_remembered(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path / "layerbridge")
    inpaint, remove, painted = BY_NAME["inpaint"], BY_NAME["remove"], BY_NAME["txt2img"]
    assert remembered.parameters(inpaint) == Parameters.of("inpaint")
    remembered.keep(Parameters.of("inpaint", prompt="a red ball", steps=5, model="m"))
    assert remembered.parameters(inpaint).values["steps"] == 5
    assert remembered.parameters(painted).prompt == "a red ball", "a prompt is offered everywhere"
    assert remembered.parameters(painted).values["model"] == "m"
    assert remembered.parameters(remove) == Parameters.of("remove"), "what runs at once begins with its own"
    assert remembered.last_operation() == inpaint
    (tmp_path / "layerbridge" / "values.json").write_text("{broken")
    assert remembered.parameters(inpaint) == Parameters.of("inpaint")


def test_what_cannot_be_remembered_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    remembered = Remembered(tmp_path / "file" / "layerbridge")
    remembered.keep(Parameters.of("inpaint", prompt="a"))
    assert remembered.parameters(BY_NAME["inpaint"]).prompt == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
def test_tokens_are_private(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path / "layerbridge")
    remembered.keep_token("home", "token")
    assert stat.S_IMODE((tmp_path / "layerbridge" / "tokens.json").stat().st_mode) == 0o600
    assert remembered.token("home") == "token"
    remembered.keep_token("home", None)
    assert remembered.token("home") is None


def test_runtime_file(tmp_path: Path) -> None:
    path = tmp_path / "runtime.json"
    assert read_runtime(None) is None
    assert read_runtime(path) is None
    path.write_text('{"addresses": []}')
    assert read_runtime(path) is None
    path.write_text('{"addresses": ["http://127.0.0.1:1"], "instance": "i", "secret": "s"}')
    assert read_runtime(path).secret == "s"


def test_layerbridge_home_wins(tmp_path: Path) -> None:
    (tmp_path / "install.json").write_text('{"runtime": "/a/runtime.json", "command": ["x"]}')
    assert read_installation(tmp_path, {}).runtime == Path("/a/runtime.json")
    chosen = read_installation(tmp_path, {"LAYERBRIDGE_HOME": "/b"})
    assert (chosen.runtime, chosen.home) == (Path("/b/runtime.json"), "")
    assert chosen.start_log == find_home({"LAYERBRIDGE_HOME": "/b"}).start_log
    assert read_installation(tmp_path / "nowhere", {}).command == ()


@pytest.mark.parametrize(
    ("state", "progress", "text"),
    [
        ("queued", {"stage": "waiting"}, "Waiting…"),
        ("loading", {"stage": "loading"}, "Loading model…"),
        ("running", {"stage": "denoising", "step": 3, "steps": 8}, "Painting: step 3 of 8"),
        ("running", {"stage": "decoding"}, "Finishing the picture…"),
        ("running", {"stage": "encoding"}, "Preparing…"),
        ("running", {"stage": "enlarging", "step": 2, "steps": 9}, "Working: step 2 of 9"),
        ("running", {"stage": "finding_edges"}, "Finding edges…"),
    ],
)
def test_progress_is_told(state: str, progress: dict[str, object], text: str) -> None:
    assert update_of({"state": state, "progress": progress, "num_images": 1}, []).text == text


def test_progress_of_variations_and_previews() -> None:
    events = [{"type": "preview", "data": {"jpeg": "AA"}}, {"type": "preview", "data": {"jpeg": "BB"}}]
    job = {"state": "running", "progress": {"stage": "denoising", "task": 1, "step": 3, "steps": 8, "fraction": 0.4}}
    update = update_of({**job, "num_images": 4}, events)
    assert update.text == "Painting: variation 2 of 4, step 3 of 8"
    assert (update.preview, update.fraction) == ("BB", 0.4)


@pytest.mark.parametrize(("state", "text"), [("done", "Finished"), ("failed", "It ended"), ("cancelled", "Stopped")])
def test_a_job_that_ended_is_not_called_finished_unless_it_is(state: str, text: str) -> None:
    """And the bar stands still, also where nothing was finished."""
    job = {"state": state, "progress": {"stage": "finished", "fraction": 0.0}, "num_images": 1}
    update = update_of(job, [])
    assert update.text.startswith(text)
    assert update.ended
    assert not update_of({**job, "state": "running"}, []).ended


@pytest.mark.parametrize("key", [0xFF0D, 0xFF8D])
def test_ctrl_enter_confirms_and_cmd_enter_on_macos(key: int) -> None:
    control, alt, number_lock, meta = 1 << 2, 1 << 3, 1 << 4, 1 << 28
    for platform in ("linux", "win32", "darwin"):
        assert confirms(control, key, control, platform)
        assert confirms(control | number_lock, key, control, platform)
        assert not confirms(0, key, control, platform)
        assert not confirms(control, ord("a"), control, platform)
    assert confirms(meta, key, meta, "darwin") and confirms(number_lock, key, number_lock, "darwin")
    assert not confirms(alt | meta, key, control, "linux"), "Meta comes with Alt there"


def test_every_dialog_has_the_same_letter_for_an_option() -> None:
    """And each but one: in “Sampler” no letter is free any more."""
    options = {option.name: option.title for operation in OPERATIONS for option in operation.options}
    marked = mnemonics(options.items())
    letters = {name: text[text.index("_") + 1].lower() for name, text in marked.items() if "_" in text}
    assert {name: text.replace("_", "") for name, text in marked.items()} == options
    assert len(set(letters.values())) == len(letters)
    assert (letters["prompt"], letters["steps"], letters["num_images"]) == ("p", "e", "v")


def test_time_left_is_told() -> None:
    assert eta_text(None) == ""
    assert eta_text(1.0) == "A moment left"
    assert eta_text(40.2) == "About 40 seconds left"
    assert eta_text(300.0) == "About 5 minutes left"


def test_pure_modules_are_free_of_gi() -> None:
    pure = ["texts", "failures", "geometry", "parameters", "remembered"]
    pure += ["session", "follow", "start", "launch", "listing", "notices", "keys", "operations", "mnemonics"]
    pure += ["roles", "artifacts"]
    for name in pure:
        assert "gi" not in imported(FOLDER / f"{name}.py"), name


def test_the_plug_in_parses_as_python_3_9() -> None:
    for path in FOLDER.glob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


def imported(path: Path) -> set[str]:
    """The top-level names of a file's absolute imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_a_choice_is_shown_as_words_and_kept_as_it_is_sent() -> None:
    (upscale,) = (operation for operation in OPERATIONS if operation.name == "upscale")
    (treat_as,) = (option for option in upscale.options if option.name == "treat_as")
    assert treat_as.labelled_choices == [("photograph", "Photograph"), ("drawing", "Drawing")]
