"""Networks that enlarge pictures, from their file: RRDBNet and SRVGGNetCompact (models/upscalers.py)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from numpy.typing import NDArray
from safetensors.torch import load_file

from ..errors import BridgeError, ErrorCode
from ..models.other_upscalers import other_kind
from ..models.upscalers import NCNN, Upscaler, own_name, rrdb_layers, upscaler_of
from .ncnn import read_layers
from .other_upscalers import OtherNetwork, load_other

SLOPE = 0.2  # of RRDBNet's leaky rectifiers
RESIDUAL = 0.2  # what of a block's result is added to what went in
Tensors = dict[str, torch.Tensor]
Check = Callable[[], None]


class UpscalerNetwork:
    """In single precision. facts: what it is. device: where it runs."""

    def __init__(self, facts: Upscaler, tensors: Tensors, device: torch.device) -> None:
        self.facts = facts
        self.device = device
        self._tensors = {name: tensor.to(device, torch.float32) for name, tensor in tensors.items()}

    @torch.inference_mode()
    def enlarge(self, picture: NDArray[np.float32], check: Check) -> NDArray[np.float32]:
        """(h, w, 3) sRGB 0 to 1 -> (scale h, scale w, 3), about 0 to 1. `check` is called before each layer, and may
        raise. Raises BridgeError (bad_output).
        """
        seen = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None].to(self.device)
        made = self._rrdb(seen, check) if self.facts.kind == "rrdb" else self._compact(seen, check)
        if not bool(torch.isfinite(made).all()):
            message = "The network returned values that are not numbers. Choose another model."
            raise BridgeError(ErrorCode.BAD_OUTPUT, message)
        return made[0].permute(1, 2, 0).cpu().numpy()

    def _rrdb(self, seen: torch.Tensor, check: Check) -> torch.Tensor:
        def layer(name: str, values: torch.Tensor) -> torch.Tensor:
            check()
            return F.conv2d(values, self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"], padding=1)

        def dense(name: str, values: torch.Tensor) -> torch.Tensor:
            known = [values]
            for number in (1, 2, 3, 4):
                known.append(F.leaky_relu(layer(f"{name}.conv{number}", torch.cat(known, 1)), SLOPE))
            return values + RESIDUAL * layer(f"{name}.conv5", torch.cat(known, 1))

        height, width = seen.shape[2:]
        if self.facts.scale == 2:
            seen = F.pixel_unshuffle(F.pad(seen, (0, width % 2, 0, height % 2), mode="replicate"), 2)
        first = layer("conv_first", seen)
        values = first
        for block in range(self.facts.depth):
            inner = values
            for part in (1, 2, 3):
                inner = dense(f"body.{block}.rdb{part}", inner)
            values = values + RESIDUAL * inner
        values = first + layer("conv_body", values)
        for name in ("conv_up1", "conv_up2"):
            values = F.leaky_relu(layer(name, F.interpolate(values, scale_factor=2, mode="nearest")), SLOPE)
        made = layer("conv_last", F.leaky_relu(layer("conv_hr", values), SLOPE))
        return made[:, :, : height * self.facts.scale, : width * self.facts.scale]

    def _compact(self, seen: torch.Tensor, check: Check) -> torch.Tensor:
        values = seen
        for number in range(self.facts.depth + 2):
            check()
            at = 2 * number
            values = F.conv2d(values, self._tensors[f"body.{at}.weight"], self._tensors[f"body.{at}.bias"], padding=1)
            if number <= self.facts.depth:
                values = F.prelu(values, self._tensors[f"body.{at + 1}.weight"])
        scale = self.facts.scale
        return F.pixel_shuffle(values, scale) + F.interpolate(seen, scale_factor=scale, mode="nearest")


def load_upscaler(path: Path, device: torch.device) -> UpscalerNetwork | OtherNetwork:
    """Raises BridgeError (model_unreadable) where the file is none of these, and (unsupported) where it needs a library
    that is not installed; and what safetensors raises.
    """
    given = _packaged(path) if path.suffix == NCNN else load_file(path)
    tensors = {own_name(name): tensor for name, tensor in given.items()}
    facts = upscaler_of({name: tuple(tensor.shape) for name, tensor in tensors.items()})
    if facts is None and (kind := other_kind(given)):
        return load_other(path, kind, given, device)
    if facts is None:
        raise BridgeError(ErrorCode.MODEL_UNREADABLE, f"{path.name} enlarges no pictures. Choose another model.")
    return UpscalerNetwork(facts, tensors, device)


def _packaged(path: Path) -> Tensors:
    """RRDBNet's tensors out of ncnn's files, where the layers are in the order in which they run."""
    try:
        layers = path.with_suffix(".param").read_text(encoding="ascii")
        arrays = read_layers(layers, path.read_bytes(), tuple(rrdb_layers()))
    except (ValueError, KeyError, IndexError, struct.error) as error:
        message = f"{path.name} is damaged. Install the package that brought it again."
        raise BridgeError(ErrorCode.MODEL_UNREADABLE, message, str(error)) from error
    return {name: torch.from_numpy(array) for name, array in arrays.items()}
