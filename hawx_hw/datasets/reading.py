"""What a user states of files of images, where they do not say it themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Layout", "Numbering", "Reading"]

Layout = Literal["NCHW", "NHWC"]
Numbering = Literal["from_zero", "from_one", "in_order"]


@dataclass(frozen=True)
class Reading:
    """How files of images are read; None: as they say, or by the rule of docs/data.md.

    Parameters
    ----------
    images, labels : str or None
        Keys of the arrays of images and labels in an ``.npz`` file. Those of a test or validation
        part are named alike.
    layout : str or None
        Order of the axes of images.
    shape : tuple of int or None
        Of one flattened image, in ``layout``: (H, W), (C, H, W) or (H, W, C).
    range : tuple of float or None
        The two numbers that are pixel 0 and pixel 255.
    numbering : str or None
        Which class a label is that is a number: ``from_zero`` takes labels for classes,
        ``from_one`` takes label 1 for class 0, ``in_order`` numbers the labels that occur in
        ascending order. None is ``from_zero``.
    """

    images: str | None = None
    labels: str | None = None
    layout: Layout | None = None
    shape: tuple[int, ...] | None = None
    range: tuple[float, float] | None = None
    numbering: Numbering | None = None
