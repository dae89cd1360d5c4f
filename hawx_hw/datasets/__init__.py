"""Data sets: images as uint8 and labels, in fixed splits for training, calibration and test."""

from __future__ import annotations

from hawx_hw.datasets.dataset import Dataset, Split
from hawx_hw.datasets.options import Options, options_of
from hawx_hw.datasets.parts import Counts
from hawx_hw.datasets.registry import (
    NAMES,
    configured_files,
    counts,
    files,
    files_of,
    image_count,
    load,
    load_validation,
    select_count,
    sizes,
)

__all__ = [
    "NAMES",
    "Counts",
    "Dataset",
    "Options",
    "Split",
    "configured_files",
    "counts",
    "files",
    "files_of",
    "image_count",
    "load",
    "load_validation",
    "options_of",
    "select_count",
    "sizes",
]
