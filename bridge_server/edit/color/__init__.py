"""Colour: from the document's pixels to the model's float sRGB and back, with profiles, curves and dithering."""

from .convert import (
    FULL,
    check_source,
    exceeds_srgb,
    from_working,
    has_alpha,
    is_gray,
    is_gray_profile,
    own_values,
    stored,
    to_document,
    to_working,
)

__all__ = [
    "FULL",
    "check_source",
    "exceeds_srgb",
    "from_working",
    "has_alpha",
    "is_gray",
    "is_gray_profile",
    "own_values",
    "stored",
    "to_document",
    "to_working",
]
