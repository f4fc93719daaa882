"""From the frames of a job to what is applied: checked artifacts with their names and notes, by role. No gi."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .artifacts import Artifact, Picture, Result, read_artifact
from .failures import BridgeError
from .operations import Output
from .parameters import Parameters
from .roles import titled
from .texts import _

NOTED = ("operation", "role", "seed", "index", "steps_run", "model", "bounds", "request", "seconds")
Entry = Mapping[str, Any]  # of a job's `artifacts`


def artifacts_of(
    entries: Sequence[Entry], frames: Sequence[bytes], parameters: Parameters, note: Mapping[str, Any]
) -> dict[str, list[Artifact]]:
    """By the role of the output. frames: one for each entry. Raises BridgeError for what this plug-in cannot read."""
    made: dict[str, list[Artifact]] = {}
    roles = [str(entry["role"]) for entry in entries]
    for role, data in zip(roles, frames):
        output = parameters.operation.output(role)
        if output is None:
            raise BridgeError("unsupported", _("The result is of a kind that this plug-in does not know. Update it."))
        ofrole = made.setdefault(role, [])
        name = artifact_name(parameters, output)
        name = f"{name} #{len(ofrole) + 1}" if roles.count(role) > 1 and not output.stack else name
        ofrole.append(_noted(read_artifact(data, output.kind, name, {}), note))
    return made


def variations_of(job: Mapping[str, Any]) -> list[int]:
    """The numbers of those that are finished, in the order in which they were: each may have several artifacts."""
    return list(dict.fromkeys(int(made["index"]) for made in job.get("artifacts", [])))


def artifact_name(parameters: Parameters, output: Output) -> str:
    """The prompt, shortened; what was done where there is no prompt. Of layers that belong together, which of them it
    is.
    """
    return (not output.stack and titled(parameters.prompt)) or _(output.title)


def _noted(artifact: Artifact, note: Mapping[str, Any]) -> Artifact:
    """With the parasite of its layer."""
    if not isinstance(artifact, (Result, Picture)):
        return artifact
    made = {key: artifact.message[key] for key in NOTED if key in artifact.message}
    return replace(artifact, note={**note, "result": made})
