"""Runs inside a GIMP with its window: every dialog, each option set and read again, and the procedures' arguments.

`WORK` in the environment names the folder of the report, which is written last.
"""

import json
import os
import subprocess
from pathlib import Path

import faults
from gi.repository import Gimp, GLib

SETTLE_SECONDS = 0.5
WAIT_SECONDS = 240


def main():
    work = Path(os.environ["WORK"])
    faults.load_package(Path(os.environ["GIMP3_DIRECTORY"]) / "plug-ins" / "layerbridge")
    from gi.repository import GimpUi
    from layerbridge.operations import OPERATIONS
    from layerbridge.plugin import make_connector

    GimpUi.init("forms")
    image = Gimp.get_images()[0]
    report = {}
    for operation in OPERATIONS:
        report[operation.name] = {"arguments": arguments(operation.name)}
        for selected in (True, False):
            if selected:
                image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 60, 60)
            else:
                Gimp.Selection.none(image)
            report[operation.name]["selected" if selected else "unselected"] = form(
                operation, image, make_connector(), work
            )
    (work / "report.new").write_text(json.dumps(report))
    (work / "report.new").rename(work / "report.json")


def arguments(name):
    """By name: the default, and the limits where it has any."""
    found = {}
    for spec in Gimp.get_pdb().lookup_procedure(f"plug-in-layerbridge-{name}").get_arguments():
        limits = {key: getattr(spec, key) for key in ("minimum", "maximum") if hasattr(spec, key)}
        default = spec.get_default_value()
        simple = isinstance(default, (bool, int, float, str))
        found[spec.name] = {"default": default if simple else None, "type": type(spec).__name__, **limits}
    return found


def form(operation, image, connector, work):
    from layerbridge.dialog import ParametersDialog
    from layerbridge.parameters import Parameters

    asked = ParametersDialog(image, image.get_selected_layers(), Parameters.of(operation.name), connector)
    found = {"shown": shown(asked), "defaults": asked.form.values()}
    asked.form.advanced.set_expanded(True)
    asked.form.know_models(MODELS)
    settle()
    has_selection = found["shown"].get("keep_to_selection")
    if has_selection is not False:
        shoot(work / f"{operation.name}.png")
    found["window"] = list(asked.window.get_size())
    found["in sight"] = {name: in_sight(field.focus) for name, field in asked.form.fields.items() if takes_keys(field)}
    found["automatic"] = {name: words(field) for name, field in asked.form.fields.items()}
    asked.form.set_values(CHOSEN)
    settle()
    found["advanced"] = asked.form.advanced.get_label()
    found["chosen"] = asked.form.values()
    found["returned"] = asked.values().to_json()
    asked.form.reset()
    found["reset"] = asked.form.values()
    asked.close()
    return found


def shown(asked):
    return {name: is_shown(field) for name, field in asked.form.fields.items()}


def is_shown(field):
    return field.widget.get_visible()


def takes_keys(field):
    return is_shown(field) and field.focus.is_sensitive()


def in_sight(widget):
    """Whether all of a field can be seen once the keyboard goes to it."""
    from layerbridge.widgets import Gtk

    widget.grab_focus()
    while Gtk.events_pending():
        Gtk.main_iteration()
    view = widget.get_ancestor(Gtk.Viewport)
    _x, top = widget.translate_coordinates(view, 0, 0)
    return top >= 0 and top + widget.get_allocated_height() <= view.get_allocated_height()


def words(field):
    return field.focus.get_text() if hasattr(field.focus, "get_text") else ""


def settle():
    """Let GTK lay out and draw."""
    loop = GLib.MainLoop()
    GLib.timeout_add(int(SETTLE_SECONDS * 1000), loop.quit)
    loop.run()


def wait(condition):
    """Until it holds, while the main loop runs."""
    loop, ticks = GLib.MainLoop(), []

    def look():
        ticks.append(1)
        if condition() or len(ticks) > 10 * WAIT_SECONDS:
            loop.quit()
            return False
        return True

    GLib.timeout_add(100, look)
    loop.run()
    assert condition()


def offered(row):
    """What a list of a form offers, from the top."""
    return [line[0] for line in row.get_model()]


def shoot(path):
    subprocess.run(["import", "-window", "root", str(path)], check=True)


MODELS = [
    {"name": "for captions", "default": True, "steps": 1, "guidance_scale": 1.0, "operations": ["caption"]},
    {
        "name": "one",
        "default": True,
        "steps": 25,
        "guidance_scale": 7.5,
        "img2img_strength": 0.3,
        "samplers": ["auto", "ddim"],
    },
    {"name": "two", "default": False, "steps": 4, "guidance_scale": 1.0, "samplers": [], "guidance": "none"},
]
CHOSEN = json.loads(os.environ.get("CHOSEN", "{}"))
