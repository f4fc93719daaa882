"""Using a picture of another size: as a new image, or as a layer that is scaled to its place. Main thread only."""

from __future__ import annotations

from collections.abc import Sequence

from gi.repository import Gimp

from .apply import Anchor, Inserted, attach, bounds_now, inserting, position_above
from .artifacts import Picture
from .depth import depth_of
from .pixels import filled_layer, image_like, new_layer


def open_pictures(source: Gimp.Image | None, found: Sequence[Picture]) -> list[Gimp.Image]:
    """New images, not shown yet, in the pictures' own mode, depth and profile; of the source's resolution."""
    return [_new_image(source, picture) for picture in found]


def insert_pictures(anchor: Anchor, found: Sequence[Picture]) -> Inserted:
    """Layers that cover what the pictures show, also where the canvas grew meanwhile. One undo step."""
    with inserting(anchor) as (above, notices):
        layers = [_insert(anchor, above, picture) for picture in found]
    return Inserted(layers, notices)


def _new_image(source: Gimp.Image | None, picture: Picture) -> Gimp.Image:
    image = image_like(picture, *picture.size)
    if source is not None and source.is_valid():
        _ok, horizontal, vertical = source.get_resolution()
        image.set_resolution(horizontal, vertical)
    image.insert_layer(filled_layer(image, picture, depth_of(image)), None, 0)
    return image


def _insert(anchor: Anchor, above: Gimp.Layer | None, picture: Picture) -> Gimp.Layer:
    image, bounds = anchor.image, bounds_now(anchor, picture.bounds)
    layer = new_layer(image, picture)
    image.insert_layer(layer, *position_above(image, above))
    if picture.size != (bounds.width, bounds.height):
        Gimp.context_push()
        try:
            Gimp.context_set_interpolation(Gimp.InterpolationType.CUBIC)
            layer.scale(bounds.width, bounds.height, False)
        finally:
            Gimp.context_pop()
    layer.set_offsets(bounds.x, bounds.y)
    attach(layer, picture.note)
    return layer
