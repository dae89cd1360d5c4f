"""LeNet-5 (Y. LeCun et al., Proc. IEEE 86(11), 1998), as built today: ReLU and max pooling."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from hawx_hw.errors import UserError

__all__ = ["lenet5"]

_SMALLEST = 12


def lenet5(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """6c5 (padding 2), pool, 16c5, pool, 120, 84, ``classes``; ReLU between, logits out.

    Parameters
    ----------
    shape : tuple of int
        ``(channels, height, width)`` of an image. The padding of the first layer turns 28 x 28 into
        the original's 32 x 32.
    classes : int
        Number of outputs, >= 1.

    Returns
    -------
    torch.nn.Sequential
        Takes ``pixel / 255`` as float32 ``(batch, *shape)``; returns ``(batch, classes)``.

    Raises
    ------
    UserError
        Images of less than 12 x 12.
    """
    channels, height, width = shape
    if min(height, width) < _SMALLEST:
        raise UserError(
            f"lenet5 needs at least {_SMALLEST} x {_SMALLEST} pixels, not {height} x {width}.",
            where="network.dataset",
        )
    features = 16 * ((height // 2 - 4) // 2) * ((width // 2 - 4) // 2)
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(channels, 6, 5, padding=2),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(6, 16, 5),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            fc1=nn.Linear(features, 120),
            relu3=nn.ReLU(),
            fc2=nn.Linear(120, 84),
            relu4=nn.ReLU(),
            fc3=nn.Linear(84, classes),
        )
    )
