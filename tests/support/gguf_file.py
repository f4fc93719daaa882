"""GGUF files written with the library that programs use for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def write_gguf(file: Path, weights: dict[str, Any], *, kind: str = "Q8_0") -> tuple[Path, dict[str, Any]]:
    """The file, and what its tensors mean, float32. Matrices whose rows are whole blocks are of this kind, others and
    what is no matrix half and single precision.
    """
    import gguf

    wanted = gguf.GGMLQuantizationType[kind]
    block = gguf.GGML_QUANT_SIZES[wanted][0]
    writer = gguf.GGUFWriter(str(file), "flux")
    meant: dict[str, Any] = {}
    for name, tensor in weights.items():
        values = np.ascontiguousarray(tensor, np.float32)
        stored = wanted if values.ndim == 2 and values.shape[-1] % block == 0 else gguf.GGMLQuantizationType.F32
        if values.ndim == 2 and stored is not wanted:
            stored = gguf.GGMLQuantizationType.F16
        data = gguf.quants.quantize(values, stored)
        meant[name] = gguf.quants.dequantize(data, stored)
        writer.add_tensor(name, data, raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file, meant
