"""The plug-in as GIMP sees it: registers the procedures, and runs one of them. Nothing is contacted at registration."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path

from gi.repository import Gimp, GLib, GObject

from layerbridge_client.places import read_installation

from .again import again_task
from .background import in_background
from .failures import REFUSED, BridgeError, CancelError
from .follow import BATCH_PATIENCE_SECONDS
from .procedures import (
    MENU_PATH,
    PREFIX,
    Entry,
    add_job_arguments,
    add_return_values,
    entries,
    further_kinds,
    layers_of,
    parameters_of,
)
from .remembered import Remembered
from .roles import DOCUMENT, SELECTION, TEXT
from .run import BatchHost, Outcome, Task, run
from .session import Connector
from .texts import _


class LayerbridgePlugIn(Gimp.PlugIn):
    def do_set_i18n(self, _name: str) -> bool:
        return False  # texts.py translates

    def do_query_procedures(self) -> list[str]:
        return [PREFIX + entry.name for entry in entries()]

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        entry = next(entry for entry in entries() if PREFIX + entry.name == name)
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, run_procedure, entry)
        procedure.set_image_types("*")
        mask = Gimp.ProcedureSensitivityMask
        wanted = mask.DRAWABLE | mask.DRAWABLES | mask.NO_DRAWABLES
        procedure.set_sensitivity_mask(wanted if entry.needs_image else wanted | mask.NO_IMAGE)
        if entry.job is not None:
            add_job_arguments(procedure, entry.job)
        if entry.needs_image:
            add_return_values(procedure, entry.job)
        procedure.set_menu_label(entry.label)
        procedure.add_menu_path(MENU_PATH)
        procedure.set_documentation(entry.blurb, entry.help, name)
        procedure.set_attribution("Layerbridge", "Layerbridge, Apache-2.0", "2026")
        return procedure


def make_connector() -> Connector:
    folder = Path(Gimp.directory()) / "layerbridge"
    return Connector(read_installation(Path(__file__).resolve().parent), Remembered(folder))


def run_procedure(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image | None,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    entry: Entry,
) -> Gimp.ValueArray:
    connector = make_connector()
    try:
        if run_mode != Gimp.RunMode.NONINTERACTIVE and has_screen():
            from .interactive import run_with_window

            outcome = run_with_window(run_mode, image, list(drawables), entry, connector)
        elif not entry.needs_image:
            raise BridgeError(REFUSED, _("This is a window; it cannot be used from a script."))
        else:
            outcome = _run_batch(run_mode, image, list(drawables), config, entry, connector)
    except CancelError:
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    except BridgeError as error:
        return _failed(procedure, error.message)
    except Exception as error:  # noqa: BLE001 - the outermost place: the user gets a sentence, the terminal the rest
        traceback.print_exc()
        return _failed(procedure, _("Layerbridge's plug-in failed: {error}. Please report it.").format(error=error))
    if outcome is None or not entry.needs_image:  # a window gives nothing back, even where Ctrl+F made it repeat a job
        return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    return _success(procedure, outcome, entry)


def has_screen() -> bool:
    """Whether a window can be shown. Importing GTK without a screen is harmless; GimpUi.init would end the process."""
    import gi

    gi.require_version("Gtk", "3.0")
    from gi.repository import Gtk

    return bool(Gtk.init_check([])[0])


def _run_batch(
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    entry: Entry,
    connector: Connector,
) -> Outcome:
    host = BatchHost(connector, in_background, BATCH_PATIENCE_SECONDS)
    remembered = connector.remembered
    if entry.job is None:
        task = again_task(image, drawables, remembered)
    elif run_mode == Gimp.RunMode.WITH_LAST_VALS:
        task = Task(image, drawables, remembered.parameters(entry.job).with_new_seed())
    else:
        parameters = parameters_of(config, entry.job)
        task = Task(image, drawables, parameters, layers=layers_of(config, entry.job))
    remembered.keep(task.parameters)
    outcome = run(task, host)
    remembered.keep_last_job(outcome.job)
    return replace(outcome, notices=[*host.remarks, *outcome.notices])


def _success(procedure: Gimp.Procedure, outcome: Outcome, entry: Entry) -> Gimp.ValueArray:
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    applied = outcome.applied
    text = "\n\n".join(words.text for words in applied.texts)
    given = {
        SELECTION: GObject.Value(Gimp.Channel, (applied.channels or [None])[0]),
        DOCUMENT: GObject.Value(Gimp.Image, (applied.images or [None])[0]),
        TEXT: GObject.Value(str, text),
    }
    notices = GObject.Value(str, "\n".join(outcome.notices))
    returned = [_layers_value(applied.layers), notices, *(given[kind] for kind in further_kinds(entry.job))]
    for index, value in enumerate(returned, start=1):
        values.remove(index)
        values.insert(index, value)
    return values


def _layers_value(layers: list[Gimp.Layer]) -> GObject.Value:
    """A value of an array of layers. Python cannot make one, but the arguments of a procedure that takes one can."""
    config = Gimp.get_pdb().lookup_procedure("gimp-image-set-selected-layers").create_config()
    config.set_core_object_array("layers", layers)
    value = GObject.Value(Gimp.core_object_array_get_type())
    value.set_boxed(config.get_property("layers"))
    return value


def _failed(procedure: Gimp.Procedure, message: str) -> Gimp.ValueArray:
    return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, GLib.Error(message))
