"""What a model that edits is told, and where it is told that the selection is."""

from __future__ import annotations

import pytest

from bridge_server.operations.instructions import instruction, place_of
from bridge_server.operations.mentions import mentioned, with_numbers


@pytest.mark.parametrize(
    ("x", "y", "place"),
    [
        (0.5, 0.5, "in the middle of the picture"),
        (0.2, 0.5, "in the left part of the picture"),
        (0.5, 0.9, "in the lower part of the picture"),
        (0.8, 0.1, "in the upper right part of the picture"),
    ],
)
def test_where_the_selection_is(x: float, y: float, place: str) -> None:
    assert place_of(x, y) == place


def test_the_sentence_names_the_object_its_place_or_the_main_one() -> None:
    left = place_of(0.1, 0.5)
    assert instruction("instruct", " make it red. ", left) == "make it red."
    assert instruction("add", "a red kite.", left).startswith("Add a red kite in the left part of the picture. Keep")
    assert instruction("replace", "a dog", "").startswith("Replace the main object with a dog. ")
    assert instruction("remove", "", left).startswith("Remove the object in the left part of the picture and show")
    assert instruction("remove", "the lamp", left).startswith("Remove the lamp and show")
    assert instruction("harmonize", "", "").startswith("Make the main object fit into the scene")


def test_mentions_are_names_between_marks() -> None:
    assert mentioned("<layer:a> and <LAYER: b c >, <layer:a>, <layer:> <layer: >") == ["a", "b c"]
    assert with_numbers("as <layer:a>, not <layer:b>", {"a": 2}) == "as image 2, not b"
