"""Accuracy of the float network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["accuracy"]


def accuracy(
    network: nn.Module,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    batch: int = 500,
    progress: Progress | None = None,
) -> float:
    """Share of images whose largest output is their label's (the first of equals), in [0, 1].

    Parameters
    ----------
    network : torch.nn.Module
        Takes ``pixel / 255``; it is put into evaluation mode and back into its former mode.
    images : ndarray of uint8
        ``(n, C, H, W)``, n >= 1.
    labels : ndarray of int64
        ``(n,)``
    batch : int
        Images a batch.
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
    was_training = network.training
    network.eval()
    right = 0
    try:
        with torch.inference_mode():
            for start in range(0, len(images), batch):
                pixels = torch.from_numpy(images[start : start + batch].copy())
                outputs = network(pixels.to(torch.float32) / 255)
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
