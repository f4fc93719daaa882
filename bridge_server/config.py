"""Where state lives, and every setting with its default and its reason (the daemon imports this)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

HOME_VARIABLE = "LAYERBRIDGE_HOME"
MODELS_VARIABLE = "LAYERBRIDGE_MODELS"


@dataclass(frozen=True)
class Home:
    """The folders and files of one daemon. `state` is private (0700): it holds the user's pictures."""

    state: Path
    models: Path
    logs: Path
    cache: Path | None = None  # None: in `state`

    @property
    def identity(self) -> str:
        """What `hello` calls `home`: tells the daemons of one machine apart without naming a folder."""
        return hashlib.sha256(str(self.state).encode()).hexdigest()[:16]

    @property
    def runtime(self) -> Path:
        """Written when the daemon listens (0600), removed when it stops."""
        return self.state / "runtime.json"

    @property
    def lock(self) -> Path:
        return self.state / "daemon.lock"

    @property
    def journal(self) -> Path:
        return self.state / "journal.sqlite3"

    @property
    def spool(self) -> Path:
        return self.state / "spool"

    @property
    def quarantine(self) -> Path:
        """Folders of the spool that belong to no job and cannot be read; each goes after a month."""
        return self.state / "quarantine"

    @property
    def scratch(self) -> Path:
        """What a live job's worker reads and writes, while it runs; emptied when the daemon starts."""
        return self.state / "scratch"

    @property
    def ballast(self) -> Path:
        """Only takes room, which is given back when the disk is full (jobs/ballast.py)."""
        return self.state / "ballast"

    @property
    def compiled(self) -> Path:
        """What numba has compiled for this machine; made anew where it is gone."""
        return (self.cache or self.state / "cache") / "compiled"

    @property
    def log(self) -> Path:
        return self.logs / "daemon.log"

    @property
    def model_store(self) -> Path:
        """What is known of models: their keys, what was read of their files, and hashes of their weights."""
        return self.state / "models.sqlite3"

    @property
    def worker_log(self) -> Path:
        """What worker processes write to standard error; their faults are a line each (bridge_server.faults)."""
        return self.logs / "worker.log"

    @property
    def start_log(self) -> Path:
        """What a daemon that was started in the background wrote to standard error; begun anew at each start."""
        return self.logs / "start.log"


def find_home(environment: Mapping[str, str] = os.environ) -> Home:
    """LAYERBRIDGE_HOME holds everything where it is set; else the platform's usual folders."""
    chosen = environment.get(HOME_VARIABLE)
    if chosen:
        root = Path(chosen).expanduser().absolute()
        return Home(root, root / "models", root / "logs")
    directories = platformdirs.PlatformDirs("layerbridge", appauthor=False)
    models = directories.user_data_path / "models"
    return Home(directories.user_state_path, models, directories.user_log_path, directories.user_cache_path)


def model_folders(home: Home, environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Where models are looked for: the home's own folder, those of LAYERBRIDGE_MODELS (separated like PATH), and where
    Hugging Face's library keeps its downloads.
    """
    extra = environment.get(MODELS_VARIABLE, "")
    named = (Path(part).expanduser().absolute() for part in extra.split(os.pathsep) if part)
    return (home.models, *named, hub_cache_folder(environment).absolute())


@dataclass(frozen=True)
class Limits:
    """What the daemon refuses, each with its reason."""

    body_bytes: int = 256 * 2**20 * 17 + 32 * 2**20  # 256 megapixels of float RGBA and mask, and room for a profile
    queued_jobs: int = 64  # more is a script gone wrong; each may hold a gigabyte of spool; half of them one client's
    result_age_seconds: float = 14 * 86400.0  # two weeks: longer than a job of work on one picture
    superseded_age_seconds: float = 600.0  # of what gave way to a newer job without a result: nobody looks for it
    live_bytes: int = 256 * 2**20  # of live jobs in memory: a second or two of large strokes
    live_age_seconds: float = 60.0  # of a finished live job: who has not fetched it by then looks at a newer one
    spool_bytes: int = 20 * 2**30  # finished jobs beyond this go, oldest first
    free_disk_bytes: int = 512 * 2**20  # never fill the user's disk to the brim
    kept_jobs: int = 2000  # rows of History that are held in memory
    json_bytes: int = 256 * 2**10  # a plan or pairing request is a few hundred bytes


@dataclass(frozen=True)
class ServeOptions:
    """What `layerbridge serve` was told."""

    home: Home
    port: int | None = None  # None: the default port and its fallbacks; 0: any free port
    hosts: tuple[str, ...] = ("127.0.0.1", "::1")
    tls_cert: Path | None = None  # PEM files; without them only loopback addresses are listened on
    tls_key: Path | None = None
    allowed_hosts: tuple[str, ...] = ()  # further names a Host header may carry
    executor: str = "local"  # executors/registry.py: what runs the tasks
    devices: tuple[str, ...] = ("auto",)
    model_folders: tuple[Path, ...] = ()
    idle_unload_seconds: float = 600.0
    keep_models_bytes: int | None = None  # None: half of a graphics card's memory, a quarter of the computer's
    limits: Limits = Limits()


def hub_cache_folder(environment: Mapping[str, str]) -> Path:
    """Where huggingface_hub keeps downloads: HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub."""
    if cache := environment.get("HF_HUB_CACHE"):
        return Path(cache).expanduser()
    home = environment.get("HF_HOME") or f"{environment.get('XDG_CACHE_HOME') or '~/.cache'}/huggingface"
    return Path(home).expanduser() / "hub"
