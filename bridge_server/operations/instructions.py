"""What a model that edits by instruction is told for each task."""

from __future__ import annotations

_KEPT = "Keep everything else as it is."


def place_of(x: float, y: float) -> str:
    """Where a point of a picture is, 0 to 1 from its left and its top, as a sentence says it."""
    across = "left" if x < 1 / 3 else "right" if x > 2 / 3 else ""
    down = "upper" if y < 1 / 3 else "lower" if y > 2 / 3 else ""
    if not across and not down:
        return "in the middle of the picture"
    return f"in the {' '.join(word for word in (down, across) if word)} part of the picture"


def instruction(task: str, prompt: str, place: str) -> str:
    """The sentence for a task of TaskOption. prompt: the user's own sentence, or the object it is about; empty: the one
    that is selected. place: where in the crop the selection is; "": nothing is selected.
    """
    said = prompt.strip()
    thing = said.rstrip(" .!")
    chosen = f"the object {place}" if place else "the main object"
    where = f" {place}" if place else ""
    match task:
        case "add":
            return f"Add {thing}{where}. {_KEPT}"
        case "replace":
            return f"Replace {chosen} with {thing}. {_KEPT}"
        case "remove":
            return f"Remove {thing or chosen} and show what is behind it. {_KEPT}"
        case "harmonize":
            text = f"Make {thing or chosen} fit into the scene: match its light, shadows, contrast and colors to what"
            return f"{text} is around it. Keep its shape. {_KEPT}"
        case _:
            return said
