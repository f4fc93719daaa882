"""The dialogs and procedures of the real GIMP against the table of operations, on a small screen of high resolution.

Set LAYERBRIDGE_SHOTS to a folder to keep a screenshot of each dialog.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge_server.operations.registry import builtin
from bridge_server.operations.table import operation_table
from tests.gimp.harness import Gimp, make_profile
from tests.gimp.session import PICTURE
from tests.gimp.window import Screen
from tests.support.daemon import short_home

TABLE = {operation["name"]: operation for operation in operation_table(builtin())}
SMALL, SCALE = (1280, 720), 2


def other_than_default(option: dict[str, Any]) -> Any:
    """A value that is allowed and is neither the default nor automatic."""
    default, low, high = option["default"], option["minimum"], option["maximum"]
    if option["type"] == "margins":
        return {side: number + 9 for side, number in default.items()}
    if option["type"] == "integer":
        return next(number for number in (low + 3, high) if number != default)
    if option["type"] == "number":
        return low + (high - low) / 2 if low == 0 else 0.5
    if option["type"] == "boolean":
        return not default
    return "two" if option["widget"] == "model" else option["choices"][-1] if option["choices"] else "ddim"


CHOSEN = {
    option["name"]: other_than_default(option)
    for operation in TABLE.values()
    for option in operation["options"]
    if option["group"] != "script"
}


@pytest.fixture(scope="module")
def report(gimp: Gimp) -> Iterator[dict[str, Any]]:
    """What the dialogs show and give, and what arguments the procedures have."""
    home, work = short_home(), short_home()
    profile = make_profile(gimp, home)
    profile.environment.update({"WORK": str(work), "GDK_SCALE": str(SCALE), "CHOSEN": json.dumps(CHOSEN)})
    picture = work / PICTURE.name
    shutil.copyfile(PICTURE, picture)
    screen = Screen(profile, work, SMALL)
    try:
        screen.start(picture, "forms")
        screen.wait((work / "report.json").exists, (work / "gimp.log").read_text(errors="replace")[-4000:])
        assert "Traceback" not in (work / "gimp.log").read_text(errors="replace")
        keep_shots(work)
        yield json.loads((work / "report.json").read_text())
    finally:
        screen.stop()
        for folder in (home, work, profile.folder):
            shutil.rmtree(folder, ignore_errors=True)


def keep_shots(work: Path) -> None:
    kept = os.environ.get("LAYERBRIDGE_SHOTS")
    for name in TABLE if kept else ():
        Path(str(kept)).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(work / f"{name}.png", Path(str(kept)) / f"form-{name}.png")


def options_of(name: str, *, in_forms: bool = True) -> dict[str, Any]:
    options = {option["name"]: option for option in TABLE[name]["options"]}
    return {key: option for key, option in options.items() if not in_forms or option["group"] != "script"}


pytestmark = [pytest.mark.gimp, pytest.mark.gimp_window, pytest.mark.slow]
each_operation = pytest.mark.parametrize("name", TABLE)


@each_operation
def test_every_option_is_in_the_dialog(report: dict[str, Any], name: str) -> None:
    """And those that concern the selection only where something is selected."""
    options = options_of(name)
    assert report[name]["selected"]["shown"] == dict.fromkeys(options, True)
    for_selection = [key for key, option in options.items() if option["shown_when"] == "selection"]
    unselected = report[name]["unselected"]["shown"]
    assert [key for key, shown in unselected.items() if not shown] == for_selection


@each_operation
def test_every_option_begins_with_its_default_and_gives_what_is_chosen(report: dict[str, Any], name: str) -> None:
    options, found = options_of(name), report[name]["selected"]
    assert found["defaults"] == {key: option["default"] for key, option in options.items()}
    assert found["chosen"] == {key: CHOSEN[key] for key in options}
    assert {key: found["returned"][key] for key in options} == found["chosen"]
    typed = [key for key, option in options.items() if option["widget"] == "text"]
    assert found["reset"] == {**found["defaults"], **{key: CHOSEN[key] for key in typed}}, "Reset leaves what was typed"


@each_operation
def test_automatic_shows_the_number_that_it_stands_for(report: dict[str, Any], name: str) -> None:
    words, options = report[name]["selected"]["automatic"], options_of(name)
    of_the_model = {"steps": "Automatic (25)", "guidance_scale": "Automatic (7.5)"}
    assert {key: words[key] for key in of_the_model if key in options} == {
        key: text for key, text in of_the_model.items() if key in options
    }
    assert words.get("strength") in (None, "Automatic (100)", "Automatic (30)")
    assert words.get("grow") in (None, "Automatic")


@each_operation
def test_what_is_changed_in_the_folded_part_is_counted(report: dict[str, Any], name: str) -> None:
    folded = [key for key, option in options_of(name).items() if option["group"] == "advanced"]
    assert report[name]["selected"]["advanced"] == (f"_Advanced ({len(folded)} changed)" if folded else "_Advanced")


@each_operation
def test_dialogs_fit_a_small_screen(report: dict[str, Any], name: str) -> None:
    """With everything unfolded: 640 by 360 as GTK counts."""
    width, height = report[name]["selected"]["window"]
    assert width <= SMALL[0] // SCALE and height <= SMALL[1] // SCALE


@each_operation
def test_the_field_that_the_keyboard_is_in_can_be_seen(report: dict[str, Any], name: str) -> None:
    seen = report[name]["selected"]["in sight"]
    assert seen and [key for key, is_seen in seen.items() if not is_seen] == []


@each_operation
def test_every_option_is_an_argument(report: dict[str, Any], name: str) -> None:
    """With the limits of the table; one below the least number is automatic, where that is allowed."""
    arguments = report[name]["arguments"]
    ways = {f"{each['role']}-as" for each in TABLE[name]["outputs"]}  # how a result is used, where there is a choice
    picked = {each["role"].replace("/", "-") for each in TABLE[name]["inputs"] if "/" in each["role"]}
    left = set(arguments) - {"run-mode", "image", "drawables", "source"} - ways
    assert picked <= left and {f"{argument}-file" for argument in picked} <= left
    left -= picked | {f"{argument}-file" for argument in picked}
    image = [each["source"] for each in TABLE[name]["inputs"] if each["role"] == "image"]
    assert arguments["source"]["default"] == (image or ["layer"])[0]
    for key, option in options_of(name, in_forms=False).items():
        names = option["default"] if option["type"] == "margins" else [option["argument"] or key]
        for argument in [each.replace("_", "-") for each in names]:
            left.remove(argument)
            given = arguments[argument]
            if option["type"] in ("integer", "number", "margins"):
                least = -1 if option["automatic"] else option["minimum"]
                assert (given["minimum"], given["maximum"]) == (least, option["maximum"])
            default = option["default"][argument] if option["type"] == "margins" else option["default"]
            nothing = {"integer": -1, "number": -1, "choice": "auto"}.get(option["type"], "")
            assert given["default"] == (nothing if default is None else default) or option["type"] == "choices"
    assert not left, "arguments that no option asks for"
