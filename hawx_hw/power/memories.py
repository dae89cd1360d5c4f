"""Accesses and energies of memory macros, and what other memory models make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hawx_hw.netlist.activity import Activity
from hawx_hw.netlist.flat import Macro
from hawx_hw.power.result import Accesses, MacroPower, MemoryModelEnergy
from hawx_hw.technology.memories import MacroMetrics, MemoryModel
from hawx_hw.util.macros import DEPTH, WIDTH

__all__ = ["by_memory_model", "macro_powers"]


def macro_powers(
    macros: Sequence[Macro],
    metrics: Sequence[MacroMetrics],
    layers: Mapping[str, Activity],
    images: int,
) -> tuple[MacroPower, ...]:
    """Each macro with its accesses by layer and its energies.

    Parameters
    ----------
    macros : sequence of Macro
    metrics : sequence of MacroMetrics
        One for each.
    layers : mapping of str to Activity
        Activity of all images in each layer.
    images : int
        How many images the activities are of.
    """
    entries = []
    for macro, own in zip(macros, metrics, strict=True):
        counts = {name: _counts(macro, activity) for name, activity in layers.items()}
        reads, writes = (sum(each[i] for each in counts.values()) for i in (0, 1))
        cycles = sum(activity.cycles for activity in layers.values())
        entries.append(
            MacroPower(
                path=macro.path,
                kind=macro.kind,
                width=macro.parameters[WIDTH],
                depth=macro.parameters[DEPTH],
                reads=reads / images,
                writes=writes / images,
                layers={
                    name: Accesses(reads=reads / images, writes=writes / images)
                    for name, (reads, writes) in counts.items()
                },
                read_energy_fj=_rounded(own.read_energy_fj),
                write_energy_fj=_rounded(own.write_energy_fj),
                clock_fj=_rounded(own.clock_fj),
                energy_pj=_rounded(own.energy_fj(reads, writes, cycles) / images / 1000),
                leakage_nw=_rounded(own.leakage_nw),
                source=own.source,
            )
        )
    return tuple(entries)


def by_memory_model(
    models: Mapping[str, MemoryModel],
    used: MemoryModel,
    macros: Sequence[Macro],
    layers: Mapping[str, Activity],
    images: int,
    energy_pj: float,
) -> dict[str, MemoryModelEnergy]:
    """Energy of an image under several memory models.

    Leakage stays that of the model in use; it is the same in all models.

    Parameters
    ----------
    models : mapping of str to MemoryModel
    used : MemoryModel
        The one that ``energy_pj`` was determined with.
    macros, layers, images
        As for :func:`macro_powers`.
    energy_pj : float
        Energy of an image.
    """
    present = _energy_pj(used, macros, layers, images)
    energies = {
        # Clocks are gated in all or in none.
        name: _energy_pj(model.gated(used.clock_gating), macros, layers, images)
        for name, model in models.items()
    }
    return {
        name: MemoryModelEnergy(
            memories_pj=_rounded(own), energy_pj=_rounded(energy_pj - present + own)
        )
        for name, own in energies.items()
    }


def _energy_pj(
    model: MemoryModel, macros: Sequence[Macro], layers: Mapping[str, Activity], images: int
) -> float:
    """Energy of an image's accesses to all macros, and of their clocks."""
    total = 0.0
    for macro in macros:
        own = model.metrics(macro.kind, macro.parameters[WIDTH], macro.parameters[DEPTH])
        for activity in layers.values():
            total += own.energy_fj(*_counts(macro, activity), activity.cycles)
    return total / images / 1000


def _counts(macro: Macro, activity: Activity) -> tuple[int, int]:
    return activity.accesses.get(macro.path, (0, 0))


def _rounded(value: float) -> float:
    return float(f"{value:.8g}")
