"""The registry, and what each operation and option says of itself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bridge_server.operations.options import Options
from bridge_server.operations.registry import Registry, builtin
from bridge_server.operations.table import operation_table, options_of
from bridge_server.plan.plan_input import PLANNERS

from .toy import TOY, with_toy

TABLE = {operation["name"]: operation for operation in operation_table(builtin())}


def option(operation: str, name: str) -> dict[str, object]:
    return next(found for found in TABLE[operation]["options"] if found["name"] == name)


def test_a_second_operation_of_the_same_name_is_refused() -> None:
    operations = with_toy()
    with pytest.raises(ValueError, match="toy already"):
        operations.register(TOY)
    assert "toy" in operations and "toy" not in builtin()


def test_the_order_is_that_of_the_menus() -> None:
    assert builtin().names[:5] == ("inpaint", "remove", "outpaint", "img2img", "txt2img")
    assert with_toy().names[0] == "toy"
    assert Registry().names == ()


def test_each_mnemonic_is_a_letter_of_its_title_and_stands_for_one_operation() -> None:
    letters = [operation.menu.mnemonic for operation in builtin().all()]
    assert all(operation.menu.mnemonic in operation.title for operation in builtin().all())
    assert len({letter.lower() for letter in letters}) == len(letters)


def test_no_mnemonic_is_that_of_another_entry_of_gimps_menu() -> None:
    """A letter that two entries have only goes from one to the other."""
    source = Path(__file__).parents[2] / "gimp_plugin/layerbridge/procedures.py"
    others = re.findall(r'_\("[^"_]*_(\w)[^"]*"\)', source.read_text(encoding="utf-8"))
    letters = sorted(letter.upper() for letter in others)
    assert letters == ["A", "H", "S", "W"], "Again, History, Settings, with Options"
    assert not {operation.menu.mnemonic.upper() for operation in builtin().all()} & {*letters}
    assert len([operation for operation in builtin().all() if not operation.menu.asks]) == 1, "“with Options” has one W"


def test_every_planner_is_one_that_geometry_knows() -> None:
    assert {operation.planner for operation in builtin().all() if operation.planner} == set(PLANNERS)


def test_every_option_says_what_it_is() -> None:
    for operation in builtin().all():
        for found in options_of(operation):
            assert found["title"] and found["description"].endswith("."), (operation.name, found["name"])
            assert found["default"] is not None or found["automatic"], (operation.name, found["name"])
            if found["type"] in ("integer", "number"):
                assert found["minimum"] is not None and found["maximum"] is not None
            if found["widget"] in ("slider", "number", "pixels", "percent", "margins"):
                assert found["step"] > 0


def test_the_same_option_has_the_same_words_and_limits_everywhere() -> None:
    same = ("title", "description", "type", "widget", "unit", "minimum", "maximum", "step", "max_length", "choices")
    seen: dict[str, list[object]] = {}
    for operation in TABLE.values():
        for found in operation["options"]:
            assert seen.setdefault(found["name"], [found[key] for key in same]) == [found[key] for key in same]


def test_remove_is_inpaint_without_its_prompts() -> None:
    names = {name: [found["name"] for found in TABLE[name]["options"]] for name in ("inpaint", "remove")}
    assert [name for name in names["inpaint"] if name not in names["remove"]] == ["prompt", "negative_prompt"]
    assert set(names["remove"]) < set(names["inpaint"])


def test_what_a_form_begins_with() -> None:
    assert option("outpaint", "margins")["default"] == {"left": 128, "top": 0, "right": 128, "bottom": 0}
    weaker = option("img2img", "strength")
    assert (weaker["default"], weaker["automatic_is"], weaker["group"]) == (None, "model.img2img_strength", "main")
    assert option("inpaint", "strength")["default"] is None and option("inpaint", "strength")["automatic_is"] == 1.0
    assert option("inpaint", "steps")["automatic_is"] == "model.steps"
    assert option("inpaint", "sampler")["default"] is None and option("inpaint", "sampler")["automatic"]
    assert option("txt2img", "prompt")["required"] and not option("inpaint", "prompt")["required"]
    assert option("outpaint", "grow")["shown_when"] == "" and option("inpaint", "grow")["shown_when"] == "selection"


def test_an_option_that_does_not_say_how_it_is_shown_is_refused() -> None:
    class Bare(Options):
        amount: int = 1

    with pytest.raises(ValueError, match=r"Bare\.amount"):
        options_of(replace(TOY, params=Bare))
