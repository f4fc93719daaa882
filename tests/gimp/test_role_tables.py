"""Roles without GIMP: what is picked and chosen, what survives a file, and whether plug-in and daemon fit together."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge_server.operations.registry import builtin
from bridge_server.operations.table import describe, operation_table
from gimp_plugin.layerbridge.agreement import agree, missing_here
from gimp_plugin.layerbridge.artifacts import Picture, Selected, Words, read_artifact
from gimp_plugin.layerbridge.failures import BridgeError
from gimp_plugin.layerbridge.listing import Item, item_text, items_of
from gimp_plugin.layerbridge.operations import OPERATIONS, read_operations
from gimp_plugin.layerbridge.parameters import Parameters, check, from_json, from_request
from gimp_plugin.layerbridge.remembered import Remembered
from gimp_plugin.layerbridge.results import artifacts_of
from gimp_plugin.layerbridge.roles import (
    Pick,
    adds_layers,
    in_reach,
    media_type_of,
    names_mentioned,
    pick_of,
    way_problem,
    ways_from_text,
    ways_text,
    with_mentioned,
)
from layerbridge_client import wire
from tests.gimp.toy import NewerParams, toy

PLUGIN = Path(__file__).parents[2] / "gimp_plugin" / "layerbridge"
TABLE = operation_table(builtin())
TOY = read_operations([describe(toy())])[0]
PICKS = {"reference/1": Pick(7, "style"), "control/1": Pick(file="/a/pose.png")}
CHOSEN = Parameters(TOY, "visible", {"toy_amount": 4}, PICKS, {"selection": "mask", "document": "layer"})


def test_what_was_chosen_survives_a_file(tmp_path: Path) -> None:
    assert from_json(json.loads(json.dumps(CHOSEN.to_json())), operation=TOY) == CHOSEN
    remembered = Remembered(tmp_path)
    remembered.keep(CHOSEN)
    assert remembered.parameters(TOY) == CHOSEN
    assert remembered.parameters(replace(TOY, name="another")).picks == {}, "for each operation"
    at_once = remembered.parameters(TOY).without_picks()
    assert at_once.picks == {} and at_once.values == CHOSEN.values, "a layer was picked for one image"


@pytest.mark.parametrize("value", [None, 3, [], {"layer": "7"}, {"file": ""}, {"name": "style"}])
def test_a_damaged_pick_is_none(value: Any) -> None:
    assert not pick_of(value)


def test_damaged_ways_become_the_default() -> None:
    found = from_json({"ways": {"selection": "upside down", "layer": "mask", "x": 1}, "picks": 5}, operation=TOY)
    assert found.ways == {"selection": "selection", "document": "image"}
    assert (found.picks, found.chosen_ways) == ({}, {})


def test_ways_are_kept_with_a_job() -> None:
    text = ways_text(CHOSEN.ways)
    assert text == "selection:mask,document:layer" and ways_from_text(text) == CHOSEN.ways
    assert ways_from_text("") == ways_from_text("damaged") == {}
    request = {"operation": OPERATIONS[0].name, "params": {}, "client_data": {"apply": "nothing:here"}}
    assert from_request(request, 1).ways == {}


def test_a_layer_of_an_earlier_run_is_found_again_by_its_name() -> None:
    picks = {"a": Pick(3, "sky"), "b": Pick(4, "sea"), "c": Pick(5, "gone"), "d": Pick(file="/x.png")}
    found = in_reach(picks, [(9, "sky"), (3, "sky"), (8, "sea"), (5, "renamed")])
    assert found == {"a": Pick(3, "sky"), "b": Pick(8, "sea"), "c": Pick(), "d": Pick(file="/x.png")}


def test_what_is_needed_is_told() -> None:
    check(CHOSEN, has_selection=False)
    with pytest.raises(BridgeError, match="Style: choose a layer or a file"):
        check(replace(CHOSEN, picks={"control/1": Pick(file="/a")}), has_selection=True)
    assert way_problem(TOY, CHOSEN.ways, has_layer=True) == ""
    assert "Middle as: select the one layer" in way_problem(TOY, CHOSEN.ways, has_layer=False)


@pytest.mark.parametrize(
    ("kinds", "ways", "adds"),
    [
        (("selection", "document", "text"), {}, False),
        (("selection", "document"), {"selection": "mask", "document": "image"}, False),
        (("selection", "document"), {"selection": "channel", "document": "layer"}, True),
        (("document",), {"selection": "layer"}, False),
        (("layer", "text"), {}, True),
    ],
)
def test_only_what_becomes_a_layer_needs_more_colors_than_an_indexed_image_has(
    kinds: tuple[str, ...], ways: dict[str, str], adds: bool
) -> None:
    operation = replace(TOY, outputs=tuple(output for output in TOY.outputs if output.kind in kinds))
    assert adds_layers(operation, ways) == adds


def test_only_pngs_and_jpegs_are_sent() -> None:
    assert media_type_of(b"\x89PNG\r\n\x1a\n....") == "image/png"
    assert media_type_of(b"\xff\xd8\xff\xe0....") == "image/jpeg"
    assert media_type_of(b"GIF89a") == media_type_of(b"") == ""


def test_the_daemons_table_is_followed_where_the_versions_agree() -> None:
    newer = describe(toy(NewerParams))
    found, trouble = agree(TOY, [*TABLE, json.loads(json.dumps(newer))])
    assert (trouble, [option.name for option in found.options]) == ("", ["toy_amount", "toy_newer"])
    for operation in OPERATIONS:
        assert agree(operation, json.loads(json.dumps(TABLE))) == (operation, "")


def unknown_role() -> dict[str, Any]:
    row = describe(toy())
    return {**row, "inputs": [*row["inputs"], {"role": "frame/1", "title": "Frame", "required": True}]}


@pytest.mark.parametrize(
    ("row", "words", "remedy"),
    [
        (None, "Layerbridge is older than this plug-in", "Update Layerbridge"),
        (describe(toy(version=0)), "Layerbridge is older than this plug-in", "Update Layerbridge"),
        (describe(toy(version=2)), "This plug-in is older than Layerbridge", "layerbridge plugin install gimp"),
        ({"name": TOY.name, "version": 1}, "This plug-in is older", "layerbridge plugin install gimp"),
        (unknown_role(), "This plug-in is older", "layerbridge plugin install gimp"),
    ],
)
def test_one_sentence_says_what_to_update(row: dict[str, Any] | None, words: str, remedy: str) -> None:
    found, trouble = agree(TOY, [*TABLE, row] if row else TABLE)
    assert found == TOY
    assert words in trouble and remedy in trouble and "Play with Roles" in trouble


def test_what_only_the_daemon_has_is_told() -> None:
    assert missing_here(TABLE) == ""
    assert "Play with Roles" in missing_here([*TABLE, describe(toy())])


def frame(message: dict[str, Any], **specs: tuple[str, tuple[int, ...]]) -> bytes:
    """With empty tensors of these types and shapes."""
    tensors = {}
    for name, (dtype, shape) in specs.items():
        tensors[name] = wire.Tensor(dtype, shape, bytes(wire.element_count(shape) * wire.ELEMENT_SIZE[dtype]))
    return b"".join(bytes(part) for part in wire.encode(message, tensors))


BOX = {"x": -2, "y": 3, "width": 5, "height": 4}


def test_artifacts_are_read_and_named_by_their_output() -> None:
    masks = [frame({"bounds": BOX}, mask=("U8", (4, 5))) for _ in range(2)]
    frames = [*masks, frame({"bounds": BOX, "seed": 3}, image=("U8", (8, 10, 3))), frame({"text": "a cat"})]
    entries = [{"role": role} for role in ("selection", "selection", "document", "text")]
    made = artifacts_of(entries, frames, CHOSEN, {"job": "j"})
    first, second = made["selection"]
    assert isinstance(first, Selected) and [first.name, second.name] == ["Middle #1", "Middle #2"]
    (picture,), (words,) = made["document"], made["text"]
    assert isinstance(picture, Picture) and (picture.size, picture.is_gray, picture.name) == (
        (10, 8),
        False,
        "Negative",
    )
    assert picture.note == {"job": "j", "result": {"seed": 3, "bounds": BOX}}
    assert isinstance(words, Words) and words.text == "a cat"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("selection", frame({"bounds": BOX}, mask=("U8", (5, 4)))),
        ("selection", frame({"bounds": BOX}, mask=("U16", (4, 5)))),
        ("selection", frame({}, mask=("U8", (4, 5)))),
        ("document", frame({"bounds": BOX}, image=("U8", (8, 10)))),
        ("document", frame({"bounds": BOX}, image=("U8", (8, 10, 5)))),
        ("document", frame({"bounds": {**BOX, "width": 0}}, image=("U8", (8, 10, 3)))),
        ("text", frame({"text": None})),
        ("text", b"<html>"),
    ],
)
def test_what_is_not_an_artifact_is_refused(kind: str, data: bytes) -> None:
    with pytest.raises(BridgeError, match="The result") as refused:
        read_artifact(data, kind, "n", {})
    assert refused.value.code == "invalid_frame"


def test_a_result_of_an_unknown_kind_says_to_update() -> None:
    with pytest.raises(BridgeError, match="Update it"):
        artifacts_of([{"role": "model"}], [b""], CHOSEN, {})


def test_history_has_one_line_for_all_roles_of_a_variation() -> None:
    made = [
        {"role": role, "index": index, "meta": {"seed": 5 + index, "bounds": BOX if role == "document" else None}}
        for index in (0, 1)
        for role in ("text", "document")
    ]
    job = {"id": "j", "state": "done", "artifacts": made, "request": {"params": {}}}
    assert [item.key for item in items_of([job])] == [("j", 0), ("j", 1)]
    assert item_text(Item(job, 1)) == "5 × 4 pixels at -2, 3; seed 6"
    text = {"role": "text", "index": 0, "meta": {"seed": 5, "bounds": None}}
    assert item_text(Item({**job, "artifacts": [text]}, 0)) == "seed 5"


def test_no_operation_is_named_in_the_plug_in() -> None:
    """Neither by its name on the wire nor by its title; what is said about the code does not count."""
    titles = {row["title"].lower() for row in TABLE}
    names = {row["name"] for row in TABLE}
    for path in PLUGIN.glob("*.py"):
        for text in spoken(ast.parse(path.read_text(encoding="utf-8"))):
            assert text not in names, f"{path.name} names {text}"
            named = [title for title in titles if title in text.lower()]
            assert not named, f"{path.name} says {text!r}"


def spoken(tree: ast.AST) -> list[str]:
    """Every text of a module but its docstrings."""
    told = [node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    apart = {id(node.value) for node in told}
    every = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [node.value for node in every if id(node) not in apart]


def test_a_layer_that_the_prompt_mentions_becomes_the_first_free_reference() -> None:
    edit = next(operation for operation in OPERATIONS if operation.name == "edit")
    layers = [(7, "Sky"), (8, "My Coat"), (9, "C"), (10, "D")]
    prompt = "the coat of <layer: My Coat > under <LAYER:Sky>, and again <layer:Sky>"
    picks = with_mentioned(edit, prompt, {"reference/1": Pick(7, "Sky")}, layers)
    assert picks == {"reference/1": Pick(7, "Sky"), "reference/2": Pick(8, "My Coat")}
    assert names_mentioned(prompt, picks) == {"reference/1": "Sky", "reference/2": "My Coat"}
    assert names_mentioned("none", picks) == {}
    outpaint = next(operation for operation in OPERATIONS if operation.name == "outpaint")
    assert with_mentioned(outpaint, prompt, {}, layers) == {}, "no pieces come from it"
    with pytest.raises(BridgeError, match="mentions the layer “Gone”, and no layer has that name"):
        with_mentioned(edit, "<layer:Gone>", {}, layers)
    with pytest.raises(BridgeError, match=r"“D”.*Edit by Instruction takes 3 references"):
        with_mentioned(edit, "<layer:Sky> <layer:My Coat> <layer:C> <layer:D>", {}, layers)


@pytest.mark.parametrize(("task", "is_needed"), [("instruct", True), ("add", True), ("remove", False)])
def test_what_a_task_needs(task: str, is_needed: bool) -> None:
    given = Parameters.of("edit", edit_task=task, prompt=" ")
    if is_needed:
        with pytest.raises(BridgeError, match="needs a prompt"):
            check(given, has_selection=False)
    else:
        check(given, has_selection=False)
