"""Downloads a model from a Hugging Face hub: configurations, tokenizer and safetensors, nothing else.

Honours HF_HUB_OFFLINE, HF_HOME, HF_ENDPOINT and HF_TOKEN, as huggingface_hub does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import BridgeError, ErrorCode

TEXT_SUFFIXES = (".json", ".txt")
WEIGHT_SUFFIX = ".safetensors"


def wanted_files(names: Sequence[str], parts: Sequence[str], half: bool, denoiser: str) -> list[str]:
    """Which of a repository's files to fetch: per part (a folder) one set of weights, fp16 where `half`, and what
    paints (denoiser) and the part have one.

    Raises BridgeError: unsupported for no diffusers layout, model_unsafe where there are only pickles.
    """
    if "model_index.json" not in names:
        raise BridgeError(
            ErrorCode.UNSUPPORTED,
            "This model is not in the diffusers layout, which is what can be downloaded by name. "
            "Download its .safetensors file yourself and put it into the model folder.",
        )
    chosen = ["model_index.json"]
    reduced = half and any(name.startswith(f"{denoiser}/") and _is_reduced(name) for name in names)
    for folder in parts:
        own = [name for name in names if name.startswith(f"{folder}/") and name.count("/") == 1]
        chosen += [name for name in own if name.endswith(TEXT_SUFFIXES) and not name.endswith(".index.json")]
        weights = [name for name in own if name.endswith(WEIGHT_SUFFIX)]
        if not weights and any(name.endswith(".bin") for name in own):
            raise BridgeError(
                ErrorCode.MODEL_UNSAFE,
                f"The {folder} of this model is published only as a pickle, which can run any program when it is "
                "opened. Choose a model that has .safetensors files.",
            )
        chosen += _one_variant(weights, reduced)
        chosen += [name for name in own if name.endswith(".index.json") and "safetensors" in name]
    return chosen


def _one_variant(weights: Sequence[str], half: bool) -> list[str]:
    reduced = [name for name in weights if _is_reduced(name)]
    full = [name for name in weights if name.rpartition("/")[2].count(".") == 1]
    return (reduced or full) if half else (full or reduced)


def _is_reduced(name: str) -> bool:
    return ".fp16" in name and name.endswith(WEIGHT_SUFFIX)


def fetch(
    hub_id: str,
    parts: Sequence[str],
    half: bool,
    denoiser: str,
    is_whole: Callable[[Path], bool],
    progress: Callable[..., None] = lambda **_: None,
) -> Path:
    """The folder of the model: what is on this computer if it is complete, else the newest snapshot, downloaded.

    parts: the folders that are wanted; denoiser: the one that paints. is_whole: whether a folder on this computer has
    all that is needed. progress(fetching=True) is called while bytes arrive. Raises BridgeError: model_not_found (no
    connection, no such model, or one that needs an account), and what wanted_files raises.
    """
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    constants.HF_HUB_DISABLE_SYMLINKS_WARNING = True  # Windows without developer mode: it works, and warns each time
    if (local := _on_this_computer(hub_id)) is not None and is_whole(local):
        return local
    progress(fetching=True)
    try:
        files = wanted_files(HfApi().list_repo_files(hub_id), parts, half, denoiser)
        return Path(
            snapshot_download(hub_id, allow_patterns=files, cache_dir=constants.HF_HUB_CACHE, tqdm_class=_bar(progress))
        )
    except GatedRepoError as error:
        why = "its makers ask for an account: accept its licence on its page and set HF_TOKEN"
        raise _not_found(hub_id, why, error) from error
    except RepositoryNotFoundError as error:
        raise _not_found(hub_id, "there is no such model, or it is private", error) from error
    except BridgeError:
        raise
    except Exception as error:  # what the HTTP library raises differs between versions
        why = "downloads are switched off (HF_HUB_OFFLINE)" if constants.HF_HUB_OFFLINE else "the hub does not answer"
        raise _not_found(hub_id, why, error) from error


def _bar(progress: Callable[..., None]) -> Any:
    """A progress bar that shows nothing and passes on that something came."""
    from huggingface_hub.utils import tqdm  # pyright: ignore[reportPrivateImportUsage]

    class Bar(tqdm):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **{**options, "disable": True})

        def update(self, n: float | None = 1) -> bool | None:
            progress(fetching=True)
            return super().update(n)

    return Bar


def _on_this_computer(hub_id: str) -> Path | None:
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(hub_id, local_files_only=True, cache_dir=constants.HF_HUB_CACHE))
    except LocalEntryNotFoundError:
        return None


def _not_found(hub_id: str, why: str, error: Exception) -> BridgeError:
    return BridgeError(
        ErrorCode.MODEL_NOT_FOUND,
        f"{hub_id} is not on this computer and cannot be downloaded: {why}. "
        "Choose an installed model, or put the model's files into the model folder.",
        str(error)[:500],
    )
