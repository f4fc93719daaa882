"""Each method and fill of bench/fidelity runs, and returns the truth where the model does."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from bench.fidelity.cases import DOCUMENTS, Case, make_cases
from bench.fidelity.documents import write_tables
from bench.fidelity.fills import FILLS
from bench.fidelity.measures import changed_values, delta_e
from bench.fidelity.methods import Method, ours
from bench.fidelity.models import Cache, bias, identity_ideal, intended
from bench.fidelity.photographs import photographs
from bench.fidelity.published import PUBLISHED
from bench.fidelity.report import OURS, table, targets
from bench.fidelity.run import measure
from bench.fidelity.selections import KINDS
from bench.fidelity.spaces import SPACES, SRGB, decode, encode
from bridge_server.plan.native import NativeSize

NATIVE = NativeSize.around(64, 16)
METHODS: dict[str, Method] = {OURS: ours()} | PUBLISHED


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return make_cases(143, 1, photographs(), NATIVE.side)


@pytest.mark.parametrize("name", METHODS)
def test_with_a_perfect_model_every_method_nearly_returns_the_truth(name: str, cases: list[Case]) -> None:
    for case in cases[:13]:
        outcome = METHODS[name](case, identity_ideal(case), NATIVE)
        assert outcome.pixels.shape == case.document.shape
        assert outcome.pixels.dtype == case.document.dtype
        before, after = (
            float(delta_e(decode(pixels, case.space), case.true_color).mean())
            for pixels in (case.document, outcome.pixels)
        )
        assert after < max(4.0, before), case.name


def test_ours_changes_nothing_outside_its_mask_at_any_depth(cases: list[Case]) -> None:
    for case in cases[: len(DOCUMENTS)]:
        outcome = METHODS[OURS](case, intended(case), NATIVE)
        assert (outcome.pixels != case.document).any(), case.name
        assert changed_values(outcome.pixels, case.document, outcome.shown) == 0, case.name


def test_eight_bit_methods_change_a_deep_document(cases: list[Case]) -> None:
    case = next(case for case in cases if case.name.endswith("U16 ProPhoto") and case.kind == "ellipse")
    outcome = PUBLISHED["A1111"](case, identity_ideal(case), NATIVE)
    assert changed_values(outcome.pixels, case.document, outcome.shown) > 0


def test_cases_are_of_every_kind_and_always_the_same(cases: list[Case]) -> None:
    assert {case.kind for case in cases} == set(KINDS)
    assert len({(case.document.dtype, case.space.name) for case in cases}) == len(set(DOCUMENTS))
    again = make_cases(20, 1, photographs(), NATIVE.side)
    for one, other in zip(again, cases, strict=False):
        assert one.name == other.name
        np.testing.assert_array_equal(one.document, other.document)
        np.testing.assert_array_equal(one.selection, other.selection)
    assert all(case.selection.any() for case in cases)


@pytest.mark.parametrize("name", [name for name, space in SPACES.items() if space is not SRGB])
def test_spaces_agree_with_their_icc_profiles(name: str) -> None:
    """A colour engine that reads the profile sees the colours that the numbers were made from."""
    space = SPACES[name]
    colors = np.random.default_rng(3).random((8, 8, 3))
    pixels = encode(colors, space, np.dtype(np.float32))
    assert space.icc is not None
    seen = imagecodecs.cms_transform(
        pixels, space.icc, imagecodecs.cms_profile("srgb"), colorspace="rgb", outcolorspace="rgb"
    )
    assert float(delta_e(seen, colors).max()) < 0.3
    np.testing.assert_allclose(decode(pixels, space), colors, atol=1e-4)


def test_tables_and_targets_are_made_of_the_measurements(cases: list[Case]) -> None:
    models = {"identity": (identity_ideal, NATIVE), "intended": (intended, NATIVE)}
    some = {name: METHODS[name] for name in (OURS, "naive")}
    rows = list(measure(cases[:3], models, some, lambda _name: None))
    assert len(rows) == 3 * 2 * 2
    assert table(rows).count("\n") == 3  # two lines of head, and one per method for the identity model
    outside = targets(rows)[0]
    assert outside.met is True
    assert "6 edits" in outside.text


@pytest.mark.parametrize("name", FILLS)
def test_fills_keep_what_is_known_and_fill_the_rest(name: str) -> None:
    image = np.full((48, 64, 3), (0.2, 0.5, 0.7), np.float32)
    hole = np.zeros((48, 64), bool)
    hole[:, :20] = True
    hidden = np.where(hole[:, :, None], np.float32(0.5), image)
    filled = FILLS[name](hidden, hole)
    np.testing.assert_array_equal(filled[~hole], image[~hole])
    if name != "neutral gray":
        np.testing.assert_allclose(filled, image, atol=0.03)


def test_a_cached_picture_is_computed_once(tmp_path: Path) -> None:
    calls: list[int] = []
    picture = np.random.default_rng(4).random((4, 6, 3)).astype(np.float32)

    def compute() -> np.ndarray:
        calls.append(1)
        return picture

    cache = Cache(tmp_path, "a model")
    first, second = (cache.get((picture,), compute) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, picture, atol=1e-5)
    assert len(calls) == 1
    Cache(tmp_path, "another model").get((picture,), compute)
    assert len(calls) == 2


def test_bias_is_a_shift_that_one_can_see() -> None:
    gray = np.full((32, 32, 3), 0.6, np.float32)
    red, green, blue = bias(gray)[16, 16]
    assert red > green > blue


def test_tables_are_written_between_their_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- one -->\nold\n<!-- /one -->\nafter\n")
    write_tables({"one": "| new \\1 |"}, page)
    assert page.read_text() == "before\n<!-- one -->\n| new \\1 |\n<!-- /one -->\nafter\n"
    with pytest.raises(ValueError, match="two"):
        write_tables({"two": ""}, page)


def test_what_was_not_measured_again_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    head = "| model | method | seam | step |\n| --- | --- | --- | --- |"
    page.write_text(
        f"<!-- methods -->\n{head}\n| ideal | ours | 1 | 2 |\n| starter | ours | 3 | 4 |\n<!-- /methods -->\n"
        "<!-- targets -->\n| asked for | measured | |\n| seam, ideal | 0.1 | met |\n"
        "| seam, starter | 0.2 | met |\n<!-- /targets -->\n"
    )
    targets = "| asked for | measured | |\n| outside (220 edits) | 0 | met |\n| seam, starter | 0.3 | **missed** |"
    write_tables({"methods": f"{head}\n| starter | ours | 5 | 6 |", "targets": targets}, page, partly=True)
    assert page.read_text() == (
        f"<!-- methods -->\n{head}\n| ideal | ours | 1 | 2 |\n| starter | ours | 5 | 6 |\n<!-- /methods -->\n"
        "<!-- targets -->\n| asked for | measured | |\n| seam, ideal | 0.1 | met |\n"
        "| seam, starter | 0.3 | **missed** |\n<!-- /targets -->\n"
    )
