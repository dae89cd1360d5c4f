"""The networks that a config can name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import nn

from hawx_hw.config.zoo import ZOO, Value, complete
from hawx_hw.errors import UserError, shown
from hawx_hw.networks.cnn_small import cnn_small
from hawx_hw.networks.efficientnet_lite0 import efficientnet_lite0
from hawx_hw.networks.lenet5 import lenet5
from hawx_hw.networks.resnet18 import resnet18
from hawx_hw.networks.resnet_cifar import resnet_cifar
from hawx_hw.networks.vgg11 import vgg11

__all__ = ["MODELS", "build"]

_BUILDERS: dict[str, Callable[..., nn.Module]] = {
    "lenet5": lenet5,
    "cnn_small": cnn_small,
    **{f"resnet{depth}": partial(resnet_cifar, depth=depth) for depth in (8, 20, 32, 44, 56)},
    "vgg11": vgg11,
    "resnet18": resnet18,
    "efficientnet_lite0": efficientnet_lite0,
}
MODELS = tuple(ZOO)


def build(
    model: str,
    shape: tuple[int, int, int],
    classes: int,
    options: Mapping[str, Value] | None = None,
) -> nn.Module:
    """An untrained network of the zoo, with weights from torch's generator.

    Parameters
    ----------
    model : str
        One of :data:`MODELS`.
    shape : tuple of int
        ``(channels, height, width)`` of an image.
    classes : int
        Number of outputs.
    options : mapping of str to int or str, or None
        See :data:`~hawx_hw.config.zoo.ZOO`; what is left out has its default.

    Raises
    ------
    UserError
        Unknown model, options that it does not have, or images that it cannot take.
    """
    if model not in _BUILDERS:
        raise UserError(
            f"Unknown network {shown(model)}.",
            where="network.model",
            hint=f"Use one of {', '.join(MODELS)}.",
        )
    try:
        given: dict[str, Any] = complete(model, options or {})
    except ValueError as error:
        raise UserError(str(error), where="network.options") from error
    return _BUILDERS[model](shape, classes, **given)
