"""Runs inside GIMP: builds images from a list of scenes, calls the plug-in's procedures, saves what came out.

Each scene is a dictionary written by tests/gimp/scenes.py; see there for its fields. Buffers are raw files.
"""

import json
import time
from pathlib import Path

from gi.repository import Babl, Gegl, Gimp, Gio

PREFIX = "plug-in-layerbridge-"
BASES = {"RGB": Gimp.ImageBaseType.RGB, "GRAY": Gimp.ImageBaseType.GRAY}
TYPES = {
    "RGBA": (Gimp.ImageType.RGBA_IMAGE, "R'G'B'A u8"),
    "RGB": (Gimp.ImageType.RGB_IMAGE, "R'G'B' u8"),
    "GRAYA": (Gimp.ImageType.GRAYA_IMAGE, "Y'A u8"),
    "GRAY": (Gimp.ImageType.GRAY_IMAGE, "Y' u8"),
}


def main(work):
    work = Path(work)
    report = {}
    for scene in json.loads((work / "scenes.json").read_text()):
        before = {image.get_id() for image in Gimp.get_images()}
        image, items = build(scene, work)
        export(image, work / f"{scene['name']}-before.png")
        steps = [run_step(step, scene, image, items, work) for step in scene["steps"]]
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, file(work / f"{scene['name']}.xcf"), None)
        export(image, work / f"{scene['name']}-after.png")
        selected = [item.get_name() for item in image.get_selected_drawables()]
        image.delete()
        left = len({image.get_id() for image in Gimp.get_images()} - before)
        report[scene["name"]] = {"steps": steps, "selected": selected, "leaked_images": left}
        (work / "report.json").write_text(json.dumps(report))


def build(scene, work):
    base = scene.get("base", "RGB")
    image = Gimp.Image.new(scene["width"], scene["height"], BASES["RGB" if base == "INDEXED" else base])
    if scene.get("precision"):
        image.convert_precision(getattr(Gimp.Precision, scene["precision"]))
    if scene.get("profile"):
        image.set_color_profile(Gimp.ColorProfile.new_from_file(file(work / scene["profile"])))
    items = {}
    for spec in reversed(scene["layers"]):
        add_layer(image, spec, None, items, work)
    if base == "INDEXED":
        image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, "")
    if scene.get("selection"):
        select(image, (work / scene["selection"]).read_bytes())
    if scene.get("rectangle"):
        image.select_rectangle(Gimp.ChannelOps.REPLACE, *scene["rectangle"])
    return image, items


def add_layer(image, spec, parent, items, work):
    if "children" in spec:
        layer = Gimp.GroupLayer.new(image, spec["name"])
        image.insert_layer(layer, parent, 0)
        for child in reversed(spec["children"]):
            add_layer(image, child, layer, items, work)
    else:
        kind, pixel_format = TYPES[spec["type"]]
        layer = Gimp.Layer.new(image, spec["name"], spec["width"], spec["height"], kind, 100.0, Gimp.LayerMode.NORMAL)
        if spec.get("file"):
            if spec.get("native"):
                pixel_format = Babl.get_name(layer.get_format())
            write(layer, spec["width"], spec["height"], pixel_format, (work / spec["file"]).read_bytes())
        image.insert_layer(layer, parent, 0)
        layer.set_offsets(spec.get("x", 0), spec.get("y", 0))
    if spec.get("mask"):
        mask = layer.create_mask(Gimp.AddMaskType.WHITE)
        layer.add_mask(mask)
        write(mask, layer.get_width(), layer.get_height(), "Y u8", (work / spec["mask"]).read_bytes())
        items["mask:" + spec["name"]] = mask
    if spec.get("filter"):
        layer.append_filter(Gimp.DrawableFilter.new(layer, spec["filter"], spec["filter"]))
    layer.set_visible(spec.get("visible", True))
    items[spec["name"]] = layer


def write(drawable, width, height, pixel_format, data):
    buffer = drawable.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), pixel_format, data)
    buffer.flush()
    drawable.update(0, 0, width, height)


def select(image, data):
    channel = Gimp.Channel.new(image, "s", image.get_width(), image.get_height(), 50.0, Gegl.Color.new("black"))
    image.insert_channel(channel, None, 0)
    pixel_format = "Y' u8" if Babl.get_name(channel.get_format()).startswith("Y'") else "Y u8"
    write(channel, image.get_width(), image.get_height(), pixel_format, data)
    image.select_item(Gimp.ChannelOps.REPLACE, channel)
    image.remove_channel(channel)


def run_step(step, scene, image, items, work):
    """Either {"do": …} on the image, or a call of a procedure with its arguments."""
    if "do" in step:
        act(step, image, items, work)
        return {}
    procedure = Gimp.get_pdb().lookup_procedure(PREFIX + step["procedure"])
    config = procedure.create_config()
    config.set_property("run-mode", getattr(Gimp.RunMode, step.get("mode", "NONINTERACTIVE")))
    config.set_property("image", image)
    names = step.get("drawables", scene.get("drawables", []))
    if names:
        config.set_core_object_array("drawables", [items[name] for name in names])
    for name, value in step.get("args", {}).items():
        config.set_property(name, value)
    began = time.monotonic()
    values = procedure.run(config)
    seconds = time.monotonic() - began
    done = values.index(0) == Gimp.PDBStatusType.SUCCESS
    return {
        "ok": done,
        "error": "" if done else Gimp.get_pdb().get_last_error(),
        "messages": values.index(2) if done else "",
        "layers": [layer.get_name() for layer in values.get_core_object_array(1)] if done else [],
        "seconds": seconds,
    }


def act(step, image, items, work):
    what = step["do"]
    if what == "select-none":
        Gimp.Selection.none(image)
    elif what == "select":
        select(image, (work / step["selection"]).read_bytes())
    elif what == "select-made":
        made = [layer for layer in image.get_layers() if layer.get_parasite("layerbridge") is not None]
        items["made"] = made[0]
    elif what == "channel":
        channel = Gimp.Channel.new(image, "c", image.get_width(), image.get_height(), 50.0, Gegl.Color.new("black"))
        image.insert_channel(channel, None, 0)
        image.set_selected_channels([channel])
        items["channel"] = channel
    elif what == "write":
        (Path(step["path"])).write_text(step["text"])
    else:
        raise ValueError(what)


def export(image, path):
    """The composed image as PNG, quickly; big ones are left out."""
    if image.get_width() * image.get_height() > 4_000_000:
        return
    procedure = Gimp.get_pdb().lookup_procedure("file-png-export")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    config.set_property("image", image)
    config.set_property("file", file(path))
    config.set_property("compression", 1)
    assert procedure.run(config).index(0) == Gimp.PDBStatusType.SUCCESS


def file(path):
    return Gio.File.new_for_path(str(path))
