"""Tests of the training alone; nothing asks a model hub."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when huggingface_hub is imported, so before any test module
