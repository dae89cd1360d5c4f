import numpy as np
import pytest

from hawx_hw.importing.onnx_files.values import (
    BATCH,
    CodeFormat,
    ConstantCodes,
    Feature,
    ViewError,
    natural,
)

MAP = Feature("conv", (4, 3, 5), natural((4, 3, 5)), 1)


def test_a_map():
    assert MAP.file_shape == (1, 4, 3, 5)
    assert MAP.is_map
    assert MAP.channel_axis() == 1
    assert natural((4, 1, 5)) == (BATCH, ("c",), (), ("w",))


def test_transposed_and_flattened():
    last = MAP.transposed((0, 2, 3, 1), "t")
    assert last.file_shape == (1, 3, 5, 4)
    assert not last.is_map
    assert last.channel_axis() == 3
    flat = last.reshaped((1, 60), "r")
    assert flat.axes == (BATCH, ("h", "w", "c"))
    assert flat.reshaped((1, 15, 4), "").axes == (BATCH, ("h", "w"), ("c",))
    assert last.transposed((0, 3, 1, 2), "").is_map


def test_reshapes_that_are_no_views():
    for dims in ((1, 2, 30), (1, 8, 10), (1, 3, 20), (2, 30), (61,)):
        with pytest.raises(ViewError, match="reshapes"):
            MAP.reshaped(dims, "")
    with pytest.raises(ViewError, match="orders 4 axes"):
        MAP.transposed((0, 1, 2, 2), "")


def test_axes_of_length_one():
    pooled = Feature("pool", (4, 1, 1), natural((4, 1, 1)), 1)
    vector = pooled.reshaped((1, 4), "")
    assert vector.axes == (BATCH, ("c",))
    assert vector.reshaped((1, 4, 1, 1), "").is_map
    assert pooled.transposed((0, 2, 3, 1), "").reshaped((1, 4), "").axes == vector.axes


def test_a_fixed_batch():
    images = Feature("conv", (4, 3, 5), natural((4, 3, 5)), 8)
    assert images.file_shape == (8, 4, 3, 5)
    assert images.reshaped((8, 60), "").axes == (BATCH, ("c", "h", "w"))
    for dims in ((480,), (4, 120), (1, 480)):
        with pytest.raises(ViewError, match="across the batch"):
            images.reshaped(dims, "")


def test_padding_counts():
    padded = Feature("conv", (4, 3, 5), MAP.axes, 1, padding=(1, 2, 3, 4))
    assert padded.file_shape == (1, 4, 7, 11)
    with pytest.raises(ViewError):
        padded.reshaped((1, 308), "")


def test_codes():
    assert CodeFormat("uint8", None).offset == 128
    assert CodeFormat("int8", None).offset == 0
    codes = ConstantCodes(np.arange(6).reshape(2, 3), np.array([1.0, 2.0]), 0)
    turned = codes.transposed((1, 0))
    assert turned.axis == 1
    np.testing.assert_array_equal(turned.codes, codes.codes.T)
