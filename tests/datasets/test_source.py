"""A source names its labels, for errors."""

from __future__ import annotations

import numpy as np

from hawx_hw.datasets.labels import Labels
from hawx_hw.datasets.source import Source


def test_names_of_labels() -> None:
    labels = {"train": Labels(np.array([0]))}
    named = Source("s", "f", labels, lambda *_: ({}, ()), label_keys={"train": "y_train"})
    assert named.label_key("train") == "y_train"
    assert Source("s", "f", labels, lambda *_: ({}, ())).label_key("train") == "The folder"
