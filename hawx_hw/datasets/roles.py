"""Which image has which role: the one place where that is decided.

=========  ====================================================================================
learn      The network learned from them. Calibration, compensation, scores and searches use some
           of them, evenly spaced: these only propose designs, and may look at the same images.
select     They decide which of the proposed designs keeps its accuracy constraint. Nothing that
           proposes sees them, and the training of a network of this package leaves them out.
test       They are reported, and decide nothing.
=========  ====================================================================================

Selection images are a share of the data set's training part: within each class every fifth image
in order, or in a large data set every n-th, so that they are about ten thousand. So many decide a
quarter of a percentage point; more would be missing for training. Images that a data set has for
validation, or that a user names as ``network.validation``, select instead, and then all of the
training part is for learning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.datasets.dataset import Dataset, Split, evenly_spaced, spaced_indices
from hawx_hw.errors import UserError

__all__ = [
    "SELECT_IMAGES",
    "Roles",
    "every_nth_of_class",
    "roles",
    "select_count",
    "selected",
]

#: Selection images of a large data set, about.
SELECT_IMAGES = 10_000
#: Every how many images of a class one selects, at least.
_EVERY = 5


@dataclass(frozen=True, eq=False)
class Roles:
    """The images of a data set by their roles; no image has two.

    Parameters
    ----------
    learn, select, test : Split
        ``select`` is empty where no class has five training images.
    """

    learn: Split
    select: Split
    test: Split

    def proposing(self, count: int) -> Split:
        """``count`` images to calibrate, to score or to search with; all where there are fewer."""
        return evenly_spaced(self.learn, count)

    def fresh(self, *counts: int) -> Split:
        """Images for learning that no :meth:`proposing` of these counts gives, in mixed order.

        The order is a fixed permutation: any first part is like the whole, whatever the order of
        the data set is.
        """
        mask = np.ones(len(self.learn), dtype=bool)
        for count in counts:
            mask[spaced_indices(len(self.learn), count)] = False
        return self.learn.take(np.random.default_rng(0).permutation(np.flatnonzero(mask)))

    def selecting(self, count: int | None = None) -> Split:
        """``count`` selection images, evenly spaced; all where there are fewer, or for None."""
        return self.select if count is None else evenly_spaced(self.select, count)


def roles(dataset: Dataset, validation: Split | None = None) -> Roles:
    """The roles of a data set's images: a function of the data alone.

    Parameters
    ----------
    dataset : Dataset
    validation : Split or None
        All of them select; None: those that the data set has for it, or else a share of the
        training part.

    Raises
    ------
    UserError
        Validation images of another shape or with other classes, or beside the data set's own.
    """
    if validation is not None and dataset.validation is not None:
        raise UserError(
            "The data set has a part for validation of its own.",
            where="network.validation",
            hint="Leave network.validation out, or that part.",
        )
    validation = dataset.validation if validation is None else validation
    if validation is None:
        held_out = selected(dataset.train.labels)
        learn, select = (dataset.train.take(np.flatnonzero(mask)) for mask in (~held_out, held_out))
        return Roles(learn, select, dataset.test)
    shape = validation.images.shape[1:]
    if shape != dataset.shape:
        raise UserError(
            f"The validation images are of shape {shape}, and the data set's of {dataset.shape}.",
            where="network.validation",
            hint="Prepare both in the same way.",
        )
    if (largest := int(validation.labels.max())) >= dataset.classes:
        raise UserError(
            f"A validation image is of class {largest}, and the classes of the data set are 0 to "
            f"{dataset.classes - 1}.",
            where="network.validation",
            hint="Number the classes of both in the same way.",
        )
    return Roles(dataset.train, validation, dataset.test)


def selected(labels: np.ndarray) -> np.ndarray:
    """Which training images select.

    Parameters
    ----------
    labels : ndarray of int64
        ``(n,)``: those of the training part.

    Returns
    -------
    ndarray of bool
        ``(n,)``.
    """
    return every_nth_of_class(labels, _stride(len(labels)))


def select_count(class_sizes: Sequence[int]) -> int:
    """How many images :func:`selected` gives, by the numbers of training images of each class."""
    stride = _stride(sum(class_sizes))
    return sum(size // stride for size in class_sizes)


def _stride(images: int) -> int:
    """Every how many training images of a class one selects."""
    return max(_EVERY, -(-images // SELECT_IMAGES))


def every_nth_of_class(labels: np.ndarray, n: int) -> np.ndarray:
    """Within each class, in order, the last of every ``n``: bool, as many as labels."""
    chosen = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        chosen[np.flatnonzero(labels == label)[n - 1 :: n]] = True
    return chosen
