"""A user's own images: one ``.npz`` file.

=================  ===============================================================================
``x``              uint8 ``(n, H, W)``, ``(n, C, H, W)`` or ``(n, H, W, C)``
``y``              whole numbers ``(n,)`` in [0, classes)
``x_test, y_test`` optional, of the same form: then all of x is for training. Otherwise, within each
                   class, the fifth image of every five of x is for test.
``classes``        optional whole number, at most 65,536; otherwise the largest label plus one, at
                   most 1,000
``layout``         optional text, "NCHW" or "NHWC". Otherwise, with four axes, the channels are
                   whichever of axis 1 and axis 3 is at most 4 long; where both or neither are, it
                   must be given.
=================  ===============================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from hawx_hw.datasets.dataset import Dataset, Split, evenly_spaced, every_fifth_of_class
from hawx_hw.datasets.sanity import doubts
from hawx_hw.errors import UserError, shown
from hawx_hw.util.files import open_file

__all__ = ["class_sizes", "load", "load_all", "read_arrays", "sizes"]

_CLASSES_MAX = 1000
_STATED_CLASSES_MAX = 65_536
_CHANNELS_MAX = 4


def load(path: Path) -> Dataset:
    """Load a user's data set; its name is the file's.

    Raises
    ------
    UserError
        The file is missing or damaged, a key is missing, or an array has the wrong type, shape or
        range.
    """
    where = str(path)
    arrays, everything, given = _parts(path)
    if given is not None:
        train, test = everything, given
    else:
        train, test = every_fifth_of_class(everything)
        if len(test) == 0:
            raise UserError(
                "Too few images for a test part: no class has five.",
                where=where,
                hint="Give more images, or x_test and y_test.",
            )
    stated = arrays.get("classes")
    classes = _classes(stated, (train, test), where)
    doubtful = doubts(train, test, classes, counted=stated is None)
    return Dataset(path.name, classes, train, evenly_spaced(train), test, doubts=doubtful)


def load_all(path: Path) -> Split:
    """All images of a file, in order, and those of ``x_test`` after those of ``x``.

    Raises
    ------
    UserError
        As :func:`load`; there may be any number of images.
    """
    _, everything, test = _parts(path)
    if test is None:
        return everything
    return Split(
        np.concatenate([everything.images, test.images]),
        np.concatenate([everything.labels, test.labels]),
    )


def sizes(path: Path) -> tuple[int, int]:
    """The numbers of training and test images that :func:`load` gives, by the labels alone.

    Raises
    ------
    UserError
        As :func:`load`, for the labels.
    """
    arrays = read_arrays(path, ("y",), ("y_test",))
    count = [_whole(arrays[key], key, str(path)).size for key in ("y", "y_test") if key in arrays]
    if len(count) == 2:
        return count[0], count[1]
    per_class = np.unique(arrays["y"], return_counts=True)[1]
    held_out = int((per_class // 5).sum())
    return count[0] - held_out, held_out


def class_sizes(path: Path) -> list[int]:
    """The numbers of training images of each class that has any, by the labels alone.

    Raises
    ------
    UserError
        As :func:`load`, for the labels.
    """
    arrays = read_arrays(path, ("y",), ("y_test",))
    per_class = np.unique(_whole(arrays["y"], "y", str(path)), return_counts=True)[1]
    if "y_test" not in arrays:
        per_class = per_class - per_class // 5
    sizes: list[int] = per_class.tolist()
    return sizes


def _parts(path: Path) -> tuple[dict[str, np.ndarray], Split, Split | None]:
    """The arrays of a file, the images of ``x``, and those of ``x_test``, where there are any."""
    arrays = read_arrays(path, ("x", "y"), ("x_test", "y_test", "classes", "layout"))
    where = str(path)
    layout = _layout(arrays.get("layout"), where)
    everything = _split(arrays["x"], arrays["y"], "", layout, where)
    if ("x_test" in arrays) != ("y_test" in arrays):
        raise UserError("x_test and y_test must be given together.", where=where)
    if "x_test" not in arrays:
        return arrays, everything, None
    test = _split(arrays["x_test"], arrays["y_test"], "_test", layout, where)
    if test.images.shape[1:] != everything.images.shape[1:]:
        raise UserError(
            f"x_test must hold images of shape {everything.images.shape[1:]} like x, "
            f"not {test.images.shape[1:]}.",
            where=where,
        )
    return arrays, everything, test


def read_arrays(
    path: Path, required: Iterable[str], optional: Iterable[str] = ()
) -> dict[str, np.ndarray]:
    """Arrays of an ``.npz`` file by key; pickled objects are refused.

    Raises
    ------
    UserError
        The file is missing or damaged, or a required key is missing.
    """
    where = str(path)
    required = tuple(required)
    try:
        file = open_file(path)
    except FileNotFoundError as error:
        raise UserError("There is no such file.", where=where) from error
    except OSError as error:
        what = f"The file cannot be read: {error.strerror or error}."
        raise UserError(what, where=where) from error
    try:
        with file:
            archive = np.load(file, allow_pickle=False)
            arrays = (
                {key: archive[key] for key in (*required, *optional) if key in archive.files}
                if isinstance(archive, np.lib.npyio.NpzFile)
                else None
            )
            keys = archive.files if arrays is not None else []
    except Exception as error:  # numpy and zipfile raise a dozen types on damaged archives
        raise UserError(
            f"The archive cannot be read: {str(error).partition(chr(10))[0][:200].rstrip('.')}.",
            where=where,
            hint="Write it anew with numpy.savez_compressed; arrays of Python objects are refused.",
        ) from error
    if arrays is None:
        raise UserError(
            "The file is not an .npz archive.",
            where=where,
            hint="Write it with numpy.savez_compressed(path, x=..., y=...).",
        )
    for key, array in arrays.items():
        # numpy returns what is no array as bytes.
        if not isinstance(array, np.ndarray):
            raise UserError(
                f"What the archive holds as {key!r} is no array.",
                where=where,
                hint="Write it with numpy.savez_compressed(path, x=..., y=...).",
            )
    for key in required:
        if key not in arrays:
            raise UserError(
                f"The archive has no array {key!r}; it has {', '.join(sorted(keys)) or 'none'}.",
                where=where,
            )
    return arrays


def _layout(array: np.ndarray | None, where: str) -> str | None:
    if array is None:
        return None
    if array.shape != () or str(array) not in ("NCHW", "NHWC"):
        raise UserError(
            f"layout must be 'NCHW' or 'NHWC', not {shown(array.tolist())}.", where=where
        )
    return str(array)


def _split(x: np.ndarray, y: np.ndarray, suffix: str, layout: str | None, where: str) -> Split:
    images = _images(x, f"x{suffix}", layout, where)
    if y.shape != (len(images),):
        raise UserError(
            f"y{suffix} must hold one label for each of {len(images)} images, not shape {y.shape}.",
            where=where,
        )
    _whole(y, f"y{suffix}", where)
    if y.min() < 0 or int(y.max()) >= 2**31:
        raise UserError(
            f"y{suffix} must hold labels from 0 on, not {y.min()} to {y.max()}.", where=where
        )
    return Split(images, y.astype(np.int64))


def _whole(y: np.ndarray, key: str, where: str) -> np.ndarray:
    if y.dtype.kind not in "iu":
        raise UserError(f"{key} must hold whole numbers, not {y.dtype}.", where=where)
    return y


def _images(x: np.ndarray, key: str, layout: str | None, where: str) -> np.ndarray:
    if x.dtype != np.uint8:
        raise UserError(
            f"{key} must be uint8, not {x.dtype}.",
            where=where,
            hint="Scale the pixels to 0..255, round them, and store them with astype(numpy.uint8).",
        )
    if 0 in x.shape:
        raise UserError(f"{key} holds no pixel: its shape is {x.shape}.", where=where)
    if x.ndim not in (3, 4):
        raise UserError(
            f"{key} must be of shape (n, H, W), (n, C, H, W) or (n, H, W, C), not {x.shape}.",
            where=where,
        )
    if x.ndim == 3:
        return x[:, np.newaxis]
    if layout is None:
        first, last = x.shape[1] <= _CHANNELS_MAX, x.shape[3] <= _CHANNELS_MAX
        if first == last:
            raise UserError(
                f"The channel axis of {key} cannot be derived from its shape {x.shape}.",
                where=where,
                hint="Store layout='NCHW' or layout='NHWC' in the archive too.",
            )
        layout = "NCHW" if first else "NHWC"
    return x if layout == "NCHW" else np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def _classes(array: np.ndarray | None, splits: tuple[Split, Split], where: str) -> int:
    largest = max(int(split.labels.max()) for split in splits)
    if array is None:
        if largest >= _CLASSES_MAX:
            raise UserError(
                f"The label {largest} is larger than expected.",
                where=where,
                hint="Correct y, or store the number of classes in the archive as 'classes'.",
            )
        return largest + 1
    if array.shape != () or array.dtype.kind not in "iu" or int(array) < 1:
        raise UserError(
            f"classes must be one positive whole number, not {shown(array.tolist())}.", where=where
        )
    if int(array) > _STATED_CLASSES_MAX:
        raise UserError(
            f"classes must be at most {_STATED_CLASSES_MAX:,}, not {int(array):,}.", where=where
        )
    if largest >= int(array):
        raise UserError(f"The label {largest} is not below classes = {int(array)}.", where=where)
    return int(array)
