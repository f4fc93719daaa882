"""Which runner carries out which operation."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from functools import partial

from pydantic import BaseModel

from ...operations.registry import builtin
from .base import Artifact, Inputs, RunContext, Runner


def builtin_runners() -> Mapping[str, Runner]:
    """Those of the operations that Layerbridge ships, by the operation's name. Each is imported when it first runs."""
    return {name: partial(_run, runner_module(name)) for name in builtin().names}


def runner_module(operation: str) -> str:
    """The name of the module beside this one whose `run` carries out the operation."""
    return f"{__package__}.{operation.replace('-', '_')}"


def _run(module: str, context: RunContext, params: BaseModel, inputs: Inputs) -> Iterator[Artifact]:
    return importlib.import_module(module).run(context, params, inputs)
