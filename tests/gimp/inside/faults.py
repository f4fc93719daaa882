"""Runs inside GIMP: the daemon away, strange, restarted or killed; images closed and layers deleted meanwhile."""

import importlib.util
import json
import os
import sys
from pathlib import Path

import scenes
from gi.repository import Gimp

PIXELS = b"\x10\x20\x30\xff" * 400
MASK = bytes(range(200)) * 2


def main(work, home, profile):
    work, home, profile = Path(work), Path(home), Path(profile)
    report = {}
    for case in json.loads((work / "cases.json").read_text()):
        link = home / "runtime.json"
        link.unlink(missing_ok=True)
        if case["runtime"]:
            link.symlink_to(case["runtime"])
        if "tokens" in case:
            tokens = profile / "layerbridge" / "tokens.json"
            tokens.parent.mkdir(exist_ok=True)
            tokens.write_text(json.dumps(case["tokens"]))
        image, items = scenes.build(case["scene"], work)
        report[case["name"]] = scenes.run_step(case["step"], case["scene"], image, items, work)
        report[case["name"]]["count"] = len(image.get_layers())
        image.delete()
        (work / "faults.json").write_text(json.dumps(report))
    report["apply"] = apply_cases(profile)
    report["documents"] = document_cases(work)
    (work / "faults.json").write_text(json.dumps(report))


def apply_cases(profile):
    """The plug-in's own `insert`, with results as the daemon sends them, on images that changed meanwhile."""
    load_package(profile / "plug-ins" / "layerbridge")
    from layerbridge import apply, artifacts
    from layerbridge.failures import BridgeError
    from layerbridge.geometry import Box

    from layerbridge_client import wire

    def frame(shape, mask_shape=(20, 20), bounds=(5, 6, 20, 20), operation="inpaint"):
        message = {"operation": operation, "bounds": Box(*bounds).to_json(), "canvas": Box(0, 0, 100, 80).to_json()}
        size = shape[0] * shape[1] * shape[2]
        tensors = {
            "image": wire.Tensor("U8", shape, PIXELS[:size]),
            "mask": wire.Tensor("U8", mask_shape, MASK[: mask_shape[0] * mask_shape[1]]),
        }
        return b"".join(bytes(part) for part in wire.encode(message, tensors))

    def attempt(work):
        try:
            return work()
        except BridgeError as error:
            return {"code": error.code, "message": error.message}

    def insert(image, above, shape=(20, 20, 4)):
        result = artifacts.read_result(frame(shape), "new", {"job": "j", "layer": ""})
        inserted = apply.insert(apply.Anchor(image, above, (0, 0)), [result], "new")
        layer = inserted.layers[0]
        return {"notices": inserted.notices, "position": image.get_item_position(layer), "type": int(layer.type())}

    def image_with_layer(base=Gimp.ImageBaseType.RGB, kind=Gimp.ImageType.RGBA_IMAGE):
        image = Gimp.Image.new(100, 80, base)
        layer = Gimp.Layer.new(image, "base", 100, 80, kind, 100.0, Gimp.LayerMode.NORMAL)
        image.insert_layer(layer, None, 0)
        return image, layer

    found = {}
    image, layer = image_with_layer()
    other = layer.copy()
    image.insert_layer(other, None, 0)
    image.remove_layer(layer)
    found["layer deleted"] = attempt(lambda: insert(image, layer))
    image.delete()
    found["image closed"] = attempt(lambda: insert(image, other))
    image, layer = image_with_layer()
    image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.MONO, 2, False, False, "")
    found["became indexed"] = attempt(lambda: insert(image, layer))
    image.delete()
    image, layer = image_with_layer(Gimp.ImageBaseType.GRAY, Gimp.ImageType.GRAY_IMAGE)
    found["became gray"] = attempt(lambda: insert(image, layer))
    image.delete()
    image, layer = image_with_layer()
    found["gray result"] = attempt(lambda: insert(image, layer, (20, 20, 2)))
    image.delete()
    found["three channels"] = attempt(lambda: str(artifacts.read_result(frame((20, 20, 3)), "n", {})))
    found["wrong mask"] = attempt(lambda: str(artifacts.read_result(frame((20, 20, 4), (10, 20)), "n", {})))
    found["wrong bounds"] = attempt(
        lambda: str(artifacts.read_result(frame((20, 20, 4), bounds=(0, 0, 9, 20)), "n", {}))
    )
    found["no frame"] = attempt(lambda: str(artifacts.read_result(b"<html>", "n", {})))
    return found


def document_cases(work):
    """The names under which History finds an image: before and after it is saved, renamed, copied, opened again."""
    from layerbridge.documents import document_id, document_ids, note_document

    def saved(image, name):
        """As File ▸ Save does, which names the image after its file too."""
        image.set_file(scenes.file(work / name))
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, scenes.file(work / name), None)

    def opened(name):
        return Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, scenes.file(work / name))

    found = {}
    image, other = (Gimp.Image.new(10, 10, Gimp.ImageBaseType.RGB) for _ in range(2))
    layer = Gimp.Layer.new(image, "a", 10, 10, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    image.clean_all()
    note_document(image)
    note_document(other)
    found["dirty"] = image.is_dirty()
    names = [document_id(image)]
    note_document(image)
    found["twice"] = document_ids(image) == names
    found["other"] = document_ids(other)
    saved(image, "first.xcf")
    names.append(document_id(image))
    note_document(image)
    saved(image, "second.xcf")
    names.append(document_id(image))
    found["names"], found["kept"] = names, document_ids(image)
    (work / "second.xcf").rename(work / "moved.xcf")
    again, copy = opened("moved.xcf"), image.duplicate()
    found["moved"], found["copy"] = document_ids(again), document_ids(copy)
    note_document(again)
    found["moved and noted"] = document_ids(again)
    for each in (image, other, again, copy):
        each.delete()
    return found


def load_package(folder):
    """The installed plug-in as its entry file loads it."""
    for name, place in (("layerbridge_client", folder / "layerbridge_client"), ("layerbridge", folder)):
        spec = importlib.util.spec_from_file_location(
            name, place / "__init__.py", submodule_search_locations=[str(place)]
        )
        package = importlib.util.module_from_spec(spec)
        sys.modules[name] = package
        spec.loader.exec_module(package)
    os.environ.setdefault("LANG", "C")
