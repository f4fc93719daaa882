"""Read by every Python of a frozen daemon at its start: its workers compute with one thread, and in single precision
on every CPU. Torch is told here since there is no setting for it.
"""

import sys

if any(word.endswith("worker.main") for word in sys.orig_argv):
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    torch.cpu._is_avx512_bf16_supported = lambda: False
