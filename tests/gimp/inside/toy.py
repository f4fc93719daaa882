"""Runs inside a GIMP with its window, its plug-in made for a registry with a toy that uses every role: the form that
the table asks for, and what the procedure does. `WORK` in the environment names the folder of the report.
"""

import json
import os
from pathlib import Path

import faults
import forms
import history
import scenes
import toy_family
from forms import offered, wait
from gi.repository import Gimp
from roles import fill, read, seen

STYLE = (30, 20)


def main():
    work = Path(os.environ["WORK"])
    faults.load_package(Path(os.environ["GIMP3_DIRECTORY"]) / "plug-ins" / "layerbridge")
    from gi.repository import GimpUi

    GimpUi.init("toy")
    image = Gimp.get_images()[0]
    base = image.get_layers()[0]
    style = layer_in(image, os.environ["STYLE"], STYLE)
    fill(style, (10, 200, 30, 255))
    group = Gimp.GroupLayer.new(image, "poses")
    image.insert_layer(group, None, 1)
    image.set_selected_layers([base])
    report = {"arguments": forms.arguments("toy-roles"), "returns": returns(), "form": form(image, style, work)}
    report["runs"] = runs(image, base, style, work)
    image.set_selected_layers([base])
    untick(image)
    report["family"] = toy_family.seen(image, base, work)
    report["history"] = history.seen(image, work)
    Gimp.displays_flush()
    (work / "report.new").write_text(json.dumps(report))
    (work / "report.new").rename(work / "report.json")


def layer_in(image, name, size):
    layer = Gimp.Layer.new(image, name, *size, Gimp.ImageType.RGBA_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    return layer


def returns():
    return [spec.name for spec in procedure().get_return_values()]


def procedure():
    return Gimp.get_pdb().lookup_procedure("plug-in-layerbridge-toy-roles")


def form(image, style, work):
    from layerbridge.dialog import OK, ParametersDialog
    from layerbridge.parameters import Parameters
    from layerbridge.plugin import make_connector
    from layerbridge.roles import Pick

    asked = ParametersDialog(image, image.get_selected_layers(), Parameters.of("toy-roles"), make_connector())
    found = {"baked": sorted(asked.form.fields), "rows": texts(asked)}
    wait(lambda: "toy_newer" in asked.form.fields)
    found["of the daemon"] = sorted(asked.form.fields)
    found["rows of the daemon"] = texts(asked)
    found["offered"] = {role: offered(row) for role, row in (*asked.rows.inputs.items(), *asked.rows.ways.items())}
    found["problem"] = [asked._reason.get_text(), asked.window.get_widget_for_response(OK).get_sensitive()]
    asked.rows.inputs["reference/1"].set_active_id(f"layer:{style.get_tattoo()}")
    asked.rows.inputs["control/1"].set_pick(Pick(file=str(work / "pose.png")))
    asked.rows.ways["selection"].set_active_id("channel")
    found["chosen"] = asked.values().to_json()
    found["ready"] = asked.window.get_widget_for_response(OK).get_sensitive()
    forms.settle()
    forms.shoot(work / "toy-form.png")
    found["window"] = list(asked.window.get_size())
    asked.know_operations([])
    found["missing"] = [asked._reason.get_text(), asked.window.get_widget_for_response(OK).get_sensitive()]
    asked._reset()
    found["reset"] = asked.values().to_json()
    asked.close()
    return found


def untick(image):
    """The last values, with an option that the daemon alone knows off."""
    from layerbridge.dialog import ParametersDialog
    from layerbridge.operations import find
    from layerbridge.plugin import make_connector

    connector = make_connector()
    last = connector.remembered.parameters(find("toy-roles"))
    asked = ParametersDialog(image, image.get_selected_layers(), last, connector)
    wait(lambda: "toy_newer" in asked.form.fields)
    asked.form.set_values({"toy_newer": False})
    connector.remembered.keep(asked.values())
    asked.close()


def texts(asked):
    """What stands at the left of the form's rows, from the top."""
    table = asked.form.main
    place = table.child_get_property
    left = [child for child in table.get_children() if place(child, "left-attach") == 0]
    labels = [child for child in left if hasattr(child, "set_mnemonic_widget")]
    return [child.get_text() for child in sorted(labels, key=lambda child: place(child, "top-attach"))]


def runs(image, base, style, work):
    """The procedure with each way of using a selection and a document."""
    found = {}
    for name, arguments in (
        ("nothing", {}),
        ("selection", {"reference-1": style}),
        ("mask", {"reference-1-file": scenes.file(work / "style.png"), "selection-as": "mask"}),
        ("channel", {"reference-1": style, "selection-as": "channel", "document-as": "layer"}),
        ("pose", {"reference-1": style, "control-1-file": scenes.file(work / "pose.png"), "toy-amount": 7}),
    ):
        Gimp.Selection.none(image)
        found[name] = {**run(image, base, arguments), **seen(image, base)}
        for channel in image.get_channels():
            image.remove_channel(channel)
    return found


def run(image, base, arguments):
    config = procedure().create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", [base])
    for name, value in arguments.items():
        config.set_property(name, value)
    values = procedure().run(config)
    if values.index(0) != Gimp.PDBStatusType.SUCCESS:
        return {"error": Gimp.get_pdb().get_last_error()}
    made = values.get_core_object_array(1)
    channel, new, text = values.index(3), values.index(4), values.index(5)
    found = {
        "layers": [
            [layer.get_name(), *layer.get_offsets()[1:], layer.get_width(), layer.get_height()] for layer in made
        ],
        "channel": channel.get_name() if channel else None,
        "new image": [new.get_width(), new.get_height()] if new else None,
        "text": text,
    }
    for layer in made:
        image.remove_layer(layer)
    if new:
        found["color"] = list(read(new.get_layers()[0], "R'G'B' u8")[:3])
        new.delete()
    return found
