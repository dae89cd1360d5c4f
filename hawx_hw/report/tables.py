"""The tables of a summary: the chosen design, prediction and measurement, and where things go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hawx_hw.design.program import EmitResult
    from hawx_hw.power.result import MacroPower, PowerResult
    from hawx_hw.report.chosen import ChosenDesign
    from hawx_hw.report.comparison import Comparison
    from hawx_hw.verification.result import VerifyResult

__all__ = [
    "Table",
    "block_table",
    "chosen_table",
    "comparison_table",
    "cycle_table",
    "energy_table",
    "memory_table",
]

#: The metrics of designs that are shown: unit and format.
_DESIGN_METRICS = {
    "energy_nj": ("nJ per image", ",.1f"),
    "area_um2": ("um2", ",.0f"),
    "latency_us": ("us", ",.2f"),
}


@dataclass(frozen=True)
class Table:
    """A table of numbers.

    Parameters
    ----------
    title : str
    heading : tuple of str
    lines : tuple of tuples of str
        Each as long as the heading.
    """

    title: str
    heading: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


def chosen_table(chosen: ChosenDesign) -> Table:
    """The chosen design beside those that it must beat."""
    titles = (title for title, _ in _DESIGN_METRICS.values())
    unseen = any(design.interval is not None for design in chosen.designs)
    drop = f"accuracy drop, {'estimated from all images, ' if unseen else ''}percentage points"
    heading = ("design", drop, "95 % interval", "test accuracy, as searched", *titles, "size")
    lines = tuple(
        (
            design.what,
            f"{design.accuracy_drop:z.2f}",
            "" if design.interval is None else "{:z.2f} to {:z.2f}".format(*design.interval),
            "" if design.test_accuracy is None else f"{100 * design.test_accuracy:.2f} %",
            *(
                f"{design.metrics[name]:{form}}" if name in design.metrics else ""
                for name, (_, form) in _DESIGN_METRICS.items()
            ),
            design.size,
        )
        for design in chosen.designs
    )
    model = f" (memory model {chosen.memory_model})" if chosen.memory_model else ""
    return Table(f"chosen design{model}: {chosen.verdict}", heading, lines)


def comparison_table(comparisons: Sequence[Comparison]) -> Table:
    """What was predicted beside what was measured."""
    return Table(
        "predicted before synthesis, and measured",
        ("quantity", "predicted", "90 % interval", "measured", "error of prediction", ""),
        tuple(
            (
                each.title,
                each.show(each.predicted.value),
                "exact"
                if each.exact
                else f"{each.show(each.predicted.low)} to {each.show(each.predicted.high)}",
                each.show(each.measured),
                each.error,
                "" if each.inside else "outside the interval",
            )
            for each in comparisons
        ),
    )


def block_table(result: EmitResult) -> Table:
    """The multiplications of each layer by block."""
    names = [block.name for block in result.blocks]
    lines = []
    for layer in result.multiplications:
        total = sum(layer.blocks.values())
        lines.append((layer.layer, f"{total:,}", *_shares(map(layer.blocks.get, names), total)))
    return Table("multiplications by block", ("layer", "all", *names), tuple(lines))


def cycle_table(result: VerifyResult) -> Table:
    """The cycles of each layer by cause."""
    heading = ("layer", "cycles", *(cause.title for cause in result.causes))
    lines = tuple(
        (
            layer.name,
            f"{layer.cycles:,}",
            *(f"{100 * layer.causes[c.name] / layer.cycles:.1f} %" for c in result.causes),
        )
        for layer in result.ledger
    )
    return Table("where the cycles of an image go", heading, lines)


def energy_table(result: PowerResult, what: str = "") -> Table:
    """The energy of each layer by part of the accelerator; of all layers, without glitches too.

    Parameters
    ----------
    result : PowerResult
    what : str
        Before the title: whose energy it is.
    """
    entries = [(layer.name, layer.cycles, layer.energy_pj, layer.parts) for layer in result.layers]
    whole = {part: group.energy_pj for part, group in result.parts.items()}
    entries.append(("all", result.cycles, result.energy_pj, whole))
    if (glitches := result.glitches) is not None:
        shares = {part: share.glitch_pj for part, share in glitches.parts.items()}
        settled = {part: energy - shares.get(part, 0.0) for part, energy in whole.items()}
        energy = result.energy_pj - glitches.glitch_pj
        entries.append(("all, without glitches", result.cycles, energy, settled))
    lines = tuple(
        (
            name,
            # pJ over us are uW.
            f"{energy * result.clock_mhz / cycles / 1000:.2f}",
            f"{energy / 1000:,.1f}",
            *(f"{100 * by_part[part] / energy:.1f} %" for part in whole),
        )
        for name, cycles, energy, by_part in entries
    )
    title = f"{what}where the energy of an image goes, memory model {result.memory_model}"
    return Table(title, ("layer", "mW", "nJ", *whole), lines)


def memory_table(result: PowerResult, what: str = "") -> Table:
    """The energy of an image in memories of each shape, under each memory model.

    Parameters
    ----------
    result : PowerResult
    what : str
        Before the title: whose energy it is.
    """
    groups: dict[tuple[str, int, int], list[MacroPower]] = {}
    for memory in result.memories:
        groups.setdefault((memory.kind, memory.width, memory.depth), []).append(memory)
    ordered = sorted(groups.items(), key=lambda item: -sum(m.energy_pj for m in item[1]))
    lines = tuple(
        (
            f"{kind} {width} x {depth}",
            f"{len(some)}",
            f"{sum(memory.reads for memory in some):,.0f}",
            f"{sum(memory.writes for memory in some):,.0f}",
            f"{some[0].read_energy_fj / 1000:.2f}",
            f"{some[0].write_energy_fj / 1000:.2f}",
            *(_nj(sum(m.memory_models[name] for m in some)) for name in result.memory_models),
            some[0].source.partition(",")[0],
        )
        for (kind, width, depth), some in ordered
    )
    total = ("all", f"{len(result.memories)}", "", "", "", "")
    energies = (_nj(each.memories_pj) for each in result.memory_models.values())
    return Table(
        f"{what}where the energy of memories goes, memory model {result.memory_model}",
        ("memory", "number", "reads", "writes", "pJ a read", "pJ a write",
         *(f"nJ, {name}" for name in result.memory_models), "made of"),
        (*lines, (*total, *energies, "")),
    )  # fmt: skip


def _nj(energy_pj: float) -> str:
    return f"{energy_pj / 1000:,.1f}"


def _shares(counts: Iterable[int | None], total: int) -> list[str]:
    return [f"{100 * count / total:.1f} %" if count else "" for count in counts]
