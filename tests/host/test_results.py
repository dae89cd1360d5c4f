from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.graph.graph import Flatten, Graph, MaxPool2d, Tensor
from hawx_hw.host.results import classify


def graph(*shape: int) -> Graph:
    """A network whose output has a shape; codes are half numbers above -3."""
    size = int(np.prod(shape))
    source = Tensor(shape if len(shape) == 3 else (size, 1, 1), 0.5, -3)
    node = (
        Flatten("out", ("in",))
        if len(shape) == 1
        else MaxPool2d("out", ("in",), kernel=(1, 1), stride=(1, 1))
    )
    return Graph("g", "in", (node,), {"in": source, "out": Tensor(shape, 0.5, -3)})


def test_a_vector_has_a_class() -> None:
    result = classify(bytes([3, 0xFD, 7, 7]), graph(4))
    assert result.codes.tolist() == [3, -3, 7, 7]
    assert result.logits.tolist() == [3.0, 0.0, 5.0, 5.0]
    assert result.label == 2


def test_a_map_has_its_channels_apart_and_no_class() -> None:
    result = classify(bytes(range(12)), graph(3, 2, 2))
    assert result.codes.tolist() == [
        [[0, 3], [6, 9]],
        [[1, 4], [7, 10]],
        [[2, 5], [8, 11]],
    ]
    assert result.label is None


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="must have 4 bytes, not 3"):
        classify(b"abc", graph(4))
