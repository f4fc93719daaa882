"""Records in which order files are synced and renamed: what a power cut may take is what was not synced by then."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest


class DiskOrder:
    """steps: "sync NAME" and "rename A -> B" below `root`, as the real calls return, and whatever a test adds.

    A sync of what has no name below it is "sync ?"; names of job folders become JOB.
    """

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.steps: list[str] = []
        fsync, replace = os.fsync, os.replace

        def recorded_fsync(handle: int) -> None:
            fsync(handle)
            self.steps.append(f"sync {self._name(os.fstat(handle))}")

        def recorded_replace(source: Any, target: Any, **options: Any) -> None:
            replace(source, target, **options)
            self.steps.append(f"rename {Path(source).name} -> {Path(target).name}")

        monkeypatch.setattr(os, "fsync", recorded_fsync)
        monkeypatch.setattr(os, "replace", recorded_replace)

    def _name(self, wanted: os.stat_result) -> str:
        for path in (self.root, *self.root.rglob("*")):
            if os.path.samestat(path.stat(), wanted):
                return "JOB" if path.is_dir() and path.parent.name == "spool" else path.name
        return "?"
