"""Arrays of images: every layout and number that is understood gives the same pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawx_hw.datasets.pixel_arrays import pixels
from hawx_hw.datasets.reading import Reading
from hawx_hw.errors import UserError

RNG = np.random.default_rng(0)


def one(array: np.ndarray, reading: Reading | None = None) -> tuple[np.ndarray, tuple[str, ...]]:
    images, notes = pixels({"x": array}, reading or Reading(), "f")
    return images["x"], notes


@st.composite
def images(draw: st.DrawFn) -> np.ndarray:
    """uint8 (n, C, H, W) that uses the whole range; no other axis is as short as channels."""
    count, channels = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    height, width = draw(st.integers(5, 9)), draw(st.integers(5, 9))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    array = rng.integers(0, 256, (count, channels, height, width)).astype(np.uint8)
    array.flat[:2] = 0, 255
    return array


#: What a file may have in place of a pixel, and the range of it where it must be stated.
NUMBERS = {
    "uint8": (lambda x: x, None),
    "int16": (lambda x: x.astype(np.int16), None),
    "uint16": (lambda x: x.astype(np.uint16), None),
    "int64": (lambda x: x.astype(np.int64), None),
    "big-endian int32": (lambda x: x.astype(">i4"), None),
    "float32 to 255": (lambda x: x.astype(np.float32), None),
    "float16 to 255": (lambda x: x.astype(np.float16), None),
    "float64 to 1": (lambda x: x / 255, None),
    "float32 to 1": (lambda x: (x / 255).astype(np.float32), None),
    "-1 to 1": (lambda x: (x / 127.5 - 1).astype(np.float32), (-1.0, 1.0)),
    "inverted": (lambda x: 255 - x, (255.0, 0.0)),
    "int8": (lambda x: (x.astype(int) - 128).astype(np.int8), (-128.0, 127.0)),
    "uint16 of 16 bits": (lambda x: x.astype(np.uint16) * 257, (0.0, 65535.0)),
}


@given(images(), st.sampled_from([*NUMBERS]), st.sampled_from(["NCHW", "NHWC", "flat"]))
def test_every_form_gives_the_same_pixels(array: np.ndarray, form: str, layout: str) -> None:
    convert, bounds = NUMBERS[form]
    stored = convert(array)
    shape = None
    if layout == "NHWC":
        stored = stored.transpose(0, 2, 3, 1)
    if layout == "flat":
        stored, shape = stored.reshape(len(stored), -1), array.shape[1:]
    result, notes = one(stored, Reading(range=bounds, shape=shape))
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, array)
    assert not any("rounded" in note for note in notes)


def test_images_without_channels() -> None:
    array = RNG.integers(0, 256, (4, 3, 9)).astype(np.uint8)
    np.testing.assert_array_equal(one(array)[0][:, 0], array)
    flat = array.reshape(4, -1)
    np.testing.assert_array_equal(one(flat, Reading(shape=(3, 9)))[0][:, 0], array)
    assert one(flat, Reading(shape=(9, 1, 3), layout="NHWC"))[0].shape == (4, 3, 9, 1)


def test_booleans_are_black_and_white() -> None:
    result, notes = one(np.array([[[True, False]]]))
    assert result.tolist() == [[[[255, 0]]]]
    assert notes == ("Numbers from 0 to 1 are pixels from 0 to 255.",)


def test_rounding_is_reported() -> None:
    result, notes = one(np.array([[[0.0, 0.25, 0.7, 1.0]]]))
    assert result.flatten().tolist() == [0, 64, 178, 255]
    assert notes == (
        "Numbers from 0 to 1 are pixels from 0 to 255.",
        "Pixels are rounded to whole numbers, which changes them by 0.50.",
    )
    assert one(np.array([[[0.0, 100.25]]]))[1] == (
        "Pixels are rounded to whole numbers, which changes them by 0.25.",
    )


RANGE = "State network.reading.range: the numbers that are black and white"
F = np.float32


@pytest.mark.parametrize(
    ("array", "reading", "message"),
    [
        (
            np.array([[[0, 16]]]),
            {},
            f"x: the numbers are from 0 to 16, of which more than one range is possible. {RANGE}",
        ),
        (np.array([[[0.0, 1.0]]]), {}, "x: the numbers are from 0 to 1, of which more than one"),
        (np.array([[[0.5, 1.7]]]), {}, "x: the numbers are from 0.5 to 1.7, of which more than"),
        (np.array([[[0, 1]]]), {}, "x: the numbers are from 0 to 1, of which more than one range"),
        (np.array([[[-2.1, 2.6]]]), {}, "x: the numbers are from -2.1 to 2.6, which are no pixels"),
        (np.array([[[0, 256]]]), {}, "x: the numbers are from 0 to 256, which are no pixels"),
        (np.array([[[-1, 99]]], dtype=np.int8), {}, "x: the numbers are from -1 to 99, which are"),
        (np.array([[[0.5, 1.7]]]), {"range": (0, 1)}, "outside of the range [0, 1]. Correct it"),
        (
            np.array([[[1, np.nan]], [[1, 2]]]),
            {},
            "A pixel of x is no number (NaN); the first is in image 0.",
        ),
        (
            np.array([[[1, 2]], [[1, np.inf]]], F),
            {},
            "A pixel of x is infinite; the first is in image 1.",
        ),
        (np.array([[["a"]]]), {}, "x must hold numbers, not <U1."),
        (np.array([[[1j]]]), {}, "x must hold numbers, not complex128."),
        (np.zeros((2, 0, 3), F), {}, "x holds no pixel: its shape is (2, 0, 3)."),
        (
            np.zeros((9, 784), np.uint8),
            {},
            "The images of x are flattened: its shape is (9, 784). State network.reading.shape, "
            "such as [28, 28]",
        ),
        (
            np.zeros((9, 784), np.uint8),
            {"shape": (28, 29)},
            "network.reading.shape: f: An image of x has 784 numbers, which have not the shape "
            "[28, 29].",
        ),
        (
            np.zeros((9, 3, 5, 3), np.uint8),
            {},
            "The channel axis of x cannot be derived from its shape (9, 3, 5, 3). State "
            "network.reading.layout",
        ),
        (
            np.zeros((9, 5, 5, 5), np.uint8),
            {},
            "The channel axis of x cannot be derived from its shape",
        ),
        (np.zeros(9, np.uint8), {}, "x must be of shape (n, H, W)"),
        (np.zeros((1, 1, 1, 2, 2), np.uint8), {}, "x must be of shape (n, H, W)"),
    ],
)
def test_what_is_asked_for(array: np.ndarray, reading: dict[str, object], message: str) -> None:
    with pytest.raises(UserError) as caught:
        one(array, Reading(**reading))  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_a_stated_layout_decides() -> None:
    array = RNG.integers(0, 256, (2, 3, 5, 3)).astype(np.uint8)
    np.testing.assert_array_equal(one(array, Reading(layout="NCHW"))[0], array)
    expected = array.transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(one(array, Reading(layout="NHWC"))[0], expected)


def test_parts_share_one_range() -> None:
    """Dark images for test are not taken for another range than those for training."""
    train, test = np.array([[[0.0, 200.0]]]), np.array([[[0.0, 1.0]]])
    images, _ = pixels({"x": train, "x_test": test}, Reading(), "f")
    assert images["x_test"].flatten().tolist() == [0, 1]
    with pytest.raises(UserError, match="of different types: x float64 and x_test uint8"):
        pixels({"x": train, "x_test": test.astype(np.uint8)}, Reading(), "f")


def test_large_arrays_are_converted_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    array = RNG.integers(0, 256, (7, 5, 5)).astype(np.uint8)
    monkeypatch.setattr("hawx_hw.datasets.pixel_arrays._BATCH", 60)
    np.testing.assert_array_equal(one(array / 255)[0][:, 0], array)
    broken = array / 255
    broken[6, 0, 0] = np.nan
    with pytest.raises(UserError, match="the first is in image 6"):
        one(broken)
