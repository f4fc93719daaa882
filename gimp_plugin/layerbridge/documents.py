"""How History knows an image: by its file, and by a note in the image of the names its jobs were sent under."""

from __future__ import annotations

import hashlib
import json
import os
import uuid

from gi.repository import Gimp, Gio

NAMES_PARASITE = "layerbridge-documents"
UNTITLED = "untitled-"
PERSISTENT = 1  # GIMP_PARASITE_PERSISTENT: saved with the image, and no undo step
MOST_NAMES = 16  # an image is saved under a new name now and then; the newest are kept


def document_id(image: Gimp.Image) -> str:
    """The name that jobs of this image are sent under: a hash of its file, or where it has none, one of its own."""
    file = image_file(image)
    if file is not None:
        return hashlib.sha256(file.get_uri().encode("utf-8")).hexdigest()[:24]
    untitled = [name for name in _noted(image) if name.startswith(UNTITLED)]
    return untitled[-1] if untitled else f"gimp-{os.getppid()}-{image.get_id()}"


def note_document(image: Gimp.Image) -> None:
    """Note the name in the image: it is found again where it is saved for the first time, renamed or moved."""
    noted, name = _noted(image), document_id(image)
    if name in noted:
        return
    if image_file(image) is None:
        name = f"{UNTITLED}{uuid.uuid4().hex[:20]}"
    data = json.dumps([*noted, name][-MOST_NAMES:]).encode("ascii")
    image.attach_parasite(Gimp.Parasite.new(NAMES_PARASITE, PERSISTENT, data))


def document_ids(image: Gimp.Image) -> list[str]:
    """Every name that jobs of this image may have been sent under."""
    return list(dict.fromkeys([document_id(image), *reversed(_noted(image))]))


def image_file(image: Gimp.Image) -> Gio.File | None:
    """Where the image was saved, or came from."""
    return image.get_xcf_file() or image.get_file()


def _noted(image: Gimp.Image) -> list[str]:
    """Oldest first."""
    parasite = image.get_parasite(NAMES_PARASITE)
    if parasite is None:
        return []
    try:
        names = json.loads(bytes(parasite.get_data()))
    except ValueError:
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
