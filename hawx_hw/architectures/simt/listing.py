"""The listing of a network's program: each instruction, what it belongs to, and what it takes."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hawx_hw.architectures.simt.disassembler import labels_of, word_text
from hawx_hw.architectures.simt.isa import Place, decode
from hawx_hw.architectures.simt.kernels import LOOP_NAMES, Section
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.schedule import Scheduled
from hawx_hw.architectures.simt.timing import Timing

if TYPE_CHECKING:
    from hawx_hw.architectures.simt.plan import Plan

__all__ = ["Entry", "kernel_name", "listing", "listing_text", "remarks"]

#: Kinds of kernels by the first walk of their tiles.
_KINDS = {"MAC": "convolution", "MACW": "depthwise", "RMAX": "max pool", "RADD": "average pool"}


@dataclass(frozen=True)
class Entry:
    """One instruction of a program.

    Parameters
    ----------
    address : int
    word : int
    label : str
        Of the address; empty where there is none.
    text : str
        As the assembler reads it.
    layer : int
        Index of the layer whose code it is.
    title : str
        Of the layer, such as ``"conv1 + pool1"``.
    kernel : str
        What it is part of, see :func:`kernel_name`.
    loops : tuple of str
        The loops around it, the outermost first.
    runs : int
        How often warps run it in an inference.
    cycles : int
        Of these warps, each from the end of the instruction before to the end of this one: its
        turn, waits, and work.
    share : float
        Of all warps' cycles, from 0 to 1.
    engine : str
        ``"multiply"``, ``"post"`` or empty.
    walk : int
        Cycles in which that engine walks it.
    walk_share : float
        Of the inference's cycles, from 0 to 1.
    """

    address: int
    word: int
    label: str
    text: str
    layer: int
    title: str
    kernel: str
    loops: tuple[str, ...]
    runs: int
    cycles: int
    share: float
    engine: str
    walk: int
    walk_share: float


def kernel_name(section: Section) -> str:
    """What a section does, in words: its kernel and its work items."""
    first = section.walks[0].mnemonic
    kind = _KINDS.get(first) or ("addition" if section.suffix == "sum" else "clamp")
    counts = (
        (section.tiles, "tile"),
        (section.lines, "line"),
        (section.windows, "window"),
    )
    tiles, lines, windows = (f"{n} {what}{'s' if n != 1 else ''}" for n, what in counts)
    groups = f", {section.groups} groups" if section.groups > 1 else ""
    return f"{kind}: {tiles} of {section.lanes} lanes, {lines} of {windows}{groups}"


def listing(plan: Plan) -> tuple[Entry, ...]:
    """The program of a network, in the order of addresses."""
    program, timing = plan.program, plan.timing
    layers = plan.compiled.layers
    cycles = warp_cycles(timing, program.unit.warps)
    walks = walk_cycles(program, plan.schedule)
    loops = loops_around(program)
    labels = labels_of(program)
    firsts = [plan.compiled.first[number] for number in range(len(layers))]
    sections = plan.compiled.sections
    starts = sorted(sections)
    entries = []
    for address, word in enumerate(program.code):
        layer = max(0, bisect.bisect_right(firsts, address) - 1)
        # What a layer does before its first section belongs to that.
        section = starts[max(0, bisect.bisect_right(starts, address) - 1)]
        if section < firsts[layer]:
            section = next(each for each in starts if each >= firsts[layer])
        place = decode(word).operation.place
        entries.append(
            Entry(
                address,
                word,
                labels.get(address, ""),
                word_text(program, address, word, labels),
                layer,
                layers[layer].operation.title,
                kernel_name(sections[section]),
                loops[address],
                timing.instructions.get(address, 0),
                cycles[address],
                cycles[address] / (program.unit.warps * timing.cycles),
                {Place.MULTIPLY: "multiply", Place.POST: "post"}.get(place, ""),
                walks[address],
                walks[address] / timing.cycles,
            )
        )
    return tuple(entries)


def warp_cycles(timing: Timing, warps: int) -> Mapping[int, int]:
    """Cycles of all warps that the instruction at each address takes.

    Those of a warp add up to the cycles until it halts.
    """
    cycles: Counter[int] = Counter()
    before = [-1] * warps
    for ended in timing.retirements:
        cycles[ended.pc] += ended.cycle - before[ended.warp]
        before[ended.warp] = ended.cycle
    return cycles


def walk_cycles(program: Program, schedule: Sequence[Scheduled]) -> Mapping[int, int]:
    """Cycles in which an engine walks the instruction at each address."""
    cycles: Counter[int] = Counter()
    for _, issue in schedule:
        instruction = issue.instruction
        if instruction.operation.place is Place.MULTIPLY:
            cycles[issue.pc] += program.streams[instruction.d].cycles(issue.scalars[4])
        else:
            store = program.stores[instruction.d]
            beats, remaining = issue.scalars[2:4]
            cycles[issue.pc] += store.cycles(
                program.unit, beats, remaining, bool(instruction.suffix)
            )
    return cycles


def loops_around(program: Program) -> Sequence[tuple[str, ...]]:
    """The loops around each instruction by what they count, the outermost first."""
    around: list[tuple[str, ...]] = [()] * len(program.code)
    for address, word in enumerate(program.code):
        instruction = decode(word)
        if instruction.mnemonic == "LOOP":
            name = LOOP_NAMES.get(instruction.ra, f"s{instruction.ra}")
            for inside in range(address + 1, address + 1 + instruction.offset):
                around[inside] += (name,)
    return around


def remarks(entries: Sequence[Entry]) -> Mapping[int, Sequence[str]]:
    """Comments before instructions of a source: where layers and kernels begin."""
    comments: dict[int, list[str]] = {}
    layer, kernel = -1, ""
    for entry in entries:
        lines = comments.setdefault(entry.address, [])
        if entry.layer != layer:
            lines.append(f"layer {entry.layer}: {entry.title}")
            layer, kernel = entry.layer, ""
        if entry.kernel != kernel:
            lines.append(f"  {entry.kernel}")
            kernel = entry.kernel
    return comments


_HEADING = (
    "address  word        runs    cycles    share      walk    share  loops          instruction"
)


def listing_text(plan: Plan, entries: Sequence[Entry]) -> Iterator[str]:
    """The lines of a listing."""
    layers, comments = plan.cycles().layers, remarks(entries)
    yield _HEADING
    for entry in entries:
        for line in comments[entry.address]:
            cycles = f", {layers[entry.layer].total} cycles" if line.startswith("layer") else ""
            yield f"; {line}{cycles}"
        walk = f"{entry.walk:8} {100 * entry.walk_share:6.2f} %" if entry.engine else " " * 17
        label = f"{entry.label}:" if entry.label else ""
        yield (
            f"{entry.address:7}  {entry.word:08x} {entry.runs:7} {entry.cycles:9} "
            f"{100 * entry.share:6.2f} %  {walk}  {'/'.join(entry.loops):13}  "
            f"{label:7} {entry.text}"
        )
    yield from _totals(plan, entries)


def _totals(plan: Plan, entries: Sequence[Entry]) -> Iterator[str]:
    cycles, warps = plan.timing.cycles, plan.unit.warps
    taken = sum(entry.cycles for entry in entries)
    yield (
        f"{cycles} cycles of {warps} warp{'s' if warps > 1 else ''}; instructions take "
        f"{100 * taken / (warps * cycles):.2f} % of them"
    )
    for engine in ("multiply", "post"):
        walked = sum(entry.walk for entry in entries if entry.engine == engine)
        yield f"the {engine} engine walks in {walked} cycles, {100 * walked / cycles:.2f} %"
