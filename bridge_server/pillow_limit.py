"""Pillow's own limit of pixels, for as long as ours is asked instead."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from PIL import Image


@contextlib.contextmanager
def without_pillow_limit() -> Iterator[None]:
    """Inside, pictures of any size are opened: who opens one checks its size before it is loaded.

    Pillow's limit, 179 megapixels, holds for the whole process; it is there again afterwards.
    """
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit
