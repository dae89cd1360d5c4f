"""The units that a config leaves open, for a choice by what they take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hawx_hw.architectures.base import Candidate
from hawx_hw.architectures.simt.plan import plan
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.architectures.simt.config import SimtConfig
    from hawx_hw.graph.graph import Graph

__all__ = ["candidates"]

# Numbers of lanes, clusters and words whose other numbers are tried.
_SIZES = 3


def candidates(graph: Graph, accelerator: SimtConfig) -> list[Candidate]:
    """The accelerators that may be chosen, with cycles and memory accesses under exact blocks.

    Of many numbers of lanes, clusters and words, those that take the fewest cycles with the fewest
    of everything else; of each, every unit of
    :func:`~hawx_hw.architectures.simt.open_units.open_units`.

    Parameters
    ----------
    graph : Graph
    accelerator : SimtConfig

    Raises
    ------
    UserError
        No unit has the numbers that are given, or none can run the network.
    """
    units = accelerator.units()
    refused: list[UserError] = []
    fastest = _fastest(graph, units, refused)
    made = []
    for unit in units:
        if _size(unit) not in fastest:
            continue
        try:
            planned = plan(graph, _exact(unit))
        except UserError as error:
            refused.append(error)
            continue
        made.append(Candidate(unit, planned.cycles().core, tuple(planned.accesses())))
    if not made:
        raise refused[0]
    return made


def _exact(unit: SimtConfig) -> SimtConfig:
    """The same for exact blocks, whatever blocks the lanes will hold."""
    return unit.model_copy(update={"lane_blocks": None})


def _size(unit: SimtConfig) -> tuple[int | None, ...]:
    return unit.lanes, unit.cluster, unit.word


def _fastest(
    graph: Graph, units: Sequence[SimtConfig], refused: list[UserError]
) -> set[tuple[int | None, ...]]:
    """Sizes of the units that take the fewest cycles, each as its first unit that can run does.

    Why others cannot run the network is added to ``refused``.
    """
    sizes = {_size(unit) for unit in units}
    if len(sizes) <= _SIZES:
        return sizes
    # A limit of the memories refuses units later, one by one.
    unlimited = {"activation_kib": None, "parameter_kib": None}
    cycles: dict[tuple[int | None, ...], int] = {}
    for unit in units:
        if _size(unit) in cycles:
            continue
        try:
            planned = plan(graph, _exact(unit).model_copy(update=unlimited))
        except UserError as error:
            refused.append(error)
            continue
        cycles[_size(unit)] = planned.cycles().core
    return set(sorted(cycles, key=lambda size: (cycles[size], size))[:_SIZES])
