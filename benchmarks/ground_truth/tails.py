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


class _Tail(ctypes.Structure):
    _fields_ = [
        ("first", ctypes.c_void_p),
        ("layers", ctypes.c_int64),
        ("layer", ctypes.c_void_p),
        ("classes", ctypes.c_int64),
        ("stride", ctypes.c_int64),
        ("codes", ctypes.c_void_p),
        ("other", ctypes.c_void_p),
        ("sums", ctypes.c_void_p),
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
        """So many pairs of rows are computed at a time."""
        return self._batch

    def count(
        self,
        high: np.ndarray,
        low: np.ndarray,
        labels: np.ndarray,
        pairs: np.ndarray | None = None,
    ) -> np.ndarray:
        """How many images are right under each pair of rows.

        Parameters
        ----------
        high : ndarray of int32
            ``(images, highs, outputs)``.
        low : ndarray of int32
            ``(images, lows, outputs)``; the sums of every pair of rows fit int32.
        labels : ndarray of int64
            ``(images,)``
        pairs : ndarray of int or None
            ``(n, 2)``: rows of ``high`` and of ``low``; None: all, the latter fastest.

        Returns
        -------
        ndarray of int32
            ``(n,)``; for all pairs ``(highs, lows)``.
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
        every = pairs is None
        if pairs is None:
            pairs = np.stack(np.divmod(np.arange(highs * lows), lows), axis=1)
        elif pairs.shape[1:] != (2,) or not ((pairs >= 0) & (pairs < [highs, lows])).all():
            raise ValueError(f"Pairs must be (n, 2) of {highs} and {lows} rows")
        right = self._counted(high, low, labels, pairs)
        return right.reshape(highs, lows) if every else right

    def _counted(
        self, high: np.ndarray, low: np.ndarray, labels: np.ndarray, pairs: np.ndarray
    ) -> np.ndarray:
        images, highs, outputs = high.shape
        more = int(self._first.count) - outputs
        wide_high, wide_low = _filled(high, more), _filled(low, more)
        classes = np.ascontiguousarray(labels, dtype=np.int64)
        codes, other = np.zeros((2, self._batch, self._stride), dtype=np.int16)
        sums = np.zeros(_ROWS * self._stride, dtype=np.int32)
        fill = -len(pairs) % self._batch
        whole = np.ascontiguousarray(np.pad(pairs, ((0, fill), (0, 0))), dtype=np.int32)
        right = np.zeros(len(whole), dtype=np.int32)
        tail = _Tail(
            ctypes.addressof(self._first),
            len(self._layers),
            ctypes.addressof(self._layers),
            self._classes,
            self._stride,
            *(a.ctypes.data for a in (codes, other, sums)),
        )
        self._functions.hawx_tails(
            *(ctypes.c_int64(n) for n in (images, highs, low.shape[1])),
            *(ctypes.c_void_p(a.ctypes.data) for a in (wide_high, wide_low, classes)),
            ctypes.byref(tail),
            ctypes.c_int64(len(whole)),
            *(ctypes.c_void_p(a.ctypes.data) for a in (whole, right)),
        )
        return right[: len(pairs)]

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


def _filled(sums: np.ndarray, more: int) -> np.ndarray:
    return np.ascontiguousarray(np.pad(sums, [(0, 0), (0, 0), (0, more)]), dtype=np.int32)


@functools.cache
def _library(name: str | None) -> ctypes.CDLL:
    variants = [v for v in supported() if name in (None, v.name)]
    if not variants:
        raise ValueError(f"variant must be one that this CPU has, not {name!r}")
    functions = c_code.load(_SOURCE, (*_FLAGS, *variants[0].flags))
    functions.hawx_tails_batch.restype = ctypes.c_int64
    functions.hawx_tails.restype = None
    return functions
