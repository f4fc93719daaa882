"""A picture that is continued by example does not repeat its subject, as the network that ships finds it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bridge_server.edit.fill.exemplar import FillOptions
from bridge_server.edit.filled import filled_layer
from bridge_server.edit.source import Source
from bridge_server.edit.spared import not_repeated
from bridge_server.edit.subject import SmallNetwork
from bridge_server.models.weights import SUBJECT, shipped
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.by_example import plan_by_example
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan_input import PlanInput

COFFEE = Path(__file__).parents[2] / "tools/demo/coffee.png"
MARGIN = 48


@pytest.fixture(scope="module")
def network() -> SmallNetwork:
    return SmallNetwork(shipped(SUBJECT))


def coffee() -> NDArray[np.uint8]:
    """(400, 600, 3): a red cup and saucer on brown wood, nothing of them within 20 pixels of the border."""
    return np.array(Image.open(COFFEE).convert("RGB"))


def red(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """As the saucer is and the wood is not."""
    r, g, b = (pixels[..., index].astype(int) for index in range(3))
    return (r > 100) & (g < 0.3 * r) & (b < 0.3 * r)


def test_a_cup_is_not_repeated_beyond_the_borders(network: SmallNetwork) -> None:
    image = coffee()
    whole = Bounds(0, 0, image.shape[1], image.shape[0])
    given = PlanInput("outpaint", whole, NativeSize.around(512, 8), strength=1.0, margins=(MARGIN,) * 4)
    source, plan = Source(image, None, whole, None), plan_by_example(given)
    shares: list[float] = []
    for finds in (network, None):
        layer = filled_layer(source, plan, 2, FillOptions(), lambda done: None, network=finds)
        beyond = layer.mask == 255
        beyond[MARGIN:-MARGIN, MARGIN:-MARGIN] = False
        shares.append(float(red(layer.image[beyond]).mean()))
    assert shares[0] < 0.005 < shares[1]


def test_the_subject_is_spared(network: SmallNetwork) -> None:
    picture = coffee() / np.float32(255)
    spared = not_repeated(picture, np.ones(picture.shape[:2], np.bool_), network)
    assert spared is not None and spared.shape == picture.shape[:2]
    assert spared[red(coffee())].mean() > 0.95
    assert not spared[:15].any() and not spared[:, :60].any()


def test_a_subject_that_is_cut_goes_on_there(network: SmallNetwork) -> None:
    picture = coffee() / np.float32(255)
    known = np.ones(picture.shape[:2], np.bool_)
    known[:, 440:] = False  # through the saucer
    spared = not_repeated(picture, known, network)
    assert spared is not None
    assert not spared[150:300, 400:].any()
    assert spared[200, 200]


def test_a_plain_surface_has_none(network: SmallNetwork) -> None:
    grain = np.random.default_rng(1).normal(0.5, 0.05, (200, 300, 3)).astype(np.float32)
    assert not_repeated(grain, np.ones((200, 300), np.bool_), network) is None
    assert not_repeated(grain, np.zeros((200, 300), np.bool_), network) is None
