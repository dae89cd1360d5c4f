"""Designs side by side: what each came to, and what may be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hawx_hw.report.html.compare_content import ComparedRun, ComparisonContent, FrontSeries
from hawx_hw.report.html.compare_quantities import Shared, compared_quantities, task_of
from hawx_hw.report.html.compare_sentences import sentence, shared_cautions, source_cautions
from hawx_hw.report.html.content import StackedBars, TableContent
from hawx_hw.report.html.costs import largest_first, memory_use
from hawx_hw.report.html.front import METRICS
from hawx_hw.report.html.page_tables import table_content
from hawx_hw.report.measured import shares
from hawx_hw.report.tables import Table

if TYPE_CHECKING:
    from hawx_hw.search.result import DesignPoint, SearchResult

__all__ = ["compare_runs"]


def compare_runs(runs: Sequence[ComparedRun]) -> ComparisonContent:
    """Designs side by side.

    Parameters
    ----------
    runs : sequence of ComparedRun
        At least two; all others are compared with the first.
    """
    first, *others = runs
    # Of each but the first, what it shares with the first.
    same = [Shared.of((first, run)) for run in others]
    basis, fronts = _fronts(runs)
    titles = {name: METRICS[name][0] for name in fronts[0].metrics} if fronts else {}
    return ComparisonContent(
        names=tuple(run.name for run in runs),
        titles=tuple(run.numbers.accelerator or "no accelerator yet" for run in runs),
        paths=tuple(run.path for run in runs),
        sentences=tuple(
            sentence(first, run, shared) for run, shared in zip(others, same, strict=True)
        ),
        cautions=(*shared_cautions(runs), *source_cautions(runs, same)),
        quantities=tuple(compared_quantities(runs, same)),
        bars=tuple(_bars(runs)),
        blocks=_blocks(runs),
        fronts=fronts,
        front_titles=titles,
        front_basis=basis,
        front_table=_front_table(fronts, titles) if fronts else None,
        missing=tuple(_missing(runs)),
    )


def _bars(runs: Sequence[ComparedRun]) -> Iterator[StackedBars]:
    """Energy by part and by memory, area, cycles: a bar for each design."""
    known = [(run.name, run.results) for run in runs]
    powers = [(name, r.power) for name, r in known if r.power is not None]
    parts = [(name, shares(power)) for name, power in powers]
    yield from _stacked("Energy of an image, by part", "nJ", parts, 1000)
    uses = [
        (name, _summed((memory_use(m.path), m.energy_pj) for m in power.memories))
        for name, power in powers
    ]
    yield from _stacked("Energy of an image in memories, by use", "nJ", uses, 1000)
    layers = [(name, {layer.name: layer.energy_pj for layer in p.layers}) for name, p in powers]
    yield from _stacked("Energy of an image, by layer", "nJ", layers, 1000)
    areas = [
        (
            name,
            {
                "combinational cells": r.synth.combinational_area,
                "flip-flops and clock gates": r.synth.sequential_area,
            },
        )
        for name, r in known
        if r.synth is not None
    ]
    yield from _stacked("Area of cells", "µm²", areas, 1)
    cycles = [
        (name, {layer.name: float(layer.cycles) for layer in r.verify.ledger})
        for name, r in known
        if r.verify is not None
    ]
    yield from _stacked("Cycles of an image, by layer", "cycles", cycles, 1)


def _summed(pairs: Iterator[tuple[str, float]]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for name, value in pairs:
        sums[name] = sums.get(name, 0.0) + value
    return sums


def _stacked(
    title: str, unit: str, designs: Sequence[tuple[str, Mapping[str, float]]], scale: float
) -> Iterator[StackedBars]:
    """Bars of those designs that have numbers; none where fewer than two have."""
    shown = [(name, parts) for name, parts in designs if parts]
    if len(shown) < 2:
        return
    names = dict.fromkeys(part for _, parts in shown for part in parts)
    yield StackedBars(
        title=title,
        unit=unit,
        bars=tuple(name for name, _ in shown),
        parts=largest_first(
            {
                part: tuple(round(parts.get(part, 0.0) / scale, 3) for _, parts in shown)
                for part in names
            }
        ),
    )


def _blocks(runs: Sequence[ComparedRun]) -> TableContent:
    lines = tuple(
        (run.name, block.name, block.implementation, f"{block.instances:,}")
        for run in runs
        for block in run.numbers.blocks or ()
    )
    heading = ("design", "block", "implementation", "instances")
    return table_content(Table("blocks of the hardware", heading, lines), "block")


def _fronts(runs: Sequence[ComparedRun]) -> tuple[str, tuple[FrontSeries, ...]]:
    """The searches of the first design's network, and what their drops are measured on."""
    searched: list[tuple[ComparedRun, SearchResult]] = []
    for run in runs:
        result = None if run.results.search is None else run.results.search.search
        if result is not None and task_of(run) == task_of(runs[0]):
            searched.append((run, result))
    if len(searched) < 2:
        return "", ()
    unseen = all(result.select_images for _, result in searched)
    basis = "estimated for new images" if unseen else "on the images of the searches"
    common = [
        name
        for name in METRICS
        if all(name in point.metrics for _, r in searched for point in r.designs)
    ]
    if not common:
        return "", ()
    return basis, tuple(_series(run, result, common, unseen) for run, result in searched)


def _series(
    run: ComparedRun, result: SearchResult, metrics: Sequence[str], unseen: bool
) -> FrontSeries:
    points: tuple[DesignPoint, ...] = result.designs
    return FrontSeries(
        name=run.name,
        labels=tuple(
            "exact blocks" if point.exact else ", ".join(point.blocks) for point in points
        ),
        drops=tuple(
            round(point.estimated_drop if unseen else point.accuracy_drop, 4) for point in points
        ),
        metrics={name: tuple(float(point.metrics[name]) for point in points) for name in metrics},
        built=run.results.index,
    )


def _front_table(fronts: Sequence[FrontSeries], titles: Mapping[str, str]) -> TableContent:
    lines = tuple(
        (
            series.name,
            str(number),
            label,
            f"{series.drops[number]:z.2f}",
            *(f"{series.metrics[name][number]:,.{METRICS[name][1]}f}" for name in titles),
        )
        for series in fronts
        for number, label in enumerate(series.labels)
    )
    made = table_content(
        Table(
            "designs of the searches; costs predicted",
            ("design", "number", "blocks", "accuracy drop, points", *titles.values()),
            lines,
        )
    )
    terms = (None, "size", None, "accuracy drop", *(METRICS[name][2] for name in titles))
    return made.model_copy(update={"terms": terms})


def _missing(runs: Sequence[ComparedRun]) -> Iterator[tuple[str, str]]:
    for run in runs:
        needed = ("verify", "synth", "power")
        absent = [stage for stage in needed if stage not in run.results.stages]
        if absent:
            yield f"{run.name}: {', '.join(absent)}", f"hawx run {run.path}"
