"""What Layerbridge uses of scipy.fft, which brings no types."""

from typing import Any

from numpy.typing import NDArray

def dctn(x: NDArray[Any], *, axes: tuple[int, ...], norm: str) -> NDArray[Any]: ...
def idctn(x: NDArray[Any], *, axes: tuple[int, ...], norm: str) -> NDArray[Any]: ...
