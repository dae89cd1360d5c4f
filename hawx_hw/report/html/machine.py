"""The accelerator as it is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hawx_hw.report.html.content import MachineContent, MachineLayer, PEMap

if TYPE_CHECKING:
    from hawx_hw.design.program import EmitResult
    from hawx_hw.report.run_results import RunResults

__all__ = ["machine_content"]

#: Cells a line, of an accelerator that does not place them itself.
_ACROSS = 16


def machine_content(results: RunResults, architecture: str) -> MachineContent | None:
    """The accelerator; None where none was emitted.

    Parameters
    ----------
    results : RunResults
    architecture : str
    """
    emit = results.emit
    if emit is None:
        return None
    energies = {} if results.power is None else {e.name: e.energy_pj for e in results.power.layers}
    multiplications = {each.layer: each.blocks for each in emit.multiplications}
    layers = tuple(
        MachineLayer(
            name=layer.name,
            cycles=layer.total,
            utilization=round(layer.utilization, 4),
            energy_nj=_nj(energies.get(layer.name)),
            blocks=_shares(multiplications.get(layer.name, {})),
        )
        for layer in emit.cycles.layers
    )
    memories: tuple[tuple[str, int, int, int], ...] = ()
    if results.synth is not None:
        memories = tuple(
            (memory.kind, memory.instances, memory.width, memory.depth)
            for memory in results.synth.memories
        )
    return MachineContent(
        title=emit.title,
        architecture=architecture,
        map=_map(emit),
        memories=memories,
        layers=layers,
    )


def _map(emit: EmitResult) -> PEMap:
    """What each cell holds: as the architecture states it, else cells in their order."""
    names = tuple(block.name for block in emit.blocks)
    stated = (emit.model_extra or {}).get("pe_blocks")
    if stated is not None:
        cells = tuple(tuple(tuple(cell) for cell in line) for line in stated)
    else:
        lanes = (emit.model_extra or {}).get("lane_blocks")
        contents = (
            [tuple(lane) for lane in lanes]
            if lanes is not None
            else [(0,) if len(names) == 1 else tuple(range(len(names)))] * emit.multipliers
        )
        cells = tuple(tuple(contents[i : i + _ACROSS]) for i in range(0, len(contents), _ACROSS))
    return PEMap(cell=emit.cell, cells=cells, blocks=names)


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {name: round(count / total, 4) for name, count in counts.items()} if total else {}


def _nj(energy_pj: float | None) -> float | None:
    return None if energy_pj is None else round(energy_pj / 1000, 3)
