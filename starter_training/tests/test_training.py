"""Training on a tiny scale: it learns, it goes on where it stopped, and what it exports paints in Layerbridge."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed
import torch.multiprocessing
from diffusers import StableDiffusionInpaintPipeline
from transformers import CLIPTokenizer

from starter_training.autoencoder import AutoencoderSettings, train_autoencoder
from starter_training.checkpoints import Pauses, load_tensors, save_tensors, training_state
from starter_training.classifier import JudgeSettings, judged, make_lesson, train_judge
from starter_training.denoiser import Phase, Settings, Training, learning_rate, noisy_batch, train
from starter_training.evaluate import TARGETS, evaluate
from starter_training.export import Card, export_pipeline, fit_preview_map
from starter_training.jobs import open_model, run
from starter_training.latents import Pool, Shard, encode_samples, to_tensor
from starter_training.networks import make_autoencoder, make_denoiser, make_scheduler
from starter_training.painting import Painter, Task, draw_sheet, paint
from starter_training.samples import BACKGROUND_WORDS, Ingredients, make_sample
from starter_training.team import Team

from .conftest import TINY

FAST = Settings(phases=(Phase(64, 8, 0),), learning_rate=3e-3, warmup=4, cooldown=5, last_step=1000, seed=3)


@pytest.fixture
def pool(ingredients: Ingredients, tmp_path: Path) -> Pool:
    torch.manual_seed(0)
    autoencoder = make_autoencoder(TINY).eval().requires_grad_(False)
    return Pool(tmp_path / "latents", ingredients, autoencoder, seed=1, shard_size=16, window=2, reuse=1.0, first=1)


def training(tokenizer: CLIPTokenizer, settings: Settings = FAST) -> Training:
    torch.manual_seed(settings.seed)
    return Training(make_denoiser(TINY, tokenizer), settings, torch.device("cpu"))


def pauses(checkpoint: Path, until_step: int) -> Pauses:
    return Pauses(checkpoint, minutes=9, log_every=10, until_step=until_step)


def same(one: Training, other: Training) -> bool:
    """Whether weights, averages and the optimiser's moments are equal bit by bit."""
    states = [training_state(made.denoiser, made.average.average, made.optimizer.parts) for made in (one, other)]
    return states[0].keys() == states[1].keys() and all(
        torch.equal(states[0][name], states[1][name]) for name in states[0]
    )


def latents_of(shard: Shard) -> tuple[torch.Tensor, ...]:
    return tuple(part[:8].float() for part in (shard.picture, shard.kept, shard.start, shard.mask))


def test_some_steps_lower_the_loss(pool: Pool, tokenizer: CLIPTokenizer) -> None:
    made, shard = training(tokenizer), pool.shard(0)
    tokens = torch.randint(2, 100, (8, 16), generator=torch.Generator().manual_seed(0))
    batch = noisy_batch(*latents_of(shard), make_scheduler(), FAST, step=0)
    losses = [made.train_step(batch, tokens, Team()) for _ in range(30)]
    assert np.mean(losses[-3:]) < 0.7 * losses[0]


def test_every_part_of_the_denoiser_learns(pool: Pool, tokenizer: CLIPTokenizer) -> None:
    """A weight that no gradient reaches stays as it was made: so it went with a compiled UNet (torch 2.13, CPU)."""
    made, shard = training(tokenizer, replace(FAST, weight_decay=0.0)), pool.shard(0)
    tokens = torch.randint(2, 100, (8, 16), generator=torch.Generator().manual_seed(0))
    before = {name: value.clone() for name, value in made.denoiser.named_parameters()}
    for step in range(2):  # in the first one some are still hidden behind weights that begin as zeros
        made.train_step(noisy_batch(*latents_of(shard), make_scheduler(), FAST, step), tokens, Team())
    still = {name for name, value in made.denoiser.named_parameters() if torch.equal(value, before[name])}
    assert not still


def test_a_resumed_run_ends_in_the_same_state(pool: Pool, tokenizer: CLIPTokenizer, tmp_path: Path) -> None:
    whole, first, resumed = (training(tokenizer) for _ in range(3))
    train(whole, lambda _: pool, tokenizer, 1.0, make_scheduler(), pauses(tmp_path / "whole.safetensors", 6))
    train(first, lambda _: pool, tokenizer, 1.0, make_scheduler(), pauses(tmp_path / "half.safetensors", 3))
    resumed.resume(tmp_path / "half.safetensors")
    assert resumed.step == 3 and same(first, resumed) and not same(whole, resumed)
    train(resumed, lambda _: pool, tokenizer, 1.0, make_scheduler(), pauses(tmp_path / "half.safetensors", 6))
    assert resumed.step == 6 and same(whole, resumed)
    assert not list(tmp_path.glob("*.unfinished"))


def test_a_phase_follows_the_other_also_after_a_stop(
    pool: Pool, ingredients: Ingredients, tokenizer: CLIPTokenizer, tmp_path: Path
) -> None:
    """First small pictures in large batches, then large ones in small batches."""
    small = replace(pool, folder=tmp_path / "small", ingredients=replace(ingredients, side=32))
    pools = {32: small, 64: pool}
    settings = replace(FAST, phases=(Phase(32, 8, 0), Phase(64, 4, 3)), last_step=5)
    whole, first, resumed = (training(tokenizer, settings) for _ in range(3))
    train(whole, pools.__getitem__, tokenizer, 1.0, make_scheduler(), pauses(tmp_path / "whole.safetensors", 9))
    assert small.shard(0).picture.shape[-1] == 8 and pool.shard(0).picture.shape[-1] == 16
    train(first, pools.__getitem__, tokenizer, 1.0, make_scheduler(), pauses(tmp_path / "half.safetensors", 2))
    resumed.resume(tmp_path / "half.safetensors")
    assert resumed.step == 2
    train(resumed, pools.__getitem__, tokenizer, 1.0, make_scheduler(), pauses(tmp_path / "half.safetensors", 9))
    assert whole.step == resumed.step == 5 and same(whole, resumed)


def train_in_company(rank: int, folder: Path, pool: Pool, tokenizer: CLIPTokenizer) -> None:
    """One of two processes: three steps together, and what this one has then."""
    torch.set_num_threads(1)
    meeting = f"file://{folder / 'meeting'}"
    torch.distributed.init_process_group("gloo", meeting, rank=rank, world_size=2)
    made = training(tokenizer)
    stopped = pauses(folder / "together.safetensors", 3)
    train(made, lambda _: pool, tokenizer, 1.0, make_scheduler(), stopped, Team(rank, 2))
    save_tensors(folder / f"{rank}.safetensors", dict(made.denoiser.state_dict()), {"step": made.step})
    torch.distributed.destroy_process_group()


def test_two_processes_train_as_one_does(pool: Pool, tokenizer: CLIPTokenizer, tmp_path: Path) -> None:
    torch.multiprocessing.spawn(train_in_company, (tmp_path, pool, tokenizer), nprocs=2)
    alone, untrained = training(tokenizer), training(tokenizer).denoiser.state_dict()
    train(alone, lambda _: pool, tokenizer, 1.0, make_scheduler(), pauses(tmp_path / "alone.safetensors", 3))
    (one, notes), (other, _) = (load_tensors(tmp_path / f"{rank}.safetensors") for rank in (0, 1))
    saved, _ = load_tensors(tmp_path / "together.safetensors")
    assert notes["step"] == 3
    wanted = training_state(alone.denoiser, alone.average.average, alone.optimizer.parts)
    assert saved.keys() == wanted.keys(), "whoever goes on from the checkpoint finds the momentum of all"
    moved, missed = 0.0, 0.0
    for name, value in alone.denoiser.state_dict().items():
        assert torch.equal(one[name], other[name]) and torch.equal(one[name], saved[f"weights/{name}"])
        moved += float((value - untrained[name]).float().abs().sum())
        missed += float((value - one[name]).float().abs().sum())
    assert moved > 0 and missed < 0.2 * moved, "they differ by the rounding of bfloat16 only"


def test_shards_are_made_once_and_forgotten_when_no_longer_drawn_from(pool: Pool) -> None:
    assert list(pool.shards_wanted(0, 8)) == [0]
    assert list(pool.shards_wanted(8, 8)) == [3, 4]
    made, read = pool.shard(0), pool.shard(0)
    assert torch.equal(made.picture, read.picture) and made.captions == read.captions
    assert made.picture.shape == (16, 4, 16, 16) and made.mask.shape == (16, 1, 16, 16)
    pool.forget_before(1)
    assert not list(pool.folder.iterdir())
    assert torch.equal(pool.shard(0).kept, made.kept)


def test_what_is_masked_is_hidden_from_the_kept_latents(pool: Pool, ingredients: Ingredients) -> None:
    sample = make_sample(ingredients, (1, 0))
    inside = sample.mask[..., None] > 0.5
    changed = replace(sample, image=np.where(inside, 255 - sample.image, sample.image))
    one, other = (encode_samples(pool.autoencoder, [each]) for each in (sample, changed))
    assert torch.equal(one.kept, other.kept) and not torch.equal(one.picture, other.picture)


def test_a_removal_begins_from_its_start_and_is_to_end_in_the_picture() -> None:
    """Half of them at times from 300 on; elsewhere, and where nothing is removed, the picture itself is noised."""
    dice, scheduler = torch.Generator().manual_seed(0), make_scheduler()
    picture, start, kept = (torch.randn((400, 4, 2, 2), generator=dice) for _ in range(3))
    mask = torch.ones(400, 1, 2, 2)
    batch = noisy_batch(picture, kept, start, mask, scheduler, FAST, step=1)
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(FAST.seed * 1_000_003 + 1))
    signal = scheduler.alphas_cumprod[batch.timesteps][:, None, None, None]
    shown = batch.inputs[:, :4] - (1 - signal).sqrt() * noise
    of_picture, of_start = ((shown - signal.sqrt() * one).abs().amax((1, 2, 3)) < 1e-4 for one in (picture, start))
    told_apart = signal.flatten() > 1e-3
    assert (of_picture | of_start).all() and not of_start[batch.timesteps < FAST.start_from].any()
    late = told_apart & (batch.timesteps >= FAST.start_from)
    assert 0.4 < float(of_start[late].float().mean()) < 0.6
    reached = signal.sqrt() * batch.inputs[:, :4] - (1 - signal).sqrt() * batch.target
    assert torch.allclose(reached, picture, atol=1e-4)


def test_only_an_empty_prompt_has_a_start(pool: Pool, ingredients: Ingredients) -> None:
    samples = [make_sample(ingredients, (2, row)) for row in range(24)]
    shard = encode_samples(pool.autoencoder, samples)
    nothing = ("", *BACKGROUND_WORDS)
    for sample, start, picture in zip(samples, shard.start, shard.picture, strict=True):
        assert (sample.start is None) == (sample.caption not in nothing)
        if sample.start is None:
            assert torch.equal(start, picture)
        else:
            assert np.array_equal(sample.start[sample.mask < 0.5], sample.image[sample.mask < 0.5])
            assert torch.equal(start, picture) == np.array_equal(sample.start, sample.image)
    assert 4 < sum(sample.start is not None for sample in samples) < 24


def test_the_learning_rate_rises_stays_and_falls() -> None:
    settings = Settings(warmup=10, cooldown=20, last_step=100)
    rates = [learning_rate(step, settings) / settings.learning_rate for step in (0, 9, 50, 90, 100)]
    assert rates == pytest.approx([0.1, 1, 1, 0.5, 0.05])


def test_the_autoencoder_goes_on_where_it_stopped(ingredients: Ingredients, tmp_path: Path) -> None:
    settings = AutoencoderSettings(steps=6, batch=4, crop=32, pictures=6, fresh_every=2, warmup=2)
    device = torch.device("cpu")
    stopped = pauses(tmp_path / "half.safetensors", 3)
    assert train_autoencoder(ingredients, TINY, settings, device, stopped) is None
    resumed = train_autoencoder(ingredients, TINY, settings, device, pauses(tmp_path / "half.safetensors", 9))
    whole = train_autoencoder(ingredients, TINY, settings, device, pauses(tmp_path / "whole.safetensors", 9))
    assert resumed is not None and whole is not None
    assert all(torch.equal(value, resumed.state_dict()[name]) for name, value in whole.state_dict().items())


def test_the_autoencoder_learns(ingredients: Ingredients, tmp_path: Path) -> None:
    settings = AutoencoderSettings(steps=60, batch=4, crop=32, pictures=6, warmup=5, learning_rate=4e-3, average=0.9)
    made = train_autoencoder(ingredients, TINY, settings, torch.device("cpu"), pauses(tmp_path / "a.safetensors", 99))
    torch.manual_seed(settings.seed)
    crops = to_tensor(np.stack([make_sample(ingredients, (settings.seed, row)).image for row in range(6)]))
    errors = [
        float(((one.decode(one.encode(crops).latent_dist.mean).sample - crops) ** 2).mean().detach())
        for one in (make_autoencoder(TINY), made)
    ]
    assert errors[1] < 0.75 * errors[0]


def test_half_written_files_are_never_seen(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    save_tensors(path, {"a": torch.ones(2)}, {"step": 1})
    save_tensors(path, {"a": torch.zeros(2)}, {"step": 2})
    tensors, notes = load_tensors(path)
    assert tensors["a"].tolist() == [0, 0] and notes == {"step": 2}
    assert [found.name for found in tmp_path.iterdir()] == ["state.safetensors"]


def test_painting_leaves_the_rest_alone(pool: Pool, ingredients: Ingredients, tokenizer: CLIPTokenizer) -> None:
    painter = Painter(pool.autoencoder, make_denoiser(TINY, tokenizer), tokenizer, 1.0)
    samples = [make_sample(ingredients, (4, row)) for row in range(2)]
    tasks = [Task(sample.image, sample.mask, "a red ball") for sample in samples]
    painted, again = (paint(painter, tasks, steps=2, guidance=2.0, seed=1) for _ in range(2))
    for task, one, other in zip(tasks, painted, again, strict=True):
        assert (one == other).all() and (one[task.mask < 0.5] == task.image[task.mask < 0.5]).all()
    assert draw_sheet(tasks, painted).shape == (128, 128, 3)


def test_the_judge_learns_to_name_shapes(ingredients: Ingredients, tmp_path: Path) -> None:
    settings = JudgeSettings(steps=40, batch=16, fresh_every=10)
    judge = train_judge(ingredients, settings, tmp_path / "judge.safetensors")
    lessons = [make_lesson(ingredients, (9, row)) for row in range(40)]
    top, _ = judged(judge, [picture for picture, _, _ in lessons])
    assert np.mean([five[0] == thing for five, (_, thing, _) in zip(top, lessons, strict=True)]) > 0.5
    again = train_judge(ingredients, settings, tmp_path / "judge.safetensors")
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in judge.state_dict().items())


def test_what_is_exported_loads_and_paints_everywhere(
    ingredients: Ingredients, tokenizer: CLIPTokenizer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In diffusers, in Layerbridge's own code, and in the evaluation."""
    torch.manual_seed(1)
    painter = Painter(make_autoencoder(TINY).eval(), make_denoiser(TINY, tokenizer).eval(), tokenizer, 1.3)
    painter.autoencoder.register_to_config(_name_or_path=str(tmp_path / "vae"))  # as one that was read from there
    folder = tmp_path / "starter"
    export_pipeline(painter, Card(native_resolution=64, steps=2, guidance_scale=2.0), ingredients.photos, folder)

    pipeline = StableDiffusionInpaintPipeline.from_pretrained(folder, torch_dtype=torch.float32)
    assert pipeline.unet.config.in_channels == 9 and pipeline.vae.config.latent_channels == 4
    assert pipeline.vae.config.scaling_factor == 1.3

    assert not [path for path in folder.rglob("*.json") if str(tmp_path) in path.read_text("utf-8")]
    settings = json.loads((folder / "layerbridge.json").read_text("utf-8"))
    assert np.array(settings["latent_rgb"]).shape == (5, 3)
    model, sample = open_model(folder), make_sample(ingredients, (6, 1))
    painted = run(model, Task(sample.image, sample.mask, "a blue box"), seed=1)
    kept = sample.mask < 0.5
    assert (painted[kept] == sample.image[kept]).all() and (painted[~kept] != sample.image[~kept]).any()

    train_judge(ingredients, JudgeSettings(steps=1, batch=4), tmp_path / "judge.safetensors")
    figures = evaluate(folder, ingredients.photos, ingredients, tmp_path / "evaluation", divisor=50)
    assert figures.inpaints == 10 and figures.removals == 4 and 0 <= figures.closer_both <= 1
    printed = capsys.readouterr().out
    assert all(title in printed for title, _, _ in TARGETS)
    assert (tmp_path / "evaluation" / "samples.png").is_file()


def test_the_preview_map_is_a_least_squares_fit(pool: Pool, ingredients: Ingredients) -> None:
    preview, error = fit_preview_map(pool.autoencoder, 1.0, ingredients.photos, 64)
    assert len(preview) == 5 and all(len(row) == 3 for row in preview)
    assert 0 < error < 0.5
