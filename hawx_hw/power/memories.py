"""Accesses and energies of memory macros, and what other memory models make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hawx_hw.netlist.activity import Activity
from hawx_hw.netlist.flat import Macro
from hawx_hw.power.result import Accesses, MacroPower, MemoryModelEnergy
from hawx_hw.technology.memories import MemoryModel
from hawx_hw.util.macros import DEPTH, WIDTH

__all__ = ["by_memory_model", "macro_powers"]


def macro_powers(
    macros: Sequence[Macro],
    used: MemoryModel,
    models: Mapping[str, MemoryModel],
    layers: Mapping[str, Activity],
    images: int,
) -> tuple[MacroPower, ...]:
    """Each macro with its accesses by layer and its energies.

    Parameters
    ----------
    macros : sequence of Macro
    used : MemoryModel
        The memory model in use.
    models : mapping of str to MemoryModel
        Those that its energy is given under besides, by name; with clocks that are gated as in
        ``used``.
    layers : mapping of str to Activity
        Activity of all images in each layer.
    images : int
        How many images the activities are of.
    """
    models = {name: model.gated(used.clock_gating) for name, model in models.items()}
    cycles = sum(activity.cycles for activity in layers.values()) / images
    entries = []
    for macro in macros:
        shape = (macro.kind, macro.parameters[WIDTH], macro.parameters[DEPTH])
        own = used.metrics(*shape)
        by_layer = {name: _accesses(macro, activity, images) for name, activity in layers.items()}
        reads = sum(each.reads for each in by_layer.values())
        writes = sum(each.writes for each in by_layer.values())
        entries.append(
            MacroPower(
                path=macro.path,
                kind=macro.kind,
                width=shape[1],
                depth=shape[2],
                reads=reads,
                writes=writes,
                layers=by_layer,
                read_energy_fj=_rounded(own.read_energy_fj),
                write_energy_fj=_rounded(own.write_energy_fj),
                clock_fj=_rounded(own.clock_fj),
                energy_pj=_rounded(own.energy_fj(reads, writes, cycles) / 1000),
                memory_models={
                    name: _rounded(model.metrics(*shape).energy_fj(reads, writes, cycles) / 1000)
                    for name, model in models.items()
                },
                leakage_nw=_rounded(own.leakage_nw),
                source=own.source,
            )
        )
    return tuple(entries)


def by_memory_model(
    memories: Sequence[MacroPower], models: Iterable[str], energy_pj: float
) -> dict[str, MemoryModelEnergy]:
    """Energy of an image under several memory models.

    Leakage stays that of the model in use; it is the same in all models.

    Parameters
    ----------
    memories : sequence of MacroPower
    models : iterable of str
        Names of models that the energies of the memories are given under.
    energy_pj : float
        Energy of an image under the model in use.
    """
    rest = energy_pj - sum(memory.energy_pj for memory in memories)
    energies = {name: sum(memory.memory_models[name] for memory in memories) for name in models}
    return {
        name: MemoryModelEnergy(memories_pj=_rounded(own), energy_pj=_rounded(rest + own))
        for name, own in energies.items()
    }


def _accesses(macro: Macro, activity: Activity, images: int) -> Accesses:
    reads, writes = activity.accesses.get(macro.path, (0, 0))
    return Accesses(reads=reads / images, writes=writes / images)


def _rounded(value: float) -> float:
    return float(f"{value:.8g}")
