"""What is selected so faintly that it cannot show decides nothing: neither the area nor the layer, and it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.registry import builtin
from bridge_server.plan.plan import Plan
from bridge_server.protocol.limits import FAINT
from bridge_server.worker.notices import notices
from bridge_server.worker.request import Order, open_request, plan_order

from .rig import Rig, make_task, photo, read_result, ref_of

Mask = NDArray[np.uint8]
SIZE = (600, 400)


def clean() -> Mask:
    mask = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    cv2.ellipse(mask, (420, 250), (40, 30), 0, 0, 360, 255, -1)
    return mask


def with_speck(value: int, count: int = 1) -> Mask:
    mask = clean()
    mask[5, 5 : 5 + count] = value
    return mask


def planned(folder: Path, mask: Mask, model: Any, **message: Any) -> tuple[Plan, list[tuple[str, str]]]:
    height, width = mask.shape
    image = np.zeros((height, width, 3), np.uint8)
    task = make_task(folder, model, image=image, mask=mask, **message)
    with open_request(Path(task.request)) as order:
        plan = plan_order(order, model, builtin())
        told = [(notice.code, notice.message) for notice in notices(order, plan)]
        del order
    return plan, told


@pytest.fixture
def model(tiny_models: dict[str, Path]) -> Any:
    return ref_of(tiny_models["inpaint"], native_resolution=512, size_multiple=64)


@pytest.mark.parametrize("kind", ["inpaint", "img2img", "txt2img"])
@pytest.mark.parametrize("value", [1, 3, FAINT])
def test_a_speck_or_a_haze_does_not_widen_the_area(tmp_path: Path, model: Any, kind: str, value: int) -> None:
    alone, nothing = planned(tmp_path, clean(), model, kind=kind)
    assert not nothing
    for mask, count in ((with_speck(value), "1 pixel "), (with_speck(value, 7), "7 pixels "), (None, " pixels ")):
        plan, told = planned(tmp_path, np.maximum(clean(), value) if mask is None else mask, model, kind=kind)
        assert replace(plan, context=alone.context, capture=alone.capture, working_bounds=alone.working_bounds) == alone
        ((code, message),) = told
        assert code == "faint_selection" and count in message and "2% or less" in message


def test_from_three_hundredths_on_a_speck_counts(tmp_path: Path, model: Any) -> None:
    plan, told = planned(tmp_path, with_speck(FAINT + 1), model)
    assert (plan.selection.x, plan.selection.y) == (5, 5) and not [code for code, _ in told if "faint" in code]


def test_the_tail_of_a_soft_selection_is_no_news(tmp_path: Path, model: Any) -> None:
    soft = np.asarray(cv2.GaussianBlur(clean(), (0, 0), 9), np.uint8)
    assert ((soft > 0) & (soft <= FAINT)).any()
    assert not planned(tmp_path, soft, model)[1]


@pytest.mark.parametrize("value", [1, FAINT])
def test_a_selection_that_is_faint_everywhere_is_taken_as_it_is(tmp_path: Path, model: Any, value: int) -> None:
    """A mask of 0 and 1, for instance; that it shows little is said where masks are read."""
    plan, told = planned(tmp_path, np.minimum(clean(), value), model)
    assert plan.selection == planned(tmp_path, clean(), model)[0].selection and not told


def test_an_empty_selection_is_still_refused(tmp_path: Path, model: Any) -> None:
    with pytest.raises(BridgeError) as caught:
        planned(tmp_path, np.zeros_like(clean()), model)
    assert caught.value.code is ErrorCode.EMPTY_SELECTION


@pytest.mark.parametrize("name", ["inpaint", "plain"])
def test_the_result_is_that_of_the_clean_selection(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path, name: str
) -> None:
    """Neither the model nor the layer's mask sees the haze: every byte is the same."""
    image, made = photo(160, 200), []
    mask = np.zeros((160, 200), np.uint8)
    mask[60:100, 90:140] = 255
    for number, haze in enumerate((0, 1, FAINT)):
        sent = np.maximum(mask, haze)
        task = make_task(tmp_path, ref_of(tiny_models[name]), name=f"{name}{number}", image=image, mask=sent, steps=2)
        assert rig.run(task)["event"] == "done"
        frame, layer, layer_mask = read_result(task)
        made.append((frame.message["bounds"], layer.tobytes(), layer_mask.tobytes()))
        told = [event["code"] for event in rig.of(task.id, "warning")]
        assert ("faint_selection" in told) == (haze > 0)
    assert made[0] == made[1] == made[2]


def test_a_mask_without_faint_values_is_not_copied(tmp_path: Path, model: Any) -> None:
    task = make_task(tmp_path, model, image=np.zeros((*clean().shape, 3), np.uint8), mask=clean())
    with open_request(Path(task.request)) as order:
        same: Order = order
        assert same.source.mask is same.mask
        del order, same
