"""Data sets: images as uint8 and labels, in fixed splits for training, calibration and test."""

from __future__ import annotations

from hawx_hw.datasets.dataset import Dataset, Split
from hawx_hw.datasets.registry import NAMES, files, load, load_validation, select_count, sizes

__all__ = [
    "NAMES",
    "Dataset",
    "Split",
    "files",
    "load",
    "load_validation",
    "select_count",
    "sizes",
]
