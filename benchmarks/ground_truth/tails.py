"""The linear layers behind the last convolution, in C: see ``kernel/tails.c``."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hawx_hw.emulation.compiler import supported
from hawx_hw.graph.graph import SUM_MAX, Linear, Requantization
from hawx_hw.util import native_code as c_code

__all__ = ["Tails"]

_SOURCE = Path(__file__).parent / "kernel" / "tails.c"
_FLAGS = ("-O3", "-fno-math-errno", "-fno-trapping-math")
#: Outputs are padded to whole vectors of the widest variant.
_VECTOR = 16
_ROWS = 4


class _Rule(ctypes.Structure):
    _fields_ = [
        ("count", ctypes.c_int64),
        ("scale", ctypes.c_void_p),
        ("zero_point", ctypes.c_double),
        ("low", ctypes.c_double),
        ("high", ctypes.c_double),
        ("step", ctypes.c_int64),
    ]


class _Dense(ctypes.Structure):
    _fields_ = [
        ("pairs", ctypes.c_int64),
        ("weights", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
        ("rule", _Rule),
    ]


class Tails:
    """Counts right images for all sums of two tables of the first linear layer's sums.

    Parameters
    ----------
    layers : sequence of Linear
        One or more, each reading the one before; exact. Of the first, only the requantization
        counts.
    variant : str or None
        Name of the instruction set (:data:`hawx_hw.emulation.compiler.VARIANTS`); None: the widest
        that the CPU has.

    Raises
    ------
    CompilerError
        There is no C compiler.
    ValueError
        A sum might not fit int32.
    """

    def __init__(self, layers: Sequence[Linear], variant: str | None = None):
        self._functions = _library(variant)
        self._batch = int(self._functions.hawx_tails_batch())
        self._referenced: list[np.ndarray] = []
        self._outputs = len(layers[0].weight)
        self._first = self._rule(layers[0].requantization, self._outputs)
        self._layers = (_Dense * (len(layers) - 1))(*map(self._dense, layers[1:]))
        self._classes = len(layers[-1].weight)
        self._stride = max(_padded(len(layer.weight)) for layer in layers)

    @property
    def batch(self) -> int:
        """The second table has a multiple of this many rows."""
        return self._batch

    def count(self, high: np.ndarray, low: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """How many images are right under each pair of rows.

        Parameters
        ----------
        high : ndarray of int32
            ``(images, highs, outputs)``.
        low : ndarray of int32
            ``(images, lows, outputs)``; the sums of every pair of rows fit int32.
        labels : ndarray of int64
            ``(images,)``

        Returns
        -------
        ndarray of int32
            ``(highs, lows)``.
        """
        images, highs, outputs = high.shape
        lows = low.shape[1]
        if (len(low), low.shape[2], outputs, len(labels)) != (
            images,
            outputs,
            self._outputs,
            images,
        ):
            raise ValueError(f"Sums must be of {self._outputs} outputs and as many images")
        fill = -lows % self._batch
        width = int(self._first.count)
        wide_high = _filled(high, (0, 0, width - outputs))
        wide_low = _filled(low, (0, fill, width - outputs))
        classes = np.ascontiguousarray(labels, dtype=np.int64)
        codes, other = np.zeros((2, self._batch, self._stride), dtype=np.int16)
        sums = np.zeros(_ROWS * self._stride, dtype=np.int32)
        right = np.zeros((highs, lows + fill), dtype=np.int32)
        self._functions.hawx_tails(
            *(ctypes.c_int64(n) for n in (images, highs, lows + fill)),
            *(ctypes.c_void_p(a.ctypes.data) for a in (wide_high, wide_low)),
            ctypes.byref(self._first),
            ctypes.c_int64(len(self._layers)),
            self._layers,
            ctypes.c_int64(self._classes),
            ctypes.c_void_p(classes.ctypes.data),
            ctypes.c_int64(self._stride),
            *(ctypes.c_void_p(a.ctypes.data) for a in (codes, other, sums, right)),
        )
        return right[:, :lows]

    def _rule(self, rule: Requantization, outputs: int) -> _Rule:
        # Exact: 16 bits times a power of two.
        scale = np.zeros(_padded(outputs))
        scale[:outputs] = np.ldexp(rule.multiplier.astype(np.float64), -rule.shift)
        self._referenced.append(scale)
        return _Rule(len(scale), scale.ctypes.data, rule.zero_point, rule.low, rule.high, rule.step)

    def _dense(self, layer: Linear) -> _Dense:
        outputs, inputs = layer.weight.shape
        largest = abs(layer.weight.astype(np.int64)).sum(axis=1) * 128
        if (largest + abs(layer.bias.astype(np.int64))).max() > SUM_MAX:
            raise ValueError(f"Sums of {layer.name!r} might not fit int32")
        pairs = -(-inputs // 2)
        weights = np.zeros((pairs, _padded(outputs), 2), dtype=np.int16)
        for part in (0, 1):
            columns = layer.weight[:, part::2].T
            weights[: len(columns), :outputs, part] = columns
        bias = np.zeros(_padded(outputs), dtype=np.int32)
        bias[:outputs] = layer.bias
        self._referenced += [weights, bias]
        rule = self._rule(layer.requantization, outputs)
        return _Dense(pairs, weights.ctypes.data, bias.ctypes.data, rule)


def _padded(count: int) -> int:
    return -(-count // _VECTOR) * _VECTOR


def _filled(sums: np.ndarray, more: tuple[int, int, int]) -> np.ndarray:
    return np.ascontiguousarray(np.pad(sums, [(0, n) for n in more]), dtype=np.int32)


@functools.cache
def _library(name: str | None) -> ctypes.CDLL:
    variants = [v for v in supported() if name in (None, v.name)]
    if not variants:
        raise ValueError(f"variant must be one that this CPU has, not {name!r}")
    functions = c_code.load(_SOURCE, (*_FLAGS, *variants[0].flags))
    functions.hawx_tails_batch.restype = ctypes.c_int64
    functions.hawx_tails.restype = None
    return functions
