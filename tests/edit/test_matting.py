"""Fine alpha, on pictures whose alpha is known: drawn hair, soft edges, sizes and depths of all kinds."""

from __future__ import annotations

from functools import cache, partial

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from bridge_server.edit.matting import Refiner, closed_form, fine_alpha, matte
from bridge_server.edit.matting import solve as solving
from bridge_server.edit.matting.focus import in_focus
from bridge_server.edit.matting.laplacian import band_system
from bridge_server.edit.matting.solve import solve
from bridge_server.edit.matting.strands import find_strands
from bridge_server.edit.matting.trimap import make_trimap
from bridge_server.models.weights import REFINER, shipped

SUBJECT, GROUND = np.float32((0.8, 0.55, 0.3)), np.float32((0.1, 0.3, 0.45))


def soft_disc(size: int, width: float) -> NDArray[np.float32]:
    rows, columns = np.indices((size, size), np.float32)
    away = np.hypot(rows - size / 2, columns - size / 2) - size * 0.3
    return np.clip(0.5 - away / width, 0, 1).astype(np.float32)


def haired(size: int) -> NDArray[np.float32]:
    """A disc with straight hairs all around, two pixels wide."""
    canvas = np.zeros((size * 4, size * 4), np.uint8)
    middle = size * 2
    cv2.circle(canvas, (middle, middle), round(size * 1.2), (255,), -1, cv2.LINE_AA)
    for angle in np.linspace(0, 2 * np.pi, 60, endpoint=False):
        end = round(middle + size * 1.3 * np.cos(angle)), round(middle + size * 1.3 * np.sin(angle))
        cv2.line(canvas, (middle, middle), end, (255,), 8, cv2.LINE_AA)
    return np.asarray(cv2.resize(canvas / np.float32(255), (size, size), interpolation=cv2.INTER_AREA), np.float32)


def over_a_ramp(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """The subject of one colour over a ground whose brightness changes from left to right."""
    share = alpha[:, :, np.newaxis]
    ramp = np.linspace(0.6, 1.4, alpha.shape[1], dtype=np.float32)[np.newaxis, :, np.newaxis]
    return (SUBJECT * share + GROUND * ramp * (1 - share)).astype(np.float32)


def rough(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """As the network sees it: 320 pixels, without what is fine."""
    small = cv2.resize(cv2.GaussianBlur(alpha, (0, 0), alpha.shape[1] / 90), (320, 320), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def go_on() -> None:
    pass


@cache
def refiner() -> Refiner:
    return Refiner(shipped(REFINER))


@pytest.mark.parametrize("alpha", [soft_disc(500, 10), haired(500)], ids=["soft", "hair"])
def test_the_alpha_of_a_subject_that_stands_out_is_exact(alpha: NDArray[np.float32]) -> None:
    fine = fine_alpha(over_a_ramp(alpha), rough(alpha), alpha.shape[1] / 320, 0.5, refiner(), go_on)
    band = (alpha > 0) & (alpha < 1)
    before, after = (float(np.abs(share - alpha)[band].mean()) for share in (rough(alpha), fine))
    assert after < 0.03 and after < before / 3, (before, after)
    assert fine[250, 250] == 1.0 and fine[5, 5] == 0.0


def with_twigs(size: int) -> NDArray[np.float32]:
    """A disc with a few hairs on one side, three pixels wide."""
    canvas = np.zeros((size * 4, size * 4), np.uint8)
    middle = size * 2
    cv2.circle(canvas, (middle, middle), round(size * 1.2), (255,), -1, cv2.LINE_AA)
    for angle in np.linspace(-1.1, -0.5, 7):
        end = round(middle + size * 1.7 * np.cos(angle)), round(middle + size * 1.7 * np.sin(angle))
        cv2.line(canvas, (middle, middle), end, (255,), 12, cv2.LINE_AA)
    return np.asarray(cv2.resize(canvas / np.float32(255), (size, size), interpolation=cv2.INTER_AREA), np.float32)


def textured(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Before something gray that is as fine and as full of contrast as the hair."""
    noise = np.random.default_rng(3).normal(0.45, 0.5, alpha.shape).astype(np.float32)
    ground = np.clip(cv2.GaussianBlur(noise, (0, 0), 1.2), 0, 1)[:, :, np.newaxis]
    share = alpha[:, :, np.newaxis]
    return np.asarray(SUBJECT * share + ground * (1 - share), np.float32)


def test_hair_that_the_network_did_not_see_is_found_before_a_texture() -> None:
    alpha, head = haired(700), soft_disc(700, 3)
    fine = fine_alpha(textured(alpha), rough(head), alpha.shape[1] / 320, 0.5, refiner(), go_on)
    hair = cv2.dilate((np.abs(alpha - head) > 0.02).astype(np.uint8), np.ones((9, 9))) > 0
    before, after = (float(np.abs(share - alpha)[hair].mean()) for share in (rough(head), fine))
    assert after < 0.4 * before, (before, after)


def test_hair_on_a_part_of_the_outline_is_found_too() -> None:
    """Too little of it for the rule that tells hair from what stands behind a subject: it is what was learned."""
    alpha, head = with_twigs(700), soft_disc(700, 3)
    fine = fine_alpha(textured(alpha), rough(head), alpha.shape[1] / 320, 0.5, refiner(), go_on)
    hair = cv2.dilate((np.abs(alpha - head) > 0.02).astype(np.uint8), np.ones((9, 9))) > 0
    before, after = (float(np.abs(share - alpha)[hair].mean()) for share in (rough(head), fine))
    assert after < 0.6 * before, (before, after)


def test_what_stands_behind_a_subject_is_no_hair_of_it() -> None:
    """Two posts that begin where it ends."""
    alpha = soft_disc(700, 3)
    picture = textured(alpha)
    behind = alpha[:, :, np.newaxis] < 0.5
    for x in (230, 470):
        picture[:, x : x + 4] = np.where(behind[:, x : x + 4], np.float32((0.7, 0.2, 0.1)), picture[:, x : x + 4])
    share, pixel = rough(alpha), alpha.shape[1] / 320
    assert find_strands(picture, share, make_trimap(share, 0.5, pixel), 0.5, pixel) is None
    fine = fine_alpha(picture, share, pixel, 0.5, refiner(), go_on)
    away = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((41, 41))) == 0
    assert float(fine[away].max()) < 0.1


def test_a_blurred_edge_is_told_from_hair() -> None:
    """The one is solved by colours alone, the other led by what was learned."""
    for alpha, least, most in ((soft_disc(500, 10), 0, 0.01), (haired(500), 0.5, 1), (with_twigs(500), 0.2, 1)):
        found = in_focus(over_a_ramp(alpha))[(alpha > 0) & (alpha < 1)]
        assert least <= found.mean() <= most and found.dtype == np.float32
    assert (in_focus(np.full((20, 30, 3), 0.4, np.float32)) == 1).all(), "where nothing changes"


def test_hair_of_a_large_picture_is_as_thin_as_it_is_there() -> None:
    """2400 pixels wide, solved at 1000: each pixel has its own alpha all the same."""
    alpha = haired(2400)
    fine = fine_alpha(over_a_ramp(alpha), rough(alpha), alpha.shape[1] / 320, 0.5, refiner(), go_on)
    band = cv2.dilate(((alpha > 0) & (alpha < 1)).astype(np.uint8), np.ones((3, 3))) > 0
    blurred = cv2.GaussianBlur(alpha, (0, 0), 1.2)
    assert np.abs(fine - alpha)[band].mean() < 0.5 * np.abs(blurred - alpha)[band].mean()


@pytest.fixture
def large_is_650(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures 650 pixels wide go the way of those of 1300: solved smaller, from a smaller start, in threads."""
    monkeypatch.setattr(matte, "WORK_PIXELS", matte.WORK_PIXELS // 4)
    monkeypatch.setattr(closed_form, "ENOUGH", closed_form.ENOUGH // 4)
    monkeypatch.setattr(solving, "ENOUGH", solving.ENOUGH // 4)


@pytest.mark.usefixtures("large_is_650")
def test_the_bytes_are_the_same_for_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    alpha = haired(650)
    picture = over_a_ramp(alpha)
    picture += np.random.default_rng(1).normal(0, 0.02, picture.shape).astype(np.float32)
    before = cv2.getNumThreads()
    try:
        found = []
        for threads in (1, 2, 5):
            cv2.setNumThreads(threads)
            monkeypatch.setattr(solving, "processors", partial(int, threads))
            found.append(fine_alpha(picture, rough(alpha), alpha.shape[1] / 320, 0.5, refiner(), go_on).tobytes())
    finally:
        cv2.setNumThreads(before)
    assert found[0] == found[1] == found[2]


@pytest.mark.usefixtures("large_is_650")
def test_it_can_be_stopped_wherever_it_is() -> None:
    alpha = soft_disc(600, 9)
    looks = 0

    class StoppedError(Exception):
        pass

    def count() -> None:
        nonlocal looks
        looks += 1

    def stop() -> None:
        nonlocal looks
        looks -= 1
        if looks == 0:
            raise StoppedError

    picture, share = over_a_ramp(alpha), rough(alpha)
    fine_alpha(picture, share, 600 / 320, 0.5, refiner(), count)
    assert looks > 10
    with pytest.raises(StoppedError):
        fine_alpha(picture, share, 600 / 320, 0.5, refiner(), stop)


@pytest.mark.parametrize("size", [(3, 5), (2, 9), (1, 1), (4, 400)])
def test_a_picture_of_a_few_pixels_has_alpha_too(size: tuple[int, int]) -> None:
    random = np.random.default_rng(2)
    share = random.random(size, np.float32)
    fine = fine_alpha(random.random((*size, 3), np.float32), share, max(size) / 320, 0.5, refiner(), go_on)
    assert fine.shape == size and fine.dtype == np.float32 and 0 <= fine.min() <= fine.max() <= 1


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_what_is_all_subject_or_none_of_it_stays_so(share: float) -> None:
    picture = np.random.default_rng(3).random((60, 80, 3), np.float32)
    assert (fine_alpha(picture, np.full((60, 80), share, np.float32), 0.25, 0.5, refiner(), go_on) == share).all()


def test_the_laplacian_is_the_one_of_the_paper() -> None:
    """Beside a plain sum over the windows, of equation 12."""
    picture = np.random.default_rng(4).random((6, 7, 3)).astype(np.float32)
    epsilon, size = 1e-6, 6 * 7
    expected = np.zeros((size, size))
    for y in range(1, 5):
        for x in range(1, 6):
            places = [(y + down) * 7 + x + across for down in (-1, 0, 1) for across in (-1, 0, 1)]
            colors = picture.reshape(-1, 3)[places].astype(np.float64)
            shifted = colors - colors.mean(axis=0)
            inverse = np.linalg.inv(shifted.T @ shifted / 9 + epsilon / 9 * np.eye(3))
            expected[np.ix_(places, places)] += np.eye(9) - (1 + shifted @ inverse @ shifted.T) / 9
    unknown = np.ones((6, 7), np.bool_)
    system = band_system(picture, np.zeros((6, 7), np.float32), unknown)
    np.testing.assert_allclose(system.matrix.toarray(), expected, atol=1e-8)
    unknown[:, :3] = False
    alpha = np.random.default_rng(5).random((6, 7)).astype(np.float32)
    part = band_system(picture, alpha, unknown)
    inside, known = unknown.ravel(), ~unknown.ravel()
    np.testing.assert_allclose(part.matrix.toarray(), expected[np.ix_(inside, inside)], atol=1e-8)
    np.testing.assert_allclose(part.right, -expected[np.ix_(inside, known)] @ alpha.ravel()[known], atol=1e-7)


def test_conjugate_gradients_find_what_numpy_finds() -> None:
    random = np.random.default_rng(6)
    root = random.normal(size=(40, 40))
    matrix, right = root @ root.T + np.eye(40), random.normal(size=40)
    found = solve(csr_array(matrix), right, np.zeros(40), 1e-9, 500, go_on)
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right), rtol=1e-5, atol=1e-7)
