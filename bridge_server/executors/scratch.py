"""Tasks whose store has no files: what a worker reads and writes lies in a private folder while the task runs."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

from ..jobs.artifacts import ArtifactStore
from ..protocol.tasks import Task
from .base import Done, Outcome


class Scratch:
    """Private folders for tasks, in `root`, or in the system's own place for such folders."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root

    def clear(self) -> None:
        """Remove what a daemon left that was killed."""
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)

    def _make(self) -> Path:
        if self._root is not None:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=self._root))

    @contextlib.asynccontextmanager
    async def on_this_disk(self, task: Task, artifacts: ArtifactStore) -> AsyncGenerator[Task]:
        """The task with paths for its keys: those of the store, else files that are gone afterwards. Raises OSError."""
        if artifacts.path(task.request) is not None:
            yield _placed(task, artifacts)
            return
        folder = await asyncio.to_thread(self._make)
        try:
            with artifacts.open(task.request) as request:
                await asyncio.to_thread((folder / "request").write_bytes, request.read())
            places = {role: str(folder / f"{number}") for number, role in enumerate(task.artifacts)}
            yield replace(
                task,
                request=str(folder / "request"),
                artifacts=places,
                unfinished=str(folder / "unfinished"),
                thumbnail=None if task.thumbnail is None else str(folder / "thumbnail"),
            )
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def put_made(outcome: Outcome, task: Task, placed: Task, artifacts: ArtifactStore) -> None:
    """Bring what a task has made into its store, where the files in which it was made are not the store's.

    Raises OSError, and BridgeError where the store has no room.
    """
    if not isinstance(outcome, Done) or artifacts.path(task.request) is not None:
        return
    for made in outcome.artifacts:
        data = await asyncio.to_thread(Path(placed.artifacts[made.role]).read_bytes)
        artifacts.put(task.artifacts[made.role], [data])


def _placed(task: Task, artifacts: ArtifactStore) -> Task:
    return replace(
        task,
        request=_place(artifacts, task.request),
        artifacts={role: _place(artifacts, key) for role, key in task.artifacts.items()},
        unfinished=_place(artifacts, task.unfinished),
        thumbnail=None if task.thumbnail is None else _place(artifacts, task.thumbnail),
    )


def _place(artifacts: ArtifactStore, key: str) -> str:
    """Raises ValueError where this file is not on this disk, though others of the task are."""
    path = artifacts.path(key)
    if path is None:
        raise ValueError(f"{key} is not on this disk, and a local worker reads and writes files")
    return str(path)
