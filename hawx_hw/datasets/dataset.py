"""Data sets and their splits; every split is a function of the data alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hawx_hw.datasets.labels import Classes

__all__ = [
    "CALIBRATION_IMAGES",
    "Dataset",
    "Split",
    "evenly_spaced",
    "every_fifth_of_class",
    "spaced_indices",
]

CALIBRATION_IMAGES = 512


@dataclass(frozen=True, eq=False)
class Split:
    """Images and their labels.

    Parameters
    ----------
    images : ndarray of uint8
        ``(n, channels, height, width)``.
    labels : ndarray of int64
        ``(n,)``, each >= 0.

    Raises
    ------
    ValueError
        Shapes or types differ from these.
    """

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.images.dtype != np.uint8:
            raise ValueError(
                "Split images must be uint8 of shape (n, C, H, W), "
                f"not {self.images.dtype} of shape {self.images.shape}"
            )
        if self.labels.shape != self.images.shape[:1] or self.labels.dtype != np.int64:
            raise ValueError(
                f"Split labels must be int64 of shape ({len(self.images)},), "
                f"not {self.labels.dtype} of shape {self.labels.shape}"
            )
        if self.labels.size and self.labels.min() < 0:
            raise ValueError(f"Split labels must be at least 0, not {self.labels.min()}")

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over shapes, images and labels, in hexadecimal."""
        state = hashlib.sha256()
        _add(state, self)
        return state.hexdigest()

    def take(self, indices: np.ndarray) -> Split:
        """The images at some places, in that order.

        Parameters
        ----------
        indices : ndarray of int
            ``(m,)``, each from 0 to ``n - 1``.

        Returns
        -------
        Split
            Of ``m`` images.
        """
        return Split(np.ascontiguousarray(self.images[indices]), self.labels[indices])


@dataclass(frozen=True)
class Dataset:
    """A named data set.

    Parameters
    ----------
    name : str
        As results name it.
    classes : int
        Labels lie in [0, classes).
    train, calibration, test : Split
        ``calibration`` is a part of ``train``; ``test`` shares no image with either.
    note : str
        A remark to report with accuracies, such as that only a part of the test set is available.
    doubts : tuple of str
        The results of :func:`~hawx_hw.datasets.sanity.doubts`.
    validation : Split or None
        Images of the data set's own that select designs; None: some of ``train`` do.
    labelling : Classes or None
        How labels of files became classes; None: they are classes.

    Raises
    ------
    ValueError
        A part has no image, images of another shape, or a label that is no class.
    """

    name: str
    classes: int
    train: Split
    calibration: Split
    test: Split
    note: str = ""
    doubts: tuple[str, ...] = ()
    validation: Split | None = None
    labelling: Classes | None = None

    def __post_init__(self) -> None:
        for what in ("train", "calibration", "test", "validation"):
            split: Split | None = getattr(self, what)
            if split is None:
                continue
            if len(split) == 0:
                raise ValueError(f"Dataset {self.name!r} must have at least one {what} image")
            if split.images.shape[1:] != self.shape:
                raise ValueError(
                    f"Dataset {self.name!r} {what} images must be of shape {self.shape}, "
                    f"not {split.images.shape[1:]}"
                )
            if split.labels.max() >= self.classes:
                raise ValueError(
                    f"Dataset {self.name!r} {what} labels must be below {self.classes}, "
                    f"not {split.labels.max()}"
                )

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(channels, height, width)`` of one image."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @cached_property
    def digest(self) -> str:
        """SHA-256 over shapes, images and labels of all splits, in hexadecimal."""
        state = hashlib.sha256()
        for split in (self.train, self.calibration, self.test, self.validation):
            if split is not None:
                _add(state, split)
        return state.hexdigest()


def _add(state: hashlib._Hash, split: Split) -> None:
    """Add shapes, images and labels to a hash."""
    state.update(repr(split.images.shape).encode())
    state.update(np.ascontiguousarray(split.images).tobytes())
    state.update(split.labels.astype("<i8").tobytes())


def evenly_spaced(split: Split, count: int = CALIBRATION_IMAGES) -> Split:
    """``count`` images at equal distances (all where there are no more), in order."""
    return split.take(spaced_indices(len(split), count))


def spaced_indices(there: int, count: int) -> np.ndarray:
    """Which of so many images are ``count`` at equal distances: int64, ascending."""
    size = min(count, there)
    return np.arange(size) * there // max(size, 1)


def every_fifth_of_class(split: Split) -> tuple[Split, Split]:
    """Train and test: within each class, in order, the fifth image of every five is for test.

    Both parts then have the classes in the same proportions, and no image changes from one part to
    the other when images are appended.
    """
    held_out = np.zeros(len(split), dtype=bool)
    for label in np.unique(split.labels):
        held_out[np.flatnonzero(split.labels == label)[4::5]] = True
    return split.take(np.flatnonzero(~held_out)), split.take(np.flatnonzero(held_out))
