"""The C kernels, called on numpy arrays and spread over threads."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from hawx_hw.emulation import compiler
from hawx_hw.emulation.compiler import Variant
from hawx_hw.emulation.products import Products
from hawx_hw.emulation.rank_one import FILTERS, PreparedProduct
from hawx_hw.emulation.structures import (
    ProductEntries,
    integers,
    layer_window,
    pointer,
    rule_of,
    window_of,
)
from hawx_hw.graph import reference
from hawx_hw.graph.graph import (
    CODE_MIN,
    SUM_MAX,
    Add,
    AveragePool2d,
    Clamp,
    Conv2d,
    Linear,
    MaxPool2d,
)

__all__ = ["Native", "Prepared"]

#: Output pixels that are summed at a time: their sums fit the second-level cache.
_TILE = 4096
_TILE_BYTES = 8 * 2**20
#: Fewer pixels than these are summed entry by entry: building tables would take longer.
_FEW_PIXELS = 24
#: Least number of products or codes for which another thread is used.
_PART = 200_000


@dataclass(frozen=True, eq=False)
class Prepared:
    """A layer's products in the layout of one variant's kernels, made by :meth:`Native.prepare`.

    ``arrays`` holds the memory that ``structure`` points to.
    """

    structure: ProductEntries
    arrays: tuple[np.ndarray, ...]

    @property
    def nbytes(self) -> int:
        """Size of the arrays in bytes."""
        return sum(array.nbytes for array in self.arrays)


class Native:
    """The kernels of one variant.

    Parameters
    ----------
    variant : Variant
    threads : int
        Threads to distribute the work to, >= 1. One object serves one caller at a time.

    Raises
    ------
    CompilerError
        The kernels cannot be compiled.
    """

    def __init__(self, variant: Variant, threads: int):
        self.variant = variant
        self._library = compiler.library(variant)
        self._library.hawx_elements.restype = ctypes.c_int64
        self._library.hawx_scratch.restype = ctypes.c_int64
        self._library.hawx_multiply_scratch.restype = ctypes.c_int64
        self._elements = int(self._library.hawx_elements())
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._scratch = [np.empty(0, dtype=np.uint8) for _ in range(threads)]

    # ---------------------------------------------------------------- layers with weights

    def prepare(self, products: Products) -> Prepared:
        """Lay the products out for :meth:`convolve`.

        Raises
        ------
        ValueError
            Products of an entry do not fit 16 bits, or possible sums do not fit 32 bits.
        """
        if not (products.words_fit and products.sums_fit):
            raise ValueError("Products must fit 16 bits and their sums 32 bits")
        filters, taps = products.index.shape
        packs = -(-filters // self._elements)
        empty = len(products.words)  # one more entry, of zeros, for elements without a filter
        entries = np.concatenate([products.words, np.zeros((1, 256), dtype=np.uint16)])
        span = np.append(products.span, 0).astype(np.uint32)
        padded = np.full((packs * self._elements, taps), empty, dtype=np.uint32)
        padded[:filters] = products.index
        # Element 2 i is filter i of the pack, element 2 i + 1 the one half a pack further.
        by_pack = padded.reshape(packs, 2, self._elements // 2, taps)
        indices = by_pack.transpose(0, 3, 2, 1).reshape(packs, taps, -1)
        indices, order, steps = self._grouped(indices, span)
        # In C order: the choice of blocks may have any order.
        flat = np.ascontiguousarray(products.index, dtype=np.uint32)
        offset = products.offset.astype(np.int32)
        arrays = (entries, indices, order, steps, flat, offset)
        return Prepared(ProductEntries(*(array.ctypes.data for array in arrays)), arrays)

    def _grouped(
        self, indices: np.ndarray, span: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Order the taps of each pack of filters into groups that can be summed in 16-bit words.

        Returns the indices in their new order, the tap of each, and the number of taps of a group
        at its start.
        """
        packs, taps, _ = indices.shape
        order = np.argsort(-span[indices].max(axis=2).astype(np.int64), axis=1, kind="stable")
        indices = np.ascontiguousarray(np.take_along_axis(indices, order[..., None], axis=1))
        group = np.empty((packs, taps), dtype=np.int32)
        self._library.hawx_plan(
            *(pointer(span), pointer(indices), *integers(packs, taps), pointer(group))
        )
        together = np.argsort(group, axis=1, kind="stable")
        indices = np.take_along_axis(indices, together[..., None], axis=1)
        order = np.take_along_axis(order, together, axis=1)
        steps = np.zeros((packs, taps), dtype=np.int32)
        for step, groups in zip(steps, group, strict=True):
            counts = np.bincount(groups)
            step[np.cumsum(counts) - counts] = counts
        return np.ascontiguousarray(indices), order.astype(np.int32), steps

    def convolve(
        self,
        node: Conv2d | Linear,
        prepared: Prepared | PreparedProduct,
        x: np.ndarray,
        zero_point: int,
        *,
        by_entries: bool | None = None,
    ) -> np.ndarray:
        """Codes of a layer.

        Parameters
        ----------
        node : Conv2d or Linear
        prepared : Prepared
            The products of this node.
        x : ndarray of int8
            ``(batch, *input shape)``.
        zero_point : int
            The code that fills the padding.
        by_entries : bool or None
            Sum entry by entry instead of by tables; None: the faster way.

        Returns
        -------
        ndarray of int8
            ``(batch, *output shape)``.
        """
        x = np.ascontiguousarray(x)
        window, shape = layer_window(node, x, zero_point)
        result = np.empty((len(x), *shape), dtype=np.int8)
        pixels = len(x) * window.out_height * window.out_width
        taps = node.weight[0].size
        rule, multipliers = rule_of(node.requantization, len(node.weight))
        if by_entries is None:
            by_entries = pixels < _FEW_PIXELS
        operands: tuple[Any, ...]
        size_of_code: tuple[Any, ...] = ()
        if isinstance(prepared, PreparedProduct):
            if prepared.remap is not None:
                x = self._mapped(x, prepared.remap)
                window.pad = int(prepared.remap[window.pad % 256])
            run, width = self._library.hawx_multiply, FILTERS
            size_of_code = integers(x.itemsize)
            operands = pointer(prepared.weights), pointer(prepared.offset)
        elif by_entries:
            run, width = self._library.hawx_entries, 1
            operands = (ctypes.byref(prepared.structure),)
        else:
            run, width = self._library.hawx_look_up, self._elements
            operands = (ctypes.byref(prepared.structure),)
        units = -(-len(node.weight) // width)
        arguments = [
            *(ctypes.byref(window), *operands, ctypes.byref(rule)),
            *(pointer(x), pointer(result)),
        ]

        def part(index: int, first: int, last: int, unit: int, end: int) -> None:
            if first == last or unit == end:
                return
            # Tiles of one size: building the tables of a small last one takes as long as of a full
            # one.
            most = max(64, min(_TILE, _TILE_BYTES // taps))
            tile = -(-(last - first) // -(-(last - first) // most))
            if isinstance(prepared, PreparedProduct):
                size = self._library.hawx_multiply_scratch(
                    ctypes.byref(window), *integers(tile, end - unit, x.itemsize)
                )
            else:
                size = self._library.hawx_scratch(ctypes.byref(window), *integers(tile))
            scratch = self._memory(index, size)
            run(*arguments, *integers(first, last, unit, end, tile), scratch, *size_of_code)

        parts = min(self._threads, 1 + pixels * node.weight.size // _PART)
        # Each thread builds the tables of its filters: filters are distributed rather than pixels
        # where there are enough filters and few pixels.
        if units >= parts and pixels < parts * _TILE and units % parts == 0:
            self._spread(parts, units, lambda i, a, b: part(i, 0, pixels, a, b))
        else:
            self._spread(parts, pixels, lambda i, a, b: part(i, a, b, 0, units))
        del multipliers  # the rule points to them
        return result

    # ---------------------------------------------------------------- the other nodes

    def max_pool(self, node: MaxPool2d, x: np.ndarray) -> np.ndarray:
        """Codes of a MaxPool2d."""
        x = np.ascontiguousarray(x)
        window = window_of(node, x, node.kernel, CODE_MIN)
        result = np.empty((*x.shape[:2], window.out_height, window.out_width), dtype=np.int8)

        def part(index: int, first: int, last: int) -> None:
            line = self._memory(index, x.shape[3] + node.padding[1] + node.padding[3] + 64)
            self._library.hawx_max_pool(
                ctypes.byref(window), pointer(x), pointer(result), *integers(first, last), line
            )

        self._spread(self._parts(x.size), x.shape[0] * x.shape[1], part)
        return result

    def average_pool(
        self, node: AveragePool2d, x: np.ndarray, zero_point: int
    ) -> np.ndarray | None:
        """Codes of an AveragePool2d; None where sums might not fit 32 bits."""
        if abs(node.bias) - CODE_MIN * node.kernel[0] * node.kernel[1] > SUM_MAX:
            return None
        x = np.ascontiguousarray(x)
        window = window_of(node, x, node.kernel, zero_point)
        rule, multipliers = rule_of(node.requantization, 1)
        result = np.empty((*x.shape[:2], window.out_height, window.out_width), dtype=np.int8)

        def part(index: int, first: int, last: int) -> None:
            line = self._memory(index, 4 * (x.shape[3] + node.padding[1] + node.padding[3]))
            self._library.hawx_average_pool(
                *(ctypes.byref(window), ctypes.byref(rule), *integers(node.bias)),
                *(pointer(x), pointer(result), *integers(first, last), line),
            )

        self._spread(self._parts(x.size), x.shape[0] * x.shape[1], part)
        del multipliers  # the rule points to them
        return result

    def add(self, node: Add, a: np.ndarray, b: np.ndarray) -> np.ndarray | None:
        """Codes of an Add; None where 32 bits might not hold an intermediate result."""
        rule = node.requantization
        constant = node.bias + (rule.step << (rule.shift - 1)) + (rule.zero_point << rule.shift)
        first, second = (int(m) for m in rule.multiplier)
        if abs(constant) - CODE_MIN * (first + second) > SUM_MAX or rule.shift > 31:
            return None
        a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
        result = np.empty_like(a)
        settings = (first, second, constant, rule.shift, rule.low, rule.high, -rule.step)

        def part(index: int, start: int, last: int) -> None:
            self._library.hawx_add(
                *(pointer(a), pointer(b), *integers(*settings)),
                *(pointer(result), *integers(start, last)),
            )

        self._spread(self._parts(a.size), a.size, part)
        return result

    def clamp(self, node: Clamp, x: np.ndarray) -> np.ndarray:
        """Codes of a Clamp, by a table of 256 codes."""
        x = np.ascontiguousarray(x)
        every = np.arange(256, dtype=np.uint8).view(np.int8)
        image = reference.requantize(
            every.astype(np.int64)[:, None] + node.bias, node.requantization
        )
        return self._mapped(x, np.ascontiguousarray(image[:, 0]))

    # ---------------------------------------------------------------- threads and memory

    def _mapped(self, x: np.ndarray, image: np.ndarray) -> np.ndarray:
        """``image[code as a byte]`` of every code."""
        result = np.empty(x.shape, dtype=image.dtype)
        run = self._library.hawx_map if image.itemsize == 1 else self._library.hawx_map_wide

        def part(index: int, first: int, last: int) -> None:
            run(pointer(x), pointer(image), pointer(result), *integers(first, last))

        self._spread(self._parts(x.size), x.size, part)
        return result

    def _parts(self, codes: int) -> int:
        return min(self._threads, 1 + codes // _PART)

    def _spread(self, parts: int, units: int, run: Callable[[int, int, int], None]) -> None:
        """Call ``run(part, first, last)`` in threads, for ``parts`` equal shares of ``units``."""
        edges = [units * i // parts for i in range(parts + 1)]
        if parts == 1 or self._pool is None:
            run(0, 0, units)
            return
        list(self._pool.map(run, range(parts), edges[:-1], edges[1:]))

    def _memory(self, index: int, size: int) -> ctypes.c_void_p:
        """Scratch memory of one part, aligned to 64 bytes."""
        if len(self._scratch[index]) < size + 64:
            self._scratch[index] = np.empty(size + 64, dtype=np.uint8)
        address = self._scratch[index].ctypes.data
        return ctypes.c_void_p(address + -address % 64)
