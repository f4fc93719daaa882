"""Runs inside GIMP: what the form shows of a model of the toy family and of Stable Diffusion XL, and layers that are
painted with them.
"""

import json

import forms
from gi.repository import Gimp
from roles import read

MODEL = "dream"
XL, LIGHTNING, KLEIN, LAYERED = "sketch", "sketch_lightning_2step", "klein", "layered"


def seen(image, base, work):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 200, 100, 30, 30)
    found = {
        "form": form(image, work),
        "estimates": estimates(work),
        "xl layer": painted(image, base, "a ship", LIGHTNING),
    }
    found["edited"] = edited(image, base)
    found["layer"] = painted(image, base)
    Gimp.Selection.none(image)
    found["apart"] = apart(image, base)
    return found


def apart(image, base):
    """The whole layer, taken apart by the only model that can: the group in its place, and how far what is to be seen
    is from what was.
    """
    image.set_selected_layers([base])
    before, above = flattened(image), image.get_item_position(base)
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-layerbridge-separate")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", [base])
    for name, value in {"prompt": "a cup", "layers": 3, "seed": 3}.items():
        config.set_property(name, value)
    values = procedure.run(config)
    if values.index(0) != Gimp.PDBStatusType.SUCCESS:
        return {"error": Gimp.get_pdb().get_last_error()}
    group = image.get_layers()[above]
    away = max(abs(one - other) for one, other in zip(before, flattened(image), strict=True))
    found = {
        "group": group.get_name(),
        "layers": [[layer.get_name(), layer.get_visible(), layer.has_alpha()] for layer in group.get_children()],
        "returned": [layer.get_name() for layer in values.get_core_object_array(1)],
        "below": [image.get_layers()[above + 1].get_name(), base.get_visible()],
        "apart": away,
        "selected": [layer.get_name() for layer in image.get_selected_layers()],
    }
    image.remove_layer(group)
    base.set_visible(True)
    return found


def flattened(image):
    shown = image.duplicate()
    pixels = bytes(read(shown.flatten(), "R'G'B' u8"))
    shown.delete()
    return pixels


def form(image, work):
    from layerbridge.dialog import ParametersDialog
    from layerbridge.parameters import Parameters
    from layerbridge.plugin import make_connector

    asked = ParametersDialog(image, image.get_selected_layers(), Parameters.of("inpaint"), make_connector())
    fields = asked.form.fields
    model = fields["model"].widget
    forms.wait(lambda: MODEL in forms.offered(model))
    lengths = ("grow", "feather", "padding")
    forms.wait(lambda: all(forms.words(fields[name]) != "Automatic" for name in lengths))  # the daemon's plan has come
    planned = {name: forms.words(fields[name]) for name in lengths}
    asked.form.advanced.set_expanded(True)
    model.set_active_id("starter")
    found = {"models": forms.offered(model), "starter": rows(fields), "planned": planned}
    found["references"] = {"starter": references(asked)}
    model.set_active_id(MODEL)
    found["toy"] = rows(fields)
    forms.settle()
    fields["sampler"].focus.grab_focus()
    forms.settle()
    forms.shoot(work / "toy-family.png")
    model.set_active_id(KLEIN)
    found["references"][KLEIN] = references(asked)
    forms.settle()
    forms.shoot(work / "toy-references.png")
    for name in (XL, LIGHTNING):
        model.set_active_id(name)
        found[name] = rows(fields)
    forms.settle()
    fields["sampler"].focus.grab_focus()
    forms.settle()
    forms.shoot(work / "toy-xl-lightning.png")
    asked.close()
    return found


def estimates(work):
    """What the form of Upscale says of a picture of a megapixel that is a photograph, a drawing, and one again."""
    from layerbridge.dialog import ParametersDialog
    from layerbridge.parameters import Parameters
    from layerbridge.plugin import make_connector

    image = Gimp.Image.new(1200, 900, Gimp.ImageBaseType.RGB)
    image.insert_layer(Gimp.Layer.new(image, "Sketch", 1200, 900, Gimp.ImageType.RGB_IMAGE, 100.0, 0), None, 0)
    asked = ParametersDialog(image, image.get_selected_layers(), Parameters.of("upscale"), make_connector())
    forms.settle()
    said = [asked._reason.get_text()]
    for treated, changed in (
        ("drawing", lambda: asked._reason.get_text()),
        ("photograph", lambda: not asked._estimate),
    ):
        asked.form.set_values({"treat_as": treated})
        forms.wait(changed)
        forms.settle()
        forms.shoot(work / f"toy-estimate-{treated}.png")
        said.append(asked._reason.get_text())
    asked.close()
    image.delete()
    return said


def references(asked):
    return [role for role, row in asked.rows.inputs.items() if row.get_visible()]


def rows(fields):
    """What the choice of a model changes: numbers that automatic stands for, samplers, and which rows there are."""
    return {
        "steps": forms.words(fields["steps"]),
        "samplers": forms.offered(fields["sampler"].widget),
        "range": list(fields["steps"].number.widget.get_range()),
        "guidance": fields["guidance_scale"].widget.get_visible(),
        "guidance is": forms.words(fields["guidance_scale"]),
        "negative": fields["negative_prompt"].widget.get_visible(),
    }


def edited(image, base):
    """What is selected, edited by instruction by the only model that can, with two references: a hidden layer that is
    picked, and one that the prompt mentions.
    """
    coat = Gimp.Layer.new(image, "Coat", 40, 30, Gimp.ImageType.RGBA_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(coat, None, 0)
    coat.fill(Gimp.FillType.FOREGROUND)
    coat.set_visible(False)
    found = painted(image, base, f"make it like <layer:{base.get_name()}>", None, "edit", {"reference-1": coat})
    image.remove_layer(coat)
    return found


def painted(image, base, prompt="a boat", model=MODEL, operation="inpaint", further=None):
    procedure = Gimp.get_pdb().lookup_procedure(f"plug-in-layerbridge-{operation}")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", [base])
    for name, value in {"prompt": prompt, "model": model or "", **(further or {})}.items():
        config.set_property(name, value)
    values = procedure.run(config)
    if values.index(0) != Gimp.PDBStatusType.SUCCESS:
        return {"error": Gimp.get_pdb().get_last_error()}
    (layer,) = values.get_core_object_array(1)
    note = json.loads(bytes(layer.get_parasite("layerbridge").get_data()))
    found = {
        "name": layer.get_name(),
        "family": note["result"]["model"]["family"],
        "steps": note["result"]["steps_run"],
    }
    image.remove_layer(layer)
    return found
