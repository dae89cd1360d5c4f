"""The C kernels are believed after they have computed a few layers like numpy."""

from __future__ import annotations

import functools

import numpy as np

from hawx_hw.emulation import compiler
from hawx_hw.emulation.compiler import CompilerError, Variant
from hawx_hw.emulation.native import Native
from hawx_hw.emulation.products import Products
from hawx_hw.quantize import reference
from hawx_hw.quantize.graph import Conv2d, Linear
from hawx_hw.quantize.random_graphs import random_codes, random_graph

__all__ = ["checked_native"]

_SEEDS = range(6)


def checked_native(name: str | None, threads: int) -> Native:
    """The kernels of the variant ``name`` (None: the widest that the CPU has), tested once.

    Raises
    ------
    CompilerError
        They cannot be compiled, this CPU does not run them, or they compute something else than
        the reference.
    ValueError
        There is no such variant.
    """
    known = {variant.name: variant for variant in compiler.VARIANTS}
    if name is not None and name not in known:
        raise ValueError(f"Variant must be one of {', '.join(known)}, not {name!r}")
    supported = compiler.supported()
    variant = supported[0] if name is None else known[name]
    if variant not in supported:
        raise CompilerError(f"This CPU cannot run the kernels for {name}")
    if not _right(variant):
        raise CompilerError(
            f"The kernels for {variant.name} that the C compiler made compute wrong sums"
        )
    return Native(variant, threads)


@functools.cache
def _right(variant: Variant) -> bool:
    native = Native(variant, 1)
    for seed in _SEEDS:
        rng = np.random.default_rng(seed)
        graph = random_graph(rng, layers=4, max_size=9, max_channels=7)
        values = reference.run_all(graph, random_codes(rng, graph, 3))
        for node in graph.nodes:
            if not isinstance(node, (Conv2d, Linear)):
                continue
            prepared = native.prepare(Products(node, None))
            x, zero_point = values[node.inputs[0]], graph.tensors[node.inputs[0]].zero_point
            for by_rows in (False, True):
                found = native.convolve(node, prepared, x, zero_point, by_rows=by_rows)
                if not np.array_equal(found, values[node.name]):
                    return False
    return True
