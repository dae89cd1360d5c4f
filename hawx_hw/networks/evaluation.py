"""Accuracy of the float network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["accuracy"]

#: Pixels, of all channels, in a batch: layers compute some tens of values of each.
_VALUES = 1 << 22


def accuracy(
    network: nn.Module,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    preprocessing: Preprocessing | None = None,
    batch: int | None = None,
    progress: Progress | None = None,
) -> float:
    """Share of images whose largest output is their label's (the first of equals), in [0, 1].

    Parameters
    ----------
    network : torch.nn.Module
        It is put into evaluation mode and back into its former mode.
    images : ndarray of uint8
        ``(n, C, H, W)``, n >= 1.
    labels : ndarray of int64
        ``(n,)``
    preprocessing : Preprocessing or None
        What the network takes of pixels; None: ``pixel / 255``.
    batch : int or None
        Images a batch; None: 500, or fewer of large images.
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
    prepare = Preprocessing() if preprocessing is None else preprocessing
    if batch is None:
        batch = max(1, min(500, _VALUES // int(np.prod(images.shape[1:]))))
    was_training = network.training
    network.eval()
    right = 0
    try:
        with torch.inference_mode():
            for start in range(0, len(images), batch):
                pixels = prepare.real(images[start : start + batch], np.float32)
                outputs = network(torch.from_numpy(pixels))
                if not bool(torch.isfinite(outputs).all()):
                    raise UserError(
                        "The network overflows: for some images its outputs are not finite",
                        where="network.checkpoint",
                        hint="Its weights are of no use, or its images are scaled otherwise.",
                    )
                predicted = outputs.argmax(dim=1).numpy()
                right += int(np.count_nonzero(predicted == labels[start : start + batch]))
                if progress:
                    progress(min(start + batch, len(images)), len(images))
    finally:
        network.train(was_training)
    return right / len(images)
