"""Pictures, masks and glyphs of the training data."""

from __future__ import annotations

import io
import shutil
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from starter_training.backgrounds import (
    LONGEST,
    SOURCES,
    TRAINING_SOURCES,
    flat,
    is_held_out,
    load_backgrounds,
    photo_crop,
    recolored,
    tone_map,
    varied_crop,
)
from starter_training.concepts import COLORS
from starter_training.fetch import PACKAGES, copy_installed, copy_packaged, unpack_environments, unpack_picture
from starter_training.glyphs import find_font, recolor
from starter_training.masks import SHAPES, Box, border_mask, bounding_box, draw_mask, object_mask, removal_mask, soften
from starter_training.measures import color_distance, gradient_distance, psnr
from starter_training.samples import Ingredients, Mixture, make_sample, paste

from .conftest import shape


def test_samples_have_their_shapes_and_are_settled_by_the_seed(ingredients: Ingredients) -> None:
    for row in range(40):
        sample, again = (make_sample(ingredients, (1, row)) for _ in range(2))
        assert sample.image.shape == (64, 64, 3) and sample.image.dtype == np.uint8
        assert sample.mask.shape == (64, 64) and set(np.unique(sample.mask)) <= {0.0, 1.0}
        assert sample.mask.any()
        assert (sample.image == again.image).all() and (sample.mask == again.mask).all()
        assert sample.caption == again.caption


def test_different_seeds_give_different_pictures(ingredients: Ingredients) -> None:
    pictures = {make_sample(ingredients, (3, row)).image.tobytes() for row in range(12)}
    assert len(pictures) == 12


def test_an_empty_prompt_means_nothing_there(ingredients: Ingredients) -> None:
    samples = [make_sample(ingredients, (5, row)) for row in range(200)]
    empty = [sample for sample in samples if not sample.caption]
    assert 100 < len(empty) < 150
    assert all(sample.concept is None for sample in empty)
    assert all(sample.caption for sample in samples if sample.concept is not None)


def test_a_thing_lies_inside_its_mask(ingredients: Ingredients) -> None:
    only_things = replace(
        ingredients, mixture=Mixture(removal=0, outpaint=0, blank=0, whole=0, recolored=0, nonsense=0)
    )
    for row in range(30):
        sample = make_sample(only_things, (7, row))
        assert sample.concept is not None
        box = bounding_box(sample.mask)
        assert box.width >= 0.2 * 64 and box.height >= 0.2 * 64


def test_pasting_keeps_to_the_box() -> None:
    background = np.full((64, 64, 3), 255, np.uint8)
    pasted = paste(background, shape("box"), Box(10, 20, 40, 30), fill=0.9)
    changed = bounding_box((pasted != 255).any(-1).astype(np.float32))
    assert changed.x >= 10 and changed.y >= 20 and changed.x + changed.width <= 50 and changed.y + changed.height <= 50
    assert abs((changed.x + changed.width / 2) - 30) <= 1.5
    assert (background == 255).all()


@pytest.mark.parametrize("kind", SHAPES)
def test_every_mask_shape_fills_its_box(kind: str) -> None:
    mask = draw_mask(kind, Box(16, 12, 32, 40), 64, np.random.default_rng(1))
    assert 0.3 * 32 * 40 < mask.sum() < 1.35 * 32 * 40
    assert set(np.unique(mask)) == {0.0, 1.0}


def test_masks_of_each_use() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        mask, box = object_mask(96, rng)
        assert box.x >= 0 and box.x + box.width <= 96 and mask.sum() > 0.03 * 96 * 96
        border = border_mask(96, rng)
        assert (
            0.1 < border.mean() < 0.9 and border[0].all() | border[-1].all() | border[:, 0].all() | border[:, -1].all()
        )
        assert 0 < removal_mask(96, rng).mean() < 1
    with pytest.raises(ValueError, match="empty"):
        bounding_box(np.zeros((8, 8), np.float32))
    with pytest.raises(ValueError, match="star"):
        draw_mask("star", Box(0, 0, 8, 8), 8, np.random.default_rng(0))


def test_a_soft_mask_has_values_in_between() -> None:
    mask = draw_mask("ellipse", Box(16, 16, 32, 32), 64, np.random.default_rng(0))
    soft = soften(mask, 3.0)
    assert ((soft > 0.1) & (soft < 0.9)).any() and soft[32, 32] > 0.99 and soft.min() >= 0 and soft.max() <= 1


@pytest.mark.parametrize("color", COLORS, ids=lambda color: color.name)
def test_recoloring_gives_that_color_and_keeps_outlines(color) -> None:
    glyph = shape("ball")
    changed = recolor(glyph, color)
    assert (changed[..., 3] == glyph[..., 3]).all()
    body = (glyph[..., :3].max(-1) > 100) & (glyph[..., 3] > 0)
    mean = changed[body][:, :3].mean(0)
    nearest = min(COLORS, key=lambda other: float(np.abs(np.array(other.rgb) - mean).sum()))
    assert nearest.name == color.name
    outline = (glyph[..., 3] > 0) & ~body
    assert changed[outline][:, :3].max() < 60


def test_backgrounds_are_split_by_name_alone(tmp_path: Path) -> None:
    for name in SOURCES:
        Image.fromarray(np.random.default_rng(len(name)).integers(0, 255, (40, 50, 3), np.uint8)).save(tmp_path / name)
    (tmp_path / "unknown.png").write_bytes(b"not read")
    found = load_backgrounds(tmp_path)
    assert len(found.training) + len(found.held_out) == len(SOURCES)
    assert len(found.held_out) == sum(map(is_held_out, SOURCES))
    assert is_held_out("bridge.exr.js@0.18") == is_held_out("bridge.exr.js@0.4")
    with pytest.raises(FileNotFoundError, match="too few"):
        load_backgrounds(tmp_path / "nowhere")


def test_photographs_added_later_are_only_learned_from_and_reduced(tmp_path: Path) -> None:
    photographs = [name for name in TRAINING_SOURCES if name.endswith(".jpg")]
    large = np.zeros((30, 2 * LONGEST, 3), np.uint8)
    for name in (*SOURCES, *photographs):
        Image.fromarray(large if name in photographs else np.zeros((40, 50, 3), np.uint8)).save(tmp_path / name)
    found = load_backgrounds(tmp_path)
    assert len(photographs) == 18 and len(found.held_out) == sum(map(is_held_out, SOURCES))
    assert sum(picture.shape == (15, LONGEST, 3) for picture in found.training) == len(photographs)


def test_photographs_of_installed_packages_are_gathered(tmp_path: Path) -> None:
    wallpapers, worlds, gathered = (tmp_path / name for name in ("wallpapers", "worlds", "gathered"))
    for folder in (wallpapers, worlds, gathered):
        folder.mkdir()
    for name in TRAINING_SOURCES:
        (worlds / name.removeprefix("world-") if name.startswith("world-") else wallpapers / name).write_bytes(
            b"picture"
        )
    copy_installed(gathered, wallpapers, worlds)
    assert {path.name for path in gathered.iterdir()} == {
        name for name in TRAINING_SOURCES if not name.startswith("getty-")
    }
    shutil.rmtree(gathered)
    gathered.mkdir()
    with pytest.raises(FileNotFoundError, match=r"blender-data; missing pictures: Picture_0B.*world-city\.exr"):
        copy_installed(gathered, tmp_path / "none", tmp_path / "none")


def test_crops_for_training_vary_in_size_turn_and_color() -> None:
    rows, columns = np.mgrid[0:200, 0:300]
    picture = np.stack([rows, columns * 0.8, np.full(rows.shape, 90)], -1).astype(np.uint8)
    crops = [varied_crop((picture,), 32, np.random.default_rng(seed)) for seed in range(60)]
    assert all(crop.shape == (32, 32, 3) and crop.dtype == np.uint8 for crop in crops)
    spans = [float(np.ptp(crop.astype(int), axis=(0, 1)).max()) for crop in crops]
    assert min(spans) < 30 and max(spans) > 120, "from details to the whole"
    downwards = [crop[-1].astype(float).mean(0) - crop[0].astype(float).mean(0) for crop in crops]
    assert {int(np.argmax(np.abs(step))) for step in downwards} == {0, 1, 2}, "channels are exchanged, and it is turned"
    gray = np.full((8, 8, 3), 128, np.uint8)
    means = np.array([recolored(gray, np.random.default_rng(seed)).mean((0, 1)) for seed in range(60)])
    assert (means == 128).all(1).mean() > 0.2 and means.std(0).min() > 5 and abs(means.mean() - 128) < 12


def test_pictures_are_gathered_from_packages_and_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package, inside in PACKAGES.items():
        pictures = tmp_path / "site" / package / inside
        pictures.mkdir(parents=True)
        (tmp_path / "site" / package / "__init__.py").touch()
        for name in (*SOURCES, "retina.jpg"):
            (pictures / name).write_bytes(b"picture")
        monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.syspath_prepend(tmp_path / "site")
    gathered = tmp_path / "gathered"
    gathered.mkdir()
    copy_packaged(gathered)
    with tarfile.open(tmp_path / "assets.tgz", "w:gz") as tar:
        for name in ("package/hdri/park.exr.js", "package/data/image.jpg", "package/../evil.exr.js"):
            entry = tarfile.TarInfo(name)
            entry.size = 4
            tar.addfile(entry, io.BytesIO(b"data"))
    unpack_environments(tmp_path / "assets.tgz", gathered)
    unpack_picture(tmp_path / "assets.tgz", gathered / "getty-boats.jpg")
    assert {path.name for path in gathered.iterdir()} == {*SOURCES, "park.exr.js", "evil.exr.js", "getty-boats.jpg"}
    shutil.rmtree(tmp_path / "site" / "sklearn")
    shutil.rmtree(tmp_path / "site" / "skimage" / "data")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(FileNotFoundError, match=r"pip install -e starter_training"):
        copy_packaged(empty)


def test_crops_and_tone_curve() -> None:
    rng = np.random.default_rng(0)
    crop = photo_crop((rng.integers(0, 255, (90, 120, 3), np.uint8),), 64, rng)
    assert crop.shape == (64, 64, 3) and crop.flags.c_contiguous
    mapped = tone_map(np.array([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [np.inf, 900.0, 900.0]]], np.float32), 0.18)
    assert mapped[0, 0, 0] == 0 and 90 < mapped[0, 1, 0] < 130 and mapped[0, 2].min() > 250
    assert np.ptp(flat(8, rng), axis=(0, 1)).tolist() == [0, 0, 0]


def test_a_missing_font_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="fonts-noto-color-emoji"):
        find_font(tmp_path / "none.ttf")


def test_measures_rank_as_the_eye_does() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 255, (64, 64, 3), np.uint8)
    other_noise = rng.integers(0, 255, (64, 64, 3), np.uint8)
    blurred = cv2.GaussianBlur(truth, (0, 0), 4)
    mask = np.zeros((64, 64), np.float32)
    mask[16:48, 16:48] = 1
    assert gradient_distance(truth, truth, mask) == 0 == color_distance(truth, truth, mask)
    assert gradient_distance(other_noise, truth, mask) < gradient_distance(blurred, truth, mask)
    assert color_distance(other_noise, truth, mask) < color_distance(blurred, truth, mask)
    assert psnr(blurred, truth, mask) > psnr(other_noise, truth, mask)
    assert psnr(truth, truth) > 90
