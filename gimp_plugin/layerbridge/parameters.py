"""What the painter asks for, independent of GIMP: values, defaults, and the JSON that the daemon takes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from layerbridge_client.wire import MIN_STRENGTH

from .failures import REFUSED, BridgeError
from .geometry import Box, shortened
from .texts import _

LAYER = "layer"
VISIBLE = "visible"
RANDOM_SEED = -1
AUTOMATIC = -1
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Parameters:
    """A job as the painter put it. Lengths in document pixels; AUTOMATIC leaves a value to the model or the daemon."""

    procedure: str  # inpaint, remove, outpaint, img2img, txt2img
    source: str = LAYER  # LAYER: the selected layer; VISIBLE: all visible layers
    prompt: str = ""
    negative_prompt: str = ""
    model: str = ""  # "": the daemon's default
    strength: float = -1.0  # 0 to 1
    steps: int = AUTOMATIC
    guidance: float = -1.0  # 0 to 50
    sampler: str = "auto"
    seed: int = RANDOM_SEED
    count: int = 1
    grow: int = AUTOMATIC
    feather: int = AUTOMATIC
    padding: int = AUTOMATIC
    keep_to_selection: bool = False
    left: int = 0  # margins: outpaint only
    top: int = 0
    right: int = 0
    bottom: int = 0

    @property
    def kind(self) -> str:
        """The daemon's word for it."""
        return "inpaint" if self.procedure == "remove" else self.procedure

    @property
    def margins(self) -> dict[str, int]:
        return {"left": self.left, "top": self.top, "right": self.right, "bottom": self.bottom}

    def with_new_seed(self) -> Parameters:
        return replace(self, seed=RANDOM_SEED)

    def with_fixed_seed(self) -> Parameters:
        """A random seed becomes a number now, so that a repeated submission stays the same job."""
        if self.seed >= 0:
            return self
        return replace(self, seed=secrets.randbelow(MAX_SEED + 1 - max(1, self.count)))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


DEFAULTS: dict[str, Parameters] = {
    "inpaint": Parameters("inpaint"),
    "remove": Parameters("remove"),
    "outpaint": Parameters("outpaint", source=VISIBLE, left=128, right=128),
    "img2img": Parameters("img2img", strength=0.6),
    "txt2img": Parameters("txt2img"),
}


def from_json(value: Mapping[str, Any], procedure: str | None = None) -> Parameters:
    """Parameters from an older file or parasite: unknown keys and values of the wrong type fall back to defaults."""
    name = procedure if procedure is not None else str(value.get("procedure", "inpaint"))
    base = DEFAULTS.get(name, DEFAULTS["inpaint"])
    known: dict[str, Any] = {}
    for field in fields(Parameters):
        default = getattr(base, field.name)
        given = value.get(field.name, default)
        if isinstance(default, float) and type(given) is int:
            given = float(given)
        if type(given) is type(default):
            known[field.name] = given
    known["procedure"] = base.procedure
    return replace(base, **known)


def from_request(request: Mapping[str, Any], seed: int) -> Parameters:
    """The parameters of a job that the daemon remembers, with every value as it was used."""

    def length(name: str) -> int:
        value = request.get(name, "auto")
        return value if type(value) is int else AUTOMATIC

    def number(name: str) -> float:
        value = request.get(name)
        return -1.0 if value is None else float(value)

    notes = request.get("client_data") or {}
    procedure = notes.get("procedure") or request.get("kind")
    margins = request.get("margins") or {}
    return replace(
        DEFAULTS.get(str(procedure), DEFAULTS["inpaint"]),
        source=VISIBLE if notes.get("source") == VISIBLE else LAYER,
        prompt=str(request.get("prompt", "")),
        negative_prompt=str(request.get("negative_prompt", "")),
        model=request.get("model") or "",
        strength=number("strength"),
        steps=request.get("steps") or AUTOMATIC,
        guidance=number("guidance_scale"),
        sampler=str(request.get("sampler", "auto")),
        seed=seed,
        count=int(request.get("count", 1)),
        grow=length("grow"),
        feather=length("feather"),
        padding=length("padding"),
        keep_to_selection=bool(request.get("keep_to_selection", False)),
        **{side: int(margins.get(side, 0)) for side in ("left", "top", "right", "bottom")},
    )


def layer_name(parameters: Parameters) -> str:
    """The prompt, shortened; what was done where there is no prompt."""
    if parameters.procedure == "remove":
        return _("Removed")
    if parameters.prompt.strip():
        return shortened(parameters.prompt)
    return {"outpaint": _("Outpaint"), "img2img": _("Image to image")}.get(parameters.procedure, _("Inpaint"))


def check(parameters: Parameters, has_selection: bool) -> None:
    """Refuse what cannot work, before anything is read. Raises BridgeError with what to change."""
    if parameters.procedure == "outpaint" and not any(parameters.margins.values()):
        raise BridgeError(REFUSED, _("Outpaint needs a margin: set at least one side to one pixel or more."))
    if parameters.procedure == "remove" and not has_selection:
        raise BridgeError(REFUSED, _("Nothing is selected. Select what is to be removed, then try again."))
    if parameters.procedure == "txt2img" and not parameters.prompt.strip():
        raise BridgeError(REFUSED, _("Text to Image needs a prompt: describe the picture."))
    if 0 <= parameters.strength < MIN_STRENGTH:
        raise BridgeError(
            REFUSED,
            _("The strength must be at least {least}. To keep the picture as it is, run nothing.").format(
                least=MIN_STRENGTH
            ),
        )


def plan_request(
    parameters: Parameters, document: Mapping[str, Any], selection: Box | None, layer: Box | None
) -> dict[str, Any]:
    """The body of `POST /v1/plan`."""
    body: dict[str, Any] = {"kind": parameters.kind, "document": dict(document), **_mask_options(parameters)}
    if selection is not None and parameters.procedure != "outpaint":
        body["selection"] = selection.to_json()
    if layer is not None and parameters.procedure == "img2img" and parameters.source == LAYER:
        body["layer"] = layer.to_json()
    if parameters.procedure == "outpaint":
        body["margins"] = parameters.margins
    body["has_prompt"] = bool(parameters.prompt.strip())
    if parameters.model:
        body["model"] = parameters.model
    if parameters.strength >= 0:
        body["strength"] = float(parameters.strength)
    return body


def job_message(
    parameters: Parameters,
    document: Mapping[str, Any],
    bounds: Box,
    client_data: Mapping[str, str],
    has_profile: bool = False,
) -> dict[str, Any]:
    """The message of the request frame; `bounds` is what the tensors cover, has_profile: `icc` is among them."""
    message: dict[str, Any] = {
        "kind": parameters.kind,
        "document": dict(document),
        "bounds": bounds.to_json(),
        "prompt": parameters.prompt.strip(),
        "negative_prompt": parameters.negative_prompt.strip(),
        "count": parameters.count,
        "sampler": parameters.sampler or "auto",
        "client_data": dict(client_data),
        **_mask_options(parameters),
    }
    if parameters.seed >= 0:
        message["seed"] = parameters.seed
    if parameters.model:
        message["model"] = parameters.model
    if parameters.strength >= 0:
        message["strength"] = float(parameters.strength)
    if parameters.steps > 0:
        message["steps"] = parameters.steps
    if parameters.guidance >= 0:
        message["guidance_scale"] = float(parameters.guidance)
    if parameters.procedure == "outpaint":
        message["margins"] = parameters.margins
    if has_profile:
        message["profile"] = "icc"
    return message


def _mask_options(parameters: Parameters) -> dict[str, Any]:
    def length(value: int) -> Any:
        return "auto" if value < 0 else value

    return {
        "grow": length(parameters.grow),
        "feather": length(parameters.feather),
        "padding": length(parameters.padding),
        "keep_to_selection": parameters.keep_to_selection,
    }
