"""Whether the tensors of a request frame are those that its message announces and its operation reads."""

from __future__ import annotations

from ..errors import BridgeError, ErrorCode
from ..families.references import reference_roles
from ..operations.base import SHOWN_TO_A_MODEL
from ..operations.mentions import mentioned
from ..operations.table import text_options, ui_of
from ..operations.ui import pairs_of
from ..plan.limits import MAX_CROP_PIXELS
from ..plan.profile_names import check_name
from ..protocol.envelope import Box, Input, JobRequest
from ..protocol.frame import FrameHeader, TensorSpec
from ..protocol.limits import MAX_PROFILE_BYTES

UNKNOWN_LAYER = (
    "The prompt mentions the layer “{name}”, and no reference of that name came along. Write the layer's name as it is "
    "in the layers list, or choose the layer as a reference."
)
MAX_ENCODED_BYTES = 512 * 2**20  # a PNG of 256 megapixels of a photograph
ICC = "icc"


def check_tensors(request: JobRequest, header: FrameHeader) -> None:
    """Raises invalid_request, too_many_pixels, empty_selection or unsupported, with the role and what it should be.

    What paints without a picture takes an `image` all the same: the result is in its profile and, where its tensor
    comes along, of its depth and channels.
    """
    spec, tensors = request.spec, header.tensors
    _check_size(request.bounds)
    for name in tensors:
        if name != ICC and name not in request.inputs:
            raise BridgeError(ErrorCode.INVALID_REQUEST, f"{name}: the tensor is sent, and inputs do not have it.")
    for role, given in request.inputs.items():
        is_example = role == "image" and role not in spec.inputs and spec.planner is not None
        if role not in spec.inputs and not is_example:
            raise BridgeError(ErrorCode.INVALID_REQUEST, f"inputs.{role}: {request.operation} reads no {role}.")
        tensor = tensors.get(role)
        if tensor is not None:
            _check_input(role, given, tensor)
        elif given.media_type is not None or (not is_example and not spec.needs(role)):
            raise BridgeError(ErrorCode.INVALID_REQUEST, f"inputs.{role}: its tensor is not there.")
        _check_profile(role, given, tensors)
    for role in spec.inputs:
        if spec.needs(role) and not (role in request.inputs and role in tensors):
            what = {"image": "the picture", "mask": "the selection"}.get(role, f"the input {role}")
            raise BridgeError(ErrorCode.INVALID_REQUEST, f"{role}: {request.operation} needs {what}.")
    icc = tensors.get(ICC)
    if icc is not None and (len(icc.shape) != 1 or icc.dtype != "U8" or icc.nbytes > MAX_PROFILE_BYTES):
        raise _wrong(ICC, icc.shape, f"U8, of one dimension and at most {MAX_PROFILE_BYTES} bytes")
    if request.bounds.width == 0 or request.bounds.height == 0:
        raise BridgeError(ErrorCode.EMPTY_SELECTION, "bounds is empty: there is nothing to paint.")


def check_mentions(request: JobRequest) -> None:
    """Raises BridgeError (invalid_request) where the prompt mentions a layer that did not come along. Of an operation
    that shows a model no references, such names are words.
    """
    if not any(spec.shown_when == SHOWN_TO_A_MODEL for spec in request.spec.inputs.values()):
        return
    names = {request.inputs[role].name for role in reference_roles(request.inputs)}
    missing = next((name for name in mentioned(request.options.prompt) if name not in names), None)
    if missing is not None:
        raise BridgeError(ErrorCode.INVALID_REQUEST, UNKNOWN_LAYER.format(name=missing[:100]))


def check_texts(request: JobRequest) -> None:
    """Raises BridgeError (invalid_request) where a text is empty that only some values of another option need not."""
    for name in text_options(request.spec):
        ui = ui_of(request.spec, name)
        free = any(getattr(request.own, option) == value for option, value in pairs_of(ui.optional_with))
        if ui.required and ui.optional_with and not free and not getattr(request.own, name).strip():
            raise BridgeError(ErrorCode.INVALID_REQUEST, f"{name}: {request.operation} needs one.")


def _check_size(box: Box) -> None:
    if box.width * box.height > MAX_CROP_PIXELS:
        raise BridgeError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The crop has {box.width * box.height / 2**20:.0f} megapixels; {MAX_CROP_PIXELS >> 20} is the limit. "
            "Select a smaller area, or scale the image down.",
        )


def _check_input(role: str, given: Input, tensor: TensorSpec) -> None:
    if given.media_type is not None:
        _check_encoded(role, given, tensor)
        return
    if given.bounds is None:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"inputs.{role}.bounds: is missing.")
    box, shape = given.bounds, tensor.shape
    _check_size(box)
    if role == "mask":
        if shape != (box.height, box.width) or tensor.dtype != "U8":
            raise _wrong(role, shape, f"U8 [{box.height}, {box.width}] as bounds says")
    elif len(shape) != 3 or shape[:2] != (box.height, box.width) or not 1 <= shape[2] <= 4:
        raise _wrong(role, shape, f"[{box.height}, {box.width}, 1 to 4] as bounds says")


def _check_encoded(role: str, given: Input, tensor: TensorSpec) -> None:
    """The file itself is not opened here: the worker does."""
    if role == "mask":
        raise BridgeError(ErrorCode.UNSUPPORTED, "inputs.mask: a selection is sent as pixels, not as a file.")
    if given.bounds is not None:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"inputs.{role}.bounds: an encoded picture has none.")
    if len(tensor.shape) != 1 or tensor.dtype != "U8" or not 0 < tensor.nbytes <= MAX_ENCODED_BYTES:
        raise _wrong(role, tensor.shape, f"U8, the 1 to {MAX_ENCODED_BYTES} bytes of a {given.media_type} file")


def _check_profile(role: str, given: Input, tensors: dict[str, TensorSpec]) -> None:
    if given.profile is not None and role == "mask":
        raise BridgeError(ErrorCode.INVALID_REQUEST, "inputs.mask.profile: a selection has no colors.")
    if given.profile == ICC:
        if ICC not in tensors:
            raise BridgeError(
                ErrorCode.INVALID_REQUEST, "profile: is “icc”, and there is no tensor icc with the profile."
            )
    elif given.profile is not None:
        tensor = tensors.get(role)
        check_name(given.profile, tensor.shape[2] <= 2 if tensor is not None and len(tensor.shape) == 3 else None)


def _wrong(name: str, shape: tuple[int, ...], expected: str) -> BridgeError:
    return BridgeError(ErrorCode.INVALID_REQUEST, f"{name}: has shape {list(shape)}; it must be {expected}.")
