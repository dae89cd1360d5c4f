"""Functions of one value that networks apply between layers, beyond clamps.

The integer graph looks them up: from the code of a value to the code of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch.nn import functional

__all__ = ["FUNCTIONS", "apply"]


def _leaky_relu(x: torch.Tensor, slope: float) -> torch.Tensor:
    return functional.leaky_relu(x, slope)


def _elu(x: torch.Tensor, alpha: float) -> torch.Tensor:
    return functional.elu(x, alpha)


def _selu(x: torch.Tensor) -> torch.Tensor:
    return functional.selu(x)


def _gelu(x: torch.Tensor) -> torch.Tensor:
    return functional.gelu(x)


def _gelu_tanh(x: torch.Tensor) -> torch.Tensor:
    return functional.gelu(x, approximate="tanh")


def _hardsigmoid(x: torch.Tensor, slope: float, offset: float) -> torch.Tensor:
    return (slope * x + offset).clamp(0, 1)


def _hardswish(x: torch.Tensor) -> torch.Tensor:
    return x * ((x + 3) / 6).clamp(0, 1)


def _softplus(x: torch.Tensor) -> torch.Tensor:
    return functional.softplus(x)


#: The functions by name. leaky_relu takes the slope below zero, elu its alpha, hardsigmoid slope
#: and offset (torch's: 1/6 and 1/2); gelu is exact, gelu_tanh the usual approximation of it.
FUNCTIONS: Mapping[str, Callable[..., torch.Tensor]] = {
    "abs": torch.abs,
    "elu": _elu,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "hardsigmoid": _hardsigmoid,
    "hardswish": _hardswish,
    "leaky_relu": _leaky_relu,
    "mish": functional.mish,
    "neg": torch.neg,
    "selu": _selu,
    "sigmoid": torch.sigmoid,
    "silu": functional.silu,
    "softplus": _softplus,
    "tanh": torch.tanh,
}


def apply(function: str, x: torch.Tensor, parameters: tuple[float, ...] = ()) -> torch.Tensor:
    """The function of each value.

    Parameters
    ----------
    function : str
        One of :data:`FUNCTIONS`.
    x : Tensor of float64 or float32
    parameters : tuple of float
        Of the function, see :data:`FUNCTIONS`.
    """
    return FUNCTIONS[function](x, *parameters)
