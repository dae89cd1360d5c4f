"""Random distortion of a batch of images, from a seeded generator."""

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
        Pixels, along each axis; images are interpolated.
    scale : float
        Relative change of size: 0.1 is 90 % to 110 %.
    shear : float
        Degrees.
    flip : bool
        Whether half of the images are mirrored, left to right.
    crop : int
        Whole pixels, along each axis, by which an image is moved; >= 0.
    """

    rotation: float = 10.0
    shift: float = 2.0
    scale: float = 0.1
    shear: float = 5.0
    flip: bool = False
    crop: int = 0


def augment(images: torch.Tensor, limits: Augmentation, generator: torch.Generator) -> torch.Tensor:
    """Distort each image by its own draws; pixels from outside the image are black.

    Parameters
    ----------
    images : Tensor of float32
        ``(n, C, H, W)``; zero is black.
    limits : Augmentation
    generator : torch.Generator
        On the CPU, wherever the images are. What the limits exclude takes no numbers from it.
    """
    if limits.rotation or limits.shift or limits.scale or limits.shear:
        images = _affine(images, limits, generator)
    if limits.flip:
        mirrored = torch.rand(len(images), generator=generator) < 0.5
        chosen = mirrored.to(images.device).reshape(-1, 1, 1, 1)
        images = torch.where(chosen, images.flip(3), images)
    if limits.crop:
        images = _moved(images, limits.crop, generator)
    return images


def _affine(images: torch.Tensor, limits: Augmentation, generator: torch.Generator) -> torch.Tensor:
    """Each image under its own affine map; six numbers an image are drawn."""
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
    return functional.grid_sample(images, grid.to(images.device), align_corners=False)


def _moved(images: torch.Tensor, most: int, generator: torch.Generator) -> torch.Tensor:
    """Each image moved by whole pixels, up to ``most`` along each axis."""
    count, _, height, width = images.shape
    offsets = torch.randint(0, 2 * most + 1, (2, count, 1), generator=generator)
    vertical = (offsets[0] + torch.arange(height)).to(images.device)
    horizontal = (offsets[1] + torch.arange(width)).to(images.device)
    padded = functional.pad(images, (most, most, most, most))
    each = torch.arange(count, device=images.device).reshape(-1, 1, 1)
    return padded[each, :, vertical[:, :, None], horizontal[:, None, :]].permute(0, 3, 1, 2)
