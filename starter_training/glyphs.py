"""Emoji glyphs as pictures with an alpha channel, and the same in another colour."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from .concepts import Color, Concept

Glyph = npt.NDArray[np.uint8]
"""(H, W, 4): straight RGBA, cropped to what is drawn."""

NOTO_BITMAP_SIZE = 109  # the one strike that Noto Color Emoji has; 136 x 128 pixels a glyph
FONT_PATHS = (
    "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",  # Debian, Ubuntu: fonts-noto-color-emoji
    "/usr/share/fonts/noto/NotoColorEmoji.ttf",  # Arch
    "/usr/share/fonts/google-noto-emoji/NotoColorEmoji.ttf",  # Fedora
)
OUTLINE_LIGHTNESS = 0.16  # darker than this is an eye, a tyre, an outline: it keeps its colour


def find_font(given: Path | None = None) -> Path:
    """The emoji font. Raises FileNotFoundError with what to install."""
    for path in [given] if given else [Path(known) for known in FONT_PATHS]:
        if path.is_file():
            return path
    raise FileNotFoundError("Noto Color Emoji was not found: install fonts-noto-color-emoji, or name it with --font")


def draw_glyphs(concepts: tuple[Concept, ...], font_path: Path) -> tuple[Glyph, ...]:
    """One picture for each concept, in their order. Raises ValueError naming the ones that the font cannot draw."""
    font = ImageFont.truetype(str(font_path), NOTO_BITMAP_SIZE)
    glyphs, missing = [], []
    for concept in concepts:
        canvas = Image.new("RGBA", (256, 192))
        ImageDraw.Draw(canvas).text((32, 24), concept.glyph, font=font, embedded_color=True)
        box = canvas.getbbox()
        if box is None or not 40 <= box[2] - box[0] <= 150:  # nothing, a dot, or several glyphs side by side
            missing.append(concept.name)
            continue
        glyphs.append(np.asarray(canvas.crop(box)))
    if missing:
        raise ValueError(f"the font has no single glyph for: {', '.join(missing)}")
    return tuple(glyphs)


def recolor(glyph: Glyph, color: Color) -> Glyph:
    """The glyph in shades of one colour; dark outlines, eyes and tyres stay, highlights stay light.

    Each pixel's lightness, relative to the glyph's middle lightness, goes through a ramp dark shade - colour - light
    tint. Black and white glyphs are made of shades of grey.
    """
    rgb = glyph[..., :3].astype(np.float32) / 255
    lightness = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[..., 0] / 100
    body = (glyph[..., 3] > 127) & (lightness > OUTLINE_LIGHTNESS)
    middle = float(np.median(lightness[body])) if body.any() else 0.5
    shade = np.array(color.rgb, np.float32) / 255
    dark, light = shade * 0.45, shade + (1 - shade) * (0.4 if color.name == "black" else 0.6)
    below = np.clip(lightness / max(middle, 1e-3), 0, 1)[..., None]
    above = np.clip((lightness - middle) / max(1 - middle, 1e-3), 0, 1)[..., None] ** 1.5
    painted = dark + (shade - dark) * below + (light - shade) * above
    kept = np.clip((OUTLINE_LIGHTNESS + 0.06 - lightness) / 0.06, 0, 1)[..., None]
    mixed = rgb * kept + painted * (1 - kept)
    return np.dstack([(np.clip(mixed, 0, 1) * 255).round().astype(np.uint8), glyph[..., 3]])
