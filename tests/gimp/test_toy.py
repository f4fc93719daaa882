"""An operation that is registered by a test alone, with every role of inputs and outputs, in the real GIMP: its menu
entry, its form, its arguments, and what its results do; and a model of a family that tests alone register, in the form
and as a layer. No product file knows of either.

Set LAYERBRIDGE_SHOTS to a folder to keep screenshots.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bridge_server.families.flux2_klein.tiny import build as build_klein
from bridge_server.families.qwen_image.tiny import build as build_qwen
from bridge_server.families.stable_diffusion_xl.spec import SAMPLERS
from bridge_server.protocol import generate
from tests.families.toy import SPEC
from tests.families.toy.tiny import build
from tests.gimp.harness import REPOSITORY, Gimp, Profile, make_profile
from tests.gimp.session import PICTURE, Session
from tests.gimp.toy import toy, with_toy
from tests.gimp.window import Screen
from tests.support.daemon import Daemon, short_home
from tests.support.xl_models import LIGHTNING, PLAIN, write_models

pytestmark = [pytest.mark.gimp, pytest.mark.gimp_window, pytest.mark.slow]
SMALL, SCALE, FILTERS_MENU = (1280, 720), 2, (850, 25)
KLEIN = "klein"
NAME = "a style whose name is much longer than any dialog of GIMP is wide on a small screen"


@dataclass(frozen=True)
class Toy:
    session: Session
    report: dict[str, Any]

    @property
    def screen(self) -> Screen:
        return self.session.screen

    def asked(self) -> list[dict[str, Any]]:
        """The requests of this GIMP, newest first."""
        return [job["request"] for job in self.session.jobs()]


@pytest.fixture(scope="module")
def played(gimp: Gimp) -> Iterator[Toy]:
    """The plug-in is made for a registry with the toy, in a scratch folder, and GIMP begins with an empty profile."""
    home, work = short_home(), short_home()
    build(home / "models" / "dream")
    write_models(home / "models")
    build_klein(home / "models" / KLEIN)
    build_qwen(home / "models" / "layered", family="qwen-image-layered")
    daemon = Daemon(home, {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(REPOSITORY)}, module="tests.gimp.toy.daemon")
    profile = make_profile(gimp, home)
    regenerate(profile)
    profile.environment.update({"WORK": str(work), "GDK_SCALE": str(SCALE), "STYLE": NAME})
    picture = work / PICTURE.name
    shutil.copyfile(PICTURE, picture)
    Image.new("RGB", (12, 9), (255, 0, 55)).save(work / "style.png")
    Image.new("L", (7, 5), 99).save(work / "pose.png")
    screen = Screen(profile, work, SMALL, filters_menu=FILTERS_MENU)
    try:
        daemon.start().worker_pid()
        screen.start(picture, "toy")
        screen.wait((work / "report.json").exists, (work / "gimp.log").read_text(errors="replace")[-4000:])
        yield Toy(Session(screen, daemon), json.loads((work / "report.json").read_text()))
        assert "Traceback" not in (work / "gimp.log").read_text(errors="replace")
    finally:
        keep_shots(work)
        screen.stop()
        daemon.stop()
        for folder in (home, work, profile.folder):
            shutil.rmtree(folder, ignore_errors=True)


def regenerate(profile: Profile) -> None:
    """What is generated of the plug-in, for the product's operations and the toy."""
    texts = generate.generated(REPOSITORY, with_toy(toy()))
    for name in [name for name in texts if name.startswith("layerbridge_client/")]:
        (profile.plugin.plugin / name).write_text(texts[name], encoding="utf-8")


def keep_shots(work: Path) -> None:
    kept = os.environ.get("LAYERBRIDGE_SHOTS")
    for path in work.glob("*.png") if kept else ():
        if path.name.startswith(("toy", "trouble")):
            Path(str(kept)).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, Path(str(kept)) / path.name)


def test_arguments_and_return_values_follow_from_the_table(played: Toy) -> None:
    arguments = played.report["arguments"]
    pictures = {name: arguments[name]["type"] for name in arguments if name.startswith(("reference", "control"))}
    assert list(pictures) == ["reference-1", "reference-1-file", "control-1", "control-1-file"]
    assert (arguments["selection-as"]["default"], arguments["document-as"]["default"]) == ("selection", "image")
    assert arguments["toy-amount"] == {
        "default": 3,
        "type": arguments["toy-amount"]["type"],
        "minimum": 1,
        "maximum": 9,
    }
    assert played.report["returns"] == ["layers", "messages", "channel", "new-image", "text"]


def test_rows_follow_from_the_table_and_the_daemons_new_option_appears(played: Toy) -> None:
    form = played.report["form"]
    assert form["rows"] == ["Source:", "Style:", "Pose:", "Middle as:", "Negative as:"]
    assert form["rows of the daemon"] == form["rows"], "in the same places"
    assert (form["baked"], form["of the daemon"]) == (["toy_amount"], ["toy_amount", "toy_newer"])


def test_a_picture_is_a_layer_a_group_or_a_file(played: Toy) -> None:
    offered = played.report["form"]["offered"]
    layers = [NAME, "poses", "coffee.png"]
    assert offered["reference/1"] == ["Choose a layer or a file", *layers, "File…"]
    assert offered["control/1"] == ["None", *layers, "File…"]
    assert offered["selection"] == ["Selection", "Layer mask", "Channel"]
    assert offered["document"] == ["New image", "Layer, scaled to fit"]


def test_what_is_missing_is_told_and_what_is_chosen_is_kept(played: Toy) -> None:
    form = played.report["form"]
    assert form["problem"] == ["Style: choose a layer or a file.", False] and form["ready"]
    chosen = form["chosen"]
    assert chosen["picks"]["reference/1"]["name"] == NAME and chosen["picks"]["control/1"]["file"].endswith("pose.png")
    assert chosen["ways"] == {"selection": "channel", "document": "image"}
    assert "picks" not in form["reset"] and form["reset"]["ways"]["selection"] == "selection"


def test_a_daemon_without_the_operation_is_told_in_one_sentence(played: Toy) -> None:
    text, ready = played.report["form"]["missing"]
    assert "older than this plug-in and cannot do Play with Roles" in text and "Update Layerbridge" in text
    assert not ready


def test_the_form_fits_a_small_screen(played: Toy) -> None:
    """However long a layer's name is."""
    width, height = played.report["form"]["window"]
    assert width <= SMALL[0] // SCALE and height <= SMALL[1] // SCALE


def test_every_output_of_a_run_is_applied(played: Toy) -> None:
    """The layer in its place, the middle selected, the style's negative as an image of its own size, and the text."""
    run = played.report["runs"]["selection"]
    assert run["layers"] == [["Inverted", 0, 0, 600, 400]]
    assert run["bounds"] == [150, 100, 450, 300]
    assert (run["new image"], run["color"]) == ([30, 20], [245, 55, 225])
    assert run["text"] == "amount 3, newer True, style (20, 30, 4), pose None"


def test_a_style_of_a_file_and_the_selection_as_a_layer_mask(played: Toy) -> None:
    run = played.report["runs"]["mask"]
    assert (run["bounds"], run["mask"] is not None, run["channels"]) == (None, True, [])
    assert (run["new image"], run["color"]) == ([12, 9], [0, 255, 200])


def test_the_selection_as_a_channel_and_the_document_as_a_layer(played: Toy) -> None:
    run = played.report["runs"]["channel"]
    assert (run["channel"], run["names"], run["bounds"]) == ("Middle", ["Middle"], None)
    assert sorted(run["layers"]) == [["Inverted", 0, 0, 600, 400], ["Negative", 0, 0, 600, 400]]
    assert run["new image"] is None


def test_a_pose_of_a_file_and_an_option_reach_the_runner(played: Toy) -> None:
    assert played.report["runs"]["pose"]["text"] == "amount 7, newer True, style (20, 30, 4), pose (5, 7, 1)"


def test_a_run_without_what_is_needed_is_refused_with_a_sentence(played: Toy) -> None:
    assert played.report["runs"]["nothing"]["error"] == "Style: choose a layer or a file."


def test_a_model_of_the_toy_family_is_offered_with_its_own_defaults(played: Toy) -> None:
    form = played.report["family"]["form"]
    assert form["models"] == ["Default (dream)", "dream", KLEIN, PLAIN, LIGHTNING, "starter"]
    assert SPEC.steps.default == 4
    shown = {name: value for name, value in form["toy"].items() if name != "guidance is"}  # which is not shown
    assert shown == {
        "steps": "Automatic (4)",
        "range": [0, 20],  # 0 is the place of automatic
        "samplers": ["Automatic", "Toy Euler"],
        "guidance": False,
        "negative": False,
    }
    assert form["starter"]["guidance"] and "Toy Euler" not in form["starter"]["samplers"]
    assert form["starter"]["steps"] != "Automatic (4)" and form["starter"]["range"][1] > 20


def test_models_of_stable_diffusion_xl_are_offered_with_their_own_defaults(played: Toy) -> None:
    """Those of the base model, and the few steps and no guidance that the name of a single file tells."""
    plain, lightning = (played.report["family"]["form"][name] for name in (PLAIN, LIGHTNING))
    assert (plain["steps"], plain["guidance is"]) == ("Automatic (28)", "Automatic (6.0)")
    assert (lightning["steps"], lightning["guidance is"]) == ("Automatic (2)", "Automatic (1.0)")
    for shown in (plain, lightning):
        assert shown["samplers"] == ["Automatic", *SAMPLERS] and "DPM++ SDE Karras" in shown["samplers"]
        assert shown["negative"] and shown["guidance"]


def test_references_can_be_chosen_where_the_model_takes_some(played: Toy) -> None:
    shown = played.report["family"]["form"]["references"]
    assert shown == {"starter": [], KLEIN: ["reference/1", "reference/2", "reference/3"]}


def test_the_form_says_how_long_enlarging_takes_where_it_takes_long(played: Toy) -> None:
    photograph, drawing, again = played.report["family"]["estimates"]
    assert re.fullmatch(r"Enlarging takes about \d+ \w+.* It can be stopped at any time\.", drawing), drawing
    assert photograph == again == ""


def test_a_lightning_file_paints_a_layer_in_its_few_steps(played: Toy) -> None:
    assert played.report["family"]["xl layer"] == {"name": "a ship", "family": "sdxl-lightning", "steps": 2}


def test_an_edit_by_instruction_is_painted_by_the_model_that_can_with_a_layer_as_reference(played: Toy) -> None:
    edited = played.report["family"]["edited"]
    assert (edited["family"], edited["steps"]) == ("flux2-klein-4b", 4)
    asked = next(request for request in played.asked() if request["operation"] == "edit")
    box = asked["inputs"]["reference/1"]["bounds"]
    assert (box["width"], box["height"]) == (40, 30) and asked["models"][0]["model"] == KLEIN
    mentioned = asked["inputs"]["reference/2"]
    assert asked["params"]["prompt"] == f"make it like <layer:{mentioned['name']}>"
    assert edited["name"] == f"make it like “{mentioned['name']}”", "of the layer that was made"


def test_the_lengths_of_the_plan_are_what_automatic_stands_for(played: Toy) -> None:
    planned = played.report["family"]["form"]["planned"]
    assert all(re.fullmatch(r"Automatic \(\d+\)", words) for words in planned.values()), planned
    assert planned["padding"] != "Automatic (0)"


def test_a_model_of_the_toy_family_paints_a_layer(played: Toy) -> None:
    assert played.report["family"]["layer"] == {"name": "a boat", "family": "toy", "steps": 4}


def test_history_is_searched_by_words(played: Toy) -> None:
    """Whatever their case; a job that has only one of them is not listed."""
    history = played.report["history"]
    assert history["BOAT"] == ["a boat"]
    assert history["boat wreck"] == "No result has all of these words: boat wreck"
    assert "a boat" in history[""] and len(history[""]) > 1, "all again when the words are taken away"


def test_history_fits_a_small_screen(played: Toy) -> None:
    width, height = played.report["history"]["window"]
    assert width <= SMALL[0] // SCALE and height <= SMALL[1] // SCALE


def test_the_menu_entry_its_windows_and_one_undo(played: Toy) -> None:
    """With the values of the last run, which a script made: a new image, a text to copy, and one step to take back."""
    screen = played.screen
    screen.keys(screen.wait_named("GIMP Message"), "Return")  # of the script that was refused
    screen.wait_gone("GIMP Message")
    layers = screen.layers()
    dialog = screen.choose_dialog("p", "Play with Roles")
    screen.shot("toy-dialog")
    screen.keys(dialog, "alt+g")
    close_results(screen, "toy-results")
    screen.wait_layers(layers + 1)
    screen.keys(screen.main_window(), "ctrl+z")
    screen.wait_layers(layers)
    screen.shot("toy-after")


def test_what_only_the_daemon_knows_is_asked_for_again(played: Toy) -> None:
    """A box that was unticked in an earlier dialog: by the next dialog, by Again, and by Ctrl+F."""
    screen = played.screen
    screen.keys(screen.choose_dialog("p", "Play with Roles"), "alt+g")
    close_results(screen)
    screen.choose("a")
    close_results(screen)
    screen.keys(screen.main_window(), "ctrl+f")
    close_results(screen)
    assert [asked["params"]["toy_newer"] for asked in played.asked()[:3]] == [False, False, False]


def close_results(screen: Screen, shot: str = "") -> None:
    """The text of a run, and its new image."""
    text = screen.wait_named("Description")
    screen.wait_for("30x20")
    if shot:
        screen.shot(shot)
    screen.keys(text, "alt+o", "Escape")
    screen.wait_gone("Description")
    screen.keys(screen.wait_for("30x20"), "ctrl+w")
    screen.keys(screen.wait_for("Close "), "ctrl+d")
    screen.wait_gone("30x20")


def test_a_layer_is_taken_apart_into_a_group_that_shows_the_same(played: Toy) -> None:
    """By the only model that can; the layer is hidden below its group, and stays selected."""
    apart = played.report["family"]["apart"]
    assert apart["group"] == "a cup", apart
    assert apart["layers"] == [["Layer 3", True, True], ["Layer 2", True, True], ["Layer 1", True, True]]
    assert (apart["returned"], apart["below"]) == (["Layer 1", "Layer 2", "Layer 3"], ["coffee.png", False])
    assert apart["selected"] == ["coffee.png"]
    assert apart["apart"] <= 2
