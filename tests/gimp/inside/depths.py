"""Runs inside GIMP: the plug-in's reading and inserting on images of every precision, written out as raw numbers."""

import json
from pathlib import Path

import faults
import scenes
from gi.repository import Babl, Gegl, Gimp

LINEAR = "RGBA double"  # of sRGB: no curve, nothing clipped


def main(work, profile):
    work = Path(work)
    faults.load_package(Path(profile) / "plug-ins" / "layerbridge")
    given = json.loads((work / "depths.json").read_text())
    report = {}
    for case in given["cases"]:
        before = {image.get_id() for image in Gimp.get_images()}
        report[case["name"]] = run(case, given, work)
        report[case["name"]]["leaked"] = len({image.get_id() for image in Gimp.get_images()} - before)
    (work / "report.json").write_text(json.dumps(report))


def run(case, given, work):
    from layerbridge import apply, artifacts, capture
    from layerbridge.geometry import Box
    from layerbridge.parameters import Parameters

    from layerbridge_client import wire

    name, box = case["name"], Box.from_json(given["box"])
    image = new_image(case, given["size"], work)
    layer = add_layer(image, case, given["size"], (work / f"{name}-stored.raw").read_bytes())
    scenes.select(image, (work / "selection.raw").read_bytes())
    scene = capture.read_scene(image, [layer], Parameters.of("inpaint", "layer"))
    tensors = capture.read_source(scene, Parameters.of("inpaint", "layer"), box, [])
    seen = capture.read_source(scene, Parameters.of("inpaint", "visible"), box, [])
    tensors["mask"] = capture.read_selection(scene, box)
    message = {"operation": "inpaint", "bounds": box.to_json()}
    (work / f"{name}-request.frame").write_bytes(b"".join(wire.encode(message, tensors)))
    (work / f"{name}-visible.frame").write_bytes(b"".join(wire.encode(message, seen)))
    dump_meaning(layer, (box.x, box.y, box.width, box.height), work / f"{name}-sent-meaning.raw")
    image, layer = into(case, given, work, image, layer)
    dump_visible(image, work / f"{name}-before.raw")
    empty = Gimp.Layer.new(image, "empty", box.width, box.height, like(layer), 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(empty, None, 0)
    empty.set_offsets(box.x, box.y)
    empty.fill(Gimp.FillType.WHITE)
    empty.add_mask(empty.create_mask(Gimp.AddMaskType.BLACK))
    dump_visible(image, work / f"{name}-empty.raw")
    image.remove_layer(empty)
    sent = tensors["image"]
    result = {
        "image": wire.Tensor(
            sent.dtype, (box.height, box.width, 2 if case["gray"] else 4), (work / f"{name}-result.raw").read_bytes()
        ),
        "mask": wire.Tensor("U8", (box.height, box.width), (work / "mask.raw").read_bytes()),
    }
    if "icc" in tensors:
        result["icc"] = tensors["icc"]
    read = artifacts.read_result(b"".join(bytes(part) for part in wire.encode(message, result)), "new", {"job": "j"})
    made = apply.insert(apply.Anchor(image, layer, (0, 0)), [read], "new").layers[0]
    dump_visible(image, work / f"{name}-after.raw")
    dump_meaning(made, (0, 0, box.width, box.height), work / f"{name}-made-meaning.raw")
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, scenes.file(work / f"{name}.xcf"), None)
    names = {"layer": Babl.get_name(layer.get_format()), "made": Babl.get_name(made.get_format())}
    image.delete()
    return {**names, "made_type": int(made.type())}


def new_image(case, size, work):
    base = Gimp.ImageBaseType.GRAY if case["gray"] else Gimp.ImageBaseType.RGB
    image = Gimp.Image.new(*size, base)
    if case["profile"]:
        assert image.set_color_profile(Gimp.ColorProfile.new_from_file(scenes.file(work / f"{case['profile']}.icc")))
    precision = getattr(Gimp.Precision, f"{case['kind']}_{case['curve']}")
    if precision != image.get_precision():
        image.convert_precision(precision)
    return image


def add_layer(image, case, size, data):
    kinds = {(False, False): "RGB", (False, True): "RGBA", (True, False): "GRAY", (True, True): "GRAYA"}
    kind = getattr(Gimp.ImageType, f"{kinds[(case['gray'], case['alpha'])]}_IMAGE")
    layer = Gimp.Layer.new(image, "base", *size, kind, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    scenes.write(layer, *size, Babl.get_name(layer.get_format()), data)
    return layer


def into(case, given, work, image, layer):
    """The image as it is when the result comes: the same, or another one where the case says so."""
    if not case["into"]:
        return image, layer
    image.delete()
    other = given["others"][case["into"]]
    image = new_image(other, given["size"], work)
    layer = Gimp.Layer.new_from_visible(image, image, "base")
    image.insert_layer(layer, None, 0)
    return image, layer


def like(layer):
    """The type with alpha of the image's layers."""
    return Gimp.ImageType.GRAYA_IMAGE if layer.is_gray() else Gimp.ImageType.RGBA_IMAGE


def dump_visible(image, path):
    shown = Gimp.Layer.new_from_visible(image, image, "v")
    image.insert_layer(shown, None, 0)
    dump(shown, (0, 0, image.get_width(), image.get_height()), Babl.get_name(shown.get_format()), path)
    image.remove_layer(shown)


def dump_meaning(layer, box, path):
    """The colours in linear sRGB; through an image of that where the layer's profile is not known to babl."""
    profile = layer.get_image().get_color_profile()
    if profile is None or profile.new_linear_from_color_profile() is not None:
        dump(layer, box, LINEAR, path)
        return
    image = Gimp.Image.new(1, 1, Gimp.ImageBaseType.RGB)
    image.convert_precision(Gimp.Precision.FLOAT_LINEAR)
    dump(Gimp.Layer.new_from_drawable(layer, image), box, LINEAR, path)
    image.delete()


def dump(drawable, box, pixel_format, path):
    data = drawable.get_buffer().get(Gegl.Rectangle.new(*box), 1.0, pixel_format, Gegl.AbyssPolicy.NONE)
    path.write_bytes(data)
