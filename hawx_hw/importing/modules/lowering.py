"""The operations of torch that have an integer counterpart, each turned into its float layer."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from hawx_hw.errors import UserError
from hawx_hw.importing.float_graph import (
    FloatAdd,
    FloatAveragePool,
    FloatClamp,
    FloatConv,
    FloatFlatten,
    FloatLayer,
    FloatLinear,
    FloatMaxPool,
    FloatNorm,
    OutputStatistics,
)
from hawx_hw.importing.modules import pointwise
from hawx_hw.importing.modules.site import Site, TensorArgument

__all__ = ["Lowered", "lower"]

_SUPPORTED = (
    "Conv2d, Linear, BatchNorm, ReLU, ReLU6, Hardtanh, clamp, MaxPool2d, AvgPool2d, "
    "AdaptiveAvgPool2d, ZeroPad2d, flatten, add, cat, Dropout, Identity and activations such as "
    "Sigmoid, SiLU, Hardswish, LeakyReLU and GELU"
)


Lowered = FloatLayer | TensorArgument
"""A layer, or a tensor that is there already, perhaps with zeros around it."""


def lower(site: Site) -> Lowered:
    """The layer of an operation.

    Raises
    ------
    UserError
        The operation, or a setting of it, has no integer counterpart.
    """
    handler: Callable[[Site], Lowered] | None = None
    kind = str(site.target)
    if site.kind == "call_module":
        kind = type(site.target).__name__
        handler = _MODULES.get(type(site.target))
    elif site.kind == "call_function":
        kind = getattr(site.target, "__name__", kind)
        handler = _FUNCTIONS.get(site.target)
    elif site.kind == "call_method":
        handler = _METHODS.get(site.target)
    if handler is None:
        raise UserError(
            f"The layer {site.label!r} is a {kind}, which has no integer counterpart.",
            where="network.model",
            hint=f"Supported are: {_SUPPORTED}; files .onnx may have more: export the module "
            "(torch.onnx.export) and name that file.",
        )
    return handler(site)


def _pair(site: Site, value: Any, what: str) -> tuple[int, int]:
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) == 1:
        pair *= 2
    if len(pair) != 2 or not all(isinstance(n, int) for n in pair):
        raise site.refuse(f"has a {what} of {value!r}, which must be one or two whole numbers")
    return pair


def _padded(site: Site, value: Any, sides: Any, mode: Any, fill: Any) -> Lowered:
    """Zeros around a map, which the layers that read it add; ``sides`` as torch has them."""
    source = _map(site, value, padded=True)
    if mode != "constant" or fill not in (None, 0):
        raise site.refuse(f"pads with other values than zero ({mode}, {fill})")
    sides = (sides,) * 4 if isinstance(sides, int) else tuple(sides)
    full = (*sides, *(0,) * (4 - len(sides)))
    if any(not isinstance(side, int) for side in full) or any(full[4:]):
        raise site.refuse(f"pads by {sides}; only height and width can be padded")
    left, right, top, bottom = full[:4]
    if min(left, right, top, bottom) < 0:
        raise site.refuse(f"cuts its input, by padding of {sides}")
    before = source.padding
    padding = (before[0] + top, before[1] + left, before[2] + bottom, before[3] + right)
    return TensorArgument(source.name, source.shape, padding)


def _pad_module(site: Site) -> Lowered:
    module = site.target
    fill = getattr(module, "value", 0)
    return _padded(site, site.bind("input")["input"], module.padding, "constant", fill)


def _pad_function(site: Site) -> Lowered:
    bound = site.bind("input", "pad", "mode", "value", mode="constant", value=None)
    return _padded(site, bound["input"], bound["pad"], bound["mode"], bound["value"])


def _both_sides(
    pair: tuple[int, int], kernel: tuple[int, int], site: Site
) -> tuple[int, int, int, int]:
    if any(n >= size for n, size in zip(pair, kernel, strict=True)):
        raise site.refuse(f"has padding {pair}, which must be smaller than its kernel {kernel}")
    return (*pair, *pair)


def _joined(
    site: Site,
    source: TensorArgument,
    padding: tuple[int, int, int, int],
    kernel: tuple[int, int],
) -> tuple[int, int, int, int]:
    """The zeros of the input and those that the layer itself adds."""
    top, left, bottom, right = (
        one + other for one, other in zip(source.padding, padding, strict=True)
    )
    if max(top, bottom) >= kernel[0] or max(left, right) >= kernel[1]:
        raise site.refuse(
            f"reads a map padded by {(top, left, bottom, right)}, which must be smaller than its "
            f"kernel {kernel}"
        )
    return top, left, bottom, right


def _map(site: Site, value: Any, *, padded: bool = False) -> TensorArgument:
    source = site.tensor(value, padded=padded)
    if len(source.shape) != 3:
        raise site.refuse(f"expects a feature map (C, H, W), not {source.shape}")
    return source


def _parameters(site: Site, module: nn.Conv2d | nn.Linear) -> tuple[np.ndarray, np.ndarray]:
    weight = module.weight.detach().numpy().copy()
    bias = np.zeros(len(weight)) if module.bias is None else module.bias.detach().numpy().copy()
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise site.refuse("has weights that are not finite")
    return weight, bias


def _conv(site: Site) -> Lowered:
    module: nn.Conv2d = site.target
    source = _map(site, site.bind("input")["input"], padded=True)
    if module.padding_mode != "zeros":
        raise site.refuse(f"pads by {module.padding_mode!r}; only zeros are supported")
    dilation = _pair(site, module.dilation, "dilation")
    kernel = _pair(site, module.kernel_size, "kernel")
    kernel = ((kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1)
    padding: tuple[int, int, int, int]
    if module.padding == "same":
        top, left = ((size - 1) // 2 for size in kernel)
        padding = (top, left, kernel[0] - 1 - top, kernel[1] - 1 - left)
    elif module.padding == "valid":
        padding = (0, 0, 0, 0)
    else:
        padding = _both_sides(_pair(site, module.padding, "padding"), kernel, site)
    padding = _joined(site, source, padding, kernel)
    weight, bias = _parameters(site, module)
    return FloatConv(
        **site.common(source),
        weight=weight,
        bias=bias,
        stride=_pair(site, module.stride, "stride"),
        padding=padding,
        groups=module.groups,
        dilation=dilation,
    )


def _linear(site: Site) -> Lowered:
    source = site.tensor(site.bind("input")["input"])
    if len(source.shape) != 1:
        raise site.refuse(f"expects a vector, not {source.shape}; flatten before it")
    weight, bias = _parameters(site, site.target)
    return FloatLinear(**site.common(source), weight=weight, bias=bias)


def _norm(site: Site) -> Lowered:
    module: nn.BatchNorm1d | nn.BatchNorm2d = site.target
    source = site.tensor(site.bind("input")["input"])
    if module.running_mean is None or module.running_var is None:
        raise site.refuse("has no running mean and variance, so it cannot be folded")
    mean, variance = module.running_mean.numpy(), module.running_var.numpy()
    gain = 1 / np.sqrt(variance + module.eps)
    if module.weight is not None:
        gain = gain * module.weight.detach().numpy()
    offset = -mean * gain
    if module.bias is not None:
        offset = offset + module.bias.detach().numpy()
    if not (np.isfinite(gain).all() and np.isfinite(offset).all()):
        raise site.refuse("has statistics that are not finite")
    statistics = OutputStatistics.of_norm(gain, offset, mean, variance)
    return FloatNorm(**site.common(source), gain=gain, offset=offset, statistics=statistics)


def _clamp(site: Site, value: Any, low: Any, high: Any) -> Lowered:
    source = site.tensor(value)
    ends = [default if end is None else end for end, default in ((low, -np.inf), (high, np.inf))]
    if not all(isinstance(end, int | float) for end in ends) or not ends[0] <= ends[1]:
        raise site.refuse(f"clamps to [{low!r}, {high!r}], which must be two numbers in order")
    return FloatClamp(**site.common(source), low=float(ends[0]), high=float(ends[1]))


def _clamp_module(site: Site) -> Lowered:
    module = site.target
    if module.inplace:
        site.refuse_in_place()
    low, high = (0, None) if isinstance(module, nn.ReLU) else (module.min_val, module.max_val)
    return _clamp(site, site.bind("input")["input"], low, high)


def _relu(site: Site) -> Lowered:
    bound = site.bind("input", "inplace", inplace=False)
    if bound["inplace"]:
        site.refuse_in_place()
    return _clamp(site, bound["input"], 0, None)


def _relu6(site: Site) -> Lowered:
    bound = site.bind("input", "inplace", inplace=False)
    if bound["inplace"]:
        site.refuse_in_place()
    return _clamp(site, bound["input"], 0, 6)


def _hardtanh(site: Site) -> Lowered:
    names = ("input", "min_val", "max_val", "inplace")
    bound = site.bind(*names, min_val=-1, max_val=1, inplace=False)
    if bound["inplace"]:
        site.refuse_in_place()
    return _clamp(site, bound["input"], bound["min_val"], bound["max_val"])


def _clamp_function(site: Site) -> Lowered:
    bound = site.bind("input", "min", "max", min=None, max=None)
    return _clamp(site, bound["input"], bound["min"], bound["max"])


def _max_pool(site: Site, value: Any, settings: dict[str, Any]) -> Lowered:
    source = _map(site, value)
    kernel = _pair(site, settings["kernel_size"], "kernel")
    stride = _pair(site, settings["stride"] or kernel, "stride")
    if _pair(site, settings["dilation"], "dilation") != (1, 1):
        raise site.refuse("is a dilated pooling, which is not supported")
    padding = _both_sides(_pair(site, settings["padding"], "padding"), kernel, site)
    # With ceil_mode torch adds a window that overlaps the edge; enough padding has the same effect.
    extra = [
        max((count - 1) * step + size - (length + 2 * pad), 0)
        for count, step, size, length, pad in zip(
            site.shape[1:], stride, kernel, source.shape[1:], padding[:2], strict=True
        )
    ]
    padding = (padding[0], padding[1], padding[2] + extra[0], padding[3] + extra[1])
    if padding[2] >= kernel[0] or padding[3] >= kernel[1]:
        raise site.refuse(
            f"needs padding {padding}, which must be smaller than its kernel {kernel}"
        )
    return FloatMaxPool(**site.common(source), kernel=kernel, stride=stride, padding=padding)


def _max_pool_module(site: Site) -> Lowered:
    module: nn.MaxPool2d = site.target
    return _max_pool(site, site.bind("input")["input"], vars(module))


def _max_pool_function(site: Site) -> Lowered:
    bound = site.bind(
        "input", "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices",
        stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False,
    )  # fmt: skip
    return _max_pool(site, bound["input"], bound)


def _average_pool(site: Site, value: Any, settings: dict[str, Any]) -> Lowered:
    source = _map(site, value, padded=True)
    kernel = _pair(site, settings["kernel_size"], "kernel")
    stride = _pair(site, settings["stride"] or kernel, "stride")
    padding = _both_sides(_pair(site, settings["padding"], "padding"), kernel, site)
    if settings["ceil_mode"]:
        raise site.refuse("averages with ceil_mode, which is not supported")
    if any(padding) and not settings["count_include_pad"]:
        raise site.refuse("averages without counting its padding, which is not supported")
    padding = _joined(site, source, padding, kernel)
    divisor = settings["divisor_override"] or kernel[0] * kernel[1]
    if divisor < 0:
        raise site.refuse(f"has the divisor {divisor!r}, which must be positive")
    return FloatAveragePool(
        **site.common(source), kernel=kernel, stride=stride, padding=padding, divisor=float(divisor)
    )


def _average_pool_module(site: Site) -> Lowered:
    return _average_pool(site, site.bind("input")["input"], vars(site.target))


def _average_pool_function(site: Site) -> Lowered:
    bound = site.bind(
        "input", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad",
        "divisor_override",
        stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None,
    )  # fmt: skip
    return _average_pool(site, bound["input"], bound)


def _adaptive_pool(site: Site, value: Any) -> Lowered:
    source = _map(site, value)
    size, count = source.shape[1:], site.shape[1:]
    if any(length % n for length, n in zip(size, count, strict=True)):
        raise site.refuse(f"pools {size} to {count}, which does not divide it")
    kernel = (size[0] // count[0], size[1] // count[1])
    return FloatAveragePool(
        **site.common(source),
        kernel=kernel,
        stride=kernel,
        padding=(0, 0, 0, 0),
        divisor=float(kernel[0] * kernel[1]),
    )


def _adaptive_pool_module(site: Site) -> Lowered:
    return _adaptive_pool(site, site.bind("input")["input"])


def _adaptive_pool_function(site: Site) -> Lowered:
    return _adaptive_pool(site, site.bind("input", "output_size")["input"])


def _reshape(site: Site) -> Lowered:
    """Lower flatten, view and reshape, by the shapes of their input and output."""
    source = site.tensor(site.arguments[0] if site.arguments else site.keywords.get("input"))
    if site.shape == source.shape:
        return source
    if site.shape != (int(np.prod(source.shape)),):
        raise site.refuse(f"reshapes {source.shape} to {site.shape}; only flattening is supported")
    return FloatFlatten(**site.common(source))


def _add(site: Site) -> Lowered:
    bound = site.bind("input", "other", "alpha", alpha=1)
    first, second = site.tensor(bound["input"]), site.tensor(bound["other"])
    if bound["alpha"] != 1:
        raise site.refuse("adds with alpha, which is not supported")
    if first.shape != second.shape:
        raise site.refuse(f"adds {first.shape} and {second.shape}, which must be one shape")
    return FloatAdd(**site.common(first, second))


def _same(site: Site) -> Lowered:
    """Lower identity and, outside training, dropout."""
    return site.tensor(
        site.arguments[0] if site.arguments else site.keywords.get("input"), padded=True
    )


def _dropout_function(site: Site) -> Lowered:
    names = ("input", "p", "training", "inplace")
    bound = site.bind(*names, p=0.5, training=True, inplace=False)
    if bound["training"]:
        raise site.refuse("drops out in evaluation too; give it training=self.training")
    return site.tensor(bound["input"])


def _in_place(handler: Callable[[Site], Lowered]) -> Callable[[Site], Lowered]:
    def checked(site: Site) -> Lowered:
        site.refuse_in_place()
        return handler(site)

    return checked


_MODULES: dict[type, Callable[[Site], Lowered]] = {
    nn.AdaptiveAvgPool2d: _adaptive_pool_module,
    nn.AvgPool2d: _average_pool_module,
    nn.BatchNorm1d: _norm,
    nn.BatchNorm2d: _norm,
    nn.ConstantPad2d: _pad_module,
    nn.Conv2d: _conv,
    nn.Dropout: _same,
    nn.Dropout2d: _same,
    nn.Flatten: _reshape,
    nn.Hardtanh: _clamp_module,
    nn.Identity: _same,
    nn.Linear: _linear,
    nn.MaxPool2d: _max_pool_module,
    nn.ReLU: _clamp_module,
    nn.ReLU6: _clamp_module,
    nn.ZeroPad2d: _pad_module,
    **pointwise.MODULES,
}

_FUNCTIONS: dict[Any, Callable[[Site], Lowered]] = {
    functional.adaptive_avg_pool2d: _adaptive_pool_function,
    functional.avg_pool2d: _average_pool_function,
    functional.dropout: _dropout_function,
    functional.hardtanh: _hardtanh,
    functional.max_pool2d: _max_pool_function,
    functional.pad: _pad_function,
    functional.relu: _relu,
    functional.relu6: _relu6,
    operator.add: _add,
    operator.iadd: _in_place(_add),
    torch.add: _add,
    torch.clamp: _clamp_function,
    torch.flatten: _reshape,
    torch.relu: _relu,
    torch.reshape: _reshape,
    **pointwise.FUNCTIONS,
}

_METHODS: dict[Any, Callable[[Site], Lowered]] = {
    "add": _add,
    "add_": _in_place(_add),
    "clamp": _clamp_function,
    "clamp_": _in_place(_clamp_function),
    "contiguous": _same,
    "flatten": _reshape,
    "relu": _relu,
    "relu_": _in_place(_relu),
    "reshape": _reshape,
    "view": _reshape,
    **pointwise.METHODS,
}
