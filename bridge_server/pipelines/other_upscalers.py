"""Networks that enlarge through the library spandrel, which is imported when the first of them runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import BridgeError, ErrorCode
from ..models.upscalers import Upscaler

MALFORMED = (ValueError, LookupError, TypeError, ArithmeticError, RuntimeError, AssertionError)  # of a file
MOST = 16  # times: what a file says beyond is not believed

Check = Callable[[], None]


class OtherNetwork:
    """A network that spandrel has made. facts: what it is, as far as it is known. descriptor: spandrel's."""

    def __init__(self, descriptor: Any, device: torch.device) -> None:
        self.facts = Upscaler("other", int(descriptor.scale), 0, 0, 0)
        self._descriptor, self._device = descriptor, device
        self._check: Check = _nothing
        for module in descriptor.model.modules():
            if not any(True for _ in module.children()):
                module.register_forward_pre_hook(lambda *_: self._check())

    @torch.inference_mode()
    def enlarge(self, picture: NDArray[np.float32], check: Check) -> NDArray[np.float32]:
        """(h, w, 3) sRGB 0 to 1 -> (scale h, scale w, 3), 0 to 1. `check` is called before each layer, and may raise.

        Raises BridgeError (bad_output).
        """
        self._check = check
        seen = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None].to(self._device)
        made = self._descriptor(seen)
        if not bool(torch.isfinite(made).all()):
            message = "The network returned values that are not numbers. Choose another model."
            raise BridgeError(ErrorCode.BAD_OUTPUT, message)
        return made[0].permute(1, 2, 0).float().cpu().numpy()


def load_other(path: Path, kind: str, tensors: dict[str, torch.Tensor], device: torch.device) -> OtherNetwork:
    """kind: as models/other_upscalers.py tells it. spandrel only sees tensors, never a file: it would open pickles.

    Raises BridgeError (unsupported, model_unreadable).
    """
    spandrel = _spandrel(path, kind)
    try:
        descriptor = spandrel.ModelLoader(device=device).load_from_state_dict(tensors)
    except (spandrel.UnsupportedModelError, *MALFORMED) as error:
        message = f"{path.name} is no {kind} network that spandrel can read. Choose another model."
        raise BridgeError(ErrorCode.MODEL_UNREADABLE, message, str(error)) from error
    channels = descriptor.input_channels, descriptor.output_channels
    if not isinstance(descriptor, spandrel.ImageModelDescriptor) or channels != (3, 3):
        raise BridgeError(ErrorCode.UNSUPPORTED, f"{path.name} enlarges no color pictures. Choose another model.")
    if not 2 <= descriptor.scale <= MOST:
        raise BridgeError(ErrorCode.UNSUPPORTED, f"{path.name} leaves pictures at their size. Choose another model.")
    descriptor.to(torch.float32)
    descriptor.eval()
    return OtherNetwork(descriptor, device)


def _spandrel(path: Path, kind: str) -> Any:
    try:
        return importlib.import_module("spandrel")
    except ImportError as error:
        message = (
            f"{path.name} is a {kind} network, which needs the library spandrel. Install it with "
            'pip install "layerbridge[spandrel]" and start Layerbridge again, or choose another model.'
        )
        raise BridgeError(ErrorCode.UNSUPPORTED, message, str(error)) from error


def _nothing() -> None:
    pass
