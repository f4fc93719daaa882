"""The command: what it asks for, how it is stopped, and where it begins again."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from starter_training.autoencoder import AutoencoderSettings
from starter_training.backgrounds import Backgrounds
from starter_training.latents import Pool
from starter_training.networks import load_autoencoder
from starter_training.run import (
    Unfinished,
    Workshop,
    autoencoder_stage,
    denoiser_stage,
    export_stage,
    make_pauses,
    parse_arguments,
    tokenizer_stage,
)
from starter_training.samples import Ingredients

from .conftest import TINY


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """The command takes over two signals; they are given back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_a_signal_ends_training_at_the_next_step(tmp_path: Path) -> None:
    pauses = make_pauses(parse_arguments(["--out", str(tmp_path)]), tmp_path / "state.safetensors")
    assert not pauses.over(1, 10.0)
    signal.raise_signal(signal.SIGTERM)
    assert pauses.over(1, 10.0)


def test_a_minute_is_a_minute(tmp_path: Path) -> None:
    pauses = make_pauses(parse_arguments(["--out", str(tmp_path), "--minutes", "2"]), tmp_path / "state.safetensors")
    assert [pauses.over(1, seconds) for seconds in (119.0, 121.0)] == [False, True]


def test_stages_stop_unfinished_go_on_and_leave_finished_things_alone(
    ingredients: Ingredients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Workshop(
        tmp_path, Backgrounds(ingredients.photos, ingredients.photos), ingredients, TINY, torch.device("cpu")
    )
    monkeypatch.setattr("starter_training.run.open_pool", _small_pool)
    monkeypatch.setattr("starter_training.run.AutoencoderSettings", _small_autoencoder)

    def words(*more: str) -> list[str]:
        return ["--out", str(tmp_path), *more]

    tokenizer_stage(shop, parse_arguments(words()))
    with pytest.raises(Unfinished, match="autoencoder"):
        autoencoder_stage(shop, parse_arguments(words("--autoencoder-steps", "2", "--minutes", "0")))
    autoencoder_stage(shop, parse_arguments(words("--autoencoder-steps", "2")))
    weights = shop.autoencoder_folder / "diffusion_pytorch_model.safetensors"
    written = weights.stat().st_mtime_ns
    autoencoder_stage(shop, parse_arguments(words("--autoencoder-steps", "5")))
    assert weights.stat().st_mtime_ns == written

    with pytest.raises(Unfinished, match="step 0 of 2"):
        denoiser_stage(shop, parse_arguments(words("--last-step", "2", "--minutes", "0")))
    denoiser_stage(shop, parse_arguments(words("--last-step", "2", "--sheet-seconds", "9999")))
    export_stage(shop, parse_arguments(words()))
    assert (tmp_path / "starter" / "layerbridge.json").is_file()


def _small_pool(shop: Workshop, side: int = 64) -> Pool:
    autoencoder = load_autoencoder(shop.autoencoder_folder)
    ingredients = replace(shop.ingredients, side=side)
    return Pool(shop.out / "latents", ingredients, autoencoder, seed=1, shard_size=8, window=2, first=1)


def _small_autoencoder(steps: int) -> AutoencoderSettings:
    return AutoencoderSettings(steps=steps, batch=2, crop=32, pictures=3)
