"""Runs inside GIMP: applies artifacts of every kind in every way, captures picked layers and files, tells what it saw.

Everything is the installed plug-in's own code; frames are made here as the daemon sends them.
"""

import base64
import json
from pathlib import Path

import faults
import scenes
from gi.repository import Gegl, Gimp

WIDTH, HEIGHT = 40, 30
BOUNDS = (-4, 5, 20, 10)  # of the mask: it leaves the canvas at the left
MASK = bytes((x * 12 + y * 3) % 256 for y in range(10) for x in range(20))
SMALL = (8, 6)  # of the picture
MODES = {
    "u8": ("RGB", None, None),
    "u8 with a profile": ("RGB", None, "adobe.icc"),
    "u8 linear": ("RGB", "U8_LINEAR", None),
    "u16": ("RGB", "U16_NON_LINEAR", None),
    "float": ("RGB", "FLOAT_LINEAR", None),
    "gray": ("GRAY", None, None),
    "indexed": ("INDEXED", None, None),
}


def main(work, profile):
    work = Path(work)
    faults.load_package(Path(profile) / "plug-ins" / "layerbridge")
    report = {"mask": plain(MASK)}
    for name, mode in MODES.items():
        report[name] = applied(mode, work)
    report["moved"] = moved()
    report["layer gone"] = layer_gone()
    report["had a mask"] = had_a_mask()
    report["nothing"] = nothing_selected()
    report["closed"] = closed()
    report["several roles"] = several_roles()
    report["stack"] = stacked()
    report["captured"] = captured(work)
    (work / "roles.json").write_text(json.dumps(report))


def plain(data):
    return base64.b64encode(bytes(data)).decode()


def image_of(mode, work=None):
    base, precision, profile = mode
    image = Gimp.Image.new(WIDTH, HEIGHT, scenes.BASES["RGB" if base == "INDEXED" else base])
    if precision:
        image.convert_precision(getattr(Gimp.Precision, precision))
    if profile:
        image.set_color_profile(Gimp.ColorProfile.new_from_file(scenes.file(work / profile)))
    kind = Gimp.ImageType.GRAY_IMAGE if base == "GRAY" else Gimp.ImageType.RGBA_IMAGE
    layer = Gimp.Layer.new(image, "base", 24, 16, kind, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    layer.set_offsets(6, 3)
    if base == "INDEXED":
        image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.MONO, 2, False, False, "")
    image.set_selected_layers([layer])
    return image, layer


def box(x, y, width, height):
    return {"x": x, "y": y, "width": width, "height": height}


def frame(message, tensors):
    from layerbridge_client import wire

    made = {name: wire.Tensor(*tensor) for name, tensor in tensors.items()}
    return b"".join(bytes(part) for part in wire.encode(message, made))


def selection(mask=MASK):
    return frame({"bounds": box(*BOUNDS)}, {"mask": ("U8", (10, 20), mask)})


def picture(channels=3, bounds=(2, 4, 16, 12), value=90):
    width, height = SMALL
    pixels = bytes([value, value + 20, value + 40, 255][:channels]) * (width * height)
    return frame({"bounds": box(*bounds)}, {"image": ("U8", (height, width, channels), pixels)})


def layer_frame(index=0):
    tensors = {"image": ("U8", (10, 20, 4), b"\x10\x20\x30\xff" * 200), "mask": ("U8", (10, 20), MASK)}
    return frame({"bounds": box(*BOUNDS), "canvas": box(0, 0, WIDTH, HEIGHT), "index": index}, tensors)


def apply(anchor, frames, ways):
    """`frames`: (role, frame), where a role is called as its kind."""
    from layerbridge.artifacts import read_artifact
    from layerbridge.operations import Output
    from layerbridge.outputs import apply_all

    made = {}
    for role, data in frames:
        note = {
            "job": "j",
            "layer": "" if anchor.above is None or not anchor.above.is_valid() else tattoo(anchor.above),
        }
        made.setdefault(role, []).append(read_artifact(data, role, f"made {role}", note))
    outputs = [Output(role, role, role) for role in made]
    return apply_all(anchor, made, outputs, ways, "several")


def tattoo(layer):
    return str(layer.get_tattoo())


def anchored(image, layer, **rest):
    from layerbridge.apply import Anchor

    return Anchor(image, layer, (0, 0), active=layer, **rest)


def attempt(work):
    from layerbridge.failures import BridgeError

    try:
        return work()
    except BridgeError as error:
        return {"code": error.code, "message": error.message}


def applied(mode, work):
    """Each way of a selection, and of a picture, in an image of this mode."""
    found = {}
    for way in ("selection", "mask", "channel"):
        image, layer = image_of(mode, work)
        done = apply(anchored(image, layer), [("selection", selection())], {"selection": way})
        found[way] = {**seen(image, layer), "notices": done.notices}
        image.delete()
    for channels in (1, 2, 3, 4):
        image, layer = image_of(mode, work)
        done = apply(anchored(image, layer), [("document", picture(channels))], {"document": "image"})
        found[f"image of {channels}"] = new_image(done.images[0], image)
        image.delete()
    for convert in (False, True):
        image, layer = image_of(mode, work)
        anchor = anchored(image, layer, convert=convert)
        found["converted" if convert else "layer"] = attempt(lambda anchor=anchor: scaled(anchor))
        image.delete()
    return found


def seen(image, layer):
    """The selection, masks, channels, and which layers are selected."""
    _ok, non_empty, left, top, right, bottom = Gimp.Selection.bounds(image)
    mask = layer.get_mask()
    return {
        "bounds": [left, top, right, bottom] if non_empty else None,
        "selection": plain(read(image.get_selection(), "Y u8")),
        "mask": plain(read(mask, "Y u8")) if mask is not None else None,
        "edit mask": layer.get_edit_mask(),
        "channels": [plain(read(channel, stored(channel))) for channel in image.get_channels()],
        "names": [channel.get_name() for channel in image.get_channels()],
        "selected": [item.get_name() for item in image.get_selected_drawables()],
    }


def stored(channel):
    from layerbridge.pixels import channel_format

    return channel_format(channel)


def read(drawable, pixel_format):
    rectangle = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    return drawable.get_buffer().get(rectangle, 1.0, pixel_format, Gegl.AbyssPolicy.NONE)


def new_image(image, source):
    layer = image.get_layers()[0]
    found = {
        "size": [image.get_width(), image.get_height()],
        "gray": image.get_base_type() == Gimp.ImageBaseType.GRAY,
        "alpha": layer.has_alpha(),
        "pixels": plain(read(layer, "R'G'B'A u8")),
        "resolution": image.get_resolution()[1:] == source.get_resolution()[1:],
    }
    image.delete()
    return found


def scaled(anchor):
    done = apply(anchor, [("document", picture(3))], {"document": "layer"})
    layer = done.layers[0]
    place = [*layer.get_offsets()[1:], layer.get_width(), layer.get_height()]
    middle = layer.get_buffer().get(Gegl.Rectangle.new(8, 6, 1, 1), 1.0, "R'G'B'A u8", Gegl.AbyssPolicy.NONE)
    above = anchor.image.get_item_position(layer) < anchor.image.get_item_position(anchor.above)
    indexed = anchor.image.get_base_type() == Gimp.ImageBaseType.INDEXED
    return {"place": place, "middle": list(middle), "above": above, "indexed": indexed}


def moved():
    """The canvas grew by 7 at the left and 2 at the top while the job ran."""
    from layerbridge.apply import Anchor

    image, layer = image_of(MODES["u8"])
    image.resize(WIDTH + 7, HEIGHT + 2, 7, 2)
    image.attach_parasite(Gimp.Parasite.new("layerbridge-origin", 3, b"7,2"))
    anchor = Anchor(image, layer, (0, 0), active=layer)
    apply(anchor, [("selection", selection())], {})
    found = {"bounds": seen(image, layer)["bounds"], "place": scaled(anchor)["place"]}
    image.delete()
    return found


def layer_gone():
    image, layer = image_of(MODES["u8"])
    other = layer.copy()
    image.insert_layer(other, None, 0)
    image.remove_layer(layer)
    done = apply(anchored(image, layer), [("selection", selection())], {"selection": "mask"})
    found = {**seen(image, other), "notices": done.notices}
    image.delete()
    return found


def had_a_mask():
    image, layer = image_of(MODES["u8"])
    layer.add_mask(layer.create_mask(Gimp.AddMaskType.BLACK))
    done = apply(
        anchored(image, layer), [("selection", selection()), ("selection", selection())], {"selection": "mask"}
    )
    found = {**seen(image, layer), "notices": done.notices}
    image.delete()
    return found


def nothing_selected():
    image, layer = image_of(MODES["u8"])
    done = apply(anchored(image, layer), [("selection", selection(bytes(200)))], {})
    found = {**seen(image, layer), "notices": done.notices}
    image.delete()
    return found


def closed():
    """What needs no image comes all the same; what does is told."""
    image, layer = image_of(MODES["u8"])
    anchor = anchored(image, layer)
    image.delete()
    found = {"selection": attempt(lambda: apply(anchor, [("selection", selection())], {}).notices)}
    both = apply(anchor, [("selection", selection()), ("document", picture())], {})
    found["both"] = {"images": len(both.images), "notices": both.notices}
    both.images[0].delete()
    return found


def several_roles():
    image, layer = image_of(MODES["u8"])
    text = frame({"text": "a cat on a mat"}, {})
    frames = [("text", text), ("selection", selection()), ("layer", layer_frame()), ("document", picture())]
    done = apply(anchored(image, layer), frames, {"document": "layer", "selection": "channel"})
    found = {
        **seen(image, layer),
        "layers": [each.get_name() for each in image.get_layers()],
        "texts": [words.text for words in done.texts],
    }
    image.delete()
    return found


def stacked():
    """Two variations of layers that belong together, of which the second has one less."""
    from layerbridge.artifacts import read_artifact
    from layerbridge.operations import Output
    from layerbridge.outputs import apply_all

    image, layer = image_of(MODES["u8"])
    outputs = [Output(f"layer-{number}", "layer", f"Layer {number}", stack="Parts") for number in (1, 2, 3)]
    made = {
        output.role: [
            read_artifact(layer_frame(index), "layer", output.title, {"job": "j"})
            for index in range(2)
            if (output.role, index) != ("layer-3", 1)
        ]
        for output in outputs
    }
    done = apply_all(anchored(image, layer, hide=True), made, outputs, {}, "Parts")
    found = {
        "layers": [each.get_name() for each in done.layers],
        "tree": [
            [each.get_name(), each.get_visible(), [[one.get_name(), one.get_visible()] for one in children(each)]]
            for each in image.get_layers()
        ],
        "selected": [each.get_name() for each in image.get_selected_layers()],
    }
    image.delete()
    return found


def children(item):
    return item.get_children() if item.is_group() else []


def captured(work):
    """Pictures picked for a reference: a layer, a group off the canvas, a layer of another image, files."""
    from layerbridge.operations import Input
    from layerbridge.picking import capture, named_layers
    from layerbridge.roles import Pick

    given, found = Input("reference/1", "Reference"), {}
    image, layer = image_of(MODES["u16"])
    fill(layer, (10, 200, 30, 255))
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    inner = Gimp.Layer.new(image, "inner", 8, 8, Gimp.ImageType.RGBA_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(inner, group, 0)
    inner.set_offsets(-5, -6)
    fill(inner, (250, 20, 60, 255))
    group.set_opacity(50.0)
    found["names"] = [name for _tattoo, name in named_layers(image)]
    found["layer"] = told(capture(image, given, Pick(layer.get_tattoo(), "base")))
    found["group"] = told(capture(image, given, Pick(0, "group")))
    found["visible"] = told(capture(image, given, Pick(visible=True)))
    found["visible below"] = told(capture(image, given, Pick(visible=True), [group]))
    found["canvas"] = [image.get_width(), image.get_height()]
    other, foreign = image_of(MODES["u8"])
    fill(foreign, (10, 200, 30, 255))
    found["foreign"] = told(capture(image, given, Pick(), layer=foreign))
    other.delete()
    found["gone"] = attempt(lambda: capture(image, given, Pick(999, "lost")))
    found["png"] = told(capture(image, given, Pick(file=str(work / "picture.png"))))
    found["no picture"] = attempt(lambda: capture(image, given, Pick(file=str(work / "roles.txt"))))
    found["no file"] = attempt(lambda: capture(image, given, Pick(file=str(work / "none.png"))))
    found["images left"] = len(Gimp.get_images())
    image.delete()
    return found


def fill(layer, color):
    data = bytes(color) * (layer.get_width() * layer.get_height())
    scenes.write(layer, layer.get_width(), layer.get_height(), "R'G'B'A u8", data)


def told(found):
    tensor = found.tensor
    bounds = None if found.bounds is None else found.bounds.to_json()
    return {
        "dtype": tensor.dtype,
        "shape": list(tensor.shape),
        "bounds": bounds,
        "media_type": found.media_type,
        "data": plain(tensor.data),
    }
