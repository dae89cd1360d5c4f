"""What is synthesized by itself: one module, with what it holds as black boxes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib import metadata
from typing import Any

from hawx_hw.synthesis.script import script
from hawx_hw.synthesis.store import entry_key
from hawx_hw.synthesis.verilog_parts import NEUTRAL, Part, read_parts
from hawx_hw.synthesis.yosys import constraints
from hawx_hw.technology import Technology
from hawx_hw.util.code import source_hash
from hawx_hw.util.macros import MACROS
from hawx_hw.util.quoting import verilog_name
from hawx_hw.util.results import Record

__all__ = ["KIND", "MappedContent", "Recipe", "Unit", "mapped_content", "units_of"]

#: Kind of the store's entries.
KIND = "module"
#: What makes the text that ABC gets of a library.
_LIBRARY_CODE = tuple(
    f"hawx_hw.technology.liberty{part}"
    for part in ("", "_cells", "_checks", "_groups", "_tables", "_text", "_units", "_writer")
)
_HEAD = re.compile(r"\A/\*.*?\*/\s*", re.DOTALL)


@dataclass(frozen=True)
class Recipe:
    """How modules are mapped.

    Parameters
    ----------
    technology : Technology
    period_ns : float or None
    booth : bool
    flatten : bool
    clock_gating : bool
        Whether flip-flops with an enable are clocked through a gate, in a library that has one.
    """

    technology: Technology
    period_ns: float | None = None
    booth: bool = False
    flatten: bool = False
    clock_gating: bool = False

    @cached_property
    def job(self) -> dict[str, Any]:
        """The job of :func:`~hawx_hw.synthesis.script.script` but for the design.

        Its files are in the folder above the module's.
        """
        library = self.technology.library
        job: dict[str, Any] = {
            "liberty": "../cells.lib",
            "constraints": "../abc.constr",
            "dont_use": sorted(name for name, cell in library.cells.items() if cell.dont_use),
            "booth": self.booth,
            "flatten": self.flatten,
            "netlist": "netlist.json",
            "verilog": "netlist.v",
        }
        if (low := library.tie("0")) and (high := library.tie("1")):
            job |= {"tie_low": low, "tie_high": high}
        if self.clock_gating and (gate := library.smallest_clock_gate()):
            job["clock_gate"] = (gate[0], asdict(gate[1]))
        if self.period_ns is not None:
            job["period_ps"] = round(self.period_ns * 1000)
        return job

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """What a result depends on besides the design and the script."""
        return {
            "library": self.technology.digest,
            "constraints": constraints(self.technology),
            "pyosys": metadata.version("pyosys"),
            "code": source_hash("hawx_hw.synthesis.module_worker", __name__, *_LIBRARY_CODE),
        }


@dataclass(frozen=True)
class Unit:
    """What one run of Yosys maps.

    Parameters
    ----------
    name : str
        Name of its top, as the design calls it.
    sources : mapping of str to str
        Verilog by file name.
    script : tuple of str
        Commands of Yosys.
    key : str
        In the store.
    inputs : dict
        What the key is the hash of.
    files : tuple of str
        See :class:`~hawx_hw.synthesis.verilog_parts.Part`.
    origins : mapping of str to tuple
        For each of ``sources`` the user's file, and the line in it that it begins on.
    """

    name: str
    sources: Mapping[str, str]
    script: tuple[str, ...]
    key: str
    inputs: dict[str, Any]
    files: tuple[str, ...]
    origins: Mapping[str, tuple[str, int]]

    def place(self, where: str | None) -> str | None:
        """A place in ``sources``, such as ``module.v:3``, in the user's files."""
        if where is None or ":" not in where:
            return where
        name, line = where.rsplit(":", 1)
        if name not in self.origins or not line.isdigit():
            return where
        source, start = self.origins[name]
        return f"{source}:{start + int(line)}"

    def named(self, text: str) -> str:
        """A text of Yosys, with the module's own name and those of its memories' files."""
        for number, file in enumerate(self.files):
            text = text.replace(f'"{NEUTRAL}_{number}"', file)
        return re.sub(rf"\b{NEUTRAL}\b", lambda _: verilog_name(self.name), text)

    def file(self, text: str) -> str:
        """The name of a memory's file, from what stands for it in a parameter; else ``text``."""
        names = {f"{NEUTRAL}_{number}": file[1:-1] for number, file in enumerate(self.files)}
        return names.get(text, text)


def units_of(sources: Mapping[str, str], top: str, recipe: Recipe) -> list[Unit]:
    """The units that a design is made of, parts before the whole.

    A module that gives parameters to another one, or holds one whose ports are not plainly written,
    is one unit with all that is below it. A design that cannot be taken apart, or is to be
    flattened, is one unit.

    Parameters
    ----------
    sources : mapping of str to str
        Text of each Verilog file by its name.
    top : str
    recipe : Recipe
    """
    parts = None if recipe.flatten else read_parts(sources)
    if parts is None or top not in parts:
        # Without the top, Yosys refuses it with the user's file and line.
        named = {f"source_{n}.v": (text, name, 0) for n, (name, text) in enumerate(sources.items())}
        return [_unit(top, top, named, "", (), recipe)]
    done: dict[str, Unit | None] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in done or name in above:
            return
        part = parts[name]
        children = [parts[child] for child in part.uses]
        if part.macro:
            done[name] = None
        elif any(c.name in part.specialized or c.declaration is None for c in _modules(children)):
            below = list(_below(parts, name, {}))
            files = {f"source_{n}.v": (p.text, p.source, p.line) for n, p in enumerate(below)}
            done[name] = _unit(name, name, files, "", (), recipe)
        else:
            for child in children:
                visit(child.name, (*above, name))
            declared = sorted((c.name, str(c.declaration)) for c in children)
            text = {"module.v": (part.neutral, part.source, part.line)}
            declarations = "".join(declaration for _, declaration in declared)
            done[name] = _unit(name, NEUTRAL, text, declarations, part.files, recipe)

    visit(top, ())
    return [unit for unit in done.values() if unit is not None]


def _modules(parts: list[Part]) -> Iterator[Part]:
    return (part for part in parts if not part.macro)


def _below(parts: Mapping[str, Part], name: str, seen: dict[str, None]) -> Iterator[Part]:
    seen[name] = None
    yield parts[name]
    for child in parts[name].uses:
        if child not in seen:
            yield from _below(parts, child, seen)


def _unit(
    name: str,
    top: str,
    files: Mapping[str, tuple[str, str, int]],
    declarations: str,
    memories: tuple[str, ...],
    recipe: Recipe,
) -> Unit:
    sources = {file: text for file, (text, _, _) in files.items()}
    job = {**recipe.job, "sources": list(sources), "top": top}
    if declarations:
        job["declarations"] = "parts.v"
        sources["parts.v"] = declarations
    commands = tuple(script(job))
    inputs = {**recipe.inputs, "sources": sources, "script": commands}
    origins = {file: (source, line) for file, (_, source, line) in files.items()}
    return Unit(name, sources, commands, entry_key(KIND, inputs), inputs, memories, origins)


class _Port(Record):
    direction: str
    bits: list[int | str]


class _Cell(Record):
    type: str
    parameters: dict[str, str]
    connections: dict[str, list[int | str]]


class _Module(Record):
    ports: dict[str, _Port]
    cells: dict[str, _Cell]


class MappedContent(Record):
    """The shape of what :func:`mapped_content` returns, and the store must hold.

    Parameters
    ----------
    modules : dict
        By name: ``ports`` and ``cells``, as in Yosys' JSON.
    verilog : str
    """

    modules: dict[str, _Module]
    verilog: str


def mapped_content(netlist: str, verilog: str) -> dict[str, Any]:
    """What is kept of Yosys's JSON and Verilog."""
    modules = {}
    for name, module in json.loads(netlist)["modules"].items():
        if name in MACROS or "blackbox" in module["attributes"]:
            continue
        cells = {
            instance: {key: cell[key] for key in ("type", "parameters", "connections")}
            for instance, cell in module["cells"].items()
        }
        ports = {
            port: {key: entry[key] for key in ("direction", "bits")}
            for port, entry in module["ports"].items()
        }
        modules[name] = {"ports": ports, "cells": cells}
    return {"modules": modules, "verilog": _HEAD.sub("", verilog)}
