"""The refiner: what is drawn, that it learns, goes on where it stopped, and runs in OpenCV as it was trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from bench.cutouts.held_out import SETS
from bridge_server.edit.matting.refine import Refiner as Shipped
from starter_training.concepts import load_concepts
from starter_training.matting.export import to_onnx
from starter_training.matting.network import SHARE, Refiner, logits
from starter_training.matting.rims import plain_subject, stands_behind
from starter_training.matting.samples import HAIRY, make_batch, make_shards
from starter_training.matting.scenes import Scene, draw_rim_scene, draw_scene
from starter_training.matting.shapes import draw_subject
from starter_training.matting.sources import NOT_LEARNED, PHOTOGRAPHS, VARIANT
from starter_training.matting.train import FIRST, STEPS, rate_at, seen_again, train

PHOTOS = tuple(np.random.default_rng(n).integers(0, 256, (700, 900, 3), np.uint8) for n in range(2))
GLYPHS = (np.full((60, 50, 4), 200, np.uint8),)


def go_on() -> None:
    pass


def test_subjects_have_edges_of_all_kinds() -> None:
    partly = []
    for seed in range(12):
        drawing = draw_subject(160, 200, np.random.default_rng(seed))
        assert drawing.alpha.shape == (160, 200) and 0.02 < drawing.alpha.mean() < 0.8
        partly.append(float(((drawing.alpha > 0.05) & (drawing.alpha < 0.95)).mean()))
    assert max(partly) > 4 * min(partly) > 0


@pytest.mark.parametrize("draw", [draw_scene, draw_rim_scene])
def test_a_scene_shows_its_subject_whole_and_its_background(draw: Callable[..., Scene]) -> None:
    for seed in range(6):
        picture, alpha = draw(PHOTOS, GLYPHS, np.random.default_rng(seed))
        assert picture.shape == (*alpha.shape, 3) and picture.dtype == np.uint8
        assert alpha.min() == 0 and 0.7 < alpha.max() <= 1


def test_a_plain_thing_is_whole_inside_and_many_are_out_of_focus() -> None:
    widths = []
    for seed in range(20):
        alpha = plain_subject(480, 640, np.random.default_rng(seed))
        assert 0.02 < alpha.mean() < 0.7 and 0.7 < alpha.max() < 1.001 and alpha.min() == 0
        partly = ((alpha > 0.05) & (alpha < 0.95)).sum()
        widths.append(partly / cv2.Canny((alpha > 0.5).astype(np.uint8) * 255, 50, 150).astype(bool).sum())
    assert min(widths) < 2 and max(widths) > 12


def test_what_stands_behind_leaves_most_of_the_background() -> None:
    ground = np.full((480, 640, 3), 0.5, np.float32)
    changed = [np.abs(stands_behind(ground, np.random.default_rng(seed)) - ground).max(axis=2) > 0.02
               for seed in range(12)]  # fmt: skip
    assert 0.02 < np.mean(changed) < 0.6 and min(one.mean() for one in changed) > 0


def test_nothing_that_is_measured_with_was_learned_from() -> None:
    glyphs = {glyph for of in SETS.values() for glyph in of.emoji}
    assert glyphs == set(NOT_LEARNED)
    assert {one.glyph.replace(VARIANT, "") for one in load_concepts()} - glyphs
    learned = {name.split(".")[0].split("_by_")[0] for name in PHOTOGRAPHS if not name.endswith(".exr.js")}
    learned |= {f"hdri-{name.split('.')[0]}" for name in PHOTOGRAPHS if name.endswith(".exr.js")}
    for of in SETS.values():
        assert not learned & {*of.grounds, *of.surfaces}


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    folder = tmp_path_factory.mktemp("shards")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("starter_training.matting.samples.SHARD", 12)
        patch.setattr("starter_training.matting.samples.REAL", frozenset())
        paths = list(make_shards(folder, 2, PHOTOS, GLYPHS, None))
        assert not list(make_shards(folder, 2, PHOTOS, GLYPHS, None)), "what is there stays"
    return [np.load(path) for path in paths]


def test_the_first_shards_are_of_hairy_things_and_the_others_of_rims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    for name, draw in (("draw_scene", draw_scene), ("draw_rim_scene", draw_rim_scene)):

        def noted(*of: Any, name: str = name, draw: Callable[..., Scene] = draw) -> Scene:
            drawn.append(name)
            return draw(*of)

        monkeypatch.setattr(f"starter_training.matting.samples.{name}", noted)
    monkeypatch.setattr("starter_training.matting.samples.SHARD", 6)
    monkeypatch.setattr("starter_training.matting.samples.REAL", frozenset())
    list(make_shards(tmp_path, HAIRY + 1, PHOTOS, GLYPHS, None))
    assert drawn == ["draw_scene"] * HAIRY + ["draw_rim_scene"]


def test_the_rate_rises_and_falls_to_nothing_in_both_parts() -> None:
    for begin, end in ((0, FIRST), (FIRST, STEPS)):
        rates = [rate_at(step, STEPS) for step in range(begin, end)]
        assert rates[0] < 0.02 and max(rates) == 1 and rates[-1] < 0.003


def test_training_ends_where_it_would_have_ended_without_a_stop(
    shards: list[np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("starter_training.matting.train.rate_at", lambda _step, _steps: 1.0)
    found = []
    for name, stops in (("whole", (3,)), ("parts", (2, 3))):
        torch.manual_seed(0)
        (tmp_path / name).mkdir()
        found.append([train(shards, tmp_path / name, steps, batch=2).state_dict() for steps in stops][-1])
    assert all(torch.equal(one, other) for one, other in zip(*(state.values() for state in found), strict=True))


def test_a_second_look_begins_with_what_the_first_said(shards: list[np.ndarray]) -> None:
    torch.manual_seed(2)
    refiner = Refiner().eval()
    torch.nn.init.normal_(refiner.last.weight, 0, 0.1)
    batch = make_batch(shards, 3, 96, np.random.default_rng(0))
    again = seen_again(batch, refiner, 2)
    with torch.inference_mode():
        said = torch.sigmoid(logits(refiner, torch.from_numpy(batch.seen))).numpy()
    np.testing.assert_allclose(again.seen[:2, SHARE], said[:2], atol=1e-5)
    assert np.array_equal(again.seen[:, :SHARE], batch.seen[:, :SHARE]) and np.array_equal(again.seen[2], batch.seen[2])
    assert np.abs(again.seen[:2, SHARE + 1 :] - batch.seen[:2, SHARE + 1 :]).max() > 0.01


def test_the_file_runs_as_it_was_trained(shards: list[np.ndarray], tmp_path: Path) -> None:
    torch.manual_seed(1)
    refiner = train(shards, tmp_path, 3, batch=2)
    path = tmp_path / "refiner.onnx"
    path.write_bytes(to_onnx(refiner))
    assert path.stat().st_size < 800_000 and to_onnx(refiner) == path.read_bytes()
    seen = make_batch(shards, 1, 96, np.random.default_rng(0)).seen
    with torch.inference_mode():
        expected = torch.sigmoid(logits(refiner, torch.from_numpy(seen)))[0].numpy()
    picture, share = np.ascontiguousarray(seen[0, :3].transpose(1, 2, 0)), seen[0, 3]
    np.testing.assert_allclose(Shipped(path).refine(picture, share, go_on), expected, atol=0.02)
    wide = cv2.copyMakeBorder(picture, 0, 5, 0, 40, cv2.BORDER_REPLICATE)
    assert Shipped(path).refine(wide, np.zeros((101, 136), np.float32), go_on).shape == (101, 136)
