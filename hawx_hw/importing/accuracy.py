"""How often a network in real numbers is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.importing.network import ImportedNetwork
    from hawx_hw.util.progress import Progress

__all__ = ["accuracy"]


def accuracy(
    network: ImportedNetwork,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    progress: Progress | None = None,
) -> float:
    """Share of images whose largest output (the first of equals) is their label's, in [0, 1].

    Parameters
    ----------
    network : ImportedNetwork
    images : ndarray of uint8
        ``(n, C, H, W)`` pixels, n >= 1.
    labels : ndarray of int64
        ``(n,)``
    progress : callable or None
        Called with the number of images done and their total.

    Raises
    ------
    UserError
        Outputs that are not finite, of which none is the largest.
    """
    if len(images) == 0 or len(images) != len(labels):
        raise ValueError(
            f"Accuracy needs as many labels as images and at least one, "
            f"not {len(labels)} and {len(images)}"
        )
    done = right = 0
    for outputs in network.outputs(images):
        if not np.isfinite(outputs).all():
            raise UserError(
                "The network overflows: for some images its outputs are not finite",
                where="network.checkpoint",
                hint="Its weights are of no use, or its images are scaled otherwise.",
            )
        predicted = outputs.argmax(axis=1)
        right += int(np.count_nonzero(predicted == labels[done : done + len(outputs)]))
        done += len(outputs)
        if progress:
            progress(done, len(images))
    return right / len(images)
