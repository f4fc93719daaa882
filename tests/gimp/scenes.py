"""The scenes that are built in the real GIMP: what is in the image, what is selected, what is called.

Fields of a scene: name, width, height, base (RGB, GRAY, INDEXED), precision, layers (from the top; type, size, place,
file of raw pixels, mask, visible, filter, children), selection (file, canvas size) or rectangle, drawables, steps.
Numbers are fixed by a seed: the same pictures every time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.gimp.depths import NATIVE, PROFILES, as_type, numbers

CHANNELS = {"RGBA": 4, "RGB": 3, "GRAYA": 2, "GRAY": 1}
QUICK = {"steps": 2, "seed": 7, "source": "layer"}


@dataclass
class Scenes:
    """Scenes and their raw files, in `work`."""

    work: Path
    scenes: list[dict[str, Any]] = field(default_factory=list)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def picture(self, name: str, kind: str, width: int, height: int) -> dict[str, Any]:
        """A layer of smooth colours with noise, and holes where it has alpha (colours differ where alpha is 0)."""
        random = np.random.default_rng(sum(name.encode()))
        channels = CHANNELS[kind]
        y, x = np.mgrid[0:height, 0:width]
        planes = [(x * (2 + c) + y * (3 - c)) % 200 + random.integers(0, 40, (height, width)) for c in range(channels)]
        pixels = np.stack(planes, axis=-1).astype(np.uint8)
        if kind in ("RGBA", "GRAYA"):
            pixels[..., -1] = np.where((x // 16 + y // 16) % 3 == 0, random.integers(0, 2) * 90, 255)
        return self.layer(name, kind, pixels)

    def deep_picture(self, name: str, kind: str, precision: str, width: int, height: int) -> dict[str, Any]:
        """A layer in the image's own numbers: of the whole range, and floats beyond it."""
        random, component = np.random.default_rng(sum(name.encode())), precision.partition("_")[0]
        shape = (height, width, CHANNELS[kind])
        pixels = numbers(random, shape, np.dtype(NATIVE[component]), kind.endswith("A"), beyond=True)
        return {**self.layer(name, kind, pixels), "native": True}

    def profile(self, name: str | None) -> str | None:
        """The file of a profile."""
        if name is not None:
            (self.work / f"{name}.icc").write_bytes(PROFILES[name])
        return None if name is None else f"{name}.icc"

    def layer(self, name: str, kind: str, pixels: np.ndarray) -> dict[str, Any]:
        height, width = pixels.shape[:2]
        return {"name": name, "type": kind, "width": width, "height": height, "file": self.save(name, pixels)}

    def save(self, name: str, pixels: np.ndarray) -> str:
        file = f"{len(self.arrays)}-{name.replace(' ', '-')}.raw"
        self.arrays[file] = pixels
        (self.work / file).write_bytes(np.ascontiguousarray(pixels).tobytes())
        return file

    def add(self, name: str, width: int, height: int, layers: list[dict[str, Any]], **rest: Any) -> None:
        rest.setdefault("drawables", [layers[0]["name"]])
        self.scenes.append({"name": name, "width": width, "height": height, "layers": layers, **rest})

    def write(self) -> None:
        (self.work / "scenes.json").write_text(json.dumps(self.scenes))


def patches(precision: str) -> np.ndarray:
    """Four flat colours, 128 pixels each way; in an image of Adobe RGB the last is beyond sRGB."""
    colors = np.array([[0.3, 0.6, 0.3], [0.5, 0.5, 0.5], [0.3, 0.3, 0.7], [0.8, 0.7, 0.1]]).reshape(2, 2, 3)
    return as_type(colors.repeat(128, axis=0).repeat(128, axis=1), np.dtype(NATIVE[precision.partition("_")[0]]))


def box_selection(width: int, height: int, x: int, y: int, w: int, h: int) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    mask[max(0, y) : y + h, max(0, x) : x + w] = 255
    return mask


def soft_selection(width: int, height: int, x: int, y: int, radius: int) -> np.ndarray:
    """A disc that fades over its radius: every value from 0 to 255."""
    rows, columns = np.mgrid[0:height, 0:width]
    distance = np.hypot(columns - x, rows - y)
    return np.clip(255 * (1.5 - distance / radius), 0, 255).astype(np.uint8)


def call(procedure: str, prompt: str | None = None, **rest: Any) -> dict[str, Any]:
    """A call of a procedure with quick settings. Further arguments use _ for -; None leaves one at its default."""
    step = {key: rest.pop(key) for key in ("drawables", "mode") if key in rest}
    given = {**QUICK, **{key.replace("_", "-"): value for key, value in rest.items()}}
    args = {key: value for key, value in given.items() if value is not None}
    if prompt is not None:
        args["prompt"] = prompt
    return {"procedure": procedure, "args": args if procedure not in ("again", "history") else {}, **step}


def make_scenes(work: Path) -> Scenes:
    made = Scenes(work)
    _jobs(made)
    _layers(made)
    _selections(made)
    _modes(made)
    _again(made)
    _refusals(made)
    made.write()
    return made


def _jobs(made: Scenes) -> None:
    soft = made.save("soft", soft_selection(300, 200, 150, 90, 40))
    photo = made.picture("photo", "RGBA", 300, 200)
    made.add("inpaint", 300, 200, [photo], selection=soft, steps=[call("inpaint", "a red ball on a lawn")])
    made.add("remove", 300, 200, [photo], selection=soft, steps=[call("remove")])
    made.add("variations", 300, 200, [photo], selection=soft, steps=[call("inpaint", "a blue ball", num_images=3)])
    made.add("img2img alpha", 300, 200, [photo], steps=[call("img2img", "a red wall", strength=0.5)])
    made.add("img2img part", 300, 200, [photo], selection=soft, steps=[call("img2img", "a red wall", strength=0.5)])
    made.add("txt2img", 300, 200, [photo], steps=[call("txt2img", "a red ball")])
    made.add("txt2img part", 300, 200, [photo], selection=soft, steps=[call("txt2img", "a red ball")])
    opaque = made.picture("opaque", "RGB", 160, 120)
    made.add("img2img opaque", 160, 120, [opaque], steps=[call("img2img", "a red wall", strength=0.5)])
    one_side = call("outpaint", "a green lawn", source="visible", left=32, right=0)
    made.add("outpaint", 160, 120, [opaque], steps=[one_side])
    two = call("outpaint", "a green lawn", source="layer", left=16, right=0, top=24, bottom=8)
    made.add("outpaint twice", 160, 120, [opaque], steps=[two, one_side])


def _layers(made: Scenes) -> None:
    soft = made.save("soft", soft_selection(300, 200, 150, 90, 40))
    opaque = made.picture("background", "RGB", 300, 200)
    small = {**made.picture("small", "RGBA", 120, 90), "x": 110, "y": -20}
    made.add("no alpha", 300, 200, [opaque], selection=soft, steps=[call("inpaint", "a red ball")])
    made.add("offset", 300, 200, [small, opaque], selection=soft, steps=[call("inpaint", "a red ball")])
    made.add("visible", 300, 200, [small, opaque], selection=soft, steps=[call("inpaint", "a", source=None)])
    offset_whole = [call("img2img", "a red wall", strength=0.5)]
    made.add("offset whole", 300, 200, [small, opaque], steps=offset_whole)
    inner = {**made.picture("inner", "RGBA", 200, 150), "x": 60, "y": 30}
    hidden = {**made.picture("hidden", "RGBA", 40, 40), "visible": False}
    group = {"name": "group", "children": [hidden, inner]}
    top = {**made.picture("top", "RGBA", 30, 30), "x": 3, "y": 3}
    tree = [top, group, opaque]
    in_group = {"drawables": ["inner"], "steps": [call("inpaint", "a red ball")]}
    made.add("in a group", 300, 200, tree, selection=soft, **in_group)
    made.add("a group", 300, 200, tree, selection=soft, drawables=["group"], steps=[call("inpaint", "a red ball")])
    masked = {**inner, "name": "masked", "mask": made.save("mask", soft_selection(200, 150, 100, 75, 60))}
    mask_edited = {"drawables": ["mask:masked"], "steps": [call("inpaint", "a red ball")]}
    made.add("mask edited", 300, 200, [masked, opaque], selection=soft, **mask_edited)
    filtered = {**opaque, "name": "filtered", "filter": "gegl:invert-gamma"}
    made.add("filtered", 300, 200, [filtered], selection=soft, steps=[call("inpaint", "a red ball")])


def _selections(made: Scenes) -> None:
    opaque = made.picture("plain", "RGB", 160, 120)
    small = {**made.picture("corner", "RGBA", 60, 60), "x": 90, "y": 50}
    paint = [call("inpaint", "a red ball")]
    made.add("no selection", 160, 120, [opaque], steps=paint)
    made.add("outside", 160, 120, [opaque], rectangle=[500, 500, 20, 20], steps=paint)  # GIMP: nothing is selected
    made.add("leaves the canvas", 160, 120, [opaque], rectangle=[-30, 90, 60, 60], steps=paint)
    leaves = made.save("leaves", box_selection(160, 120, 70, 30, 50, 50))
    made.add("leaves the layer", 160, 120, [small, opaque], selection=leaves, steps=paint)
    beside = made.save("beside", box_selection(160, 120, 5, 5, 40, 30))
    made.add("beside the layer", 160, 120, [small, opaque], selection=beside, steps=paint)
    keep = [call("inpaint", "a red ball", keep_to_selection=True)]
    made.add("kept", 160, 120, [opaque], selection=leaves, steps=keep)
    large = {"name": "large", "type": "RGB", "width": 12000, "height": 9000}
    made.add("huge", 12000, 9000, [large], rectangle=[11000, 8000, 64, 64], steps=paint)


def _modes(made: Scenes) -> None:
    soft = made.save("soft", soft_selection(160, 120, 80, 60, 30))
    paint = [call("inpaint", "a red ball")]
    for kind in ("GRAY", "GRAYA"):
        made.add(kind, 160, 120, [made.picture(kind, kind, 160, 120)], base="GRAY", selection=soft, steps=paint)
    part = made.save("part", soft_selection(96, 72, 48, 36, 18))
    whole = [call("img2img", "a red wall", strength=0.3)]
    seen = [call("inpaint", "a red ball", source="visible")]
    grown = [call("outpaint", "a green lawn", source="layer", left=16, right=0)]
    for name, kind, precision, profile, steps in (
        ("8 bit with a profile", "RGB", "U8_NON_LINEAR", "adobe", paint),
        ("8 bit linear", "RGB", "U8_LINEAR", None, paint),
        ("16 bit with a profile", "RGBA", "U16_NON_LINEAR", "adobe", seen),
        ("16 bit perceptual", "RGBA", "U16_PERCEPTUAL", "adobe", whole),
        ("32 bit integers", "RGB", "U32_NON_LINEAR", None, paint),
        ("half gray", "GRAYA", "HALF_LINEAR", "gray", paint),
        ("float linear", "RGBA", "FLOAT_LINEAR", None, paint),
        ("float with a profile", "RGB", "FLOAT_NON_LINEAR", "adobe", grown),
        ("double", "RGBA", "DOUBLE_LINEAR", None, paint),
        ("16 bit from the prompt", "RGB", "U16_NON_LINEAR", "adobe", [call("txt2img", "a red ball")]),
    ):
        layer = made.deep_picture(name, kind, precision, 96, 72)
        where = {} if steps in (whole, grown) else {"selection": part}
        base, file = ("GRAY" if kind.startswith("GRAY") else "RGB"), made.profile(profile)
        made.add(name, 96, 72, [layer], base=base, precision=precision, profile=file, **where, steps=steps)
    for name, precision, profile in (
        ("kept at 16 bit", "U16_NON_LINEAR", "adobe"),
        ("kept in linear float", "FLOAT_LINEAR", None),
    ):
        layer = {**made.layer(name, "RGB", patches(precision)), "native": True}
        hardly = [call("img2img", "", strength=0.02)]
        made.add(name, 256, 256, [layer], precision=precision, profile=made.profile(profile), steps=hardly)


def _again(made: Scenes) -> None:
    selection = made.save("again", box_selection(160, 120, 40, 30, 60, 50))
    opaque = made.picture("repeated", "RGB", 160, 120)
    none = {"do": "select-none"}
    steps = [call("inpaint", "a red ball"), none, call("again"), {"do": "select-made"}]
    made.add("again", 160, 120, [opaque], selection=selection, steps=[*steps, call("again", drawables=["made"])])
    visible = [call("inpaint", "a red ball", source="visible"), none, call("again")]
    made.add("again visible", 160, 120, [opaque], selection=selection, steps=visible)
    last = [call("inpaint", "a green ball"), {"procedure": "inpaint", "mode": "WITH_LAST_VALS"}]
    made.add("last values", 160, 120, [opaque], selection=selection, steps=last)


def _refusals(made: Scenes) -> None:
    opaque = made.picture("refused", "RGB", 160, 120)
    other = made.picture("other", "RGB", 160, 120)
    paint = call("inpaint", "a red ball")
    made.add("indexed", 160, 120, [opaque], base="INDEXED", rectangle=[40, 30, 50, 50], steps=[paint])
    made.add("remove nothing", 160, 120, [opaque], steps=[call("remove")])
    made.add("several layers", 160, 120, [opaque, other], drawables=["refused", "other"], steps=[paint])
    channel = [{"do": "channel"}, {**paint, "drawables": ["channel"]}]
    made.add("a channel", 160, 120, [opaque], drawables=["refused"], steps=channel)
    visible = [{"do": "channel"}, {**call("inpaint", "a", source="visible"), "drawables": ["channel"]}]
    made.add("a channel and all visible", 160, 120, [opaque], rectangle=[40, 30, 50, 50], steps=visible)
    no_margin = call("outpaint", "a", left=0, right=0)
    made.add("no margin", 160, 120, [opaque], steps=[no_margin])
    made.add("no prompt", 160, 120, [opaque], steps=[call("txt2img", "")])
    made.add("unknown model", 160, 120, [opaque], steps=[call("inpaint", "a", model="no such model")])
    words = " ".join(f"word{number}" for number in range(120))
    made.add("long prompt", 160, 120, [opaque], rectangle=[40, 30, 50, 50], steps=[call("inpaint", words)])
    made.add("window", 160, 120, [opaque], steps=[{"procedure": "history"}])
