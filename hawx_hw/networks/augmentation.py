"""Random affine distortion of a batch of images, from a seeded generator."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn import functional

__all__ = ["Augmentation", "augment"]


@dataclass(frozen=True)
class Augmentation:
    """Limits of the distortion; each quantity is drawn uniformly between minus and plus its limit.

    Parameters
    ----------
    rotation : float
        Degrees.
    shift : float
        Pixels, along each axis.
    scale : float
        Relative change of size: 0.1 is 90 % to 110 %.
    shear : float
        Degrees.
    """

    rotation: float = 10.0
    shift: float = 2.0
    scale: float = 0.1
    shear: float = 5.0


def augment(images: torch.Tensor, limits: Augmentation, generator: torch.Generator) -> torch.Tensor:
    """Distort each image by its own affine map; pixels from outside the image are black.

    Parameters
    ----------
    images : Tensor of float32
        ``(n, C, H, W)``.
    limits : Augmentation
    generator : torch.Generator
        Six numbers an image are drawn from it.
    """
    count, _, height, width = images.shape
    draws = torch.rand((6, count), generator=generator) * 2 - 1
    angle = draws[0] * math.radians(limits.rotation)
    shear = torch.tan(draws[1] * math.radians(limits.shear))
    wide, high = 1 + draws[2] * limits.scale, 1 + draws[3] * limits.scale
    cos, sin = torch.cos(angle), torch.sin(angle)
    # Coordinates run from -1 to 1 over the image, hence the 2 / size.
    matrix = torch.stack(
        [
            torch.stack(
                [cos * wide, (cos * shear - sin) * high, draws[4] * limits.shift * 2 / width]
            ),
            torch.stack(
                [sin * wide, (sin * shear + cos) * high, draws[5] * limits.shift * 2 / height]
            ),
        ]
    ).permute(2, 0, 1)
    grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)
