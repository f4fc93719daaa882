"""What `frame.py` raises here; its copy in layerbridge_client finds that package's own under this name."""

from __future__ import annotations

from ..errors import FrameError

__all__ = ["FrameError"]
