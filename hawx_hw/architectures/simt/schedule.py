"""What the engines of a unit do during an inference, in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hawx_hw.architectures.simt.issues import Issue, issues
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.timing import Timing

__all__ = ["Scheduled", "schedule"]


class Scheduled(NamedTuple):
    """An instruction of an engine, and the layer that it belongs to."""

    layer: int
    issue: Issue


def schedule(program: Program, timing: Timing) -> Sequence[Scheduled]:
    """All instructions of the engines in the order in which they end.

    An engine takes one after the other, so this is also the order in which it begins them.

    Parameters
    ----------
    program : Program
        Without traps and vector instructions; its barriers number the layers from 1.
    timing : Timing
        Of the program.
    """
    unit = program.unit
    pending: list[dict[int, list[Scheduled]]] = []
    for number in range(unit.warps):
        layer, own = 0, dict[int, list[Scheduled]]()
        for issue in issues(program, number):
            if issue.is_barrier:
                layer = issue.instruction.imm
            else:
                own.setdefault(issue.pc, []).append(Scheduled(layer, issue))
        for each in own.values():
            each.reverse()
        pending.append(own)
    return [
        pending[ended.warp][ended.pc].pop()
        for ended in timing.retirements
        if ended.pc in pending[ended.warp]
    ]
