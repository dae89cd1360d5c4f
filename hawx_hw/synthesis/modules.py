"""Synthesizes each module of a design once, in parallel, and puts the design together.

What was synthesized before, with the same Verilog, library, tools and options, comes from the
store. The netlist of a module does not depend on the design it stands in, nor on what was
synthesized before or beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.errors import UserError
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.netlist.netlist import Module, Netlist, read_module
from hawx_hw.netlist.timing import longest_path
from hawx_hw.synthesis.store import Store
from hawx_hw.synthesis.units import KIND, MappedContent, Recipe, Unit, mapped_content, units_of
from hawx_hw.synthesis.verilog_parts import NEUTRAL
from hawx_hw.synthesis.yosys import ENDED, SLOW, check_yosys, constraints, refusal, variables
from hawx_hw.technology import Technology
from hawx_hw.util.disk import check_space
from hawx_hw.util.environment import python_command
from hawx_hw.util.files import read_text
from hawx_hw.util.processes import ToolFailedError, output_lines
from hawx_hw.util.scratch import scratch_folder

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["Mapped", "map_designs", "synthesize_module"]


@dataclass(frozen=True)
class Mapped:
    """A design in standard cells.

    Parameters
    ----------
    netlist : Netlist
    verilog : str
        The same as Verilog, parts before the whole.
    keys : dict of str to str
        For each module that was synthesized by itself its key in the store.
    made : int
        How many of them were not in the store.
    """

    netlist: Netlist
    verilog: str
    keys: dict[str, str]
    made: int

    @cached_property
    def flat(self) -> FlatNetlist:
        """The netlist without hierarchy.

        Raises
        ------
        ValueError
            A net has two drivers.
        """
        return flatten(self.netlist)


def map_designs(
    designs: Sequence[tuple[Mapping[str, str], str]],
    technology: Technology,
    *,
    period_ns: float | None = None,
    booth: bool = False,
    flatten: bool = False,
    clock_gating: bool = False,
    jobs: int = 1,
    store: Store | None = None,
    timeout: float = 1800.0,
    progress: Progress | None = None,
) -> list[Mapped]:
    """Map designs onto the cells of a technology, module by module.

    Parameters
    ----------
    designs : sequence of pairs
        Text of each Verilog file by its name, memory macros with them, and the top's name.
    technology : Technology
    period_ns : float or None
        Clock period in ns to map for; None goes for the shortest paths.
    booth : bool
        Whether ``*`` is built with Booth recoding.
    flatten : bool
        Whether the hierarchy of each design is dissolved first; each is one module then.
    clock_gating : bool
        Whether flip-flops with an enable are clocked through a gate, in a library that has one.
    jobs : int
        How many modules are synthesized at a time.
    store : Store or None
        Gets each module as it is done, so an interrupted run loses at most ``jobs`` modules.
    timeout : float
        Seconds for all of it.
    progress : callable or None

    Returns
    -------
    list of Mapped
        One for each design.

    Raises
    ------
    ValueError
        ``jobs`` is not positive.
    UserError
        Yosys is missing, refused a module or took too long, or the library lacks a cell.
    """
    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs!r}")
    check_yosys()
    recipe = Recipe(technology, period_ns, booth, flatten, clock_gating)
    every = [units_of(sources, top, recipe) for sources, top in designs]
    distinct = {unit.key: unit for units in every for unit in units}
    contents: dict[str, Any] = {}
    if store is not None:
        stored = ((key, store.get(key, KIND, MappedContent)) for key in distinct)
        contents = {key: content for key, content in stored if content is not None}
    missing = [unit for key, unit in distinct.items() if key not in contents]
    for unit, content in _run(missing, technology, jobs, timeout):
        contents[unit.key] = content
        if store is not None:
            versions = {"pyosys": metadata.version("pyosys"), "technology": technology.name}
            store.put(KIND, unit.inputs, content, versions)
        if progress is not None:
            progress(len(missing) - len(distinct) + len(contents), len(missing))
    made = {unit.key for unit in missing}
    return [
        _composed(top, units, contents, technology, made)
        for (_, top), units in zip(designs, every, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class SynthesizedModule:
    """A module, mapped.

    Parameters
    ----------
    netlist : Netlist
    longest_path_ns : float
    key : str
        Of the module in the store; what it instantiates has keys of its own.
    """

    netlist: Netlist
    longest_path_ns: float
    key: str


def synthesize_module(
    sources: Mapping[str, str],
    top: str,
    technology: Technology,
    *,
    period_ns: float | None = None,
    booth: bool = False,
    store: Store | None = None,
    timeout: float = 600.0,
) -> SynthesizedModule:
    """One module, such as a block.

    Parameters are those of :func:`map_designs`.
    """
    (mapped,) = map_designs(
        [(sources, top)], technology,
        period_ns=period_ns, booth=booth, store=store, timeout=timeout,
    )  # fmt: skip
    path, _ = longest_path(mapped.flat)
    return SynthesizedModule(mapped.netlist, round(path.delay, 4), mapped.keys[top])


def _composed(
    top: str,
    units: Sequence[Unit],
    contents: Mapping[str, Any],
    technology: Technology,
    made: set[str],
) -> Mapped:
    described: dict[str, Any] = {}
    for unit in units:
        for name, module in contents[unit.key]["modules"].items():
            described.setdefault(unit.name if name == NEUTRAL else name, (module, unit))
    modules: dict[str, Module] = {}
    for name, (module, unit) in described.items():
        try:
            composed = read_module(name, module, described, technology.library)
        except ValueError as error:
            raise UserError(
                f"{error}.",
                where=str(technology.liberty),
                hint="The library lacks such a cell: name another technology.",
            ) from error
        for instance in composed.instances:
            instance.texts.update({key: unit.file(text) for key, text in instance.texts.items()})
        modules[name] = composed
    verilog = "\n".join(unit.named(contents[unit.key]["verilog"]) for unit in units)
    return Mapped(
        Netlist(top, modules, technology.library),
        verilog,
        {unit.name: unit.key for unit in units},
        len({unit.key for unit in units} & made),
    )


def _run(
    units: Sequence[Unit], technology: Technology, jobs: int, timeout: float
) -> Iterator[tuple[Unit, dict[str, Any]]]:
    """What Yosys makes of each unit, in the order in which it gets done."""
    if not units:
        return
    with scratch_folder("synthesis") as scratch:
        (scratch / "cells.lib").write_text(technology.tool_text(), "utf-8")
        (scratch / "abc.constr").write_text(constraints(technology), "utf-8")
        folders = [scratch / str(number) for number in range(len(units))]
        for folder, unit in zip(folders, units, strict=True):
            folder.mkdir()
            (folder / "script.json").write_text(json.dumps(unit.script), "utf-8")
            for source, text in unit.sources.items():
                (folder / source).write_text(text, "utf-8")
        job = {"jobs": jobs, "folders": [str(folder) for folder in folders]}
        (scratch / "jobs.json").write_text(json.dumps(job), "utf-8")
        for number, status in _statuses(scratch / "jobs.json", len(units), timeout):
            unit, folder = units[number], folders[number]
            # Yosys and ABC do not notice that a file is cut.
            check_space(folder)
            if status:
                log = read_text(folder / "log", errors="replace")
                check_space(folder, log=log)
                raise _refused(unit, log, status, technology)
            netlist, verilog = (read_text(folder / file) for file in ("netlist.json", "netlist.v"))
            yield unit, mapped_content(netlist, verilog)


def _statuses(path: Path, count: int, timeout: float) -> Iterator[tuple[int, int]]:
    """Number and exit status of each unit, as the worker reports them."""
    command = python_command("hawx_hw.synthesis.module_worker", str(path))
    lines = output_lines(command, tool="Yosys", limit=timeout, variables=variables(), hint=SLOW)
    done = 0
    try:
        with closing(lines):
            for line in islice(lines, count):
                done += 1
                number, status = map(int, line.split())
                yield number, status
    except ToolFailedError as error:
        raise UserError(error.what, hint=ENDED) from error
    if done < count:
        raise UserError("Yosys ended before its work was done.", hint=ENDED)


def _refused(unit: Unit, log: str, status: int, technology: Technology) -> UserError:
    error = refusal(log, f"ended with status {status}")
    where, hint = unit.place(error.where), error.hint
    if where is None and "ABC" in error.what:
        # It ended for the library, which it does not name.
        where = str(technology.liberty)
        hint = "Check the delays in the library, or name another technology."
    return UserError(unit.named(error.what), where=where, hint=hint)
