"""What a model that edits by instruction is told for each task."""

from __future__ import annotations

_KEPT = "Keep everything else as it is."


def instruction(task: str, prompt: str, *, selected: bool) -> str:
    """The sentence for a task of TaskOption. prompt: the user's own sentence, or the object it is about; empty: the one
    that is selected. selected: whether the crop lies around a selection, so that its middle is what is meant.
    """
    said = prompt.strip()
    thing = said.rstrip(" .!")
    chosen = "the object in the middle of the picture" if selected else "the main object"
    where = " in the middle of the picture" if selected else ""
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
