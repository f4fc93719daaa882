"""The refiner: what is drawn, that it learns, goes on where it stopped, and runs in OpenCV as it was trained."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from bench.cutouts.held_out import SETS
from bridge_server.edit.matting.refine import Refiner as Shipped
from starter_training.concepts import load_concepts
from starter_training.matting.export import to_onnx
from starter_training.matting.network import logits
from starter_training.matting.samples import make_batch, make_shards
from starter_training.matting.scenes import draw_scene
from starter_training.matting.shapes import draw_subject
from starter_training.matting.sources import NOT_LEARNED, PHOTOGRAPHS, VARIANT
from starter_training.matting.train import train

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


def test_a_scene_shows_its_subject_whole_and_its_background() -> None:
    for seed in range(6):
        picture, alpha = draw_scene(PHOTOS, GLYPHS, np.random.default_rng(seed))
        assert picture.shape == (*alpha.shape, 3) and picture.dtype == np.uint8
        assert alpha.min() == 0 and alpha.max() > 0.95


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


def test_training_ends_where_it_would_have_ended_without_a_stop(
    shards: list[np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("starter_training.matting.train._share_of_rate", lambda _step, _steps: 1.0)
    found = []
    for name, stops in (("whole", (3,)), ("parts", (2, 3))):
        torch.manual_seed(0)
        (tmp_path / name).mkdir()
        found.append([train(shards, tmp_path / name, steps, batch=2).state_dict() for steps in stops][-1])
    assert all(torch.equal(one, other) for one, other in zip(*(state.values() for state in found), strict=True))


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
