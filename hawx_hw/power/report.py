"""Power and energy of an accelerator by layer, part, kind of module, holder and block.

A *holder* is a module that blocks stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hawx_hw.gateware.names import BLOCK
from hawx_hw.netlist.activity import Activity, TimedActivity
from hawx_hw.netlist.flat import FlatNetlist
from hawx_hw.power.clock_tree import clock_tree
from hawx_hw.power.glitches import LayerGlitches, glitch_shares, layer_glitches
from hawx_hw.power.memories import by_memory_model, macro_powers
from hawx_hw.power.model import PowerModel
from hawx_hw.power.result import GroupPower, LayerPower, PowerReport
from hawx_hw.technology.memories import MacroMetrics, MemoryModel

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["CLOCK", "MEMORIES", "power_report"]

_Floats = NDArray[np.float64]
#: The part of the memory macros, wherever they stand.
MEMORIES = "memories"
#: The part of the clock in all modules; the other parts are without it.
CLOCK = "clock"
#: The part of a design whose top belongs to none.
_REST = "shell"
#: Kinds of energy, in the order of the arrays' first axis; the last is leakage.
_KINDS = ("internal", "switching", "glitch", CLOCK, "memory", "leakage")
_GLITCH = _KINDS.index("glitch")


def power_report(
    model: PowerModel,
    layers: Mapping[str, Activity],
    memories: MemoryModel,
    *,
    part_of: Callable[[str], str | None],
    clock_mhz: float,
    images: int,
    memory_models: Mapping[str, MemoryModel] | None = None,
    timed: Mapping[str, Sequence[TimedActivity]] | None = None,
    progress: Progress | None = None,
) -> PowerReport:
    """Power and energy of a design while it works on one image after another.

    Parameters
    ----------
    model : PowerModel
    layers : mapping of str to Activity
        Activity of all images in each layer.
    memories : MemoryModel
        Energies of the memory macros.
    part_of : callable
        The part of the accelerator that a module belongs to, by the module's name; None where it
        belongs to the part of what instantiates it. Memory macros are the part :data:`MEMORIES`.
    clock_mhz : float
    images : int
        How many images the activities are of.
    memory_models : mapping of str to MemoryModel or None
        Models that the report gives the energy of an image under besides, by name.
    timed : mapping of str to sequence of TimedActivity, or None
        For each layer, groups of cycles that were simulated with delays, each a sample of its own;
        glitches do not count if None, or empty.
    progress : callable or None
        Called with how many layers of how many are done.

    Raises
    ------
    ValueError
        The clock is not positive, or a layer's cycles are not those of whole images.
    """
    if not clock_mhz > 0:
        raise ValueError(f"clock_mhz must be positive, not {clock_mhz!r}")
    flat = model.flat
    metrics = [
        memories.metrics(m.kind, m.parameters["WIDTH"], m.parameters["DEPTH"]) for m in flat.macros
    ]
    cycles: dict[str, int] = {}
    energies: dict[str, _Floats] = {}
    glitches: list[LayerGlitches] = []
    for number, (name, activity) in enumerate(layers.items()):
        cycles[name], rest = divmod(activity.cycles, images)
        if rest:
            raise ValueError(f"cycles must be a multiple of {images}, not {activity.cycles!r}")
        energies[name] = _of_layer(model, activity, metrics, images, clock_mhz)
        if timed:
            glitches.append(layer_glitches(model, activity, timed[name], images))
            energies[name][_GLITCH, : len(flat.paths)] = glitches[-1].energy
        if progress is not None:
            progress(number + 1, len(layers))
    groups = _Groups(flat, part_of)
    total = sum(energies.values(), np.zeros_like(next(iter(energies.values()))))
    every = sum(cycles.values())
    macros = macro_powers(flat.macros, memories, memory_models or {}, layers, images)
    entries = tuple(
        LayerPower(
            name=name,
            cycles=cycles[name],
            parts={name: _rounded(own.sum()) for name, own in groups.of_parts(energy).items()},
            part_glitches={
                name: _rounded(own[_GLITCH]) for name, own in groups.of_parts(energy).items()
            },
            blocks=_energies(groups.blocks, energy),
            **_metrics(energy.sum(axis=1), cycles[name], clock_mhz),
        )
        for name, energy in energies.items()
    )
    return PowerReport(
        supply=model.supply,
        clock_mhz=clock_mhz,
        images=images,
        cycles=every,
        layers=entries,
        parts={
            name: GroupPower(instances=None, **_metrics(own, every, clock_mhz))
            for name, own in groups.of_parts(total).items()
        },
        blocks=groups.table(groups.blocks, total, every, clock_mhz),
        holders=groups.table(groups.holders, total, every, clock_mhz),
        modules=groups.table(groups.kinds, total, every, clock_mhz),
        clock_tree=clock_tree(flat, reduce(add, layers.values()), model.supply, clock_mhz),
        memory_model=memories.name,
        memory_models=by_memory_model(macros, memory_models or {}, float(total.sum())),
        memories=macros,
        glitches=glitch_shares(
            glitches, groups.instance_parts, cycles=_timed_cycles(timed, images), images=images
        )
        if timed
        else None,
        **_metrics(total.sum(axis=1), every, clock_mhz),
    )


def _of_layer(
    model: PowerModel,
    activity: Activity,
    metrics: list[MacroMetrics],
    images: int,
    clock_mhz: float,
) -> _Floats:
    """Energy of a layer in pJ an image, shape (kinds of energy, instances and macros)."""
    flat, cells = model.flat, model.energies(activity)
    cycles = activity.cycles / images
    count = len(flat.paths)
    total = np.zeros((len(_KINDS), count + len(flat.macros)))
    # nW times us are fJ.
    time = cycles / clock_mhz
    for kind, values in (
        (0, (cells.internal_fj - cells.clock_internal_fj) * cycles),
        (1, (cells.switching_fj + cells.driven_fj - cells.clock_charge_fj) * cycles),
        (3, (cells.clock_internal_fj + cells.clock_charge_fj) * cycles),
        (5, cells.leakage_nw * time),
    ):
        total[kind, :count] = np.bincount(model.instances, values, minlength=count)
    for index, (macro, own) in enumerate(zip(flat.macros, metrics, strict=True)):
        reads, writes = activity.accesses.get(macro.path, (0, 0))
        total[3, count + index] = own.clock_fj * cycles
        total[4, count + index] = own.energy_fj(reads, writes, cycles=0) / images
        total[5, count + index] = own.leakage_nw * time
    return total / 1000


class _Groups:
    """Instances, and after them the macros, by part, kind of module, holder and block."""

    def __init__(self, flat: FlatNetlist, part_of: Callable[[str], str | None]):
        parts = _parts(flat, part_of)
        self.instance_parts = _by_name(parts)
        self.parts = _by_name([*parts, *(MEMORIES for _ in flat.macros)])
        self.kinds = _by_name([*flat.kinds, *(macro.kind for macro in flat.macros)])
        self.blocks = {k: v for k, v in self.kinds.items() if k.startswith(BLOCK)}
        self.holders = _holders(flat)
        self._counts = {kind: len(indices) for kind, indices in self.kinds.items()}

    def of_parts(self, energy: _Floats) -> dict[str, _Floats]:
        """Energy of each part by kind; the clock's is a part of its own."""
        clock = _KINDS.index(CLOCK)
        parts = {}
        for name, indices in self.parts.items():
            parts[name] = energy[:, indices].sum(axis=1)
            parts[name][clock] = 0.0
        parts[CLOCK] = np.zeros(len(_KINDS))
        parts[CLOCK][clock] = energy[clock].sum()
        return dict(sorted(parts.items()))

    def table(
        self, groups: Mapping[str, NDArray[np.int64]], energy: _Floats, cycles: int, clock: float
    ) -> dict[str, GroupPower]:
        """Power of each group, by its name."""
        return {
            name: GroupPower(
                instances=self._counts.get(name),
                **_metrics(energy[:, indices].sum(axis=1), cycles, clock),
            )
            for name, indices in groups.items()
        }


def _timed_cycles(timed: Mapping[str, Sequence[TimedActivity]], images: int) -> int:
    """Timed cycles of an image, where all images have as many."""
    return sum(each.settled.cycles for groups in timed.values() for each in groups) // images


def _holders(flat: FlatNetlist) -> dict[str, NDArray[np.int64]]:
    """The holders of each kind, with all that they hold; below a block nothing is a holder."""
    kinds = dict(zip(flat.paths, flat.kinds, strict=True))
    paths = {_above(path) for path, kind in kinds.items() if kind.startswith(BLOCK)}
    inside: dict[str, list[int]] = {}
    current: str | None = None
    # What a holder holds follows it.
    for index, path in enumerate(flat.paths):
        if current is None or not path.startswith(current):
            current = path if path in paths else None
        if current is not None:
            inside.setdefault(kinds[current], []).append(index)
    return {kind: np.array(indices) for kind, indices in sorted(inside.items())}


def _above(path: str) -> str:
    """The path of the instance that an instance is in."""
    return path[: path.rstrip("/").rfind("/") + 1]


def _parts(flat: FlatNetlist, part_of: Callable[[str], str | None]) -> list[str]:
    """The part of each module instance; an instance stands after that it is in."""
    parts: dict[str, str] = {}
    for path, kind in zip(flat.paths, flat.kinds, strict=True):
        parts[path] = part_of(kind) or parts.get(_above(path), _REST)
    return [parts[path] for path in flat.paths]


def _by_name(names: list[str]) -> dict[str, NDArray[np.int64]]:
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        groups.setdefault(name, []).append(index)
    return {name: np.array(groups[name]) for name in sorted(groups)}


def _metrics(energy: _Floats, cycles: int, clock_mhz: float) -> dict[str, float]:
    """Power in uW and energy in pJ an image, from energies by kind."""
    # pJ over us are uW.
    power = energy / (cycles / clock_mhz)
    return {
        **{f"{kind}_uw": _rounded(value) for kind, value in zip(_KINDS, power, strict=True)},
        "power_uw": _rounded(power.sum()),
        "energy_pj": _rounded(energy.sum()),
    }


def _energies(groups: Mapping[str, NDArray[np.int64]], energy: _Floats) -> dict[str, float]:
    return {name: _rounded(energy[:, indices].sum()) for name, indices in groups.items()}


def _rounded(value: float) -> float:
    return float(f"{value:.8g}")
