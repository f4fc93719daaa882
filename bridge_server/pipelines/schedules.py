"""The end of a schedule: what makes any family's text-to-image pipeline go on from a noised picture.

`Schedule` stands in a pipeline's place of the scheduler. The scheduler itself computes its full schedule, as the
pipeline asks for it; the pipeline is shown the end of it, and begins there. Schedulers count from their begin index, so
that this is what diffusers' own image-to-image pipelines do, for every scheduler, and nothing inside one is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import Parameter, signature
from typing import Any

import torch

from ..families.base import Schedule as ScheduleKind
from .samplers import begin_path


class Schedule:
    """A diffusers scheduler that runs only the last `run` of `steps`; any other attribute is the scheduler's own.

    kind: of the family: how noise is mixed in, and what the model's answers mean. Also remembers the last answer, after
    guidance, and computes from it the finished picture that it points to. generator: for noise that the scheduler adds
    on its way where a pipeline gives it none, as those of flow matching do.
    """

    def __init__(
        self, scheduler: Any, kind: ScheduleKind, steps: int, run: int, generator: torch.Generator | None = None
    ) -> None:
        self._scheduler = scheduler
        self._kind = kind
        self._begin = (steps - run) * scheduler.order  # evaluations of the model, as timesteps are
        self._skipped = self._begin
        self._end: int | None = None  # of them, where another model goes on
        self._generator = generator if "generator" in signature(scheduler.step).parameters else None
        self._only_asked = False
        self._seen: tuple[torch.Tensor, Any, torch.Tensor] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._scheduler, name)

    @property
    def timesteps(self) -> torch.Tensor:
        return self._scheduler.timesteps[self._skipped : self._end]

    @property
    def evaluations(self) -> int:
        """Of the whole run, those of other models too."""
        return len(self._scheduler.timesteps) - self._begin

    @property
    def done_by_others(self) -> int:
        """Of them, those that come before its own."""
        return self._skipped - self._begin

    def before(self, start: float) -> int:
        """How many of its evaluations lie before this share of the training's schedule, 0..1; whole steps only. As
        diffusers' denoising_end and denoising_start, which are told by the noise and not by the number of steps.
        """
        trained = self._scheduler.config.num_train_timesteps
        found = int((self.timesteps >= round(trained * (1 - start))).sum())
        return found - found % self._scheduler.order

    def ends_after(self, evaluations: int) -> None:
        """Another model does the rest."""
        self._end = self._skipped + evaluations

    def begins_after(self, evaluations: int) -> None:
        """Another model did these."""
        self._skipped += evaluations

    @property
    def sigmas(self) -> torch.Tensor:
        return self._scheduler.sigmas[self._skipped :]

    @property
    def init_noise_sigma(self) -> float:
        """What some pipelines multiply the latents by that they are given: noised pictures are as they should be."""
        return 1.0 if self._skipped else self._scheduler.init_noise_sigma

    @property
    def set_timesteps(self) -> Callable[..., None]:
        """With the scheduler's own signature, which pipelines look at; `step` likewise.

        Some pipelines tell every scheduler of flow matching the noise levels of its steps, evenly spaced; one that
        spaces them so itself, and takes none, is told how many there are.
        """
        own = self._scheduler.set_timesteps
        spaces = getattr(self._scheduler.config, "use_flow_sigmas", False) and "sigmas" not in signature(own).parameters

        @wraps(own)
        def set_timesteps(*arguments: Any, **options: Any) -> None:
            if spaces and options.get("sigmas") is not None:
                options["num_inference_steps"] = len(options.pop("sigmas"))
            own(*arguments, **options)
            self.set_begin_index(0)
            if self._only_asked:
                raise _Asked

        if spaces:
            _takes(set_timesteps, "sigmas")
        return set_timesteps

    def set_begin_index(self, begin: int = 0) -> None:
        if hasattr(self._scheduler, "set_begin_index"):
            self._scheduler.set_begin_index(self._skipped + begin)

    @property
    def step(self) -> Callable[..., Any]:
        @wraps(self._scheduler.step)
        def step(model_output: torch.Tensor, timestep: Any, sample: torch.Tensor, *more: Any, **options: Any) -> Any:
            plain = self._kind == "flow" or not hasattr(self._scheduler, "scale_model_input")
            scaled = sample if plain else self._scheduler.scale_model_input(sample, timestep)
            self._seen = (scaled, timestep, model_output)
            if self._generator is not None:
                options.setdefault("generator", self._generator)
            begin_path(self._scheduler, sample)
            return self._scheduler.step(model_output, timestep, sample, *more, **options)

        return step

    @contextmanager
    def only_asked(self) -> Iterator[None]:
        """While inside, a pipeline computes its schedule, with its own shifts and the like, and goes no further."""
        self._only_asked = True
        try:
            yield
        except _Asked:
            pass
        finally:
            self._only_asked = False

    def noised(self, latents: torch.Tensor, noise: torch.Tensor, index: int) -> torch.Tensor:
        """`latents` as they are before the evaluation of this index, from 0; themselves after the last."""
        timestep = self._scheduler.timesteps[self._skipped + index :][:1]
        if not len(timestep):
            return latents
        if hasattr(self._scheduler, "add_noise"):
            return self._scheduler.add_noise(latents, noise, timestep)
        return self._scheduler.scale_noise(latents, timestep, noise)

    def original(self) -> torch.Tensor | None:
        """The finished latents that the last answer points to, float32 on the CPU, in the pipeline's form; None before
        the first.

        Flow: x0 = x - sigma v. Diffusion, with a = alphas_cumprod[t] and x scaled to variance-preserving form:
        epsilon: x0 = (x - sqrt(1-a) e) / sqrt(a); v: x0 = sqrt(a) x - sqrt(1-a) v (Salimans & Ho 2022, appendix D).
        """
        if self._seen is None:
            return None
        sample, told, answer = self._seen
        x, guess, timestep = sample.float().cpu(), answer.float().cpu(), float(told)
        if self._kind == "flow":
            return x - timestep / self._scheduler.config.num_train_timesteps * guess
        prediction = self._scheduler.config.prediction_type
        alpha = self._alpha_at(timestep)
        if prediction == "sample":
            return guess
        if prediction == "v_prediction":
            return alpha**0.5 * x - (1 - alpha) ** 0.5 * guess
        return (x - (1 - alpha) ** 0.5 * guess) / max(alpha, 1e-4) ** 0.5

    def _alpha_at(self, timestep: float) -> float:
        """Schedulers' timesteps lie between those of the training, too."""
        alphas = self._scheduler.alphas_cumprod
        last = len(alphas) - 1
        place = min(max(timestep, 0.0), float(last))
        low = int(place)
        high = min(low + 1, last)
        return float(alphas[low] + (place - low) * (alphas[high] - alphas[low]))


def _takes(function: Any, name: str) -> None:
    """Show one more option in a function's signature."""
    told = signature(function)
    further = Parameter(name, Parameter.KEYWORD_ONLY, default=None)
    function.__signature__ = told.replace(parameters=[*told.parameters.values(), further])


class _Asked(Exception):  # noqa: N818  (not an error: it ends a pipeline that was only asked for its schedule)
    """The schedule is known."""
