"""Units, against what they are by words: rows, columns, channels, and filters sorted by scores."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.assignment.units import filter_groups, kernel_slices
from hawx_hw.graph.graph import Conv2d, Graph, Requantization, Tensor
from tests.search.small import small_graph


def convolution(channels: int) -> Graph:
    """A convolution of 3 x 5 taps of so many channels."""
    weight = np.ones((2, channels, 3, 5), dtype=np.int8)
    rule = Requantization(np.full(2, 20_000), 20, zero_point=0)
    node = Conv2d("b", ("x",), weight, np.zeros(2, dtype=np.int32), rule)
    tensors = {"x": Tensor((channels, 4, 6), 1.0, 0), "b": Tensor((2, 2, 2), 1.0, 0)}
    return Graph("convolution", "x", (node,), tensors)


@pytest.mark.parametrize(
    ("slices", "axis"), [("channels", 0), ("rows", 1), ("columns", 2)], ids=str
)
def test_a_slice_is_all_taps_of_one_index(slices: str, axis: int) -> None:
    of_layer = kernel_slices(convolution(4), "kernel", slices)
    assert list(of_layer) == ["b"]
    part = of_layer["b"]
    assert part.shape == (4, 3, 5) and part.dtype == np.int64
    for at in np.ndindex(part.shape):
        assert part[at] == at[axis]


def test_channels_are_divided_into_equal_parts() -> None:
    def parts(channels: int, count: int) -> list[int]:
        slices = kernel_slices(convolution(channels), "kernel", "channels", count)["b"]
        assert (slices == slices[:, :1, :1]).all()
        return slices[:, 0, 0].tolist()

    assert parts(6, 3) == [0, 0, 1, 1, 2, 2]
    assert parts(5, 2) == [0, 0, 0, 1, 1]
    assert parts(3, 4) == [0, 1, 2]
    assert parts(7, 1) == [0] * 7


@pytest.mark.parametrize("granularity", ["layer", "filter"])
def test_other_units_have_no_slices(granularity: str) -> None:
    assert kernel_slices(small_graph(), granularity, "columns") == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bit",), "granularity must be one of layer, filter, kernel, not 'bit'"),
        (("kernel", "bits"), "slices must be one of rows, columns, channels, not 'bits'"),
        (("kernel", "channels", 0), "There must be at least one part, not 0"),
    ],
)
def test_refuses_other_slices(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kernel_slices(small_graph(), *arguments)


def test_groups_hold_filters_that_tolerate_alike() -> None:
    # The ranks are 4 2 3 1 and 4 1 3 2, and no matter how large scores are, or what exact ones are.
    scores = np.array([[0, 9.0, 800], [9, 2.0, 1], [0, 3.0, 70], [5, 1.0, 2]])
    assert filter_groups(scores, 2).tolist() == [1, 0, 1, 0]
    assert filter_groups(scores, 4).tolist() == [3, 0, 2, 1]
    assert filter_groups(scores, 9).tolist() == [3, 0, 2, 1]
    assert filter_groups(scores, 1).tolist() == [0] * 4


def test_groups_differ_by_one_filter_at_most() -> None:
    scores = np.random.default_rng(0).random((23, 4))
    for count in range(1, 24):
        sizes = np.bincount(filter_groups(scores, count))
        assert len(sizes) == count and sizes.max() - sizes.min() <= 1


def test_of_equal_filters_the_first_tolerate_most() -> None:
    assert filter_groups(np.zeros((6, 3)), 3).tolist() == [0, 0, 1, 1, 2, 2]
    with pytest.raises(ValueError, match="at least one part, not 0"):
        filter_groups(np.zeros((6, 3)), 0)
