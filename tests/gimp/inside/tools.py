"""Runs inside GIMP: Select Subject, cutting it out, and Upscale on a photograph, with each way of using the results."""

import json
from pathlib import Path

import faults
from gi.repository import Gegl, Gimp
from scenes import PREFIX, export, file


def main(work, picture, profile):
    work = Path(work)
    faults.load_package(Path(profile) / "plug-ins" / "layerbridge")
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file(Path(picture)))
    base = image.get_layers()[0]
    report = {}

    run("select-subject", image, base, {})
    channel = Gimp.Selection.save(image)
    report["selection"] = {"empty": Gimp.Selection.is_empty(image)}
    write(channel, work / "selection.png")
    image.remove_channel(channel)
    Gimp.Selection.none(image)

    made = run("select-subject", image, base, {"selection-as": "channel"})["channel"]
    report["channel"] = {"name": made.get_name(), "selected": not Gimp.Selection.is_empty(image)}
    write(made, work / "channel.png")
    image.remove_channel(made)

    run("select-subject", image, base, {"selection-as": "mask"})
    image.select_item(Gimp.ChannelOps.REPLACE, base.get_mask())  # its numbers; exported, they would be encoded anew
    channel = Gimp.Selection.save(image)
    write(channel, work / "mask.png")
    image.remove_channel(channel)
    Gimp.Selection.none(image)
    base.remove_mask(Gimp.MaskApplyMode.DISCARD)

    new = run("upscale", image, base, {"scale": "2"})["new-image"]
    report["upscaled"] = {"size": [new.get_width(), new.get_height()], "layers": len(image.get_layers())}
    export(new, work / "upscaled.png")
    new.delete()

    report["cutting"] = cutting(image, base, work)
    report["sampled"] = sampled(image, base, work)
    (layer,) = run("upscale", image, base, {"scale": "3", "document-as": "layer"})["layers"]
    report["layer"] = [layer.get_width(), layer.get_height(), *layer.get_offsets()[1:]]
    image.remove_layer(layer)

    image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 80, 300, 200)
    (layer,) = run("enhance", image, base, {"denoise": 1.0, "sharpen": 0.0})["layers"]
    report["enhanced"] = {
        "name": layer.get_name(),
        "box": [layer.get_width(), layer.get_height(), *layer.get_offsets()[1:]],
        "masked": layer.get_mask() is not None,
    }
    export(image, work / "enhanced.png")
    image.delete()
    report["indexed"] = indexed(Path(picture), work)
    (work / "report.json").write_text(json.dumps(report))


def cutting(image, base, work):
    """The subject on a layer of its own, before a color, and with its background hidden; each undone."""
    found = {}
    (layer,) = run("cut-out", image, base, {})["layers"]
    found["cut out"] = {
        "name": layer.get_name(), "place": [layer.get_width(), layer.get_height(), *layer.get_offsets()[1:]],
        "shown": base.get_visible(),
    }  # fmt: skip
    base.set_visible(False)
    export(image, work / "cut-out.png")
    base.set_visible(True)
    image.remove_layer(layer)

    blue = {"new-background": "color", "background-color": "#1E50B4"}
    (layer,) = run("replace-background", image, base, blue)["layers"]
    export(image, work / "replaced.png")
    image.remove_layer(layer)

    (layer,) = run("remove-background", image, base, {})["layers"]
    found["removed"] = {"shown": base.get_visible(), "mask": layer.get_mask() is not None}
    export(image, work / "removed.png")
    image.remove_layer(layer)
    base.set_visible(True)
    return found


def sampled(image, base, work):
    """Something removed with pieces of a hidden layer: of its green upper half, not of the clear lower one."""
    layer = Gimp.Layer.new(image, "Grass", 200, 120, Gimp.ImageType.RGBA_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    layer.set_offsets(380, 270)
    Gimp.context_set_foreground(Gegl.Color.new("#20A030"))
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 380, 270, 200, 60)
    layer.edit_fill(Gimp.FillType.FOREGROUND)
    layer.set_visible(False)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 40, 330, 80, 50)
    found = {}
    for name in ("remove", "remove-options"):
        (made,) = run(name, image, base, {"reference-1": layer})["layers"]
        found[name] = made.get_name()
        export(image, work / f"{name}.png")
        image.remove_layer(made)
    image.remove_layer(layer)
    Gimp.Selection.none(image)
    return found


def indexed(picture, work):
    """What an image of 16 colours takes, from the procedures and from History."""
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file(picture))
    image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, "")
    base, found = image.get_layers()[0], {}

    run("select-subject", image, base, {})
    channel = Gimp.Selection.save(image)
    write(channel, work / "indexed-selection.png")
    image.remove_channel(channel)
    Gimp.Selection.none(image)
    run("select-subject", image, base, {"selection-as": "mask"})
    found["mask"] = base.get_mask() is not None
    base.remove_mask(Gimp.MaskApplyMode.DISCARD)

    new = run("upscale", image, base, {"scale": "2"})["new-image"]
    found["new image"] = [new.get_width(), new.get_height(), new.get_base_type() == Gimp.ImageBaseType.RGB]
    new.delete()
    try:
        run("upscale", image, base, {"scale": "2", "document-as": "layer"})
    except RuntimeError as error:
        found["layer"] = str(error)
    found["history"] = {way: refusal(image, "upscale", way) for way in ("image", "layer")}
    found["still indexed"] = image.get_base_type() == Gimp.ImageBaseType.INDEXED
    found["layers"] = len(image.get_layers())
    image.delete()
    return found


def refusal(image, operation, way):
    """What History says before it inserts such a job; empty where it would."""
    from layerbridge.failures import BridgeError
    from layerbridge.fetch import check_image

    request = {"operation": operation, "params": {}, "client_data": {"apply": f"document:{way}"}}
    try:
        check_image(image, {"request": request})
    except BridgeError as error:
        return error.message
    return ""


def run(name, image, drawable, arguments):
    """What the procedure returned, by name."""
    procedure = Gimp.get_pdb().lookup_procedure(PREFIX + name)
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", [drawable])
    for argument, value in arguments.items():
        config.set_property(argument, value)
    values = procedure.run(config)
    if values.index(0) != Gimp.PDBStatusType.SUCCESS:
        raise RuntimeError(f"{name} {arguments}: {Gimp.get_pdb().get_last_error()}")
    found = {}
    for place, spec in enumerate(procedure.get_return_values(), 1):
        found[spec.name] = values.get_core_object_array(place) if spec.name == "layers" else values.index(place)
    return found


def write(drawable, path):
    """A gray picture of a channel."""
    gray = Gimp.Image.new(drawable.get_width(), drawable.get_height(), Gimp.ImageBaseType.GRAY)
    layer = Gimp.Layer.new_from_drawable(drawable, gray)
    gray.insert_layer(layer, None, 0)
    export(gray, path)
    gray.delete()
