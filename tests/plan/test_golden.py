"""Plans of everyday and extreme jobs, as text that can be read and judged: `golden_plans.txt`.

After a deliberate change of the numbers: `python -m tests.plan.test_golden` writes the file anew; read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge_server.errors import BridgeError
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import PlanInput, fit_to, make_plan

from .describe import describe

pytestmark = pytest.mark.portable

GOLDEN = Path(__file__).with_name("golden_plans.txt")
SD1, SDXL = NativeSize.around(512, 64), NativeSize.around(1024, 64)
PHOTO = Bounds(0, 0, 1600, 1200)
HUGE = Bounds(0, 0, 16384, 16384)
FACE = Bounds(600, 300, 300, 200)

CASES = {
    "inpaint a face": PlanInput("inpaint", PHOTO, SD1, 1.0, FACE),
    "inpaint a face with SDXL": PlanInput("inpaint", PHOTO, SDXL, 1.0, FACE),
    "inpaint a face, weakly": PlanInput("inpaint", PHOTO, SD1, 0.4, FACE),
    "inpaint a face, kept to the selection": PlanInput("inpaint", PHOTO, SD1, 1.0, FACE, keep_to_selection=True),
    "inpaint a face, hard edge, no surroundings": PlanInput("inpaint", PHOTO, SD1, 1.0, FACE, None, (0,) * 4, 0, 0, 0),
    "inpaint a face, wide edges": PlanInput("inpaint", PHOTO, SD1, 1.0, FACE, grow=40, feather=60, padding=200),
    "inpaint one pixel": PlanInput("inpaint", PHOTO, SD1, 1.0, Bounds(800, 600, 1, 1)),
    "inpaint a corner, selected beyond the canvas": PlanInput("inpaint", PHOTO, SD1, 1.0, Bounds(1500, -300, 400, 400)),
    "inpaint a power line": PlanInput("inpaint", Bounds(0, 0, 6000, 4000), SD1, 1.0, Bounds(0, 700, 6000, 12)),
    "inpaint half of a photo": PlanInput("inpaint", PHOTO, SD1, 1.0, Bounds(0, 0, 800, 1200)),
    "inpaint everything": PlanInput("inpaint", PHOTO, SD1, 1.0),
    "inpaint on an icon": PlanInput("inpaint", Bounds(0, 0, 8, 8), SD1, 1.0, Bounds(2, 2, 4, 4)),
    "inpaint a spot on a huge canvas": PlanInput("inpaint", HUGE, SD1, 1.0, Bounds(9000, 9000, 40, 40)),
    "inpaint a quarter of a huge canvas' side": PlanInput("inpaint", HUGE, SDXL, 1.0, Bounds(4000, 4000, 4096, 4096)),
    "inpaint a huge canvas": PlanInput("inpaint", HUGE, SD1, 1.0),
    "img2img of a layer": PlanInput("img2img", PHOTO, SD1, 0.6, layer=Bounds(-100, 50, 500, 400)),
    "img2img of a selection": PlanInput("img2img", PHOTO, SD1, 0.6, FACE),
    "outpaint to the left": PlanInput("outpaint", PHOTO, SD1, 1.0, margins=(256, 0, 0, 0)),
    "outpaint by one pixel": PlanInput("outpaint", PHOTO, SD1, 1.0, margins=(0, 0, 1, 0)),
    "outpaint on all sides": PlanInput("outpaint", Bounds(0, 0, 512, 512), SD1, 1.0, margins=(128, 128, 128, 128)),
    "outpaint a corner": PlanInput("outpaint", Bounds(0, 0, 800, 600), SD1, 1.0, margins=(200, 100, 0, 0)),
    "outpaint a huge canvas": PlanInput("outpaint", HUGE, SDXL, 1.0, margins=(0, 0, 512, 0)),
    "txt2img on a new document": PlanInput("txt2img", Bounds(0, 0, 768, 512), SD1, 1.0),
    "txt2img into a narrow selection": PlanInput("txt2img", PHOTO, SD1, 1.0, Bounds(100, 100, 60, 900)),
}


def report() -> str:
    parts = [f"{name}\n{_plan(given)}" for name, given in CASES.items()]
    first = make_plan(CASES["inpaint a face"])
    smaller = make_plan(PlanInput("inpaint", PHOTO, SD1, 1.0, Bounds(610, 310, 30, 30)))
    parts.append(f"the mask was a small part of the selected face\n{describe(fit_to(smaller, first.capture))}")
    parts.append(f"only a part of the context was sent\n{describe(fit_to(first, Bounds(580, 250, 300, 300)))}")
    return "\n\n".join(parts) + "\n"


def _plan(given: PlanInput) -> str:
    try:
        return describe(make_plan(given))
    except BridgeError as error:
        return f"  {error.code}: {error.message}"


def test_the_plans_are_those_of_the_golden_file() -> None:
    assert report() == GOLDEN.read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.write_text(report(), encoding="utf-8")
