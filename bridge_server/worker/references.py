"""The further pictures of a request, as a model sees them."""

from __future__ import annotations

import numpy as np

from ..edit.color import to_working
from ..families.references import reference_roles
from ..pipelines.generation import FloatArray
from .request import Order

BEHIND = np.float32(1.0)  # white, as behind a picture on a page


def references_of(order: Order) -> tuple[FloatArray, ...]:
    """Each (h, w, 3) float32 sRGB in 0..1, at its own size, in the order of their numbers; what is transparent shows
    white. Raises BridgeError(unsupported) for a depth or profile.
    """
    return tuple(_seen(order, role) for role in reference_roles(order.further))


def _seen(order: Order, role: str) -> FloatArray:
    rgb, alpha = to_working(order.further[role], order.profiles.get(role))
    seen = np.clip(rgb, 0.0, 1.0, dtype=np.float32)
    return seen if alpha is None else BEHIND + (seen - BEHIND) * alpha[..., None]
