"""The arrays that a config leaves open, for a choice by what they take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hawx_hw.architectures.base import Candidate
from hawx_hw.architectures.common.operations import Operation, operations
from hawx_hw.architectures.systolic.accesses import estimated_uses
from hawx_hw.architectures.systolic.cycles import count_cycles
from hawx_hw.architectures.systolic.outline import outline
from hawx_hw.architectures.systolic.shape import ArrayShape

if TYPE_CHECKING:
    from hawx_hw.architectures.systolic.config import SystolicConfig
    from hawx_hw.graph.graph import Graph

__all__ = ["candidates"]

# Numbers of rows and columns whose other numbers are tried.
_SIZES = 12


def candidates(graph: Graph, accelerator: SystolicConfig) -> list[Candidate]:
    """The accelerators that may be chosen, with cycles and memory accesses under exact blocks.

    Of many numbers of rows and columns, those that take the fewest cycles with the widest
    memories; of each, every array of
    :func:`~hawx_hw.architectures.systolic.shape.open_shapes`.

    Parameters
    ----------
    graph : Graph
    accelerator : SystolicConfig

    Raises
    ------
    UserError
        No array has the numbers that are given, or none can run a node of the graph.
    """
    shapes = accelerator.shapes()
    layers = operations(graph, window_limit=accelerator.accumulators)
    fastest = _fastest(graph, layers, shapes)
    return [
        _candidate(graph, layers, accelerator, shape)
        for shape in shapes
        if (shape.rows, shape.columns) in fastest
    ]


def _fastest(
    graph: Graph, layers: Sequence[Operation], shapes: Iterable[ArrayShape]
) -> set[tuple[int, int]]:
    """Rows and columns of the arrays that take the fewest cycles, each with its widest memories."""
    widest: dict[tuple[int, int], ArrayShape] = {}
    for shape in shapes:
        key = shape.rows, shape.columns
        widest[key] = max(widest.get(key, shape), shape, key=_width)
    if len(widest) <= _SIZES:
        return set(widest)
    cycles = {
        key: count_cycles(outline(graph, layers, shape)).core for key, shape in widest.items()
    }
    return set(sorted(cycles, key=lambda key: (cycles[key], key))[:_SIZES])


def _width(shape: ArrayShape) -> tuple[int, int, int]:
    return shape.slice_columns, shape.requantizers, shape.weight_rows


def _candidate(
    graph: Graph, layers: Sequence[Operation], accelerator: SystolicConfig, shape: ArrayShape
) -> Candidate:
    made = outline(graph, layers, shape)
    complete = accelerator.model_copy(
        update={
            "multipliers": None,
            "rows": shape.rows,
            "columns": shape.columns,
            "slice_columns": shape.slice_columns,
            "weight_rows": shape.weight_rows,
            "requantizers": shape.requantizers,
        }
    )
    return Candidate(complete, count_cycles(made).core, tuple(estimated_uses(made)))
