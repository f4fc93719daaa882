"""The spool: one private folder a job, with the request frame, the result frames, their thumbnails and pictures.

Uploads and results are written beside their place with the ending .part and renamed when complete, so that a file with
its final name is always whole. Files are closed before they are deleted or renamed (Windows). Whatever else lies in the
folder is somebody else's: it is neither read nor touched.
"""

from __future__ import annotations

import contextlib
import filecmp
import functools
import logging
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

from ..durable import PART, sync_file, sync_folder, write_whole
from ..errors import BridgeError, ErrorCode
from ..patience import patiently
from ..protocol.envelope import JobRequest
from ..protocol.messages import ArtifactInfo
from .names import DELETED, is_deleted_name, is_job_name
from .notes import (
    NOTE,
    REQUEST,
    Found,
    artifact_name,
    find_job,
    picture_name,
    read_variation,
    thumbnail_name,
    unfinished_name,
    variation_of,
)

log = logging.getLogger(__name__)

QUARANTINE_SECONDS = 30 * 86400.0  # a month: long enough to miss a picture, short enough not to fill the disk


class Spool:
    """Paths and deletions below one folder. Raises OSError as the file system does.

    quarantine: a folder on the same disk, for folders of jobs that nobody knows and nobody can read. asked: what a
    request must be (stored.read_request).
    """

    def __init__(self, root: Path, quarantine: Path | None = None, asked: type[JobRequest] = JobRequest) -> None:
        self.root = root
        self._asked = asked
        self.quarantine = quarantine or root.with_name("quarantine")

    def prepare(self) -> None:
        """Make the folder, for its owner only (0700); one that is not ours alone keeps its mode.

        Raises BridgeError where a link leads nowhere, or a file is in its place.
        """
        if self.root.is_symlink():
            if not self.root.is_dir():
                raise BridgeError(
                    ErrorCode.FOLDER_UNWRITABLE,
                    f"{self.root} is a link to {self.root.readlink()}, which is not there. Connect that disk, "
                    "or remove the link to keep pictures in Layerbridge's own folder.",
                )
            return
        if self.root.exists() and not self.root.is_dir():
            raise BridgeError(
                ErrorCode.FOLDER_UNWRITABLE,
                f"{self.root} is a file, where Layerbridge keeps its pictures. Move it away.",
            )
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.root.stat().st_mode & 0o077 and not self.foreign():
            self.root.chmod(0o700)

    def foreign(self) -> list[str]:
        """Names in the folder that Layerbridge has not made."""
        return [entry.name for entry in self.root.iterdir() if not _is_ours(entry)]

    def remarks(self) -> list[str]:
        """What the owner should know of the folder, a sentence each."""
        said: list[str] = []
        if self.root.is_symlink():
            said.append(
                f"{self.root} is a link to {self.root.readlink()}: pictures are kept there. "
                "Nothing else in that folder is touched."
            )
        others = len(self.foreign())
        if others:
            said.append(
                f"{self.root} holds {others} file(s) or folder(s) that are not Layerbridge's: they are left alone. "
                "Keep them elsewhere; that folder is for pictures that Layerbridge deletes when they are old."
            )
        kept = len(self._quarantined())
        if kept:
            said.append(
                f"{self.quarantine} holds {kept} folder(s) of jobs that could not be read; "
                f"each is deleted after {QUARANTINE_SECONDS / 86400:.0f} days."
            )
        return said

    def folder(self, job: str) -> Path:
        return self.root / job

    def request(self, job: str) -> Path:
        return self.folder(job) / REQUEST

    def artifact(self, job: str, role: str, index: int) -> Path:
        return self.folder(job) / artifact_name(role, index)

    def picture(self, job: str, role: str, index: int, suffix: str) -> Path:
        return self.folder(job) / picture_name(role, index, suffix)

    def thumbnail(self, job: str, index: int) -> Path:
        return self.folder(job) / thumbnail_name(index)

    def find_job(self, job: str) -> Found | None:
        """What its files tell of a job; None where neither its request nor a result can be read."""
        return find_job(self.folder(job), self._asked)

    def create(self, job: str) -> Path:
        """Make the job's folder; returns the path its request is to be written to until it is complete."""
        self.folder(job).mkdir(mode=0o700)
        return self.part(job)

    def part(self, job: str) -> Path:
        """The request while it is not complete."""
        return self.request(job).with_suffix(".frame" + PART)

    def commit_request(self, job: str) -> Path:
        """The upload is complete: give it its final name. `write_note` then makes it durable."""
        final, part = self.request(job), self.part(job)
        sync_file(part)
        patiently(lambda: part.replace(final))
        return final

    def write_note(self, job: str, note: bytes) -> None:
        """Write job.json; then the note, the request's name and the folder's are on the disk."""
        write_whole(self.folder(job) / NOTE, [note])
        sync_folder(self.root)

    def copy_request(self, job: str, source: str) -> None:
        """Give `job` the request of `source`: a hard link where the disk has them, else a copy."""
        self.folder(job).mkdir(mode=0o700)
        try:
            os.link(self.request(source), self.request(job))
        except OSError:
            shutil.copyfile(self.request(source), self.request(job))
            sync_file(self.request(job))

    def same_request(self, job: str, other: Path) -> bool:
        """Whether `other` holds the same bytes as the request of `job`."""
        return filecmp.cmp(self.request(job), other, shallow=False)

    def read_variation(self, job: str, index: int) -> list[ArtifactInfo]:
        """What the files of a finished variation say of themselves; nothing where it is not whole."""
        return read_variation(self.folder(job), index)

    def remove_unfinished(self, job: str) -> None:
        """Remove what a worker that was ended left of variations without a result: thumbnails and half-written files.

        What cannot go now (open on Windows) goes with the job.
        """
        files = {file: variation_of(file.name) for file in self.folder(job).glob("result-*")}
        whole = {index for file, index in files.items() if file.name.endswith(".frame")}
        whole -= {index for file, index in files.items() if index is not None and file.name == unfinished_name(index)}
        for file, index in files.items():
            if index not in whole:
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)

    def remove(self, job: str) -> bool:
        """Forget all files of a job. False where a file could not go yet (open on Windows): try again later.

        The folder is renamed first, so that a job whose deletion was cut short is not found again.
        """
        folder, gone = self.folder(job), self._mark(job)
        with contextlib.suppress(OSError):
            patiently(lambda: folder.rename(gone))
        for place in (folder, gone):
            if place.exists():
                shutil.rmtree(place, ignore_errors=True)
        return not (folder.exists() or gone.exists())

    def empty(self, job: str) -> None:
        """Remove the files of a job; an empty folder stays, which says that it was deleted. What is open on Windows
        stays too.
        """
        folder, mark = self.folder(job), self._mark(job)
        with contextlib.suppress(OSError):
            if folder.exists():
                patiently(lambda: folder.rename(mark))
            else:
                mark.mkdir(mode=0o700, exist_ok=True)
        place = mark if mark.exists() else folder
        for file in place.iterdir() if place.exists() else ():
            with contextlib.suppress(OSError):
                file.unlink()

    def deleted(self) -> set[str]:
        """The jobs whose deletion was begun."""
        names = (entry.name for entry in self.root.iterdir() if _is_ours(entry) and is_deleted_name(entry.name))
        return {name.removesuffix(DELETED) for name in names}

    def _mark(self, job: str) -> Path:
        return self.root / f"{job}{DELETED}"

    def size(self, job: str) -> int:
        """Bytes on disk of one job."""
        folder = self.folder(job)
        return sum(file.stat().st_size for file in folder.iterdir()) if folder.exists() else 0

    def free(self) -> int:
        return shutil.disk_usage(self.root).free

    def sweep(self, known: Iterable[str], *, marks: Set[str] = frozenset(), journal_is_new: bool) -> list[Found]:
        """Tidy up after the last daemon; returns the jobs that were found here and that the journal does not know.

        marks: deleted jobs whose rows could not go yet, so that the folders that say so stay.
        What was never complete goes. A folder that cannot be read goes into the quarantine; where the journal is new
        it stays, since then it says nothing about what belongs here. A file that is held (Windows) waits for the next
        start.
        """
        keep = set(known)
        found: list[Found] = []
        for folder in list(self.root.iterdir()):
            if folder.is_symlink() or not (_is_ours(folder) or folder.name in keep):
                continue
            try:
                if is_deleted_name(folder.name):
                    if folder.name.removesuffix(DELETED) not in marks:
                        shutil.rmtree(folder, ignore_errors=True)
                elif folder.name in keep:
                    _drop_parts(folder)
                else:
                    found += self._take_in(folder, journal_is_new=journal_is_new)
            except OSError as error:
                log.warning("%s could not be tidied up: %s", folder, error)
        self.empty_quarantine()
        return found

    def _take_in(self, folder: Path, *, journal_is_new: bool) -> Iterator[Found]:
        job = find_job(folder, self._asked)
        if job is not None:
            _drop_parts(folder)
            yield job
        elif all(_is_half_upload(file) for file in folder.iterdir()):
            shutil.rmtree(folder, ignore_errors=True)
        elif journal_is_new or self.root.is_symlink():
            log.warning("%s cannot be read as a job and is left where it is", folder)
        else:
            self.quarantine.mkdir(mode=0o700, exist_ok=True)
            patiently(lambda: folder.rename(self.quarantine / folder.name))
            os.utime(self.quarantine / folder.name)
            log.warning("%s cannot be read as a job and was moved to %s", folder, self.quarantine)

    def empty_quarantine(self) -> None:
        """Delete what has been in the quarantine for a month."""
        for folder in self._quarantined():
            if folder.stat().st_mtime < time.time() - QUARANTINE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)

    def _quarantined(self) -> list[Path]:
        if not self.quarantine.is_dir() or self.quarantine.is_symlink():
            return []
        return [folder for folder in self.quarantine.iterdir() if is_job_name(folder.name)]


def _is_ours(entry: Path) -> bool:
    named = is_job_name(entry.name) or is_deleted_name(entry.name)
    return named and entry.is_dir() and not entry.is_symlink()


def _is_half_upload(file: Path) -> bool:
    """Of a request that never became a job: the upload itself, or an empty request of an old version."""
    return file.name in (f"{REQUEST}{PART}", f"{NOTE}{PART}")


def _drop_parts(folder: Path) -> None:
    for file in folder.glob(f"*{PART}"):
        try:
            patiently(functools.partial(file.unlink, missing_ok=True))
        except OSError as error:
            log.warning("%s cannot be deleted yet: %s", file, error)
