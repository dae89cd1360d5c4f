"""How several designs differ from the exact network, image for image.

Designs that run on the same images lose many of them together. What their drops differ by is known
better than each drop, and errors of their drops are not independent: so the products over images
are kept beside the counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hawx_hw.search.bound import Paired

__all__ = ["Differences"]


@dataclass(frozen=True, eq=False)
class Differences:
    """Sums over images of +1 where a design loses an image and -1 where it gains one.

    Parameters
    ----------
    images : int
        >= 0.
    lost, gained : ndarray of int64
        ``(designs,)``: see :class:`~hawx_hw.search.bound.Paired`.
    products : ndarray of int64
        ``(designs, designs)``: sums of products of two designs' numbers.
    """

    images: int
    lost: np.ndarray
    gained: np.ndarray
    products: np.ndarray

    @classmethod
    def of(cls, exact: np.ndarray, right: np.ndarray) -> Differences:
        """Differences of which images are right.

        Parameters
        ----------
        exact : ndarray of bool
            ``(images,)``: in the exact network.
        right : ndarray of bool
            ``(designs, images)``.
        """
        lost, gained = exact & ~right, ~exact & right
        # Products of small integers: exact in float32 up to 2**24 images.
        signs = lost.astype(np.float32) - gained.astype(np.float32)
        return cls(
            right.shape[1],
            np.count_nonzero(lost, axis=1).astype(np.int64),
            np.count_nonzero(gained, axis=1).astype(np.int64),
            np.rint(signs @ signs.T).astype(np.int64),
        )

    def __add__(self, other: Differences) -> Differences:
        """The same designs on further images."""
        return Differences(
            self.images + other.images,
            self.lost + other.lost,
            self.gained + other.gained,
            self.products + other.products,
        )

    def take(self, indices: np.ndarray) -> Differences:
        """Some of the designs."""
        products = self.products[np.ix_(indices, indices)]
        return Differences(self.images, self.lost[indices], self.gained[indices], products)

    def paired(self) -> list[Paired]:
        """The counts of each design."""
        counts = zip(self.lost.tolist(), self.gained.tolist(), strict=True)
        return [Paired(self.images, *each) for each in counts]

    @property
    def drops(self) -> np.ndarray:
        """Accuracy drops in percentage points: float64 ``(designs,)``; 0 without images."""
        drops: np.ndarray = 100 * (self.lost - self.gained) / max(self.images, 1)
        return drops

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of the drops, in squared percentage points: float64 ``(designs, designs)``.

        Each design counts one image more that differs: none is certain because no image happened
        to differ.
        """
        n = max(self.images, 1)
        signed = (self.lost - self.gained) / n
        moments = (self.products + np.eye(len(signed))) / n
        covariance: np.ndarray = 1e4 * (moments - np.outer(signed, signed)) / n
        return covariance
