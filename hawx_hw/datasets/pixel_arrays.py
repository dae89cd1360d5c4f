"""Arrays of images in any layout and type of number -> uint8 ``(n, C, H, W)``, without a guess.

What an array does not show is asked for: an axis of channels that shape does not decide, a range of
numbers that may be several, the shape of flattened images.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from hawx_hw.datasets.reading import Layout, Reading
from hawx_hw.errors import UserError

__all__ = ["channels_first", "pixels"]

_CHANNELS_MAX = 4
#: Numbers up to a tenth of 255 may be dark images, or bright ones in another range.
_TENTH = 25
_BATCH = 1 << 22  # numbers that are converted at once
_UNCHANGED = 0.01
_RANGE_HINT = (
    "State network.reading.range: the numbers that are black and white, such as [0, 1] or [0, 255]."
)


@dataclass(frozen=True)
class _Extent:
    """Smallest and largest number, and whether all are whole."""

    low: float
    high: float
    whole: bool


def pixels(
    arrays: Mapping[str, np.ndarray], reading: Reading, where: str
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """The images of all parts of a file, which share one layout and one range.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        By their keys.
    reading : Reading
    where : str
        The file, for errors.

    Returns
    -------
    images : dict of str to ndarray of uint8, ``(n, C, H, W)``
    notes : tuple of str
        How the numbers became pixels, a sentence each; empty where they are pixels.

    Raises
    ------
    UserError
        The layout or the range is not known, or a number is none.
    """
    for key, array in arrays.items():
        _check(array, key, where)
    ordered = {key: channels_first(array, key, reading, where) for key, array in arrays.items()}
    kinds = {array.dtype.kind for array in ordered.values()}
    if all(array.dtype == np.uint8 for array in ordered.values()) and reading.range is None:
        return ordered, ()
    if len(kinds) > 1 and reading.range is None:
        named = " and ".join(f"{key} {array.dtype}" for key, array in ordered.items())
        raise _unknown(f"The images are of different types: {named}.", where)
    extent = _extent(ordered, where)
    low, high = _range(extent, kinds.pop(), " and ".join(ordered), reading, where)
    scaled = {key: _scaled(array, low, high) for key, array in ordered.items()}
    largest = max(change for _, change in scaled.values())
    return {key: array for key, (array, _) in scaled.items()}, _notes(low, high, largest)


def _check(array: np.ndarray, key: str, where: str) -> None:
    if array.dtype.kind not in "buif":
        raise UserError(f"{key} must hold numbers, not {array.dtype}.", where=where)
    if 0 in array.shape:
        raise UserError(f"{key} holds no pixel: its shape is {array.shape}.", where=where)


def channels_first(array: np.ndarray, key: str, reading: Reading, where: str) -> np.ndarray:
    """An array ``(n, H, W)``, ``(n, C, H, W)``, ``(n, H, W, C)`` or flattened as ``(n, C, H, W)``.

    Parameters
    ----------
    array : ndarray
    key : str
        Its name, for errors.
    reading : Reading
    where : str
        The file, for errors.

    Raises
    ------
    UserError
        Its axes are not known.
    """
    if array.ndim == 2:
        array = _unflattened(array, key, reading, where)
    if array.ndim not in (3, 4):
        raise UserError(
            f"{key} must be of shape (n, H, W), (n, C, H, W) or (n, H, W, C), not {array.shape}.",
            where=where,
        )
    if array.ndim == 3:
        return array[:, np.newaxis]
    layout = reading.layout or _layout(array.shape, key, where)
    return array if layout == "NCHW" else np.ascontiguousarray(array.transpose(0, 3, 1, 2))


def _unflattened(array: np.ndarray, key: str, reading: Reading, where: str) -> np.ndarray:
    if reading.shape is None:
        raise UserError(
            f"The images of {key} are flattened: its shape is {array.shape}.",
            where=where,
            hint="State network.reading.shape, such as [28, 28], or [3, 32, 32] with its channels.",
        )
    if len(reading.shape) not in (2, 3) or int(np.prod(reading.shape)) != array.shape[1]:
        raise UserError(
            f"An image of {key} has {array.shape[1]} numbers, which have not the shape "
            f"{list(reading.shape)}.",
            where=f"network.reading.shape: {where}",
            hint="Write [H, W], [C, H, W] or [H, W, C].",
        )
    return array.reshape(len(array), *reading.shape)


def _layout(shape: tuple[int, ...], key: str, where: str) -> Layout:
    first, last = shape[1] <= _CHANNELS_MAX, shape[3] <= _CHANNELS_MAX
    if first == last:
        raise UserError(
            f"The channel axis of {key} cannot be derived from its shape {shape}.",
            where=where,
            hint="State network.reading.layout: NCHW or NHWC, or store layout='NCHW' or "
            "layout='NHWC' in the archive too.",
        )
    return "NCHW" if first else "NHWC"


def _batches(array: np.ndarray) -> Iterator[slice]:
    size = max(1, _BATCH // max(1, array[0].size))
    for start in range(0, len(array), size):
        yield slice(start, start + size)


def _extent(arrays: Mapping[str, np.ndarray], where: str) -> _Extent:
    low, high, whole = np.inf, -np.inf, True
    for key, array in arrays.items():
        for batch in _batches(array):
            numbers = array[batch]
            if numbers.dtype.kind == "f":
                _check_finite(numbers, key, batch.start, where)
                whole = whole and bool((numbers == np.rint(numbers)).all())
            low, high = min(low, float(numbers.min())), max(high, float(numbers.max()))
    return _Extent(low, high, whole)


def _check_finite(numbers: np.ndarray, key: str, start: int, where: str) -> None:
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        first = start + int(np.argwhere(wrong)[0][0])
        kind = "no number (NaN)" if np.isnan(numbers[wrong]).any() else "infinite"
        raise UserError(
            f"A pixel of {key} is {kind}; the first is in image {first}.",
            where=where,
            hint="Correct what wrote the file: such pixels have no value.",
        )


def _range(
    extent: _Extent, kind: str, keys: str, reading: Reading, where: str
) -> tuple[float, float]:
    """The numbers that are pixel 0 and pixel 255."""
    low, high = extent.low, extent.high
    numbers = f"{keys}: the numbers are from {low:g} to {high:g}"
    if reading.range is not None:
        black, white = reading.range
        if not min(black, white) <= low <= high <= max(black, white):
            raise UserError(
                f"{numbers}, outside of the range [{black:g}, {white:g}].",
                where=f"network.reading.range: {where}",
                hint="Correct it, or the file.",
            )
        return black, white
    if kind == "b":
        return 0.0, 1.0
    if low < 0 or high > 255:
        raise _unknown(f"{numbers}, which are no pixels of 0 to 255, nor of 0 to 1.", where)
    if high > _TENTH:
        return 0.0, 255.0
    if not extent.whole and high <= 1:
        return 0.0, 1.0
    raise _unknown(f"{numbers}, of which more than one range is possible.", where)


def _unknown(what: str, where: str) -> UserError:
    return UserError(what, where=where, hint=_RANGE_HINT)


def _scaled(array: np.ndarray, low: float, high: float) -> tuple[np.ndarray, float]:
    """Pixels, and the largest change by rounding, in units of a pixel."""
    result, largest = np.empty(array.shape, dtype=np.uint8), 0.0
    for batch in _batches(array):
        exact = (array[batch].astype(np.float64) - low) * (255 / (high - low))
        rounded = np.rint(exact)
        largest = max(largest, float(np.abs(rounded - exact).max()))
        result[batch] = rounded
    return result, largest


def _notes(low: float, high: float, largest: float) -> tuple[str, ...]:
    notes = []
    if (low, high) != (0, 255):
        notes.append(f"Numbers from {low:g} to {high:g} are pixels from 0 to 255.")
    if largest > _UNCHANGED:
        notes.append(f"Pixels are rounded to whole numbers, which changes them by {largest:.2f}.")
    return tuple(notes)
