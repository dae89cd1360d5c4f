"""A small network that trains in about a minute, for trials."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from hawx_hw.errors import UserError

__all__ = ["cnn_small"]

_SMALLEST = 8


def cnn_small(shape: tuple[int, int, int], classes: int, *, width: int) -> nn.Sequential:
    """Three 3 x 3 convolutions with pooling between them, global average, linear layer.

    Parameters
    ----------
    shape : tuple of int
        ``(channels, height, width)`` of an image.
    classes : int
        Number of outputs, >= 1.
    width : int
        Filters of the first convolution, >= 1; the others have twice and four times as many.

    Returns
    -------
    torch.nn.Sequential
        Takes float32 ``(batch, *shape)``; returns ``(batch, classes)``.

    Raises
    ------
    UserError
        Images of less than 8 x 8.
    """
    channels, *size = shape
    if min(size) < _SMALLEST:
        raise UserError(
            f"cnn_small needs at least {_SMALLEST} x {_SMALLEST} pixels, "
            f"not {size[0]} x {size[1]}.",
            where="network.dataset",
        )
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for index, filters in enumerate((width, 2 * width, 4 * width), 1):
        layers[f"conv{index}"] = nn.Conv2d(channels, filters, 3, padding=1, bias=False)
        layers[f"bn{index}"] = nn.BatchNorm2d(filters)
        layers[f"relu{index}"] = nn.ReLU()
        if index < 3:
            layers[f"pool{index}"] = nn.MaxPool2d(2)
        channels = filters
    layers["pool"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["fc"] = nn.Linear(4 * width, classes)
    return nn.Sequential(layers)
