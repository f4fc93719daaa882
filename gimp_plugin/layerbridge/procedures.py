"""The table of procedures: names, menu labels, help, and the arguments of each. Registration only; runs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from gi.repository import Gimp, GObject

from layerbridge_client import wire

from .parameters import DEFAULTS, LAYER, VISIBLE, Parameters
from .texts import _

MENU_PATH = "<Image>/Filters/Layerbridge"
PREFIX = "plug-in-layerbridge-"
READ_WRITE = GObject.ParamFlags.READWRITE


@dataclass(frozen=True)
class Entry:
    """A menu entry and PDB procedure. `job` is the key of DEFAULTS where it makes layers with arguments."""

    name: str
    label: str
    blurb: str
    help: str
    job: str | None = None
    needs_image: bool = True


def entries() -> tuple[Entry, ...]:
    """In the order of the menu."""
    return (
        Entry(
            "inpaint",
            _("_Inpaint Selection…"),
            _("Repaint the selected area from a prompt, as a new layer"),
            _("The selection may be soft. With nothing selected the whole picture is repainted."),
            job="inpaint",
        ),
        Entry(
            "remove",
            _("_Remove Selection"),
            _("Fill the selected area with its surroundings, as a new layer"),
            _("Like Inpaint Selection with an empty prompt."),
            job="remove",
        ),
        Entry(
            "outpaint",
            _("_Outpaint…"),
            _("Paint beyond the edges of the picture, as a new layer on a larger canvas"),
            _("The canvas grows by the margins when the result is inserted, in the same undo step."),
            job="outpaint",
        ),
        Entry(
            "img2img",
            _("Image _to Image…"),
            _("Make a new version of the layer or the selected area, as a new layer"),
            _("Strength, 0.01 to 1, says how far the result may leave the original: 1 ignores it."),
            job="img2img",
        ),
        Entry(
            "txt2img",
            _("Te_xt to Image…"),
            _("Paint a new layer from a prompt alone"),
            _("The layer fills the selection, or the canvas where nothing is selected."),
            job="txt2img",
        ),
        Entry(
            "again",
            _("_Again with New Seed"),
            _("Repeat a Layerbridge result, or the last run, with another random seed"),
            _("Select a layer that Layerbridge made to repeat that one; otherwise the last run is repeated."),
        ),
        Entry(
            "history",
            _("_History…"),
            _("Fetch finished results again, also after a crash or a closed image"),
            _("Shows the results that Layerbridge still keeps for this GIMP."),
            needs_image=False,
        ),
        Entry(
            "settings",
            _("_Settings…"),
            _("Connection, pairing and start of Layerbridge"),
            _("Shows whether Layerbridge runs and is paired, and takes a pairing code."),
            needs_image=False,
        ),
    )


def add_job_arguments(procedure: Gimp.Procedure, defaults: Parameters) -> None:
    """The arguments of a job procedure: the same in menus, scripts and batch runs."""
    source = Gimp.Choice.new()
    source.add(LAYER, 0, _("Active layer"), "")
    source.add(VISIBLE, 1, _("All visible layers"), "")
    procedure.add_choice_argument(
        "source", _("Source"), _("What the model sees, and where the result goes"), source, defaults.source, READ_WRITE
    )
    _string(procedure, "prompt", _("Prompt"), _("What is to be seen there"), "")
    _string(procedure, "negative-prompt", _("Negative prompt"), _("What is not to be seen there"), "")
    _string(procedure, "model", _("Model"), _("Name of a model; empty takes Layerbridge's default"), "")
    _real(
        procedure,
        "strength",
        _("Strength"),
        _("0.01 to 1: how far to leave the original; -1 automatic"),
        1,
        defaults.strength,
    )
    _integer(procedure, "steps", _("Steps"), _("-1: the model's default"), -1, wire.MAX_STEPS, -1)
    _real(
        procedure, "guidance", _("Guidance"), _("How strictly to follow the prompt; -1: the model's default"), 50, -1.0
    )
    _string(procedure, "sampler", _("Sampler"), _("Name of a sampler, or auto"), "auto")
    _integer(procedure, "seed", _("Seed"), _("-1: random"), -1, wire.MAX_SEED, -1)
    _integer(procedure, "count", _("Variations"), _("How many, with seeds one after another"), 1, wire.MAX_COUNT, 1)
    _integer(procedure, "grow", _("Grow"), _("Pixels beyond the selection; -1 automatic"), -1, 4096, -1)
    _integer(procedure, "feather", _("Feather"), _("Width of the soft edge in pixels; -1 automatic"), -1, 4096, -1)
    _integer(procedure, "padding", _("Surroundings"), _("Pixels the model sees around; -1 automatic"), -1, 4096, -1)
    procedure.add_boolean_argument(
        "keep-to-selection", _("Keep to selection"), _("Change nothing outside the selection"), False, READ_WRITE
    )
    if defaults.procedure == "outpaint":
        for side, label in (("left", _("Left")), ("top", _("Top")), ("right", _("Right")), ("bottom", _("Bottom"))):
            _integer(procedure, side, label, _("Pixels to add on this side"), 0, wire.MAX_SIDE, getattr(defaults, side))


def add_return_values(procedure: Gimp.Procedure) -> None:
    procedure.add_core_object_array_return_value(
        "layers", _("Layers"), _("The new layers, the first variation first"), Gimp.Layer.__gtype__, READ_WRITE
    )
    procedure.add_string_return_value("messages", _("Messages"), _("What to know about them, or empty"), "", READ_WRITE)


def parameters_of(config: Gimp.ProcedureConfig, job: str) -> Parameters:
    """The arguments of a call."""
    values = {}
    for name in Parameters.__dataclass_fields__:
        argument = name.replace("_", "-")
        if name != "procedure" and config.find_property(argument) is not None:
            values[name] = config.get_property(argument)
    return Parameters(
        **{**DEFAULTS[job].to_json(), **{key: value for key, value in values.items() if value is not None}}
    )


def _string(procedure: Gimp.Procedure, name: str, label: str, blurb: str, default: str) -> None:
    procedure.add_string_argument(name, label, blurb, default, READ_WRITE)


def _integer(procedure: Gimp.Procedure, name: str, label: str, blurb: str, low: int, high: int, default: int) -> None:
    procedure.add_int_argument(name, label, blurb, low, high, default, READ_WRITE)


def _real(procedure: Gimp.Procedure, name: str, label: str, blurb: str, high: float, default: float) -> None:
    procedure.add_double_argument(name, label, blurb, -1.0, high, default, READ_WRITE)
