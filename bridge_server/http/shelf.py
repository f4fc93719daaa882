"""The models on this machine as the daemon knows them: scanned when asked for, looked up between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..models.catalog import default_model, find_models, resolve
from ..models.described import Model
from ..protocol.tasks import ModelRef

LOOK_AGAIN_SECONDS = 2.0


class ModelShelf:
    """Used from the event loop; the scan of slow disks runs in a thread."""

    def __init__(self, folders: Sequence[Path], hash_cache: Path) -> None:
        self.folders = tuple(folders)
        self._hash_cache = hash_cache
        self._models: list[Model] | None = None
        self._looked = 0.0

    async def refresh(self) -> list[Model]:
        """What is installed now."""
        self._models = found = await asyncio.to_thread(find_models, self.folders, self._hash_cache)
        self._looked = time.monotonic()
        return found

    async def resolve(self, name: str | None) -> ModelRef:
        """The model a request means. One that is not known, or whose files are not where they were, is looked for once
        more on the disk; an unknown one not again and again within a few seconds.

        Raises model_not_found, or the reason why the model cannot be used.
        """
        if self._models is not None:
            try:
                found = resolve(name, self._models).ref
                if await asyncio.to_thread(_is_there, found):
                    return found
            except BridgeError as error:
                recent = time.monotonic() - self._looked < LOOK_AGAIN_SECONDS
                if error.code is not ErrorCode.MODEL_NOT_FOUND or recent:
                    raise
        return resolve(name, await self.refresh()).ref

    def default_name(self) -> str | None:
        """The model that a request without one gets; None where none is installed."""
        try:
            return default_model(self._models or []).name
        except BridgeError:
            return None


def _is_there(model: ModelRef) -> bool:
    return model.source == "hub" or Path(model.path).exists()
