"""Random ONNX networks of every kind of node that is read, as exporters write them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx

from tests.importing.onnx_files.models import model, node

__all__ = ["random_model"]

ACTIVATIONS = (
    "Elu", "HardSigmoid", "HardSwish", "LeakyRelu", "Selu", "Sigmoid", "Softplus", "Tanh", "Mish",
    "Gelu",
)  # fmt: skip
#: Parts of a network that the hardware of today has.
PLAIN = ("conv", "norm", "relu", "clip", "pool", "average", "residual", "scale", "pad")
ANY = (*PLAIN, "any_conv", "activation", "concat", "channels_last", "any_scale", "silu", "cast")


class _Writer:
    """Appends nodes to a network; its current tensor is a map of a known shape."""

    def __init__(self, rng: np.random.Generator, shape: tuple[int, int, int]):
        self.rng = rng
        self.shape = shape
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}
        self.tensor = "x"
        self._count = 0

    def name(self) -> str:
        self._count += 1
        return f"t{self._count}"

    def constant(self, value: object) -> str:
        name = self.name()
        self.constants[name] = np.asarray(value)
        return name

    def add(self, op: str, *inputs: str, **attributes: object) -> str:
        """A node, of which some have names; its output is the current tensor."""
        name = self.name()
        label = f"/block/{op}_{name}" if self.rng.random() < 0.7 else ""
        self.nodes.append(node(op, list(inputs), [name], name=label, **attributes))
        self.tensor = name
        return name

    def real(self, *shape: int, spread: float = 1.0) -> str:
        return self.constant((self.rng.normal(size=shape) * spread).astype(np.float32))

    def pick(self, *values):
        return values[int(self.rng.integers(len(values)))]


def _convolution(w: _Writer, groups: int = 1, dilation: tuple[int, int] = (1, 1)) -> None:
    channels, height, width = w.shape
    filters = groups * int(w.rng.integers(1, 6 if groups == 1 else 3))
    kernel = [int(w.rng.integers(1, 4)) for _ in range(2)]
    extents = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    sides = [[int(w.rng.integers(0, e)) for _ in range(2)] for e in extents]
    stride = [int(w.rng.integers(1, 3)) for _ in range(2)]
    rooms = [n + sum(s) - e for n, s, e in zip((height, width), sides, extents, strict=True)]
    if min(rooms) < 0:
        return
    attributes: dict[str, object] = {"strides": stride, "group": groups, "dilations": dilation}
    rule = w.pick("pads", "pads", "SAME_UPPER", "SAME_LOWER", "VALID")
    if rule.startswith("SAME") and max(dilation) > 1:
        rule = "pads"  # the runtime has no rule for that
    if rule == "pads":
        attributes["pads"] = [sides[0][0], sides[1][0], sides[0][1], sides[1][1]]
        sizes = [room // step + 1 for room, step in zip(rooms, stride, strict=True)]
    elif rule == "VALID":
        if height < extents[0] or width < extents[1]:
            return
        attributes["auto_pad"] = rule
        sizes = [(n - e) // s + 1 for n, e, s in zip((height, width), extents, stride, strict=True)]
    else:
        if height < extents[0] or width < extents[1]:
            return
        attributes["auto_pad"] = rule
        sizes = [-(-n // s) for n, s in zip((height, width), stride, strict=True)]
    inputs = [w.tensor, w.real(filters, channels // groups, *kernel, spread=0.5)]
    if w.rng.random() < 0.7:
        inputs.append(w.real(filters, spread=0.3))
    w.add("Conv", *inputs, **attributes)
    w.shape = (filters, *sizes)


def _any_convolution(w: _Writer) -> None:
    groups = w.pick(*(g for g in range(1, w.shape[0] + 1) if w.shape[0] % g == 0))
    _convolution(w, groups, (w.pick(1, 2), w.pick(1, 2, 3)))


def _norm(w: _Writer) -> None:
    """A batch normalization of a convolution's output, where it can be folded."""
    _convolution(w)
    count = w.shape[0]
    spread = w.constant(w.rng.uniform(0.3, 2, count).astype(np.float32))
    w.add("BatchNormalization", w.tensor, w.real(count), w.real(count), w.real(count), spread)


def _scale(w: _Writer) -> None:
    """A number a channel behind a convolution."""
    _convolution(w)
    _any_scale(w)


def _any_scale(w: _Writer) -> None:
    op = w.pick("Add", "Sub", "Mul", "Div")
    shape = w.pick((), (w.shape[0], 1, 1), (1, w.shape[0], 1, 1))
    value = w.rng.normal(size=shape).astype(np.float32)
    constant = w.constant(value if op != "Div" else np.sign(value) * (np.abs(value) + 0.5))
    operands = [w.tensor, constant]
    if op in ("Add", "Mul") and w.rng.random() < 0.5:
        operands.reverse()
    w.add(op, *operands)


def _relu(w: _Writer) -> None:
    w.add("Relu", w.tensor)


def _clip(w: _Writer) -> None:
    low, high = w.constant(np.float32(w.pick(0, -1))), w.constant(np.float32(w.pick(1, 6)))
    w.add("Clip", w.tensor, low, high)


def _pool(w: _Writer, op: str = "MaxPool", **attributes: object) -> None:
    _, height, width = w.shape
    kernel = [int(w.rng.integers(1, min(n, 3) + 1)) for n in (height, width)]
    stride = [int(w.rng.integers(1, 3)) for _ in range(2)]
    sides = [int(w.rng.integers(0, k)) for k in (*kernel, *kernel)]
    sizes = [
        (n + sides[axis] + sides[axis + 2] - kernel[axis]) // stride[axis] + 1
        for axis, n in enumerate((height, width))
    ]
    w.add(op, w.tensor, kernel_shape=kernel, strides=stride, pads=sides, **attributes)
    w.shape = (w.shape[0], *sizes)


def _average(w: _Writer) -> None:
    _pool(w, "AveragePool", count_include_pad=1)


def _residual(w: _Writer) -> None:
    first, channels = w.tensor, w.shape[0]
    w.add("Conv", first, w.real(channels, channels, 3, 3, spread=0.3), pads=[1, 1, 1, 1])
    if w.rng.random() < 0.5:
        _relu(w)
    w.add("Add", *w.pick((first, w.tensor), (w.tensor, first)))


def _pad(w: _Writer) -> None:
    """Zeros around a map, which the convolution behind takes as its padding."""
    top, left, bottom, right = (int(w.rng.integers(0, 2)) for _ in range(4))
    pads = w.constant(np.array([0, 0, top, left, 0, 0, bottom, right]))
    w.add("Pad", w.tensor, pads)
    channels, height, width = w.shape
    w.add("Conv", w.tensor, w.real(3, channels, 2, 2, spread=0.5), pads=[0, 0, 0, 0])
    w.shape = (3, height + top + bottom - 1, width + left + right - 1)


def _activation(w: _Writer) -> None:
    w.add(w.pick(*ACTIVATIONS), w.tensor)


def _silu(w: _Writer) -> None:
    before = w.tensor
    w.add("Mul", before, w.add("Sigmoid", before))


def _concat(w: _Writer) -> None:
    before = w.tensor
    w.add("Concat", before, w.add("Relu", before), axis=w.pick(1, -3))
    w.shape = (2 * w.shape[0], *w.shape[1:])


def _channels_last(w: _Writer) -> None:
    """To channels-last order and back, with something between."""
    w.add("Transpose", w.tensor, perm=[0, 2, 3, 1])
    w.add("Add", w.tensor, w.real(w.shape[0]))
    if w.rng.random() < 0.5:
        w.add("MatMul", w.tensor, w.real(w.shape[0], 3))
        w.shape = (3, *w.shape[1:])
    w.add("Transpose", w.tensor, perm=[0, 3, 1, 2])


def _cast(w: _Writer) -> None:
    w.add("Cast", w.add("Identity", w.tensor), to=1)


_PARTS: dict[str, Callable[[_Writer], None]] = {
    "activation": _activation, "any_conv": _any_convolution, "any_scale": _any_scale,
    "average": _average, "cast": _cast, "channels_last": _channels_last, "clip": _clip,
    "concat": _concat, "conv": _convolution, "norm": _norm, "pad": _pad, "pool": _pool,
    "relu": _relu, "residual": _residual, "scale": _scale, "silu": _silu,
}  # fmt: skip


def _flattened(w: _Writer, last: bool) -> int:
    """A vector of the current map, in one of many ways; its length."""
    channels, height, width = w.shape
    way = w.pick("pool", "mean", "flatten", "reshape", "chain")
    if way in ("pool", "mean"):
        if way == "pool":
            w.add("GlobalAveragePool", w.tensor)
            w.add("Flatten", w.tensor)
        else:
            w.add("ReduceMean", w.tensor, w.constant(np.array([-1, -2])), keepdims=0)
        return channels
    if last and w.rng.random() < 0.5:
        w.add("Transpose", w.tensor, perm=[0, 2, 3, 1])
    if way == "flatten":
        w.add("Flatten", w.tensor)
    elif way == "reshape":
        w.add("Reshape", w.tensor, w.constant(np.array([0, -1])))
    else:
        before = w.tensor
        batch = w.add("Gather", w.add("Shape", before), w.constant(np.array([0])), axis=0)
        target = w.add("Concat", batch, w.constant(np.array([-1])), axis=0)
        w.add("Reshape", before, target)
    return channels * height * width


def _head(w: _Writer, channels_last: bool) -> None:
    length = _flattened(w, channels_last)
    for outputs in (int(w.rng.integers(2, 9)), 4)[: w.pick(1, 2)]:
        spread = length**-0.5
        if w.rng.random() < 0.5:
            w.add("Gemm", w.tensor, w.real(outputs, length, spread=spread), w.real(outputs),
                  transB=1)  # fmt: skip
        else:
            w.add("MatMul", w.tensor, w.real(length, outputs, spread=spread))
            w.add("Add", w.tensor, w.real(outputs))
        length = outputs
        if w.rng.random() < 0.5:
            w.add("Relu", w.tensor)


def random_model(
    seed: int, *, plain: bool = False, parts: int = 4, size: int = 9
) -> tuple[onnx.ModelProto, tuple[int, int, int]]:
    """A network with the input ``x`` and the output ``y``, and the shape of its images.

    Parameters
    ----------
    seed : int
    plain : bool
        Only what the hardware of today has.
    parts : int
        How many parts there are before the vectors.
    size : int
        Height and width are below it; at least 6.
    """
    rng = np.random.default_rng(seed)
    shape = tuple(int(rng.integers(low, high)) for low, high in ((1, 4), (5, size), (5, size)))
    w = _Writer(rng, shape)
    _convolution(w)
    for _ in range(parts):
        if min(w.shape[1:]) < 3:
            break
        _PARTS[w.pick(*(PLAIN if plain else ANY))](w)
    _head(w, not plain or rng.random() < 0.5)
    w.add("Identity", w.tensor)
    w.nodes[-1].output[0] = "y"
    return model(w.nodes, w.constants, shape=("n", *shape), opset=20), shape
