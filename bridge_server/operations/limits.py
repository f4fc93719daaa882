"""The limits of the options of operations, each with its reason (standard library only)."""

from __future__ import annotations

MAX_LAYERS = 10  # of one picture that is taken apart: each is a picture that the model has in mind
MAX_SEED = 2**31 - 1  # GIMP's integer arguments are 32-bit signed
MAX_SIDE = 524_288  # GIMP's largest canvas side
MAX_IMAGES = 16  # of one job; more is a contact sheet, not a choice
MIN_STRENGTH = 0.01  # at least one step runs whatever the strength, so that less would not be less
IMG2IMG_STRENGTH = 0.6  # changes the picture plainly, and keeps what is where; a model may have its own
MAX_STEPS = 150  # the most that samplers are meant for; no picture gets better beyond
MAX_GUIDANCE = 50  # far beyond what any model follows; pictures burn out from about 20 on
MAX_PROMPT = 8000  # characters; far beyond what any text encoder reads, small enough for the header
MAX_EXTENT = 4096  # pixels of grow, feather and padding; a softer edge than that is a gradient, painted by hand
MAX_NAME = 500  # characters of a model's name
MAX_WORD = 40  # characters of a sampler's name
MAX_WEIGHT = 2.0  # of an adapter; beyond it pictures fall apart
REFINED_FROM = 0.8  # of the schedule: XL's refiner was trained for its last fifth, https://arxiv.org/abs/2307.01952
