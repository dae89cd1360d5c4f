"""The words that each layer stores, in the order in which the unit stores them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hawx_hw.architectures.base import LayerWrites
from hawx_hw.architectures.common.write_trace import layer_writes
from hawx_hw.architectures.simt.compile import Compiled
from hawx_hw.architectures.simt.schedule import Scheduled

__all__ = ["write_trace"]


def write_trace(
    compiled: Compiled, scheduled: Sequence[Scheduled], tensors: Mapping[str, np.ndarray]
) -> list[LayerWrites]:
    """What every layer stores.

    Parameters
    ----------
    compiled : Compiled
    scheduled : sequence of Scheduled
        All instructions of an inference.
    tensors : mapping of str to ndarray of int8
        What :func:`hawx_hw.graph.reference.run_all` returns.
    """
    program = compiled.program
    unit = program.unit
    orders: list[list[tuple[int, int]]] = [[] for _ in compiled.layers]
    for number, issue in scheduled:
        if issue.instruction.mnemonic != "QST":
            continue
        target, store = compiled.layers[number].target, program.stores[issue.instruction.d]
        first, _, beats, remaining = issue.scalars[:4]
        for window in range(store.windows(beats, remaining)):
            for word in range(store.words(unit)):
                at = first + window * store.window_step + word * store.block_step - target.first
                orders[number].append(divmod(at, target.plane_words))
    return [
        layer_writes(
            layer.operation.name,
            # The unit pools on its way: only what the layer stores can be compared.
            tensors[layer.operation.name].reshape(-1, *layer.operation.output_shape),
            layer.target.layout,
            word_codes=unit.word,
            destination=layer.target.first,
            order=order,
        )
        for layer, order in zip(compiled.layers, orders, strict=True)
    ]
