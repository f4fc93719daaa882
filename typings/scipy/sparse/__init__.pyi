"""What Layerbridge uses of scipy.sparse, which brings no types."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

class csr_array:  # noqa: N801
    data: NDArray[np.floating[Any]]
    indices: NDArray[np.int32]
    indptr: NDArray[np.int32]
    shape: tuple[int, int]

    def __init__(
        self,
        content: tuple[NDArray[np.floating[Any]], NDArray[np.int32], NDArray[np.int32]] | NDArray[np.float64],
        shape: tuple[int, int] | None = None,
    ) -> None: ...
    def __matmul__(self, vector: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]: ...
    def astype(self, dtype: type[np.float32]) -> csr_array: ...
    def diagonal(self) -> NDArray[np.floating[Any]]: ...
    def setdiag(self, values: NDArray[np.floating[Any]]) -> None: ...
    def toarray(self) -> NDArray[np.floating[Any]]: ...
