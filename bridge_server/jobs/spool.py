"""The spool: one private folder a job, with the request frame, the result frames and their thumbnails.

Uploads and results are written beside their place with the ending .part and renamed when complete, so that a file with
its final name is always whole. Files are closed before they are deleted or renamed (Windows).
"""

from __future__ import annotations

import contextlib
import filecmp
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from ..errors import FrameError
from ..protocol.frame import PREFIX_BYTES, decode_header, header_length
from ..protocol.messages import ResultInfo, ResultMessage

PART = ".part"


class Spool:
    """Paths and deletions below one folder (0700). Raises OSError as the file system does."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)

    def folder(self, job: str) -> Path:
        return self.root / job

    def request(self, job: str) -> Path:
        return self.folder(job) / "request.frame"

    def result(self, job: str, index: int) -> Path:
        return self.folder(job) / f"result-{index}.frame"

    def thumbnail(self, job: str, index: int) -> Path:
        return self.folder(job) / f"result-{index}.jpg"

    def create(self, job: str) -> Path:
        """Make the job's folder; returns the path its request is to be written to until it is complete."""
        self.folder(job).mkdir(mode=0o700)
        return self.request(job).with_suffix(".frame" + PART)

    def commit_request(self, job: str) -> Path:
        """The upload is complete: give it its final name."""
        final = self.request(job)
        final.with_suffix(".frame" + PART).replace(final)
        return final

    def copy_request(self, job: str, source: str) -> None:
        """Give `job` the request of `source`: a hard link where the disk has them, else a copy."""
        self.folder(job).mkdir(mode=0o700)
        try:
            os.link(self.request(source), self.request(job))
        except OSError:
            shutil.copyfile(self.request(source), self.request(job))

    def same_request(self, job: str, other: Path) -> bool:
        """Whether `other` holds the same bytes as the request of `job`."""
        return filecmp.cmp(self.request(job), other, shallow=False)

    def read_result(self, job: str, index: int) -> ResultInfo | None:
        """What the result file of a variation says of itself; None where there is no whole one."""
        path = self.result(job, index)
        try:
            with path.open("rb") as file:
                header = decode_header(file.read(header_length(file.read(PREFIX_BYTES))))
            message = ResultMessage.model_validate(header.message)
            size = path.stat().st_size
        except (OSError, ValueError, FrameError):
            return None
        if size != header.total_bytes:
            return None
        return ResultInfo(index=index, seed=message.seed, bounds=message.bounds, bytes=size)

    def remove_unfinished(self, job: str) -> None:
        """Remove what a worker that was ended left of variations without a result: thumbnails and half-written files.

        What cannot go now (open on Windows) goes with the job.
        """
        for file in self.folder(job).glob("result-*"):
            result = file.with_name(f"{file.name.partition('.')[0]}.frame")
            if not result.exists():
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)

    def remove(self, job: str) -> bool:
        """Forget all files of a job. False where a file could not go yet (open on Windows): try again later."""
        folder = self.folder(job)
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()

    def size(self, job: str) -> int:
        """Bytes on disk of one job."""
        folder = self.folder(job)
        return sum(file.stat().st_size for file in folder.iterdir()) if folder.exists() else 0

    def free(self) -> int:
        return shutil.disk_usage(self.root).free

    def sweep(self, known: Iterable[str]) -> list[str]:
        """Remove what no job owns and what was never finished; returns the names of removed folders."""
        keep = set(known)
        removed: list[str] = []
        for folder in self.root.iterdir():
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder.name)
                continue
            for file in folder.glob(f"*{PART}"):
                file.unlink(missing_ok=True)
        return removed
