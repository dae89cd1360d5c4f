"""The accelerator as it is built, and where its cycles and its energy go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from hawx_hw.report.html.content import MachineContent, MachineLayer, PEMap, StackedBars

if TYPE_CHECKING:
    from hawx_hw.design.program import EmitResult
    from hawx_hw.power.result import PowerResult
    from hawx_hw.report.run_results import RunResults
    from hawx_hw.verification.result import VerifyResult

__all__ = ["bars", "machine_content"]

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


def bars(results: RunResults) -> Iterator[StackedBars]:
    """Cycles by cause, energy by part, and energy by memory model, as far as there are any."""
    if results.verify is not None and results.verify.ledger:
        yield _cycles(results.verify)
    if results.power is not None:
        yield _energy(results.power)
        yield _models(results.power)


def _cycles(verify: VerifyResult) -> StackedBars:
    return StackedBars(
        title="Cycles of an image, by layer and cause",
        unit="cycles",
        bars=tuple(layer.name for layer in verify.ledger),
        parts={
            cause.title: tuple(round(layer.causes[cause.name], 2) for layer in verify.ledger)
            for cause in verify.causes
        },
    )


def _energy(power: PowerResult) -> StackedBars:
    parts = dict.fromkeys(part for layer in power.layers for part in layer.parts)
    return StackedBars(
        title=f"Energy of an image, by layer and part (memory model {power.memory_model})",
        unit="nJ",
        bars=tuple(layer.name for layer in power.layers),
        parts={
            part: tuple(round(layer.parts.get(part, 0.0) / 1000, 3) for layer in power.layers)
            for part in parts
        },
    )


def _models(power: PowerResult) -> StackedBars:
    models = power.memory_models
    return StackedBars(
        title="Energy of an image, by memory model",
        unit="nJ",
        bars=tuple(models),
        parts={
            "memories": tuple(round(m.memories_pj / 1000, 3) for m in models.values()),
            "all else": tuple(
                round((m.energy_pj - m.memories_pj) / 1000, 3) for m in models.values()
            ),
        },
    )
