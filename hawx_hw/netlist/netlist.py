"""The mapped netlist: cells, areas and memory macros, by kind of module and in total."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from hawx_hw.netlist.report import CellTotals, MemoryTotals, ModuleTotals, NetlistReport
from hawx_hw.technology.liberty import Library
from hawx_hw.util.files import read_text
from hawx_hw.util.macros import MACROS

__all__ = ["Instance", "Module", "Netlist", "read_module", "read_netlist"]


@dataclass(frozen=True, eq=False)
class Instance:
    """A cell, a memory macro or a module within a module; ``pins`` maps a pin to its nets.

    ``parameters`` are numbers, ``texts`` those parameters that are text.
    """

    name: str
    kind: str
    pins: dict[str, list[int | str]]
    parameters: dict[str, int]
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Module:
    """One module: ports (direction, nets) and what it holds, ordered by name."""

    name: str
    ports: dict[str, tuple[str, list[int | str]]]
    instances: list[Instance]


@dataclass(frozen=True, eq=False)
class Netlist:
    """A mapped design.

    Parameters
    ----------
    top : str
    modules : dict of str to Module
        The modules that are not cells and not macros.
    library : Library
    """

    top: str
    modules: dict[str, Module]
    library: Library

    @cached_property
    def order(self) -> list[str]:
        """Modules that the top uses, parts before the whole."""
        done: dict[str, None] = {}

        def visit(name: str) -> None:
            if name not in done:
                for instance in self.modules[name].instances:
                    if instance.kind in self.modules:
                        visit(instance.kind)
                done[name] = None

        visit(self.top)
        return list(done)

    @cached_property
    def uses(self) -> Counter[str]:
        """How often the design holds each module."""
        uses: Counter[str] = Counter({self.top: 1})
        for name in reversed(self.order):
            for instance in self.modules[name].instances:
                if instance.kind in self.modules:
                    uses[instance.kind] += uses[name]
        return uses

    def cells(self, name: str) -> Counter[str]:
        """Standard cells that stand in a module itself, by kind."""
        return Counter(
            instance.kind
            for instance in self.modules[name].instances
            if instance.kind in self.library.cells
        )

    def report(self) -> NetlistReport:
        """Cells and area, in total and by kind of module, and the memory macros."""
        total: Counter[str] = Counter()
        modules = {}
        memories: Counter[tuple[str, int, int]] = Counter()
        for name in self.order:
            own, count = self.cells(name), self.uses[name]
            for kind, number in own.items():
                total[kind] += number * count
            totals = self._totals(own)
            area_all = round(totals.area * count, 3)
            modules[name] = ModuleTotals(**dict(totals), instances=count, area_all=area_all)
            for instance in self.modules[name].instances:
                if instance.kind in MACROS:
                    shape = instance.parameters
                    memories[instance.kind, shape["WIDTH"], shape["DEPTH"]] += count
        entries = tuple(
            MemoryTotals(
                kind=kind, width=width, depth=depth, instances=count, bits=width * depth * count
            )
            for (kind, width, depth), count in sorted(memories.items())
        )
        return NetlistReport(
            **dict(self._totals(total)),
            cells_by_kind=dict(sorted(total.items())),
            modules=modules,
            memories=entries,
            memory_bits=sum(entry.bits for entry in entries),
        )

    def _totals(self, cells: Counter[str]) -> CellTotals:
        kinds = self.library.cells
        area = sum(kinds[kind].area * count for kind, count in sorted(cells.items()))
        sequential = sum(
            kinds[kind].area * count
            for kind, count in sorted(cells.items())
            if kinds[kind].sequential
        )
        return CellTotals(
            cells=sum(cells.values()),
            sequential_cells=sum(n for kind, n in cells.items() if kinds[kind].sequential),
            area=round(area, 3),
            sequential_area=round(sequential, 3),
            combinational_area=round(area - sequential, 3),
        )


def read_netlist(path: Path, top: str, library: Library) -> Netlist:
    """The netlist that Yosys wrote as JSON.

    Raises
    ------
    ValueError
        Where a cell is in neither the library nor the design: the mapping was incomplete.
    """
    content = json.loads(read_text(path))["modules"]
    names = {name for name in content if name not in MACROS and name not in library.cells}
    return Netlist(
        top, {name: read_module(name, content[name], names, library) for name in names}, library
    )


def read_module(
    name: str, content: Mapping[str, Any], known: Container[str], library: Library
) -> Module:
    """One module of a netlist that Yosys wrote as JSON.

    Parameters
    ----------
    name : str
    content : mapping
        The module's ``ports`` and ``cells``.
    known : container of str
        Names of the design's modules.
    library : Library

    Raises
    ------
    ValueError
        Where a cell is neither of the library nor known nor a macro.
    """
    instances = []
    for instance_name, cell in sorted(content["cells"].items()):
        kind = cell["type"]
        if kind not in known and kind not in library.cells and kind not in MACROS:
            raise ValueError(f"Module {name!r} holds {kind!r}, which is no cell of the library")
        numbers, texts = {}, {}
        for key, value in cell["parameters"].items():
            # Yosys adds a space to a text that would read as a number.
            if value and set(value) <= {"0", "1"}:
                numbers[key] = int(value, 2)
            else:
                texts[key] = value
        instances.append(Instance(instance_name, kind, cell["connections"], numbers, texts))
    ports = {port: (entry["direction"], entry["bits"]) for port, entry in content["ports"].items()}
    return Module(name, ports, instances)
