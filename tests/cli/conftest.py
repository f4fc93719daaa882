"""A shell with a home of its own, and pictures to work on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.daemon import short_home
from tests.support.requests import picture

from .shell import Shell


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    home = short_home()
    yield Shell(home)
    Shell(home)("stop")
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photo.png (160 x 120), gray.png, alpha.png, mask.png (soft edge, part of it on the border), black.png."""
    folder = tmp_path_factory.mktemp("pictures")
    photo = picture(160, 120)
    Image.fromarray(photo).save(folder / "photo.png")
    Image.fromarray(photo[:, :, 0]).save(folder / "gray.png")
    alpha = np.dstack([photo, np.full((120, 160), 255, np.uint8)])
    alpha[:20, :, 3] = 0
    alpha[20:40, :, 3] = 99
    Image.fromarray(alpha).save(folder / "alpha.png")
    mask = np.zeros((120, 160), np.uint8)
    mask[30:80, 100:160] = 255
    mask[30:80, 96:100] = (50, 100, 150, 200)
    Image.fromarray(mask).save(folder / "mask.png")
    Image.fromarray(np.zeros((120, 160), np.uint8)).save(folder / "black.png")
    return folder
