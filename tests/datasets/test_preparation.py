"""Preparation of images: equal to Pillow on whole images, and to plain rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from hawx_hw.datasets.preparation import Fit, Preparation, grey, resized
from hawx_hw.errors import UserError
from tests.datasets.images import noise

LENGTH = st.integers(1, 40)


def as_pillow(image: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))


def as_array(image: Image.Image) -> np.ndarray:
    return np.asarray(image).transpose(2, 0, 1)


def test_grey_is_that_of_pillow() -> None:
    values = noise(1, 3, 100, 100)
    values[0, :, 0, :3] = [[0, 255, 254], [255, 0, 1], [0, 255, 128]]
    expected = np.asarray(as_pillow(values[0]).convert("L"))
    np.testing.assert_array_equal(grey(values)[0, 0], expected)
    np.testing.assert_array_equal(grey(np.repeat(values[:, :1], 3, axis=1)), values[:, :1])
    assert len(grey(values[:0])) == 0


def test_grey_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    values = noise(5, 3, 4, 4)
    expected = grey(values)
    monkeypatch.setattr("hawx_hw.datasets.preparation._BATCH", 40)
    np.testing.assert_array_equal(grey(values), expected)


@given(LENGTH, LENGTH, LENGTH, LENGTH)
def test_stretch_is_that_of_pillow(height: int, width: int, high: int, wide: int) -> None:
    images = noise(2, 3, height, width)
    for image, result in zip(images, resized(images, (high, wide), "stretch"), strict=True):
        expected = as_pillow(image).resize((wide, high), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(result, as_array(expected))


LONGER = st.integers(7, 40)


@given(LONGER, LONGER, LONGER, LONGER)
def test_crop_and_pad_are_close_to_those_of_pillow(
    height: int, width: int, high: int, wide: int
) -> None:
    """Pillow rounds regions and sizes by other rules; the same values result but at edges."""
    image = np.full((1, 3, height, width), 200, dtype=np.uint8)
    assert (resized(image, (high, wide), "crop") == 200).all()
    padded = resized(image, (high, wide), "pad")[0]
    expected = as_array(ImageOps.pad(as_pillow(image[0]), (wide, high), Image.Resampling.BILINEAR))
    for axis in (1, 2):
        lines = [(array.max(axis=(0, axis)) == 200).sum() for array in (padded, expected)]
        assert abs(int(lines[0]) - int(lines[1])) <= 1
    assert set(np.unique(padded)) <= {0, 200}


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.sampled_from(["crop", "pad"]))
def test_a_shape_that_fits_is_stretched(high: int, wide: int, factor: int, fit: Fit) -> None:
    images = noise(1, 1, high * factor, wide * factor)
    expected = resized(images, (high, wide), "stretch")
    np.testing.assert_array_equal(resized(images, (high, wide), fit), expected)


def test_crop_takes_the_center() -> None:
    images = np.zeros((1, 1, 4, 8), np.uint8)
    images[..., 2:6] = noise(4, 4)
    np.testing.assert_array_equal(resized(images, (4, 4), "crop"), images[..., 2:6])
    turned = images.transpose(0, 1, 3, 2)
    np.testing.assert_array_equal(resized(turned, (4, 4), "crop"), turned[:, :, 2:6])


def test_pad_is_black_around_the_whole_image() -> None:
    images = noise(1, 2, 4, 8)
    result = resized(images, (8, 8), "pad")
    np.testing.assert_array_equal(result[:, :, 2:6], images)
    assert not result[:, :, :2].any() and not result[:, :, 6:].any()
    odd = resized(images, (7, 8), "pad")
    np.testing.assert_array_equal(odd[:, :, 1:5], images)
    # At least one line remains of any image.
    assert resized(np.full((1, 1, 1, 90), 9, np.uint8), (3, 3), "pad").tolist() == [
        [[[0, 0, 0], [9, 9, 9], [0, 0, 0]]]
    ]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("order", ["rgb", "bgr", "grey", None])
def test_channels(channels: int, order: str | None) -> None:
    images = noise(2, channels, 3, 5)
    result = Preparation(order).apply(images, "f")  # type: ignore[arg-type]
    if order is None or (order == "grey" and channels == 1):
        expected = images
    elif order == "grey":
        expected = grey(images)
    else:
        expected = np.repeat(images, 3 // channels, axis=1)[:, :: -1 if order == "bgr" else 1]
    np.testing.assert_array_equal(result, expected)
    assert result.flags.c_contiguous


def test_the_order_of_steps() -> None:
    images = noise(2, 3, 9, 9)
    result = Preparation("grey", (4, 4)).apply(images, "f")
    np.testing.assert_array_equal(result, resized(grey(images), (4, 4), "stretch"))
    result = Preparation("bgr", (4, 4), "crop").apply(images, "f")
    np.testing.assert_array_equal(result, resized(images[:, ::-1], (4, 4), "crop"))


def test_nothing_is_done_where_nothing_is_stated() -> None:
    images = noise(2, 4, 9, 9)
    assert Preparation().apply(images, "f") is images
    assert Preparation(resize=(9, 9), fit="crop").apply(images, "f") is images
    with pytest.raises(UserError) as caught:
        Preparation("grey").apply(images, "f")
    assert str(caught.value) == (
        "network.preprocess.channels: f: Images of 4 channels cannot become grey: they must have "
        "one channel or three."
    )
