"""Random small TFLite files in floating point, by a seed."""

from __future__ import annotations

import numpy as np

from tests.importing.tflite_files import formulas
from tests.importing.tflite_files.building import File

__all__ = ["random_file"]


def random_file(seed):
    """A file and the shape (channels, height, width) of its images."""
    random = np.random.default_rng(seed)
    shape = (int(random.integers(1, 4)), *(int(n) for n in random.integers(5, 10, 2)))
    network = _Growing(random, shape)
    for _ in range(random.integers(1, 6)):
        random.choice(
            [network.conv, network.depthwise, network.pool, network.add, network.concat,
             network.function, network.padded]
        )()  # fmt: skip
    network.end()
    return network.file, shape


class _Growing:
    """A file to which layers are added; ``at`` is its last tensor, of ``size`` channels last."""

    def __init__(self, random, shape):
        self.random, self.file = random, File()
        self.size = (*shape[1:], shape[0])
        self.at = self.file.tensor((1, *self.size))

    def weights(self, *shape):
        scale = 1 / np.sqrt(np.prod(shape[1:]) * 60.0)
        return self.file.constant(self.random.normal(size=shape) * scale)

    def grow(self, kind, inputs, size, **options):
        self.size = tuple(size)
        self.at = self.file.operator(kind, inputs, self.file.tensor((1, *size)), **options)

    def window(self, *, same=None):
        """Options of a window that fits the map, and the map's next size."""
        sizes = [int(self.random.integers(1, min(4, n + 1))) for n in self.size[:2]]
        strides = [int(n) for n in self.random.integers(1, 3, 2)]
        same = bool(self.random.integers(2)) if same is None else same
        counts = [
            formulas.padding(n, size, stride, same)[1]
            for n, size, stride in zip(self.size[:2], sizes, strides, strict=True)
        ]
        options = {"StrideH": strides[0], "StrideW": strides[1], "Padding": 0 if same else 1}
        return sizes, counts, options

    def activation(self):
        return {"FusedActivationFunction": int(self.random.choice([0, 1, 3]))}

    def conv(self):
        sizes, counts, options = self.window()
        filters = int(self.random.integers(1, 5))
        inputs = [self.at, self.weights(filters, *sizes, self.size[2])]
        self.grow("CONV_2D", inputs, (*counts, filters), **options, **self.activation())

    def depthwise(self):
        sizes, counts, options = self.window()
        multiplier = int(self.random.integers(1, 3))
        filters = self.size[2] * multiplier
        inputs = [self.at, self.weights(1, *sizes, filters)]
        self.grow(
            "DEPTHWISE_CONV_2D", inputs, (*counts, filters), **options, **self.activation(),
            DepthMultiplier=multiplier,
        )  # fmt: skip

    def pool(self):
        kind = self.random.choice(["MAX_POOL_2D", "AVERAGE_POOL_2D"])
        sizes, counts, options = self.window(same=None if kind == "MAX_POOL_2D" else False)
        options |= {"FilterHeight": sizes[0], "FilterWidth": sizes[1]}
        self.grow(kind, [self.at], (*counts, self.size[2]), **options)

    def add(self):
        before, size = self.at, self.size
        weight = self.weights(size[2], 1, 1, size[2])
        self.grow("CONV_2D", [before, weight], size)
        self.grow("ADD", [self.at, before], size, **self.activation())

    def concat(self):
        before, size = self.at, self.size
        self.grow("CONV_2D", [before, self.weights(2, 1, 1, size[2])], (*size[:2], 2))
        self.grow("CONCATENATION", [before, self.at], (*size[:2], size[2] + 2))

    def function(self):
        kind = self.random.choice(["LOGISTIC", "TANH", "HARD_SWISH", "LEAKY_RELU", "RELU6"])
        self.grow(kind, [self.at], self.size)

    def padded(self):
        before, size = self.at, self.size
        if min(size[:2]) < 2:
            return
        amounts = [[int(n) for n in self.random.integers(0, 2, 2)] for _ in range(2)]
        larger = [n + sum(sides) for n, sides in zip(size[:2], amounts, strict=True)]
        numbers = self.file.constant([[0, 0], *amounts, [0, 0]], "int32")
        self.grow("PAD", [before, numbers], (*larger, size[2]))
        weight = self.weights(3, 2, 2, size[2])
        self.grow("CONV_2D", [self.at, weight], (larger[0] - 1, larger[1] - 1, 3))

    def end(self):
        count = int(np.prod(self.size))
        if self.random.integers(2):
            over = self.file.constant([1, 2], "int32")
            self.grow("MEAN", [self.at, over], (1, 1, self.size[2]), KeepDims=True)
            count = self.size[2]
        numbers = self.file.constant([-1, count], "int32")
        self.grow("RESHAPE", [self.at, numbers], (count,))
        self.grow("FULLY_CONNECTED", [self.at, self.weights(3, count), -1], (3,))
