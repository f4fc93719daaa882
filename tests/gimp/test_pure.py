"""The plug-in's modules that know nothing of GIMP: geometry, parameters, files, starting."""

from __future__ import annotations

import ast
import itertools
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge_server.config import find_home
from bridge_server.protocol.messages import JobRequest, PlanRequest
from gimp_plugin.layerbridge.failures import BridgeError
from gimp_plugin.layerbridge.follow import eta_text, update_of
from gimp_plugin.layerbridge.geometry import Box, place, recut, shortened, strips_of
from gimp_plugin.layerbridge.keys import confirms
from gimp_plugin.layerbridge.parameters import (
    DEFAULTS,
    Parameters,
    check,
    from_json,
    from_request,
    job_message,
    plan_request,
)
from gimp_plugin.layerbridge.remembered import Remembered
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


@pytest.mark.parametrize("procedure", DEFAULTS)
def test_the_daemon_takes_what_is_sent(procedure: str) -> None:
    """Against the message models themselves: no unknown field, every value in range."""
    parameters = DEFAULTS[procedure]
    box = Box(10, 10, 50, 40)
    for prompt in ("", " \n", "a red ball"):
        asked = replace(parameters, prompt=prompt)
        plan = PlanRequest.model_validate(plan_request(asked, DOCUMENT, box, Box(0, 0, 300, 200)))
        assert plan.has_prompt == (prompt == "a red ball"), "as the job will have one"
    full = Parameters(**{**parameters.to_json(), "model": "m", "steps": 5, "guidance": 3.0, "strength": 0.5, "seed": 1})
    message = job_message(full, DOCUMENT, box, {"host": "gimp"})
    request = JobRequest.model_validate(message)
    assert (request.steps, request.guidance_scale, request.seed, request.model) == (5, 3.0, 1, "m")
    automatic = JobRequest.model_validate(job_message(parameters, DOCUMENT, box, {}))
    assert (automatic.steps, automatic.seed, automatic.model, automatic.grow) == (None, None, None, "auto")


@pytest.mark.parametrize("procedure", DEFAULTS)
def test_parameters_survive_the_daemon_and_a_file(procedure: str) -> None:
    values = {**DEFAULTS[procedure].to_json(), "prompt": "a", "steps": 5, "guidance": 3.0, "strength": 0.5, "seed": 3}
    parameters = Parameters(**{**values, "grow": 4, "model": "m", "source": "visible"})
    assert from_json(parameters.to_json()) == parameters
    notes = {"procedure": procedure, "source": "visible"}
    request = JobRequest.model_validate(job_message(parameters, DOCUMENT, Box(0, 0, 9, 9), notes)).model_dump()
    assert from_request(request, 3) == parameters


def test_damaged_values_fall_back() -> None:
    found = from_json({"procedure": "img2img", "steps": "many", "strength": 1, "count": None, "unknown": 1})
    assert found == Parameters("img2img", strength=1.0)
    assert from_json({"procedure": "no such thing"}).procedure == "inpaint"


def test_a_random_seed_leaves_room_for_the_variations() -> None:
    for _attempt in range(50):
        seed = Parameters("inpaint", count=16).with_fixed_seed().seed
        assert 0 <= seed <= 2**31 - 16
    assert Parameters("inpaint", seed=5).with_fixed_seed().seed == 5


@pytest.mark.parametrize(
    ("parameters", "has_selection", "words"),
    [
        (Parameters("outpaint"), True, "at least one side"),
        (Parameters("remove"), False, "Nothing is selected"),
        (Parameters("txt2img", prompt="  "), False, "needs a prompt"),
        (Parameters("img2img", strength=0.0), False, "strength must be at least 0.01"),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_change(
    parameters: Parameters, has_selection: bool, words: str
) -> None:
    with pytest.raises(BridgeError, match=words):
        check(parameters, has_selection)


def test_last_values_are_remembered(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path / "layerbridge")
    assert remembered.parameters("inpaint") == DEFAULTS["inpaint"]
    remembered.keep(Parameters("inpaint", prompt="a red ball", steps=5))
    assert remembered.parameters("inpaint").steps == 5
    assert remembered.parameters("txt2img").prompt == "a red ball", "a prompt is offered everywhere"
    assert remembered.parameters("remove").prompt == ""
    assert remembered.last_procedure() == "inpaint"
    (tmp_path / "layerbridge" / "values.json").write_text("{broken")
    assert remembered.parameters("inpaint") == DEFAULTS["inpaint"]


def test_what_cannot_be_remembered_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    remembered = Remembered(tmp_path / "file" / "layerbridge")
    remembered.keep(Parameters("inpaint", prompt="a"))
    assert remembered.parameters("inpaint").prompt == ""


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
        ("queued", {"phase": "waiting"}, "Waiting…"),
        ("loading", {"phase": "loading"}, "Loading model…"),
        ("running", {"phase": "denoising", "step": 3, "steps": 8}, "Painting: step 3 of 8"),
        ("running", {"phase": "decoding"}, "Finishing the picture…"),
    ],
)
def test_progress_is_told(state: str, progress: dict[str, object], text: str) -> None:
    assert update_of({"state": state, "progress": progress, "request": {"count": 1}}, []).text == text


def test_progress_of_variations_and_previews() -> None:
    events = [{"type": "preview", "data": {"jpeg": "AA"}}, {"type": "preview", "data": {"jpeg": "BB"}}]
    job = {"state": "running", "progress": {"phase": "denoising", "task": 1, "step": 3, "steps": 8, "fraction": 0.4}}
    update = update_of({**job, "request": {"count": 4}}, events)
    assert update.text == "Painting: variation 2 of 4, step 3 of 8"
    assert (update.preview, update.fraction) == ("BB", 0.4)


@pytest.mark.parametrize(("state", "text"), [("done", "Finished"), ("failed", "It ended"), ("cancelled", "Stopped")])
def test_a_job_that_ended_is_not_called_finished_unless_it_is(state: str, text: str) -> None:
    """And the bar stands still, also where nothing was finished."""
    job = {"state": state, "progress": {"phase": "finished", "fraction": 0.0}, "request": {"count": 1}}
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


def test_time_left_is_told() -> None:
    assert eta_text(None) == ""
    assert eta_text(1.0) == "A moment left"
    assert eta_text(40.2) == "About 40 seconds left"
    assert eta_text(300.0) == "About 5 minutes left"


def test_pure_modules_are_free_of_gi() -> None:
    pure = ["texts", "failures", "geometry", "parameters", "remembered"]
    pure += ["session", "follow", "start", "launch", "listing", "notices", "keys"]
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
