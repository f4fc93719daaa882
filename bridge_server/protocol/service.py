"""Messages about the daemon itself: who it is, who is paired, which models and devices it has."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..operations.limits import IMG2IMG_STRENGTH, MAX_NAME
from .envelope import Request
from .limits import API_VERSION, API_VERSION_MIN
from .messages import Response


class Hello(Response):
    """Who answers here. `instance` changes with every start of the daemon."""

    name: Literal["layerbridge"] = "layerbridge"
    version: str
    api_min: int = API_VERSION_MIN
    api_max: int = API_VERSION
    instance: str
    home: str  # a hash of the daemon's home folder: tells two daemons of one machine apart
    features: list[str] = Field(default=[])


class PairRequest(Request):
    code: Annotated[str, Field(min_length=4, max_length=128)]  # a pairing code, or the secret of runtime.json
    client: Annotated[str, Field(min_length=1, max_length=80)]  # "GIMP", "Photoshop": shown in `layerbridge doctor`
    client_id: Annotated[str, Field(max_length=64)] | None = None  # who it was before it lost its token: keeps History


class PairReply(Response):
    token: str
    client_id: str


class PairingCode(Response):
    code: str
    expires_in: int


class ClientInfo(Response):
    """A paired client, as the owner of the daemon sees it."""

    client_id: str
    name: str
    created: float
    last_used: float


class ClientList(Response):
    clients: list[ClientInfo]


class ModelOption(Response):
    """What an option of a job may be for one model, where that depends on the model. read: whether it has an effect.

    minimum and maximum: of numbers. choices: of words. default: what a job gets that does not say.
    """

    read: bool = True
    minimum: float | None = None
    maximum: float | None = None
    default: float | str | None = None
    choices: list[str] | None = None


class ModelInfo(Response):
    """An installed model, as read from its files without opening the weights."""

    key: str  # names it whatever it is called and wherever it is moved
    name: str
    role: str  # base, lora, refiner, controlnet, vae, text_encoder, tokenizer, embedding, segmenter, upscaler, or empty
    family: str
    operations: list[str]  # the names of those that it can run; none: it paints nothing by itself
    inpaint_model: bool  # a 9-channel UNet
    native_resolution: int
    size_multiple: int
    license: str
    size: int  # bytes of its weights
    path: str
    default: bool
    default_for: list[str] = Field(default=[])  # the operations that it runs where a request names no model
    loaded: bool
    fits: bool | None  # None: the device's memory is not known
    note: str = ""
    steps: int
    guidance_scale: float
    img2img_strength: float = IMG2IMG_STRENGTH  # what image to image's automatic strength stands for
    samplers: list[str] = Field(default=[])
    guidance: Literal["cfg", "embedded", "none"] | None = None  # how it is guided; None: its family is not known
    negative_prompt: bool = False  # whether one is read
    references: int = 0  # how many further pictures it takes
    adds_to: list[str] = Field(default=[])  # of an adapter: the families of the models that it can be added to
    trigger_words: list[str] = Field(default=[])  # of an adapter: what a prompt says to make the most of it
    options: dict[str, ModelOption] = Field(default={})


class DeviceInfo(Response):
    """A device and the worker process on it."""

    name: str
    state: Literal["starting", "idle", "busy", "dead"]
    memory_bytes: int | None = None
    torch: str = ""
    loaded_model: str | None = None
    pid: int | None = None
    upscaling: dict[str, float] = Field(default={})  # multiplications a second, by kind of network, as last measured


class ModelList(Response):
    models: list[ModelInfo]
    devices: list[DeviceInfo]
    folders: list[str]


class LoadRequest(Request):
    model: Annotated[str, Field(max_length=MAX_NAME)]


class Status(Response):
    """The daemon's own account of itself, for `layerbridge status` and `doctor`."""

    version: str
    instance: str
    pid: int
    uptime_seconds: float
    addresses: list[str]
    jobs: dict[str, int]
    spool_bytes: int
    devices: list[DeviceInfo]
    clients: list[ClientInfo]
    log: str
    remarks: list[str] = Field(default=[])  # what its owner should know, a sentence each: such as a mended journal


class Ok(Response):
    ok: Literal[True] = True
