"""What the bundles for layout flows have in common: Verilog with memories of macros, its record.

A bundle's folder has ``rtl/`` with the Verilog and, beside it, the images of read-only memories,
which Yosys finds beside the file that names them; ``macros/`` with the memory macros as empty
modules; ``constraint.sdc``; ``MEMORIES.md``; and ``bundle.json``, from which the checks take what
must be so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hawx_hw.design.sources import FILE_LIST
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build
from hawx_hw.flows.memories.families import Family
from hawx_hw.flows.memories.instances import design_memories, module_instances
from hawx_hw.flows.memories.plan import MemoryPlan, plan_memories, shape_of
from hawx_hw.flows.memories.wrappers import BOXES, boxes_text, replace_memories
from hawx_hw.flows.ports import top_ports
from hawx_hw.flows.result import Check
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.sdc import period_ns, sdc_text
from hawx_hw.flows.templates import write_template
from hawx_hw.util.environment import python_command, python_path
from hawx_hw.util.files import read_text, write_text
from hawx_hw.util.json_text import read_json

__all__ = [
    "BUNDLE_FILE",
    "SDC_FILE",
    "Bundle",
    "clock_check",
    "elaboration_check",
    "plan_of_build",
    "refuse_exploration",
    "sdc_check",
    "write_rtl",
    "yosys_check",
    "yosys_result",
]

BUNDLE_FILE = "bundle.json"
SDC_FILE = "constraint.sdc"
_JOB = "yosys_check.json"


@dataclass(frozen=True)
class Bundle:
    """The record of a bundle's Verilog.

    Parameters
    ----------
    top : str
    clock_mhz : float
    unit_ns : float
        Unit of time of the constraints.
    verilog : sequence of str
        Files of the design, in ``rtl/``, in order.
    boxes : str or None
        File with the macros as empty modules; None where there are none.
    defines : sequence of str
        Preprocessor definitions that synthesis needs.
    macros : mapping of str to sequence of str
        Memory macros, with the paths of their instances.
    memory_bits : int
        Of the largest memory that synthesis maps to cells.
    notes : sequence of str
        About memories, for the report.
    """

    top: str
    clock_mhz: float
    unit_ns: float
    verilog: Sequence[str]
    boxes: str | None
    defines: Sequence[str]
    macros: Mapping[str, Sequence[str]]
    memory_bits: int
    notes: Sequence[str]

    @property
    def period_ns(self) -> float:
        """Period of the clock."""
        return 1000 / self.clock_mhz

    def write(self, folder: Path) -> None:
        """Write bundle.json."""
        content = dict(vars(self))
        write_text(folder / BUNDLE_FILE, json.dumps(content, indent=1, sort_keys=True) + "\n")

    @classmethod
    def read(cls, folder: Path) -> Bundle:
        """Read what :meth:`write` wrote."""
        return cls(**read_json(read_text(folder / BUNDLE_FILE)))

    def paths(self, folder: Path) -> list[Path]:
        """All Verilog files, the empty macros included."""
        files = [folder / "rtl" / name for name in self.verilog]
        return files if self.boxes is None else [*files, folder / self.boxes]


def plan_of_build(build: Build, family: Family | None) -> MemoryPlan:
    """What the memories of an accelerator are made of."""
    return plan_memories(design_memories(build.sources, build.program.top), family)


def refuse_exploration(plan: MemoryPlan, *, exploration: bool) -> None:
    """Refuse a large memory of flip-flops, unless that is asked for.

    Raises
    ------
    UserError
        The plan is for exploration only, and ``exploration`` is false.
    """
    if plan.exploration_only and not exploration:
        raise UserError(
            plan.notes()[0] + ".",
            hint="Take another process, or accept an exploration: --option exploration=true",
        )


def write_rtl(
    build: Build,
    folder: Path,
    plan: MemoryPlan,
    *,
    clock_mhz: float,
    unit_ns: float = 1.0,
    librelane: bool = False,
) -> Bundle:
    """Write the Verilog, the memory images, the constraints and the record of a bundle.

    Parameters
    ----------
    build : Build
    folder : Path
        Empty.
    plan : MemoryPlan
    clock_mhz : float
    unit_ns, librelane
        See :func:`~hawx_hw.flows.sdc.sdc_text`.
    """
    names = build.copy_rtl(folder)
    build.copy_memories(folder / "rtl")
    names += replace_memories(plan, folder / "rtl")
    write_text(folder / "rtl" / FILE_LIST, "".join(f"{name}\n" for name in names))
    boxes = None
    if plan.macros:
        boxes = f"macros/{BOXES}"
        (folder / "macros").mkdir()
        write_text(folder / boxes, boxes_text(plan))
    ports = top_ports(build.sources, build.program.top)
    sdc = sdc_text(
        build.program.top, ports, period_ns=1000 / clock_mhz, unit_ns=unit_ns, librelane=librelane
    )
    write_text(folder / SDC_FILE, sdc)
    write_template(
        folder / "MEMORIES.md", "memories", "memories.md.j2", plan=plan, lines=_table(plan)
    )
    words = plan.flip_flop_words
    bundle = Bundle(
        top=build.program.top,
        clock_mhz=clock_mhz,
        unit_ns=unit_ns,
        verilog=names,
        boxes=boxes,
        defines=[f"HAWX_FLIP_FLOP_WORDS={words}"] if words else [],
        macros=plan.instances(),
        memory_bits=plan.largest_flip_flop_bits,
        notes=plan.notes(),
    )
    bundle.write(folder)
    return bundle


def _table(plan: MemoryPlan) -> list[tuple[str, int, str]]:
    """Lines for people: a shape, how many memories have it, what they are made of."""
    lines: dict[tuple[str, str], int] = {}
    for memory in plan.memories:
        shape = shape_of(memory)
        arrangement = plan.arrangements.get(shape)
        place: str = plan.place(memory)
        if arrangement is not None:
            a = arrangement
            place = f"{a.banks * a.parts} x `{a.macro.name}` ({a.banks} deep, {a.parts} wide)"
        elif place == "missing":
            place = "**flip-flops, for lack of a macro: exploration only**"
        lines[shape.title, place] = lines.get((shape.title, place), 0) + 1
    return [(title, count, place) for (title, place), count in lines.items()]


def elaboration_check(folder: Path, bundle: Bundle) -> Check:
    """Whether slang elaborates the Verilog, with the macros where the plan has them."""
    name = "slang elaborates the Verilog, with every macro that is planned"
    if not bundle.verilog:
        return Check(name=name, passed=False, detail="there is no Verilog file")
    try:
        actual = module_instances(bundle.paths(folder), bundle.top, bundle.macros)
    except UserError as error:
        return Check(name=name, passed=False, detail=str(error))
    return _compared(name, actual, bundle)


def yosys_check(folder: Path, bundle: Bundle, runner: Runner) -> None:
    """Have Yosys read the Verilog from another folder; :func:`yosys_result` judges its answer."""
    job = {
        "files": [str(path.relative_to(folder)) for path in bundle.paths(folder)],
        "top": bundle.top,
        "defines": ["SYNTHESIS", *bundle.defines],
        "modules": sorted(bundle.macros),
    }
    write_text(folder / _JOB, json.dumps(job, indent=1, sort_keys=True) + "\n")
    command = python_command("hawx_hw.flows.yosys_check", _JOB)
    runner.run(command, tool="yosys", variables=python_path())


def yosys_result(folder: Path, bundle: Bundle) -> Check:
    """What Yosys made of the Verilog, with the paths of macros in the flattened design."""
    name = "Yosys reads the Verilog and the memory images, with every macro that is planned"
    answer = (folder / _JOB).with_suffix(".answer.json")
    if not answer.is_file():
        return Check(name=name, passed=False, detail="it wrote no answer")
    return _compared(name, read_json(read_text(answer)), bundle)


def _compared(name: str, actual: Mapping[str, Sequence[str]], bundle: Bundle) -> Check:
    expected = {kind: sorted(paths) for kind, paths in bundle.macros.items()}
    passed = {kind: list(paths) for kind, paths in actual.items()} == expected
    count = sum(map(len, actual.values()))
    planned = sum(map(len, expected.values()))
    detail = f"{len(bundle.verilog)} files, {count} of {planned} macros"
    return Check(name=name, passed=passed and bool(bundle.verilog), detail=detail)


def sdc_check(folder: Path, bundle: Bundle) -> Check:
    """Whether the constraints state the clock that was asked for, in the target's unit of time."""
    return _clock_check(folder, bundle, "the constraints state the clock", {})


def clock_check(folder: Path, bundle: Bundle, period: float, source: str) -> Check:
    """Whether the constraints and another file of the bundle state the same clock.

    Parameters
    ----------
    folder : Path
    bundle : Bundle
    period : float
        In ns, as the tool reads it from ``source``.
    source : str
        Where it is from, for the check's detail.
    """
    name = "one clock in the constraints and in the tool's variables"
    return _clock_check(folder, bundle, name, {source: period})


def _clock_check(folder: Path, bundle: Bundle, name: str, others: Mapping[str, float]) -> Check:
    try:
        constrained = period_ns(read_text(folder / SDC_FILE), bundle.unit_ns)
    except (OSError, ValueError) as error:
        return Check(name=name, passed=False, detail=str(error))
    periods = {SDC_FILE: constrained, **others}
    stated = ", ".join(f"{period:.9g} ns in {source}" for source, period in periods.items())
    return Check(
        name=name,
        passed=all(abs(each / bundle.period_ns - 1) < 1e-6 for each in periods.values()),
        detail=f"{bundle.period_ns:.9g} ns asked for, {stated}",
    )
