"""The models on this machine as the daemon knows them: scanned when asked for, looked up between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BridgeError, ErrorCode
from ..operations.base import Operation
from ..protocol.envelope import BASE
from ..protocol.tasks import ModelRef

if TYPE_CHECKING:
    from ..families.registry import FamilyRegistry
    from ..models.catalog import Catalog
    from ..models.described import Model

LOOK_AGAIN_SECONDS = 2.0
LOOKED_FOR_AGAIN = (ErrorCode.MODEL_NOT_FOUND, ErrorCode.MODEL_UNREADABLE)


class ModelRegistry:
    """Used from the event loop; the scan of slow disks runs in a thread, which imports what it needs."""

    def __init__(self, folders: Sequence[Path], model_store: Path, families: Callable[[], FamilyRegistry]) -> None:
        self.folders = tuple(folders)
        self._model_store = model_store
        self._families = families
        self._catalog: Catalog | None = None
        self._one_at_a_time = asyncio.Lock()
        self._looks = 0  # that were begun
        self._looking: set[asyncio.Task[list[Model]]] = set()
        self._models: list[Model] | None = None
        self._looked = 0.0

    async def refresh(self) -> list[Model]:
        """What is installed now. Those who ask while a look is under way share the next one."""
        look = asyncio.create_task(self._look(self._looks))
        self._looking.add(look)
        look.add_done_callback(self._looking.discard)
        return await asyncio.shield(look)  # a client that goes away must not leave a second thread in the catalogue

    async def _look(self, begun_before: int) -> list[Model]:
        async with self._one_at_a_time:
            if self._models is None or self._looks == begun_before:
                self._looks += 1
                self._models = await asyncio.to_thread(self._scan)
                self._looked = time.monotonic()
            return self._models

    def _scan(self) -> list[Model]:
        from ..models.catalog import Catalog

        if self._catalog is None:
            self._catalog = Catalog(self.folders, self._model_store, self._families())
        return self._catalog.look()

    async def resolve(
        self, name: str | None, key: str = "", *, role: str = BASE, operation: Operation | None = None
    ) -> ModelRef:
        """The model a request means, by its key or its name; key: the one that is meant where there still is such a
        model. operation: what it is to run. One that is not known, could not be read, or whose files are not where they
        were, is looked for once more on the disk; an unknown or unreadable one not again and again within a few
        seconds.

        Raises model_not_found, or the reason why the model cannot be used.
        """
        from ..models.catalog import resolve

        if key and key in {model.key for model in await self._known()}:
            name = key
        if self._models is not None:
            try:
                found = resolve(name, self._models, self._families(), role=role, operation=operation).ref
                if await asyncio.to_thread(_is_there, found):
                    return found
            except BridgeError as error:
                recent = time.monotonic() - self._looked < LOOK_AGAIN_SECONDS
                if error.code not in LOOKED_FOR_AGAIN or recent:
                    raise
        return resolve(name, await self.refresh(), self._families(), role=role, operation=operation).ref

    async def is_able(self, name: str | None, key: str = "", *, operation: Operation) -> bool:
        """Whether the model that a request means can run the operation; False also where none is named and none can.

        Raises what `resolve` raises of a model that is named.
        """
        try:
            await self.resolve(name, key, operation=operation)
        except BridgeError as error:
            if error.code in (ErrorCode.UNSUPPORTED, ErrorCode.MODEL_NOT_FOUND):
                if name is not None:
                    await self.resolve(name, key)  # raises what is wrong with the model itself
                return False
            raise
        return True

    async def only_shipped(self) -> bool:
        """Whether the user has added no model that can paint."""
        from ..models.catalog import paints_areas

        usable, families = [model for model in await self._known() if model.problem is None], self._families()
        return all(model.shipped for model in usable if paints_areas(model, families))

    async def _known(self) -> list[Model]:
        return await self.refresh() if self._models is None else self._models


def _is_there(model: ModelRef) -> bool:
    """And the files that are parts of it."""
    return model.source == "hub" or all(Path(path).exists() for path in (model.path, *model.parts.values()))
