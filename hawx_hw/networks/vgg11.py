"""VGG-11 (K. Simonyan, A. Zisserman, ICLR 2015) with batch normalization, for small images."""

from __future__ import annotations

from torch import nn

from hawx_hw.errors import UserError

__all__ = ["vgg11"]

#: Filters of the convolutions in units of the width; None is a pooling that halves the image.
_LAYERS = (1, None, 2, None, 4, 4, None, 8, 8, None, 8, 8, None)
_SMALLEST = 32


def vgg11(shape: tuple[int, int, int], classes: int, *, width: int) -> nn.Sequential:
    """Eight 3 x 3 convolutions with batch normalization, five poolings, one linear layer.

    Parameters
    ----------
    shape : tuple of int
        ``(channels, height, width)`` of an image.
    classes : int
        Number of outputs, >= 1.
    width : int
        Filters of the first convolution, >= 1; the last four have eight times as many.

    Returns
    -------
    torch.nn.Sequential
        Takes float32 ``(batch, *shape)``; returns ``(batch, classes)``. Its layers have numbers as
        names.

    Raises
    ------
    UserError
        Images of less than 32 x 32.
    """
    channels, *size = shape
    if min(size) < _SMALLEST:
        raise UserError(
            f"vgg11 needs at least {_SMALLEST} x {_SMALLEST} pixels, not {size[0]} x {size[1]}.",
            where="network.dataset",
        )
    network = nn.Sequential()
    for factor in _LAYERS:
        if factor is None:
            network.append(nn.MaxPool2d(2))
            continue
        filters = factor * width
        network.append(nn.Conv2d(channels, filters, 3, padding=1, bias=False))
        network.append(nn.BatchNorm2d(filters))
        network.append(nn.ReLU())
        channels = filters
    numbered = len(network)
    # The poolings leave one pixel of 32 x 32. The average of more has a name of its own, so that
    # the numbers of the layers after it do not depend on the size of the images.
    if max(size) // _SMALLEST > 1:
        network.add_module("average", nn.AdaptiveAvgPool2d(1))
    network.add_module(str(numbered), nn.Flatten())
    network.add_module(str(numbered + 1), nn.Linear(channels, classes))
    return network
