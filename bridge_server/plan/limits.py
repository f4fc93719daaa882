"""The limits of plans, each with its reason (standard library only)."""

from __future__ import annotations

MAX_CROP_PIXELS = 256 * 1024 * 1024  # of one crop: 16384 x 16384; work on it takes up to 9 GB
