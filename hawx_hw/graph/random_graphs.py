"""Random small integer networks, for tests.

A random graph satisfies the contract of :mod:`hawx_hw.graph.graph`, and its multipliers are set
from the sums of a few random images, so that the codes of every tensor spread over their range: a
graph whose codes all saturate would hide wrong sums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from hawx_hw.graph import reference
from hawx_hw.graph.graph import (
    CODE_MAX,
    CODE_MIN,
    Add,
    AveragePool2d,
    Clamp,
    Concat,
    Conv2d,
    Flatten,
    Graph,
    Linear,
    Lookup,
    MaxPool2d,
    Node,
    Requantization,
    Tensor,
    fixed_point,
    output_shape,
)

__all__ = ["ALL_KINDS", "KINDS", "random_codes", "random_graph"]

#: What accelerators compute.
KINDS = ("conv", "linear", "maxpool", "avgpool", "add", "clamp")
#: What the integer graph can describe.
ALL_KINDS = (*KINDS, "grouped", "dilated", "concat", "lookup")

_SCALE = 1 / 64  # information only: no integer result depends on it
_SAMPLES = 4


def random_codes(rng: np.random.Generator, graph: Graph, count: int) -> np.ndarray:
    """Random input codes for ``graph``; every fourth image consists of -128, 0 and 127.

    Parameters
    ----------
    rng : numpy.random.Generator
    graph : Graph
    count : int
        Number of images, >= 0.

    Returns
    -------
    ndarray of int8
        ``(count, *input shape)``.
    """
    return _codes(rng, graph.tensors[graph.input].shape, count)


def random_graph(
    rng: np.random.Generator,
    *,
    layers: int = 3,
    max_size: int = 12,
    max_channels: int = 13,
    max_features: int = 24,
    max_kernel: int = 7,
    max_stride: int = 3,
    kinds: Sequence[str] = KINDS,
    output: str | None = None,
    name: str = "random",
) -> Graph:
    """Draw a graph; the same state of ``rng`` draws the same graph.

    Parameters
    ----------
    rng : numpy.random.Generator
    layers : int
        Layers to draw, >= 1. A residual layer is a convolution (or two) and its Add, so the graph
        may have more nodes; the Flatten before the first Linear is not counted.
    max_size, max_channels : int
        Largest height and width of the input, and largest number of channels anywhere, >= 1.
    max_features : int
        Most outputs of a Linear, >= 1.
    max_kernel, max_stride : int
        Largest kernel and stride along either axis, >= 1. Kernels need not be square, and padding
        is drawn for each side separately.
    kinds : sequence of str
        Which of :data:`ALL_KINDS` may occur.
    output : {"map", "vector"} or None
        What the last node computes; None draws either. A vector without "linear" among the kinds
        ends in a Flatten, and a graph with a map as output has no Linear.
    name : str
        Name of the graph.

    Returns
    -------
    Graph
    """
    unknown = [kind for kind in kinds if kind not in ALL_KINDS]
    if unknown or not kinds:
        raise ValueError(f"Kinds must be some of {', '.join(ALL_KINDS)}, not {tuple(kinds)!r}")
    if output not in ("map", "vector", None):
        raise ValueError(f"Output must be 'map', 'vector' or None, not {output!r}")
    limits = {
        "Layers": layers,
        "Max size": max_size,
        "Max channels": max_channels,
        "Max features": max_features,
        "Max kernel": max_kernel,
        "Max stride": max_stride,
    }
    for what, value in limits.items():
        if value < 1:
            raise ValueError(f"{what} must be at least 1, not {value!r}")
    maps = [kind for kind in kinds if kind != "linear"]
    if output == "map" and not maps:
        raise ValueError("Kinds must contain more than 'linear' where the output is a map")
    if output is None:
        output = "vector" if not maps else str(rng.choice(["map", "vector"]))

    shape = (
        _up_to(rng, max_channels),
        _up_to(rng, max_size),
        _up_to(rng, max_size),
    )
    builder = _Builder(rng, shape, max_channels, max_features, max_kernel, max_stride)
    # Fully connected layers at the end; everything before them is feature maps.
    tail = 0
    if output == "vector" and "linear" in kinds:
        tail = int(rng.integers(1, layers + 1)) if maps else layers
    steps: dict[str, Callable[[], None]] = {
        "conv": builder.convolution,
        "maxpool": builder.max_pool,
        "avgpool": builder.average_pool,
        "add": builder.residual,
        "clamp": builder.clamp,
        "grouped": builder.grouped,
        "dilated": builder.dilated,
        "concat": builder.concatenation,
        "lookup": builder.look_up,
    }
    for _ in range(layers - tail):
        steps[str(rng.choice(maps))]()
    if output == "vector":
        builder.flatten()
    for _ in range(tail):
        if "clamp" in kinds and rng.random() < 0.15:
            builder.clamp()
        builder.linear()
    return builder.graph(name)


class _Builder:
    """Appends random nodes and evaluates each on a few images at once."""

    def __init__(
        self,
        rng: np.random.Generator,
        shape: tuple[int, ...],
        max_channels: int,
        max_features: int,
        max_kernel: int,
        max_stride: int,
    ):
        self._rng = rng
        self._max_channels = max_channels
        self._max_features = max_features
        self._max_kernel = max_kernel
        self._max_stride = max_stride
        self._nodes: list[Node] = []
        zero_point = int(rng.choice([CODE_MIN, 0, int(rng.integers(CODE_MIN, CODE_MAX + 1))]))
        self._tensors = {"input": Tensor(shape, _SCALE, zero_point)}
        self._codes = {"input": _codes(rng, shape, _SAMPLES)}
        self._last = "input"

    def graph(self, name: str) -> Graph:
        return Graph(name, "input", tuple(self._nodes), self._tensors)

    def convolution(self) -> None:
        rng = self._rng
        kernel, stride, padding = self._window(self._max_kernel)
        self._last = self._conv(
            self._last, _up_to(rng, self._max_channels), kernel, stride, padding
        )

    def grouped(self) -> None:
        """Append a convolution in groups; in half of the cases a depthwise one."""
        rng, channels = self._rng, self._tensors[self._last].shape[0]
        groups = int(rng.choice([n for n in range(1, channels + 1) if channels % n == 0]))
        if rng.random() < 0.5:
            groups = channels
        filters = groups * _up_to(rng, max(1, self._max_channels // groups))
        kernel, stride, padding = self._window(self._max_kernel)
        self._last = self._conv(self._last, filters, kernel, stride, padding, groups)

    def dilated(self) -> None:
        rng = self._rng
        extent, stride, padding = self._window(self._max_kernel)
        steps: list[int] = []
        for size in extent:
            fitting = [n for n in range(1, 4) if (size - 1) % n == 0]
            steps.append(int(rng.choice(fitting)))
        kernel = (extent[0] - 1) // steps[0] + 1, (extent[1] - 1) // steps[1] + 1
        filters = _up_to(rng, self._max_channels)
        dilation = steps[0], steps[1]
        self._last = self._conv(self._last, filters, kernel, stride, padding, 1, dilation)

    def look_up(self) -> None:
        """Append a function of the codes: a permutation, or one that rises."""
        rng, source = self._rng, self._last
        table = rng.permutation(np.arange(CODE_MIN, CODE_MAX + 1))
        if rng.random() < 0.5:
            table = np.sort(rng.integers(CODE_MIN, CODE_MAX + 1, 256))
        point = int(rng.integers(CODE_MIN, CODE_MAX + 1))
        name = self._name("lookup")
        self._append(Lookup(name, (source,), table.astype(np.int8), point), point, _SCALE)
        self._last = name

    def concatenation(self) -> None:
        """Append a Concat of tensors of one size and encoding: older ones, or one twice."""
        rng, own = self._rng, self._tensors[self._last]
        fitting = [
            name
            for name, tensor in self._tensors.items()
            if tensor.shape[1:] == own.shape[1:] and tensor.zero_point == own.zero_point
        ]
        others = [str(rng.choice(fitting)) for _ in range(_up_to(rng, 2))]
        inputs = tuple(str(each) for each in rng.permutation([self._last, *others]))
        name = self._name("concat")
        self._append(Concat(name, inputs), own.zero_point, own.scale)
        self._last = name

    def residual(self) -> None:
        """Append an Add: of conv(x) and x, of two conv(x), or of an older tensor of that shape."""
        rng, source = self._rng, self._last
        older = [
            name
            for name, tensor in self._tensors.items()
            if tensor.shape == self._tensors[source].shape
        ]
        choice = rng.random()
        if choice < 0.3:
            first, second = source, str(rng.choice(older))
        elif choice < 0.7:
            first, second = self._same(source, self._tensors[source].shape[0]), source
        else:
            kernel, stride, padding = self._window(self._max_kernel)
            filters = _up_to(rng, self._max_channels)
            first = self._conv(source, filters, kernel, stride, padding)
            second = self._conv(source, filters, kernel, stride, padding)
        if rng.random() < 0.5:
            first, second = second, first
        self._last = self._add(first, second)

    def max_pool(self) -> None:
        kernel, stride, padding = self._window(min(4, self._max_kernel))
        name = self._name("maxpool")
        tensor = self._tensors[self._last]
        self._append(
            MaxPool2d(name, (self._last,), kernel, stride, padding), tensor.zero_point, tensor.scale
        )
        self._last = name

    def average_pool(self) -> None:
        kernel, stride, padding = self._window(min(4, self._max_kernel))
        bias = -kernel[0] * kernel[1] * self._tensors[self._last].zero_point

        def node(rule: Requantization) -> AveragePool2d:
            return AveragePool2d(name, (self._last,), kernel, stride, bias, rule, padding)

        name = self._name("avgpool")
        self._calibrated(node)
        self._last = name

    def clamp(self) -> None:
        bias = -self._tensors[self._last].zero_point

        def node(rule: Requantization) -> Clamp:
            return Clamp(name, (self._last,), bias, rule)

        name = self._name("clamp")
        self._calibrated(node)
        self._last = name

    def flatten(self) -> None:
        name = self._name("flatten")
        tensor = self._tensors[self._last]
        self._append(Flatten(name, (self._last,)), tensor.zero_point, tensor.scale)
        self._last = name

    def linear(self) -> None:
        rng, source = self._rng, self._last
        outputs = _up_to(rng, self._max_features)
        weight = self._weights((outputs, self._tensors[source].shape[0]))
        name = self._name("linear")

        def node(rule: Requantization, bias: np.ndarray) -> Linear:
            return Linear(name, (source,), weight, bias, rule)

        self._weighted(node, weight)
        self._last = name

    def _same(self, source: str, filters: int) -> str:
        """Append a convolution whose output has the size of its input."""
        kernel = tuple(_up_to(self._rng, self._max_kernel) for _ in range(2))
        top, left = ((n - 1) // 2 for n in kernel)
        padding = (top, left, kernel[0] - 1 - top, kernel[1] - 1 - left)
        return self._conv(source, filters, (kernel[0], kernel[1]), (1, 1), padding)

    def _conv(
        self,
        source: str,
        filters: int,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        padding: tuple[int, int, int, int],
        groups: int = 1,
        dilation: tuple[int, int] = (1, 1),
    ) -> str:
        channels = self._tensors[source].shape[0] // groups
        weight = self._weights((filters, channels, *kernel))
        name = self._name("conv")

        def node(rule: Requantization, bias: np.ndarray) -> Conv2d:
            return Conv2d(name, (source,), weight, bias, rule, stride, padding, groups, dilation)

        self._weighted(node, weight)
        return name

    def _add(self, first: str, second: str) -> str:
        rng = self._rng
        points = [self._tensors[name].zero_point for name in (first, second)]
        weights = rng.uniform(0.3, 1.5, 2)
        total = sum(
            weight * (self._codes[name].astype(np.float64) - point)
            for name, point, weight in zip((first, second), points, weights, strict=True)
        )
        gain = self._gain(np.array([np.std(total)]))
        rule = self._rule(gain * weights, float(np.mean(total) * gain[0]))
        bias = -sum(point * int(m) for point, m in zip(points, rule.multiplier, strict=True))
        name = self._name("add")
        self._append(Add(name, (first, second), bias, rule), rule.zero_point, _SCALE)
        return name

    def _weighted(
        self, node: Callable[[Requantization, np.ndarray], Conv2d | Linear], weight: np.ndarray
    ) -> None:
        """Append a node with the zero point in its bias, and its sums centered and spread."""
        rng = self._rng
        rough = Requantization(np.array([1]), 1, 0)
        draft = node(rough, np.zeros(len(weight), dtype=np.int32))
        point = self._tensors[draft.inputs[0]].zero_point
        sums = reference.sums(draft, [self._codes[draft.inputs[0]]], point)
        axes = (0, *range(2, sums.ndim))
        deviation = sums.std(axis=axes)
        bias = -sums.mean(axis=axes) + deviation * rng.uniform(-0.5, 0.5, len(weight))
        if rng.random() < 0.2:
            deviation = np.array([deviation.max()])  # one multiplier for all filters
        gain = self._gain(deviation)
        if len(gain) > 1 and rng.random() < 0.1:
            gain[rng.integers(len(gain))] = 0.0  # a dead filter
        rule = self._rule(gain, 0.0)
        self._append(node(rule, np.rint(bias).astype(np.int32)), rule.zero_point, _SCALE)

    def _calibrated(self, node: Callable[[Requantization], AveragePool2d | Clamp]) -> None:
        draft = node(Requantization(np.array([1]), 1, 0))
        source = draft.inputs[0]
        sums = reference.sums(draft, [self._codes[source]], self._tensors[source].zero_point)
        gain = self._gain(np.array([sums.std()]))
        rule = self._rule(gain, float(sums.mean() * gain[0]))
        self._append(node(rule), rule.zero_point, _SCALE)

    def _gain(self, deviation: np.ndarray) -> np.ndarray:
        """Scales that map this deviation to 30 to 70 codes: most codes in range, a few clamped."""
        target = self._rng.uniform(30, 70, len(deviation))
        gain: np.ndarray = target / np.maximum(deviation, 1.0)
        return gain

    def _rule(self, gain: np.ndarray, mean: float) -> Requantization:
        """A rule with these scales that leaves most codes in range; often with a ReLU's clamp.

        ``mean`` is that of the sums times their scales: the zero point compensates for it.
        """
        rng = self._rng
        point = int(np.clip(np.rint(rng.uniform(-40, 40) - mean), CODE_MIN, CODE_MAX))
        low, high = CODE_MIN, CODE_MAX
        choice = rng.random()
        if choice < 0.4 and mean > -15:
            if rng.random() < 0.5:
                point, gain = CODE_MIN, 1.6 * gain  # all values are positive: more codes are left
            low = point
            if choice < 0.1:
                high = int(rng.integers(min(point + 50, CODE_MAX), CODE_MAX + 1))
        multiplier, shift = fixed_point(gain)
        step = int(2 ** rng.integers(1, 6)) if rng.random() < 0.2 else 1
        return Requantization(multiplier, shift, point, low, high, step)

    def _weights(self, shape: tuple[int, ...]) -> np.ndarray:
        rng = self._rng
        kind = rng.random()
        if kind < 0.5:
            weight = np.clip(np.rint(rng.normal(0, 40, shape)), -127, 127)
        elif kind < 0.85:
            weight = rng.integers(-127, 128, shape)
        else:
            weight = rng.choice([-127, -1, 0, 0, 1, 127], shape)
        return weight.astype(np.int8)

    def _window(
        self, max_kernel: int
    ) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int, int, int]]:
        """A kernel, stride and padding that fit the last feature map."""
        rng = self._rng
        kernels, paddings = [], []
        for size in self._tensors[self._last].shape[1:]:
            kernel = _up_to(rng, max_kernel)
            before, after = (int(rng.integers(0, kernel)) for _ in range(2))
            if rng.random() < 0.4:
                before = after = 0
            while size + before + after < kernel:
                kernel -= 1
                before, after = min(before, kernel - 1), min(after, kernel - 1)
            kernels.append(kernel)
            paddings.append((before, after))
        strides = [_up_to(rng, self._max_stride) for _ in range(2)]
        if rng.random() < 0.5:
            strides = [1, 1]
        (top, bottom), (left, right) = paddings
        return (kernels[0], kernels[1]), (strides[0], strides[1]), (top, left, bottom, right)

    def _append(self, node: Node, zero_point: int, scale: float) -> None:
        shape = output_shape(node, [self._tensors[name].shape for name in node.inputs])
        self._nodes.append(node)
        self._tensors[node.name] = Tensor(shape, scale, zero_point)
        self._codes[node.name] = reference.evaluate(
            node,
            [self._codes[name] for name in node.inputs],
            self._tensors[node.inputs[0]].zero_point,
        )

    def _name(self, kind: str) -> str:
        return f"{kind}{1 + sum(node.name.startswith(kind) for node in self._nodes)}"


def _codes(rng: np.random.Generator, shape: tuple[int, ...], count: int) -> np.ndarray:
    images = rng.integers(CODE_MIN, CODE_MAX + 1, (count, *shape))
    extremes = rng.choice([CODE_MIN, CODE_MAX, 0], (count, *shape), p=[0.4, 0.4, 0.2])
    images[3::4] = extremes[3::4]
    return images.astype(np.int8)


def _up_to(rng: np.random.Generator, largest: int) -> int:
    """A number in [1, largest]."""
    return int(rng.integers(1, largest + 1))
