"""Every job kind in the real GIMP 3 without a window, judged outside it, pixel by pixel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.gimp.depths import are_nearest, as_type, meaning, to_unit
from tests.gimp.evidence import Evidence, Frame, cut, with_alpha
from tests.gimp.harness import Profile, read_report
from tests.gimp.scenes import make_scenes
from tests.gimp.xcf import XcfLayer
from tests.support.daemon import Daemon

pytestmark = [pytest.mark.gimp, pytest.mark.slow]

ONE_RESULT = [
    "inpaint", "remove", "img2img alpha", "img2img part", "txt2img", "txt2img part", "img2img opaque", "outpaint",
    "no alpha", "offset", "visible", "offset whole", "in a group", "a group", "mask edited", "filtered",
    "no selection", "outside", "leaves the canvas", "leaves the layer", "beside the layer", "kept", "GRAY", "GRAYA",
    "long prompt",
]  # fmt: skip
DEEP = [
    "8 bit with a profile", "8 bit linear", "16 bit with a profile", "16 bit perceptual", "32 bit integers",
    "half gray", "float linear", "float with a profile", "double", "16 bit from the prompt",
]  # fmt: skip
MODEL_ERROR = 0.1  # of the starter model, encoding and decoding a flat colour
REFUSED = {
    "indexed": "Convert it first with Image ▸ Mode ▸ RGB",
    "remove nothing": "Nothing is selected. Remove Selection needs a selection",
    "several layers": "Several layers are selected. Select one",
    "no margin": "set at least one side",
    "no prompt": "Text to Image needs a prompt",
    "unknown model": "no such model",
    "window": "cannot be used from a script",
}


def covered(request: Frame) -> dict[str, int]:
    """The box that the tensors of a request cover."""
    return next(iter(request.message["inputs"].values()))["bounds"]


@pytest.fixture(scope="module")
def evidence(gimp_profile: Profile, gimp_daemon: Daemon, gimp_work: Path) -> Iterator[Evidence]:
    """All scenes in one run of GIMP."""
    scenes = make_scenes(gimp_work)
    ended = gimp_profile.batch("scenes", str(gimp_work))
    yield Evidence(scenes, read_report(gimp_work / "report.json", ended), gimp_daemon.home / "spool")


@pytest.mark.parametrize("name", ONE_RESULT)
def test_layer_is_the_result_at_its_place(evidence: Evidence, name: str) -> None:
    assert evidence.step(name)["ok"], evidence.step(name)["error"]
    xcf = evidence.xcf(name)
    (layer,) = xcf.made()
    check_layer(evidence, layer)
    assert layer.visible
    assert not layer.edit_mask


@pytest.mark.parametrize("name", [*ONE_RESULT, "variations"])
def test_the_rest_is_untouched(evidence: Evidence, name: str) -> None:
    """Every other layer has its bytes and its place; the picture outside the new mask is what it was."""
    scene, xcf = evidence.scene(name), evidence.xcf(name)
    dx, dy = origin_of(xcf.parasites)
    for spec in evidence.specs(scene["layers"]):
        layer = xcf.layer(spec["name"])
        assert np.array_equal(layer.pixels, evidence.pixels(spec).reshape(layer.pixels.shape))
        assert (layer.x, layer.y) == (spec.get("x", 0) + dx, spec.get("y", 0) + dy)
        if spec.get("mask"):
            assert np.array_equal(layer.mask, evidence.scenes.arrays[spec["mask"]])
    before, after = evidence.png(name, "before"), evidence.png(name, "after")
    (layer, *_others) = xcf.made()
    mask = cut(layer.mask, layer.x, layer.y, {"x": 0, "y": 0, "width": xcf.width, "height": xcf.height})
    expected = cut(before, dx, dy, {"x": 0, "y": 0, "width": xcf.width, "height": xcf.height})
    if name not in ("img2img alpha", "offset whole"):  # these hide their source
        assert np.array_equal(after[mask == 0], expected[mask == 0])
    if name != "outpaint":
        assert not np.array_equal(after, expected), "nothing was painted"
    assert evidence.report[name]["leaked_images"] == 0


@pytest.mark.parametrize(
    "name", ["inpaint", "no alpha", "offset", "leaves the layer", "beside the layer", "GRAY", "GRAYA"]
)
def test_sent_the_layer_as_it_is(evidence: Evidence, name: str) -> None:
    """The crop that was sent holds the layer's bytes; where the layer does not reach, it is transparent."""
    scene = evidence.scene(name)
    (layer,) = evidence.xcf(name).made()
    request = evidence.request(layer)
    spec, box = scene["layers"][0], covered(request)
    x, y = spec.get("x", 0), spec.get("y", 0)
    inside = x <= box["x"] and y <= box["y"] and x + spec["width"] >= box["x"] + box["width"]
    inside = inside and y + spec["height"] >= box["y"] + box["height"]
    pixels = evidence.pixels(spec)
    expected = cut(pixels if inside else with_alpha(pixels), x, y, box)
    assert np.array_equal(request.arrays["image"], expected)
    assert np.array_equal(request.arrays["mask"], cut(evidence.scenes.arrays[scene["selection"]], 0, 0, box))


def test_sent_what_is_visible(evidence: Evidence) -> None:
    """Where a script names no source: as the table of operations says."""
    (layer,) = evidence.xcf("visible").made()
    request = evidence.request(layer)
    shown = cut(evidence.png("visible", "before"), 0, 0, covered(request))
    assert np.array_equal(request.arrays["image"], shown)
    assert layer.path == (0,), "on top of everything"


def test_sent_a_group_as_it_shows(evidence: Evidence) -> None:
    """Its visible child alone: neither the hidden one nor the layers around the group."""
    xcf, inner = evidence.xcf("a group"), evidence.specs(evidence.scene("a group")["layers"])[2]
    (layer,) = xcf.made()
    request = evidence.request(layer)
    expected = cut(evidence.pixels(inner), inner["x"], inner["y"], covered(request))
    sent = request.arrays["image"]
    assert np.array_equal(sent[..., 3], expected[..., 3])
    assert np.array_equal(sent[expected[..., 3] > 0], expected[expected[..., 3] > 0])
    assert layer.path == (1,) and xcf.path_of("group") == (2,), "directly above the group"


def test_sent_a_masked_layer_as_it_shows(evidence: Evidence) -> None:
    spec = evidence.scene("mask edited")["layers"][0]
    (layer,) = evidence.xcf("mask edited").made()
    request = evidence.request(layer)
    box = covered(request)
    alpha = cut(evidence.pixels(spec)[..., 3], spec["x"], spec["y"], box).astype(float)
    mask = cut(evidence.scenes.arrays[spec["mask"]], spec["x"], spec["y"], box).astype(float)
    assert np.abs(request.arrays["image"][..., 3] - alpha * mask / 255).max() <= 1
    assert "The layer mask of “masked” is being edited" in evidence.step("mask edited")["messages"]


def test_sent_a_filtered_layer_as_it_shows(evidence: Evidence) -> None:
    (layer,) = evidence.xcf("filtered").made()
    request = evidence.request(layer)
    shown = cut(evidence.png("filtered", "before"), 0, 0, covered(request))
    assert np.array_equal(request.arrays["image"], shown)
    plain = evidence.pixels(evidence.scene("filtered")["layers"][0])
    assert not np.array_equal(shown[..., :3], cut(plain, 0, 0, covered(request)))


def test_in_a_group_the_result_is_beside_its_source(evidence: Evidence) -> None:
    xcf = evidence.xcf("in a group")
    (layer,) = xcf.made()
    assert xcf.path_of("inner") == (1, 2)
    assert layer.path == (1, 1)


def test_variations_are_a_group_with_the_first_visible(evidence: Evidence) -> None:
    xcf = evidence.xcf("variations")
    made = xcf.made()
    assert [layer.visible for layer in made] == [True, False, False]
    assert [layer.path for layer in made] == [(0, 0), (0, 1), (0, 2)]
    assert [layer.note["result"]["seed"] for layer in made] == [7, 8, 9]
    assert len({layer.pixels.tobytes() for layer in made}) == 3
    for layer in made:
        check_layer(evidence, layer)
    (group,) = [layer for layer in xcf.layers if layer.is_group]
    assert group.name == "a blue ball" and group.note["job"] == made[0].note["job"]


def test_whole_layer_with_alpha_is_hidden(evidence: Evidence) -> None:
    assert not evidence.xcf("img2img alpha").layer("photo").visible
    assert not evidence.xcf("offset whole").layer("small").visible
    assert evidence.xcf("img2img part").layer("photo").visible
    assert evidence.xcf("img2img opaque").layer("opaque").visible


def test_outpaint_grows_the_canvas(evidence: Evidence) -> None:
    xcf = evidence.xcf("outpaint")
    assert (xcf.width, xcf.height) == (160 + 32, 120)
    assert evidence.png("outpaint", "after").shape == (120, 192, 4)
    twice = evidence.xcf("outpaint twice")
    assert (twice.width, twice.height) == (160 + 16 + 32, 120 + 24 + 8)
    assert origin_of(twice.parasites) == (16 + 32, 24)
    second, first = twice.made()
    assert evidence.request(second).message["document"]["width"] == 160 + 16
    bounds = evidence.result(first).message["bounds"]
    assert (first.x, first.y) == (bounds["x"] + 48, bounds["y"] + 24), "the second outpaint moved the first result"
    assert np.array_equal(first.pixels, evidence.result(first).arrays["image"])


def test_keep_to_selection_changes_nothing_outside(evidence: Evidence) -> None:
    (layer,) = evidence.xcf("kept").made()
    selection = evidence.scenes.arrays[evidence.scene("kept")["selection"]]
    canvas = {"x": 0, "y": 0, "width": 160, "height": 120}
    assert not cut(layer.mask, layer.x, layer.y, canvas)[selection == 0].any()


def test_huge_image_costs_its_crop(evidence: Evidence) -> None:
    """108 megapixels: the crop alone is read and sent, and it takes no longer than for a small image."""
    step = evidence.step("huge")
    (layer,) = evidence.xcf("huge").made()
    check_layer(evidence, layer)
    request = evidence.request(layer)
    assert request.message["document"]["width"] == 12000
    assert request.arrays["image"].nbytes < 8_000_000
    assert step["seconds"] < 15


@pytest.mark.parametrize("name", DEEP)
def test_images_of_every_depth_get_layers_of_theirs(evidence: Evidence, name: str) -> None:
    """The user's layer is untouched; where the new one is not shown, it holds the very numbers of the picture."""
    assert evidence.step(name)["ok"], evidence.step(name)["error"]
    scene, xcf = evidence.scene(name), evidence.xcf(name)
    (spec,) = scene["layers"]
    stored, base = evidence.pixels(spec), xcf.layer(name)
    assert base.pixels.dtype == stored.dtype and np.array_equal(base.pixels, stored)
    (layer,) = xcf.made()
    check_layer(evidence, layer)
    request, result = evidence.request(layer), evidence.result(layer)
    is_linear = scene["precision"].partition("_")[2] == "LINEAR"
    assert ("icc" in request.arrays) == (scene["profile"] is not None or is_linear)
    if "icc" in request.arrays:
        assert np.array_equal(result.arrays["icc"], request.arrays["icc"])
    assert result.arrays["image"].dtype == request.arrays["image"].dtype
    procedure = scene["steps"][0]["procedure"]
    if procedure != "txt2img":
        original = with_alpha(as_type(stored, request.arrays["image"].dtype))
        there = cut(original, 0, 0, result.message["bounds"])
        hidden = result.arrays["mask"] == 0
        assert hidden.any() or procedure != "inpaint"
        assert np.array_equal(result.arrays["image"][hidden], there[hidden])


@pytest.mark.parametrize("name", ["kept at 16 bit", "kept in linear float"])
def test_colors_are_kept_by_an_edit_that_hardly_changes_them(evidence: Evidence, name: str) -> None:
    """In linear sRGB, by the image's profile: much nearer than what the numbers would mean without it."""
    (spec,) = evidence.scene(name)["layers"]
    (layer,) = evidence.xcf(name).made()
    request = evidence.request(layer)
    icc = request.arrays["icc"].tobytes()
    wanted, got = meaning(evidence.pixels(spec), icc, False), meaning(layer.pixels, icc, True)
    misread = np.abs(meaning(evidence.pixels(spec), None, False) - wanted).max(axis=2)
    assert misread.max() > MODEL_ERROR
    for x, y in ((64, 64), (192, 64), (64, 192), (192, 192)):
        inner = np.s_[y - 24 : y + 24, x - 24 : x + 24]
        off = np.abs(got[inner].mean((0, 1)) - wanted[y, x]).max()
        assert off < MODEL_ERROR and (misread[y, x] < MODEL_ERROR or off < misread[y, x] / 2), (x, y, off)


def test_again_repeats_with_another_seed(evidence: Evidence) -> None:
    """Nothing is selected any more: the selection that the first result was made with is used."""
    newest, middle, first = evidence.xcf("again").made()
    seeds = {layer.note["result"]["seed"] for layer in (newest, middle, first)}
    assert len(seeds) == 3
    for layer in (newest, middle, first):
        check_layer(evidence, layer)
        request = evidence.request(layer)
        assert request.message["params"]["prompt"] == "a red ball"
        assert np.array_equal(request.arrays["mask"], evidence.request(first).arrays["mask"])
        assert np.array_equal(request.arrays["image"], evidence.request(first).arrays["image"])
    assert newest.path < middle.path < first.path, "newer ones lie above"


def test_again_does_not_see_what_it_repeats(evidence: Evidence) -> None:
    newest, first = evidence.xcf("again visible").made()
    assert np.array_equal(evidence.request(newest).arrays["image"], evidence.request(first).arrays["image"])


def test_last_values_take_the_last_prompt_and_a_new_seed(evidence: Evidence) -> None:
    newest, first = evidence.xcf("last values").made()
    assert newest.note["parameters"]["prompt"] == first.note["parameters"]["prompt"] == "a green ball"
    assert newest.note["result"]["seed"] != first.note["result"]["seed"]


def test_unread_words_are_named(evidence: Evidence) -> None:
    assert "word119" in evidence.step("long prompt")["messages"]


def test_the_users_layer_stays_selected(evidence: Evidence) -> None:
    for name in ("inpaint", "variations", "visible", "outpaint"):
        assert evidence.report[name]["selected"] == [evidence.scene(name)["drawables"][0]]


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_say_what_to_do(evidence: Evidence, name: str) -> None:
    step = evidence.step(name)
    assert not step["ok"]
    assert REFUSED[name] in step["error"]
    assert not evidence.report[name]["leaked_images"]


def test_a_channel_is_no_layer(evidence: Evidence) -> None:
    assert "A channel is selected. Select a layer" in evidence.step("a channel", 1)["error"]


def test_a_selected_channel_stays_selected(evidence: Evidence) -> None:
    assert evidence.step("a channel and all visible", 1)["ok"]
    assert evidence.report["a channel and all visible"]["selected"] == ["c"]
    (layer,) = evidence.xcf("a channel and all visible").made()
    check_layer(evidence, layer)


def check_layer(evidence: Evidence, layer: XcfLayer) -> None:
    """A layer in the file is the result in the spool: pixels, mask, place, name, parasite."""
    result, request = evidence.result(layer), evidence.request(layer)
    bounds = result.message["bounds"]
    ox, oy = (int(number) for number in layer.note["origin"].split(","))
    margins = request.message["params"].get("margins") or {"left": 0, "top": 0}
    expected = (bounds["x"] + margins["left"], bounds["y"] + margins["top"])
    assert (layer.x, layer.y) == expected, f"origin {ox}, {oy}"
    assert layer.pixels.shape[:2] == (bounds["height"], bounds["width"])
    assert are_nearest(layer.pixels, result.arrays["image"])
    assert np.array_equal(np.rint(to_unit(layer.mask) * 255), result.arrays["mask"])
    assert layer.mask.any()
    note = layer.note
    assert note["result"]["seed"] == result.message["seed"]
    prompt = request.message["params"].get("prompt", "")  # Remove has none
    assert note["result"]["request"]["params"].get("prompt", "") == prompt
    if prompt:
        assert note["result"]["model"]["hash"]
    else:
        assert note["result"]["model"] is None, "filled by example"
    assert layer.name[:7] == (prompt[:7] or "Removed")


def origin_of(parasites: dict[str, bytes]) -> tuple[int, int]:
    x, y = parasites.get("layerbridge-origin", b"0,0").decode().split(",")
    return int(x), int(y)
