"""The samplers by the names painters know (standard library only; bridge_server.pipelines.samplers runs them)."""

from __future__ import annotations

AUTO = "auto"  # the model's own

SAMPLERS: tuple[str, ...] = (
    "Euler",
    "Euler a",
    "Heun",
    "DPM2",
    "DPM2 a",
    "DPM++ 2M",
    "DPM++ 2M Karras",
    "DPM++ 2M SDE",
    "DPM++ 2M SDE Karras",
    "DPM++ 2S",
    "DDIM",
    "DDPM",
    "PNDM",
    "UniPC",
    "DEIS",
    "LCM",
)
