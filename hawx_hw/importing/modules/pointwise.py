"""Operations of torch that the integer graph looks up, or that put tensors side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from hawx_hw.importing.float_graph import FloatActivation, FloatConcat, FloatLayer
from hawx_hw.importing.modules.site import Site

__all__ = ["FUNCTIONS", "METHODS", "MODULES"]

Handler = Callable[[Site], FloatLayer]

_HARDSIGMOID = (1 / 6, 0.5)
#: Softplus is linear above this in torch, as in the float graph.
_SOFTPLUS = (1, 20)


def _activation(site: Site, value: Any, function: str, *parameters: float) -> FloatActivation:
    source = site.tensor(value)
    if not all(isinstance(each, int | float) for each in parameters):
        raise site.refuse(f"has parameters {parameters!r}, which must be numbers")
    return FloatActivation(
        **site.common(source),
        function=function,
        parameters=tuple(float(each) for each in parameters),
    )


def _module(function: str, *names: str) -> Handler:
    """The handler of a module whose attributes ``names`` are the function's parameters."""

    def handler(site: Site) -> FloatLayer:
        if getattr(site.target, "inplace", False):
            site.refuse_in_place()
        parameters = (getattr(site.target, name) for name in names)
        return _activation(site, site.bind("input")["input"], function, *parameters)

    return handler


def _function(function: str, **defaults: float) -> Handler:
    """The handler of a function of torch with parameters of these defaults, in this order."""

    def handler(site: Site) -> FloatLayer:
        bound = site.bind("input", *defaults, "inplace", **defaults, inplace=False)
        if bound["inplace"]:
            site.refuse_in_place()
        return _activation(site, bound["input"], function, *(bound[name] for name in defaults))

    return handler


def _hardsigmoid_module(site: Site) -> FloatLayer:
    if site.target.inplace:
        site.refuse_in_place()
    return _activation(site, site.bind("input")["input"], "hardsigmoid", *_HARDSIGMOID)


def _hardsigmoid_function(site: Site) -> FloatLayer:
    bound = site.bind("input", "inplace", inplace=False)
    if bound["inplace"]:
        site.refuse_in_place()
    return _activation(site, bound["input"], "hardsigmoid", *_HARDSIGMOID)


def _gelu(site: Site, value: Any, approximate: Any) -> FloatLayer:
    names = {"none": "gelu", "tanh": "gelu_tanh"}
    if approximate not in names:
        raise site.refuse(f"approximates by {approximate!r}, which must be none or tanh")
    return _activation(site, value, names[approximate])


def _gelu_module(site: Site) -> FloatLayer:
    return _gelu(site, site.bind("input")["input"], site.target.approximate)


def _gelu_function(site: Site) -> FloatLayer:
    bound = site.bind("input", "approximate", approximate="none")
    return _gelu(site, bound["input"], bound["approximate"])


def _softplus(site: Site, value: Any, beta: Any, threshold: Any) -> FloatLayer:
    if (beta, threshold) != _SOFTPLUS:
        raise site.refuse(f"has beta {beta} and threshold {threshold}, which must be 1 and 20")
    return _activation(site, value, "softplus")


def _softplus_module(site: Site) -> FloatLayer:
    module: nn.Softplus = site.target
    return _softplus(site, site.bind("input")["input"], module.beta, module.threshold)


def _softplus_function(site: Site) -> FloatLayer:
    bound = site.bind("input", "beta", "threshold", beta=1, threshold=20)
    return _softplus(site, bound["input"], bound["beta"], bound["threshold"])


def _prelu(site: Site) -> FloatLayer:
    """A slope that was learned; one for all channels."""
    slopes = site.target.weight.detach().reshape(-1)
    if len(slopes) > 1 and bool((slopes != slopes[0]).any()):
        raise site.refuse("has a slope of its own for each channel, which is not supported")
    return _activation(site, site.bind("input")["input"], "leaky_relu", float(slopes[0]))


def _concat(site: Site) -> FloatLayer:
    bound = site.bind("tensors", "dim", dim=0)
    if not isinstance(bound["tensors"], list | tuple) or len(bound["tensors"]) < 2:
        raise site.refuse("must concatenate two or more tensors")
    sources = [site.tensor(value) for value in bound["tensors"]]
    rank = len(site.shape) + 1
    if bound["dim"] not in (1, 1 - rank):
        raise site.refuse(f"concatenates along dimension {bound['dim']}; only channels, 1, can be")
    return FloatConcat(**site.common(*sources))


MODULES: dict[type, Handler] = {
    nn.ELU: _module("elu", "alpha"),
    nn.GELU: _gelu_module,
    nn.Hardsigmoid: _hardsigmoid_module,
    nn.Hardswish: _module("hardswish"),
    nn.LeakyReLU: _module("leaky_relu", "negative_slope"),
    nn.Mish: _module("mish"),
    nn.PReLU: _prelu,
    nn.SELU: _module("selu"),
    nn.SiLU: _module("silu"),
    nn.Sigmoid: _module("sigmoid"),
    nn.Softplus: _softplus_module,
    nn.Tanh: _module("tanh"),
}

FUNCTIONS: dict[Any, Handler] = {
    functional.elu: _function("elu", alpha=1.0),
    functional.gelu: _gelu_function,
    functional.hardsigmoid: _hardsigmoid_function,
    functional.hardswish: _function("hardswish"),
    functional.leaky_relu: _function("leaky_relu", negative_slope=0.01),
    functional.mish: _function("mish"),
    functional.selu: _function("selu"),
    functional.sigmoid: _function("sigmoid"),
    functional.silu: _function("silu"),
    functional.softplus: _softplus_function,
    functional.tanh: _function("tanh"),
    torch.abs: _function("abs"),
    torch.cat: _concat,
    torch.concat: _concat,
    torch.concatenate: _concat,
    torch.neg: _function("neg"),
    torch.sigmoid: _function("sigmoid"),
    torch.tanh: _function("tanh"),
}

METHODS: dict[str, Handler] = {
    "abs": _function("abs"),
    "neg": _function("neg"),
    "sigmoid": _function("sigmoid"),
    "tanh": _function("tanh"),
}
