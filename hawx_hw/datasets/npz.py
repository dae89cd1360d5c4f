"""A user's own images: one ``.npz`` file.

The arrays of images and labels are known by their names (:mod:`hawx_hw.datasets.array_names`), and
may be of any layout and type of number that can be understood without a guess
(:mod:`hawx_hw.datasets.pixel_arrays`, :mod:`hawx_hw.datasets.labels`). Besides, an archive may have

=================  ===============================================================================
``classes``        the number of classes, a whole number of at most 65,536; or their names, texts
                   ``(n,)`` in the order of classes
``class_names``    their names
``layout``         text, "NCHW" or "NHWC"; what the config states counts first
=================  ===============================================================================
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from hawx_hw.datasets.array_names import ArrayNames, resolve
from hawx_hw.datasets.arrays import array_keys, read_arrays
from hawx_hw.datasets.class_list import ClassList, of_names
from hawx_hw.datasets.labels import plain_labels
from hawx_hw.datasets.pixel_arrays import pixels
from hawx_hw.datasets.preparation import Preparation
from hawx_hw.datasets.reading import Layout, Reading
from hawx_hw.datasets.source import Source
from hawx_hw.errors import UserError, shown

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["open_source"]

_NAMES = ("class_names", "classes")


def open_source(path: Path, reading: Reading | None = None) -> Source:
    """The images of an archive; its labels are read, its images not yet.

    Raises
    ------
    UserError
        The file is missing or damaged, a key is missing, or labels are none.
    """
    reading, where = reading or Reading(), str(path)
    keys = array_keys(path)
    names = resolve(keys, reading, where)
    label_keys = {part: pair.labels for part, pair in names.parts.items()}
    arrays = read_arrays(path, label_keys.values(), (*_NAMES, "layout"))
    labels = {part: plain_labels(arrays[key], key, where) for part, key in label_keys.items()}
    for part, key in label_keys.items():
        if not len(labels[part].values):
            raise UserError(f"{key} has no label.", where=where)
    listed, stated = _stated(arrays, where)
    reading = replace(reading, layout=reading.layout or _layout(arrays.get("layout"), where))

    def images(
        preparation: Preparation, progress: Progress | None
    ) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
        counts = {part: len(each.values) for part, each in labels.items()}
        return _images(path, names, reading, preparation, counts)

    return Source(path.name, where, labels, images, listed, stated, label_keys=label_keys)


def _images(
    path: Path,
    names: ArrayNames,
    reading: Reading,
    preparation: Preparation,
    counts: dict[str, int],
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    where = str(path)
    keys = {part: pair.images for part, pair in names.parts.items()}
    arrays, notes = pixels(read_arrays(path, keys.values()), reading, where)
    for part, key in keys.items():
        if len(arrays[key]) != counts[part]:
            raise UserError(
                f"{names.parts[part].labels} must hold one label for each of {len(arrays[key])} "
                f"images, not shape ({counts[part]},).",
                where=where,
            )
    return {part: preparation.apply(arrays[key], where) for part, key in keys.items()}, notes


def _layout(array: np.ndarray | None, where: str) -> Layout | None:
    if array is None:
        return None
    if array.shape != () or str(array) not in ("NCHW", "NHWC"):
        raise UserError(
            f"layout must be 'NCHW' or 'NHWC', not {shown(array.tolist())}.", where=where
        )
    return cast(Layout, str(array))


def _stated(arrays: dict[str, np.ndarray], where: str) -> tuple[ClassList | None, int | None]:
    """The list of classes, and their number."""
    listed, stated = None, None
    for key in _NAMES:
        if (array := arrays.get(key)) is None:
            continue
        if array.ndim == 1 and array.dtype.kind in "US":
            listed = of_names(plain_labels(array, key, where).values.tolist(), key, where)
        elif key == "classes":
            if array.shape != () or array.dtype.kind not in "iu" or int(array) < 1:
                raise UserError(
                    f"classes must be one positive whole number, not {shown(array.tolist())}.",
                    where=where,
                )
            stated = int(array)
    return listed, stated
