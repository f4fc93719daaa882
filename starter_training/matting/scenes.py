"""Subjects over backgrounds, as the network that finds subjects sees them: what the refiner learns from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from bridge_server.edit.subject import Network, first_look

from ..backgrounds import Picture, draw_background, varied_crop
from ..glyphs import Glyph
from .rims import grain, plain_subject, shaded, smooth, stands_behind
from .shapes import Drawing, Plane, Random, draw_subject

Colors = npt.NDArray[np.float32]  # (H, W, 3) sRGB 0 to 1
SIDE = 640  # pixels of a scene, of which the network's 320 are two each
CROP = 256  # pixels of what is learned from
CROPS = 6  # of a scene
SEEN = 0.4  # of the union of subject and of what the network found that is in both: else it saw something else
GLYPHS = 0.15  # of the scenes
SHADES = ((0.06, 0.05, 0.05), (0.2, 0.12, 0.07), (0.38, 0.24, 0.14), (0.62, 0.45, 0.28), (0.85, 0.72, 0.5),
          (0.9, 0.88, 0.85), (0.55, 0.22, 0.08), (0.5, 0.5, 0.5))  # fmt: skip


@dataclass(frozen=True)
class Crop:
    """picture (CROP, CROP, 3), share (CROP, CROP) of the network and alpha (CROP, CROP), uint8."""

    picture: npt.NDArray[np.uint8]
    share: npt.NDArray[np.uint8]
    alpha: npt.NDArray[np.uint8]


Scene = tuple[npt.NDArray[np.uint8], Plane]  # the picture (h, SIDE, 3) and its alpha (h, SIDE)


def crops(scene: Scene, network: Network | None, random: Random) -> Iterator[Crop]:
    """Those of one scene, around where its subject ends or the network errs; none where that saw something else.

    Without a network the share is nothing.
    """
    picture, alpha = scene
    if network is None:
        yield from _cut(picture, np.zeros_like(alpha), alpha, (alpha > 0.02) & (alpha < 0.98), random)
        return
    share = first_look(picture.astype(np.float32) / 255, network)
    one, other = share > 0.5, alpha > 0.5
    if (one & other).sum() < SEEN * max((one | other).sum(), 1):
        return
    wrong = (np.abs(share - alpha) > 0.1) | ((alpha > 0.02) & (alpha < 0.98))
    yield from _cut(picture, share, alpha, wrong, random)


def _cut(
    picture: npt.NDArray[np.uint8], share: Plane, alpha: Plane, around: npt.NDArray[np.bool_], random: Random
) -> Iterator[Crop]:
    places = np.flatnonzero(around)
    eight = [np.rint(plane * 255).astype(np.uint8) for plane in (share, alpha)]
    for place in random.choice(places, CROPS if places.size else 0):
        y, x = (
            int(np.clip(middle - CROP // 2 + random.integers(-70, 71), 0, size - CROP))
            for middle, size in zip(divmod(place, SIDE), alpha.shape, strict=True)
        )
        part = slice(y, y + CROP), slice(x, x + CROP)
        yield Crop(picture[part], eight[0][part], eight[1][part])


def draw_scene(photos: tuple[Picture, ...], glyphs: tuple[Glyph, ...], random: Random) -> Scene:
    """Hairy and thin things before photographs."""
    height, width = int(random.choice((480, 560, 640))), SIDE
    ground = _ground(photos, height, width, random)
    if random.random() < GLYPHS:
        colors, alpha = _glyph(glyphs[random.integers(len(glyphs))], height, width, random)
    else:
        drawing = draw_subject(height, width, random)
        colors, alpha = _colored(drawing, _surface(photos, height, width, random), ground, random), drawing.alpha
    if random.random() < 0.25:
        colors, alpha = _out_of_focus(colors, alpha, random)
    return _photographed(colors, alpha, ground, random)


def draw_rim_scene(photos: tuple[Picture, ...], glyphs: tuple[Glyph, ...], random: Random) -> Scene:
    """Four in ten plain things with soft and hard edges, three hairy, three glyphs; before smooth things, grain and
    photographs, half of them with posts and the like.
    """
    height, width = int(random.choice((480, 560, 640))), SIDE
    kind = random.random()
    ground = (
        smooth(height, width, random) if kind < 0.25
        else grain(height, width, random) if kind < 0.5
        else _ground(photos, height, width, random)
    )  # fmt: skip
    if random.random() < 0.45:
        ground = stands_behind(ground, random)
    kind = random.random()
    if kind < 0.3:
        colors, alpha = _glyph(glyphs[random.integers(len(glyphs))], height, width, random)
    elif kind < 0.6:
        drawing = draw_subject(height, width, random)
        colors, alpha = _colored(drawing, _surface(photos, height, width, random), ground, random), drawing.alpha
    else:
        own = random.random() < 0.5
        colors = shaded(height, width, random) if own else _surface(photos, height, width, random)
        alpha = plain_subject(height, width, random)
    return _photographed(colors, alpha, ground, random)


def _photographed(colors: Colors, alpha: Plane, ground: Colors, random: Random) -> Scene:
    share = alpha[:, :, None]
    picture = colors * share + ground * (1 - share)
    if random.random() < 0.6:
        picture += random.normal(0, random.uniform(0.002, 0.03), picture.shape).astype(np.float32)
    encoded = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    if random.random() < 0.3:
        _, packed = cv2.imencode(".jpg", encoded, (cv2.IMWRITE_JPEG_QUALITY, int(random.integers(60, 98))))
        encoded = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return encoded, alpha


def _ground(photos: tuple[Picture, ...], height: int, width: int, random: Random) -> Colors:
    """Sometimes with something hairy in it that is not of the subject; sometimes out of focus."""
    ground = _floats(draw_background(photos, SIDE, random, photo_share=0.8))[:height, :width]
    if random.random() < 0.25:
        other = draw_subject(height, width, random)
        shift = np.float32(((1, 0, random.uniform(-0.6, 0.6) * width), (0, 1, random.uniform(-0.6, 0.6) * height)))
        planes = (other.alpha, other.strands, other.lightness)
        moved = Drawing(*(np.asarray(cv2.warpAffine(plane, shift, (width, height)), np.float32) for plane in planes))
        colors = _colored(moved, _surface(photos, height, width, random), ground, random)
        ground = ground + (colors - ground) * moved.alpha[:, :, None]
    if random.random() < 0.45:
        ground = cv2.GaussianBlur(ground, (0, 0), float(np.exp(random.uniform(np.log(0.6), np.log(20)))))
    return np.asarray(ground, np.float32)


def _surface(photos: tuple[Picture, ...], height: int, width: int, random: Random) -> Colors:
    if random.random() < 0.5:
        return _floats(varied_crop(photos, SIDE, random))[:height, :width]
    return _floats(draw_background(photos, SIDE, random, photo_share=0.3))[:height, :width]


def _colored(drawing: Drawing, surface: Colors, ground: Colors, random: Random) -> Colors:
    """Hair in a shade of its own, in the surface's colours, or near to one that the background has."""
    kind = random.random()
    if kind < 0.25:
        return surface
    if kind < 0.75:
        shade = np.float32(SHADES[random.integers(len(SHADES))]) * np.float32(random.uniform(0.7, 1.15))
    elif kind < 0.9:
        shade = random.random(3).astype(np.float32)
    else:
        own = ground[random.integers(ground.shape[0]), random.integers(ground.shape[1])]
        shade = np.clip(own + random.normal(0, 0.12, 3), 0, 1).astype(np.float32)
    gloss = random.uniform(0, 0.9)
    hair = shade * np.float32(1 - gloss * 0.6) + shade * np.float32(gloss) * drawing.lightness[:, :, None]
    strands = np.minimum(drawing.strands * 4, 1)[:, :, None]
    if random.random() < 0.3:  # the whole of one colour
        surface = surface + (shade - surface) * np.float32(random.uniform(0.5, 1))
    return np.clip(surface + (hair - surface) * strands, 0, 1)


def _out_of_focus(colors: Colors, alpha: Plane, random: Random) -> tuple[Colors, Plane]:
    """All of it alike, or ever more from one side to the other."""
    blur = float(np.exp(random.uniform(np.log(0.7), np.log(9))))
    far = (np.asarray(cv2.GaussianBlur(plane, (0, 0), blur), np.float32) for plane in (colors, alpha))
    if random.random() < 0.5:
        blurred_colors, blurred = far
        return blurred_colors, blurred
    near = np.linspace(0, 1, alpha.shape[1], dtype=np.float32)[None, :: random.choice((-1, 1))]
    blurred_colors, blurred = far
    return colors + (blurred_colors - colors) * near[:, :, None], alpha + (blurred - alpha) * near


def _glyph(glyph: Glyph, height: int, width: int, random: Random) -> tuple[Colors, Plane]:
    """Turned, enlarged in one of several ways, and mirrored at times; its colours go on beyond it."""
    if random.random() < 0.5:
        glyph = glyph[:, ::-1]
    straight = glyph.astype(np.float32) / 255
    covered = np.dstack([straight[:, :, :3] * straight[:, :, 3:], straight[:, :, 3]])
    scale = min(height, width) * random.uniform(0.45, 0.85) / max(glyph.shape[:2])
    place = np.array((width, height)) * random.uniform(0.44, 0.56, 2)
    to = cv2.getRotationMatrix2D((glyph.shape[1] / 2, glyph.shape[0] / 2), random.normal(0, 18), scale)
    to[:, 2] += place - (glyph.shape[1] / 2, glyph.shape[0] / 2)
    way = int(random.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)))
    whole = np.clip(cv2.warpAffine(covered, to, (width, height), flags=way), 0, 1)
    around = cv2.GaussianBlur(whole, (0, 0), 3)
    alpha = np.asarray(whole[:, :, 3], np.float32)
    own = whole[:, :, :3] / np.maximum(whole[:, :, 3:], 1e-3)
    beyond = around[:, :, :3] / np.maximum(around[:, :, 3:], 1e-3)
    colors = np.clip(np.where(alpha[:, :, None] > 0.05, own, beyond), 0, 1).astype(np.float32)
    if random.random() < 0.5:
        firmer = random.uniform(1, 3)
        alpha = np.clip((alpha - 0.5) * np.float32(firmer) + np.float32(0.5), 0, 1)
    return colors, alpha.astype(np.float32)


def _floats(picture: Picture) -> Colors:
    return picture.astype(np.float32) / np.float32(255)
