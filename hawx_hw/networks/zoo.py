"""The networks that a config can name."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from hawx_hw.errors import UserError
from hawx_hw.networks.lenet5 import lenet5

__all__ = ["MODELS", "build"]

_BUILDERS: dict[str, Callable[[tuple[int, int, int], int], nn.Module]] = {"lenet5": lenet5}
MODELS = tuple(_BUILDERS)


def build(model: str, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """An untrained network of the zoo, with weights from torch's generator.

    Parameters
    ----------
    model : str
        One of :data:`MODELS`.
    shape : tuple of int
        ``(channels, height, width)`` of an image.
    classes : int
        Number of outputs.

    Raises
    ------
    UserError
        Unknown model, or images that it cannot take.
    """
    if model not in _BUILDERS:
        raise UserError(
            f"Unknown network {model!r}.",
            where="network.model",
            hint=f"Use one of {', '.join(MODELS)}.",
        )
    return _BUILDERS[model](shape, classes)
