"""Files of images, as they are read: labels at once, images when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.datasets.class_list import ClassList
from hawx_hw.datasets.labels import Labels
from hawx_hw.datasets.preparation import Preparation

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["ReadImages", "Source"]

#: Takes what is done to the images, and gets the images of each part and notes of what was done.
ReadImages = Callable[
    [Preparation, "Progress | None"], tuple[dict[str, np.ndarray], tuple[str, ...]]
]


@dataclass(frozen=True, eq=False)
class Source:
    """An archive or folder.

    Parameters
    ----------
    name : str
        The data set's.
    where : str
        Its path, for errors.
    labels : mapping of str to Labels
        Those of the parts ``train``, ``test`` and ``val`` that there are; none is empty.
    images : callable
        The images of these parts, uint8 ``(n, C, H, W)``, one for each label.
    listed : ClassList or None
        Its list of classes.
    stated : int or None
        Its number of classes.
    class_names : tuple of str
        Labels that no image has, such as the names of empty folders.
    label_keys : mapping of str to str
        What the labels of each part are called, for errors.
    """

    name: str
    where: str
    labels: Mapping[str, Labels]
    images: ReadImages
    listed: ClassList | None = None
    stated: int | None = None
    class_names: tuple[str, ...] = ()
    label_keys: Mapping[str, str] | None = None

    def label_key(self, part: str) -> str:
        """What the labels of a part are called."""
        return (self.label_keys or {}).get(part, "The folder")
