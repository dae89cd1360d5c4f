"""The integer graph: the network as the hardware computes it.

Every tensor holds int8 codes ``q`` that stand for ``scale * (q - zero_point)``. Feature maps have
shape ``(channels, height, width)``, vectors ``(features,)``; there is no batch axis. Nodes stand in
the order in which they are computed, and each names its output tensor after itself.

One rule turns a sum into a code. For an exact sum ``a`` (int32), a multiplier ``m`` (16 bits,
unsigned; one an output channel) and a shift ``s`` (one a node)::

    code = clamp(((a * m + 2**(s - 1)) >> s) + zero_point, low, high)

where ``>>`` rounds towards minus infinity. It rounds halves up, and is the same in the reference,
in the emulation and in the gateware. A multiplier of lower precision takes codes that are multiples
of a ``step``, a power of two; the rule then rounds to the nearest of them, and clears what the
clamp adds::

    code = clamp((a * m + zero_point * 2**s + step * 2**(s - 1)) >> s, low, high) & -step
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from hawx_hw.graph import pixels

__all__ = [
    "CODE_MAX",
    "CODE_MIN",
    "MULTIPLIER_BITS",
    "SHIFT_MAX",
    "SHIFT_MIN",
    "Add",
    "AveragePool2d",
    "Clamp",
    "Concat",
    "Conv2d",
    "Flatten",
    "Graph",
    "Linear",
    "Lookup",
    "MaxPool2d",
    "Node",
    "Requantization",
    "Tensor",
    "fixed_point",
]

CODE_MIN, CODE_MAX = -128, 127
WEIGHT_MAX = 127
MULTIPLIER_BITS = 16
SHIFT_MIN, SHIFT_MAX = 1, 39
STEPS = tuple(1 << k for k in range(8))
SUM_MIN, SUM_MAX = -(2**31), 2**31 - 1


@dataclass(frozen=True)
class Tensor:
    """Shape and encoding of one tensor.

    Parameters
    ----------
    shape : tuple of int
        ``(channels, height, width)`` or ``(features,)``.
    scale : float
        Real value of one step, > 0. Information only: no integer result depends on it.
    zero_point : int
        The code of the real value zero, in [-128, 127].
    """

    shape: tuple[int, ...]
    scale: float
    zero_point: int

    def __post_init__(self) -> None:
        if len(self.shape) not in (1, 3) or any(n < 1 for n in self.shape):
            raise ValueError(f"Tensor shape must be (C, H, W) or (N,), not {self.shape!r}")
        if not self.scale > 0:
            raise ValueError(f"Tensor scale must be positive, not {self.scale!r}")
        if not CODE_MIN <= self.zero_point <= CODE_MAX:
            raise ValueError(f"Tensor zero point must be an int8 code, not {self.zero_point!r}")

    @property
    def size(self) -> int:
        """Number of codes."""
        return int(np.prod(self.shape))


@dataclass(frozen=True, eq=False)
class Requantization:
    """The rule that turns exact sums into codes; see the module.

    Parameters
    ----------
    multiplier : ndarray of int64
        ``(channels,)``, each in [0, 65535]; ``(1,)`` where one serves all channels.
    shift : int
        In [1, 39], common to the channels of a node.
    zero_point : int
        The zero point of the output.
    low, high : int
        The clamp; a fused ReLU has ``low == zero_point``.
    step : int
        Codes are multiples of it: a power of two in [1, 128].
    """

    multiplier: np.ndarray
    shift: int
    zero_point: int
    low: int = CODE_MIN
    high: int = CODE_MAX
    step: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "multiplier", np.asarray(self.multiplier, dtype=np.int64))
        m = self.multiplier
        if m.ndim != 1 or m.size < 1 or m.min() < 0 or m.max() >= 2**MULTIPLIER_BITS:
            raise ValueError(
                "Requantization multipliers must be a vector of 16-bit unsigned numbers"
            )
        if not SHIFT_MIN <= self.shift <= SHIFT_MAX:
            raise ValueError(
                f"Requantization shift must be in [{SHIFT_MIN}, {SHIFT_MAX}], not {self.shift!r}"
            )
        if not CODE_MIN <= self.low <= self.high <= CODE_MAX:
            raise ValueError(
                f"Requantization clamp must lie in int8, not [{self.low!r}, {self.high!r}]"
            )
        if self.step not in STEPS:
            raise ValueError(
                f"Requantization step must be a power of two in [1, 128], not {self.step!r}"
            )
        if not CODE_MIN <= self.zero_point <= CODE_MAX:
            raise ValueError(
                f"Requantization zero point must be an int8 code, not {self.zero_point!r}"
            )


@dataclass(frozen=True, eq=False)
class Node:
    """One operation. ``name`` is also that of its output tensor; ``inputs`` are tensor names."""

    name: str
    inputs: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Conv2d(Node):
    """Cross-correlation of a feature map with ``weight``, then requantization.

    The bias already holds ``-input_zero_point * sum(weight)``: the sum runs over raw codes, and
    padding contributes the input's zero-point code.

    Parameters
    ----------
    weight : ndarray of int8
        ``(filters, channels / groups, kernel_height, kernel_width)``, in [-127, 127].
    bias : ndarray of int32
        ``(filters,)``.
    stride : tuple of int
        (vertical, horizontal), >= 1.
    padding : tuple of int
        (top, left, bottom, right), >= 0 and smaller than :attr:`extent`.
    groups : int
        Channels and filters are divided into so many groups, and a filter reads the channels of its
        group; a divisor of the filters. As many as channels: a depthwise convolution.
    dilation : tuple of int
        (vertical, horizontal) distance between taps, >= 1.
    """

    weight: np.ndarray
    bias: np.ndarray
    requantization: Requantization
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    groups: int = 1
    dilation: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        _check_weights(self, 4)
        if len(self.dilation) != 2 or min(self.dilation) < 1:
            raise ValueError(f"{self.name!r} must have two dilations >= 1, not {self.dilation}")
        if self.groups < 1 or len(self.weight) % self.groups:
            raise ValueError(
                f"{self.name!r} must have groups that divide its {len(self.weight)} filters, "
                f"not {self.groups}"
            )
        _check_window(self.name, self.extent, self.stride, self.padding)

    @property
    def extent(self) -> tuple[int, int]:
        """Height and width of the window that the dilated kernel covers."""
        height, width = self.weight.shape[2:]
        return (height - 1) * self.dilation[0] + 1, (width - 1) * self.dilation[1] + 1

    @property
    def channels(self) -> int:
        """Channels of the input."""
        return int(self.weight.shape[1]) * self.groups


@dataclass(frozen=True, eq=False)
class Linear(Node):
    """``weight @ codes + bias``, then requantization; weight is int8 ``(outputs, inputs)``."""

    weight: np.ndarray
    bias: np.ndarray
    requantization: Requantization

    def __post_init__(self) -> None:
        _check_weights(self, 2)


@dataclass(frozen=True, eq=False)
class MaxPool2d(Node):
    """Largest code of each window; padding counts as the code -128, the smallest."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    def __post_init__(self) -> None:
        _check_window(self.name, self.kernel, self.stride, self.padding)


@dataclass(frozen=True, eq=False)
class AveragePool2d(Node):
    """Sum of each window (padding counts as the zero point) plus ``bias``, then requantization.

    ``bias`` is ``-kernel_height * kernel_width * input_zero_point``; the multiplier holds 1 /
    window size.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    bias: int
    requantization: Requantization
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    def __post_init__(self) -> None:
        _check_window(self.name, self.kernel, self.stride, self.padding)
        _check_single(self)


@dataclass(frozen=True, eq=False)
class Add(Node):
    """Residual addition of two tensors of one shape.

    ``code = clamp(((x0 * m0 + x1 * m1 + bias + 2**(s - 1)) >> s) + zero_point, low, high)`` with
    ``(m0, m1) = requantization.multiplier`` and ``bias = -(zero_point0 * m0 + zero_point1 * m1)``.
    """

    bias: int
    requantization: Requantization

    def __post_init__(self) -> None:
        if len(self.inputs) != 2 or self.requantization.multiplier.shape != (2,):
            raise ValueError(f"Add {self.name!r} must have two inputs and two multipliers")


@dataclass(frozen=True, eq=False)
class Clamp(Node):
    """A clamp (ReLU, ReLU6) or change of scale that could not be fused: ``x + bias``, requantized.

    ``bias`` is ``-input_zero_point``.
    """

    bias: int
    requantization: Requantization

    def __post_init__(self) -> None:
        _check_single(self)


@dataclass(frozen=True, eq=False)
class Flatten(Node):
    """A feature map read as a vector: channel by channel, row by row. Codes do not change."""


@dataclass(frozen=True, eq=False)
class Concat(Node):
    """Two or more tensors, one after the other along their channels (or features).

    Codes do not change: the inputs have one scale and zero point.
    """

    def __post_init__(self) -> None:
        if len(self.inputs) < 2:
            raise ValueError(f"Concat {self.name!r} must have two or more inputs")


@dataclass(frozen=True, eq=False)
class Lookup(Node):
    """A function of each code, such as a sigmoid between two encodings.

    Parameters
    ----------
    table : ndarray of int8
        ``(256,)``: the output of code -128, of -127, ...
    zero_point : int
        The output's, in [-128, 127]; no code depends on it.
    """

    table: np.ndarray
    zero_point: int

    def __post_init__(self) -> None:
        if self.table.shape != (256,) or self.table.dtype != np.int8:
            raise ValueError(f"Lookup {self.name!r} must have a table of 256 int8 codes")


def _check_single(node: AveragePool2d | Clamp) -> None:
    if node.requantization.multiplier.shape != (1,):
        raise ValueError(f"{type(node).__name__} {node.name!r} must have one multiplier")


def _check_weights(node: Conv2d | Linear, ndim: int) -> None:
    kind = type(node).__name__
    weight, bias = np.asarray(node.weight), np.asarray(node.bias)
    if weight.ndim != ndim or weight.dtype != np.int8 or weight.size == 0:
        raise ValueError(f"{kind} {node.name!r} weight must be int8 with {ndim} axes")
    if weight.min() < -WEIGHT_MAX:
        raise ValueError(f"{kind} {node.name!r} weight must lie in [-127, 127]")
    filters = weight.shape[0]
    if bias.shape != (filters,) or bias.dtype != np.int32:
        raise ValueError(f"{kind} {node.name!r} bias must be int32 of shape ({filters},)")
    if node.requantization.multiplier.shape not in ((filters,), (1,)):
        raise ValueError(f"{kind} {node.name!r} must have one multiplier, or one a filter")


def _check_window(
    name: str,
    kernel: tuple[int, ...],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
) -> None:
    if (len(kernel), len(stride), len(padding)) != (2, 2, 4):
        raise ValueError(f"{name!r} must have two kernel sizes, two strides and four paddings")
    if min(kernel) < 1 or min(stride) < 1 or min(padding) < 0:
        raise ValueError(f"{name!r} must have kernel, stride >= 1 and padding >= 0")
    if max(padding[0], padding[2]) >= kernel[0] or max(padding[1], padding[3]) >= kernel[1]:
        raise ValueError(f"{name!r} padding {padding} must be smaller than the kernel {kernel}")


@dataclass(frozen=True, eq=False)
class Graph:
    """An integer network with one input and one output.

    Parameters
    ----------
    name : str
    input : str
        The name of the input tensor.
    nodes : tuple of Node
        In an order of computation.
    tensors : dict of str to Tensor
        Every tensor, the input included.
    pixels : ndarray of int8
        ``(1, 256)`` or ``(channels, 256)``: the input code of every 8-bit pixel value; see
        :mod:`hawx_hw.graph.pixels`.
    """

    name: str
    input: str
    nodes: tuple[Node, ...]
    tensors: dict[str, Tensor] = field(repr=False)
    pixels: np.ndarray = field(default_factory=lambda: pixels.DEFAULT_CODES, repr=False)

    def __post_init__(self) -> None:
        channels = self.tensors[self.input].shape[0] if self.input in self.tensors else 1
        if self.pixels.dtype != np.int8 or self.pixels.shape not in ((1, 256), (channels, 256)):
            raise ValueError(
                f"Graph pixels must be int8 of shape (1, 256) or ({channels}, 256), "
                f"not {self.pixels.dtype} of {self.pixels.shape}"
            )
        known = {self.input}
        for node in self.nodes:
            missing = [name for name in node.inputs if name not in known]
            if missing:
                raise ValueError(f"Node {node.name!r} reads {missing[0]!r} before it is computed")
            if node.name in known:
                raise ValueError(f"Two tensors are named {node.name!r}")
            known.add(node.name)
        if known != set(self.tensors):
            raise ValueError("Graph tensors must be exactly the input and the nodes' outputs")
        if not self.nodes:
            raise ValueError("Graph must have at least one node")
        for node in self.nodes:
            source, target = self.tensors[node.inputs[0]], self.tensors[node.name]
            shape = output_shape(node, [self.tensors[name].shape for name in node.inputs])
            if shape != target.shape:
                raise ValueError(f"Node {node.name!r} computes shape {shape}, not {target.shape}")
            # A node without a requantization or a table does not change codes.
            rule = node if isinstance(node, Lookup) else getattr(node, "requantization", source)
            if rule.zero_point != target.zero_point:
                raise ValueError(
                    f"Node {node.name!r} computes codes with the zero point {rule.zero_point}, "
                    f"not {target.zero_point}"
                )
            if isinstance(node, Concat):
                _check_one_encoding(node, [self.tensors[name] for name in node.inputs])

    def codes(self, images: np.ndarray) -> np.ndarray:
        """Input codes of images.

        Parameters
        ----------
        images : ndarray of uint8
            ``(..., C, H, W)``.

        Returns
        -------
        ndarray of int8
            The same shape.
        """
        return pixels.codes(images, self.pixels)

    @property
    def output(self) -> str:
        """The name of the last node's tensor."""
        return self.nodes[-1].name

    @property
    def macs(self) -> int:
        """Multiplications of one inference, padding included."""
        return sum(node_macs(node, self.tensors[node.name].shape) for node in self.nodes)

    def renamed(self, name: str) -> Graph:
        """The same graph under another name."""
        return replace(self, name=name)


def node_macs(node: Node, shape: tuple[int, ...]) -> int:
    """Multiplications of ``node`` for an output of ``shape``."""
    if isinstance(node, Conv2d):
        return int(node.weight.size) * shape[1] * shape[2]
    if isinstance(node, Linear):
        return int(node.weight.size)
    return 0


def output_shape(node: Node, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Shape of the node's output; ValueError where the inputs do not fit the node."""
    source = shapes[0]
    if isinstance(node, Conv2d):
        _expect_map(node, source)
        if source[0] != node.channels:
            raise ValueError(
                f"Conv2d {node.name!r} expects {node.channels} channels, not {source[0]}"
            )
        return (node.weight.shape[0], *_windows(node, source, node.extent))
    if isinstance(node, Linear):
        if source != (node.weight.shape[1],):
            raise ValueError(
                f"Linear {node.name!r} expects {node.weight.shape[1]} inputs, not {source}"
            )
        return (node.weight.shape[0],)
    if isinstance(node, (MaxPool2d, AveragePool2d)):
        _expect_map(node, source)
        return (source[0], *_windows(node, source, node.kernel))
    if isinstance(node, Flatten):
        return (int(np.prod(source)),)
    if isinstance(node, Add) and shapes[0] != shapes[1]:
        raise ValueError(f"Add {node.name!r} expects two equal shapes, not {shapes}")
    if isinstance(node, Concat):
        if any(shape[1:] != source[1:] for shape in shapes):
            raise ValueError(f"Concat {node.name!r} expects maps of one size, not {shapes}")
        return (sum(shape[0] for shape in shapes), *source[1:])
    return source


def _check_one_encoding(node: Concat, sources: list[Tensor]) -> None:
    encodings = {(source.scale, source.zero_point) for source in sources}
    if len(encodings) > 1:
        raise ValueError(f"Concat {node.name!r} expects inputs of one encoding, not {encodings}")


def _expect_map(node: Node, shape: tuple[int, ...]) -> None:
    if len(shape) != 3:
        raise ValueError(f"{type(node).__name__} {node.name!r} expects a feature map, not {shape}")


def _windows(
    node: Conv2d | MaxPool2d | AveragePool2d, shape: tuple[int, ...], kernel: tuple[int, ...]
) -> tuple[int, int]:
    top, left, bottom, right = node.padding
    height = (shape[1] + top + bottom - kernel[0]) // node.stride[0] + 1
    width = (shape[2] + left + right - kernel[1]) // node.stride[1] + 1
    if shape[1] + top + bottom < kernel[0] or shape[2] + left + right < kernel[1]:
        raise ValueError(f"{node.name!r}: the kernel {kernel} is larger than the input {shape}")
    return height, width


def fixed_point(scales: np.ndarray) -> tuple[np.ndarray, int]:
    """Multipliers and the common shift that approximate ``scales`` best: ``m * 2**-s``.

    The multiplier of the largest scale has 16 significant bits (as far as the shift's range
    allows).

    Parameters
    ----------
    scales : ndarray of float
        ``(channels,)``, each >= 0 and the largest in (2**-39, 32767].

    Returns
    -------
    (ndarray of int64, int)
        Multipliers in [0, 65535] and a shift in [1, 39].
    """
    scales = np.atleast_1d(np.asarray(scales, dtype=np.float64))
    largest = float(scales.max())
    if not (scales.min() >= 0 and 2.0**-SHIFT_MAX < largest <= 32767):
        raise ValueError(f"Scales must be >= 0 and the largest in (2**-39, 32767], not {largest!r}")
    limit = 2**MULTIPLIER_BITS - 1
    shift = SHIFT_MAX
    while np.floor(largest * 2.0**shift + 0.5) > limit:
        shift -= 1
    return np.floor(scales * 2.0**shift + 0.5).astype(np.int64), shift
