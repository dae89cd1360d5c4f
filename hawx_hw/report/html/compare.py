"""Designs side by side: what each came to, and what may be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hawx_hw.report.html.content import StackedBars, TableContent
from hawx_hw.report.html.costs import largest_first, memory_use
from hawx_hw.report.html.front import METRICS
from hawx_hw.report.html.names import network_title
from hawx_hw.report.html.page_tables import table_content
from hawx_hw.report.measured import shares
from hawx_hw.report.result import SummaryResult
from hawx_hw.report.tables import Table
from hawx_hw.util.results import Record

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.report.run_results import RunResults
    from hawx_hw.search.result import DesignPoint, SearchResult

__all__ = ["ComparedQuantity", "ComparedRun", "ComparisonContent", "FrontSeries", "compare_runs"]


@dataclass(frozen=True)
class ComparedRun:
    """A design that is compared.

    Parameters
    ----------
    config : Config
    path : str
        How the user names the config.
    results : RunResults
        Of the stages that are up to date.
    numbers : SummaryResult
        The same in numbers.
    """

    config: Config
    path: str
    results: RunResults
    numbers: SummaryResult

    @property
    def name(self) -> str:
        """The name of the config."""
        return self.config.name


class ComparedQuantity(Record):
    """A quantity of each design.

    Parameters
    ----------
    label : str
        With its unit.
    term : str or None
        Of the glossary.
    numbers : tuple of str
        One a design; empty where it is not known. Those that are predicted are marked so.
    differences : tuple of str
        Of each design but the first, against the first; empty where they cannot be compared. Those
        with a predicted number are marked so.
    """

    label: str
    term: str | None
    numbers: tuple[str, ...]
    differences: tuple[str, ...]


class FrontSeries(Record):
    """The designs of one search.

    Parameters
    ----------
    name : str
        Of the config.
    labels : tuple of str
    drops : tuple of float
        In percentage points.
    metrics : mapping of str to tuple of float
    built : int or None
        Which of them is built.
    """

    name: str
    labels: tuple[str, ...]
    drops: tuple[float, ...]
    metrics: Mapping[str, tuple[float, ...]]
    built: int | None


class ComparisonContent(Record):
    """Everything on the page of a comparison.

    Parameters
    ----------
    names, titles, paths : tuple of str
        Of the designs: of the config, of the accelerator, and how the user names the config.
    sentences : tuple of str
        What each takes more or less than the first, or is predicted to where a number of the two is
        a prediction.
    cautions : tuple of str
        What cannot be compared, and why.
    quantities : tuple of ComparedQuantity
    bars : tuple of StackedBars
        One bar a design.
    blocks : TableContent
    fronts : tuple of FrontSeries
        Of the searches of one network; none where there are not two.
    front_titles : mapping of str to str
        Of each metric, with its unit.
    front_basis : str
        What the drops of fronts are measured on.
    front_table : TableContent or None
    missing : tuple of (str, str)
        What is not there of a design, and the command that makes it.
    """

    names: tuple[str, ...]
    titles: tuple[str, ...]
    paths: tuple[str, ...]
    sentences: tuple[str, ...]
    cautions: tuple[str, ...]
    quantities: tuple[ComparedQuantity, ...]
    bars: tuple[StackedBars, ...]
    blocks: TableContent
    fronts: tuple[FrontSeries, ...]
    front_titles: Mapping[str, str]
    front_basis: str
    front_table: TableContent | None
    missing: tuple[tuple[str, str], ...]


def compare_runs(runs: Sequence[ComparedRun]) -> ComparisonContent:
    """Designs side by side.

    Parameters
    ----------
    runs : sequence of ComparedRun
        At least two; all others are compared with the first.
    """
    first, *others = runs
    # Of each but the first, what it shares with the first.
    same = [_Same.of((first, run)) for run in others]
    basis, fronts = _fronts(runs)
    titles = {name: METRICS[name][0] for name in fronts[0].metrics} if fronts else {}
    return ComparisonContent(
        names=tuple(run.name for run in runs),
        titles=tuple(run.numbers.accelerator or "no accelerator yet" for run in runs),
        paths=tuple(run.path for run in runs),
        sentences=tuple(
            _sentence(first, run, shared) for run, shared in zip(others, same, strict=True)
        ),
        cautions=(*_Same.of(runs).cautions(runs), *_source_cautions(runs, same)),
        quantities=tuple(_quantities(runs, same)),
        bars=tuple(_bars(runs)),
        blocks=_blocks(runs),
        fronts=fronts,
        front_titles=titles,
        front_basis=basis,
        front_table=_front_table(fronts, titles) if fronts else None,
        missing=tuple(_missing(runs)),
    )


def _task(run: ComparedRun) -> tuple[str, str] | None:
    """The network and the content of its data set."""
    quantize = run.results.quantize
    return None if quantize is None else (quantize.model, quantize.dataset.sha256)


@dataclass(frozen=True)
class _Same:
    """What all designs share, without which numbers say nothing about the designs."""

    task: bool
    technology: bool
    memory_model: bool
    clock: bool

    @classmethod
    def of(cls, runs: Sequence[ComparedRun]) -> _Same:
        """What some designs share."""
        return cls(
            task=len({_task(run) for run in runs}) == 1,
            technology=len({run.numbers.technology for run in runs}) == 1,
            memory_model=len({run.numbers.memory_model for run in runs}) == 1,
            clock=len({run.numbers.clock_mhz for run in runs}) == 1,
        )

    def cautions(self, runs: Sequence[ComparedRun]) -> Iterator[str]:
        """A sentence for each thing that differs."""
        if not self.task:
            tasks = _each(runs, lambda run: network_title(run.config))
            yield (
                f"The networks or data sets differ ({tasks}): accuracies, cycles, times and "
                "energies are of different work, and such differences are left out."
            )
        if not self.technology:
            used = _each(runs, lambda run: run.numbers.technology or "none")
            yield (
                f"The technologies differ ({used}): areas, power and energies are those of "
                "different cells, and such differences are left out."
            )
        if not self.memory_model:
            used = _each(runs, lambda run: run.numbers.memory_model or "none")
            yield (
                f"The memory models differ ({used}): energies and power differ by that alone, and "
                "such differences are left out."
            )
        if not self.clock:
            used = _each(runs, lambda run: f"{run.numbers.clock_mhz or 0:g} MHz")
            yield f"The clocks differ ({used}): power and time do so too."


def _each(runs: Sequence[ComparedRun], what: Callable[[ComparedRun], str]) -> str:
    return ", ".join(f"{run.name}: {what(run)}" for run in runs)


@dataclass(frozen=True)
class _Cost:
    """A cost that sentences compare, and what must be the same for that."""

    what: str
    value: Callable[[SummaryResult], float | None]
    source: Callable[[SummaryResult], str | None]
    needs: tuple[str, ...]

    def compared(self, first: ComparedRun, run: ComparedRun, same: _Same) -> bool:
        """Whether it is known of both designs, and what it depends on is the same."""
        known = self.value(run.numbers) is not None and bool(self.value(first.numbers))
        return known and all(getattr(same, need) for need in self.needs)


def _sentence(first: ComparedRun, run: ComparedRun, same: _Same) -> str:
    """What a design takes more or less than the first one, or is predicted to."""
    compared = [cost for cost in _COSTS if cost.compared(first, run, same)]
    predicted = [cost for cost in compared if _predicted(cost.source, first, run)]
    measured = [cost for cost in compared if cost not in predicted]
    clauses = [
        f"{verb} {_against(costs, first, run)}"
        for verb, costs in (("takes", measured), ("is predicted to take", predicted))
        if costs
    ]
    text = " and ".join(clauses) or "cannot be compared in costs"
    return f"{run.name} {text}{_accuracy(first, run, same)}."


def _against(costs: Sequence[_Cost], first: ComparedRun, run: ComparedRun) -> str:
    """What differs from the first design; where nothing does, what is equal."""
    parts = []
    for cost in costs:
        mine, theirs = cost.value(run.numbers), cost.value(first.numbers)
        difference = None if mine is None or not theirs else _than(mine, theirs)
        if difference is not None:
            parts.append(f"{difference} {cost.what}")
    if parts:
        return f"{_listed(parts)} than {first.name}"
    return f"as much {_listed([cost.what for cost in costs])} as {first.name}"


def _predicted(
    source: Callable[[SummaryResult], str | None], first: ComparedRun, run: ComparedRun
) -> bool:
    """Whether a difference is one of predictions: a measured number on one side is not enough."""
    return "predicted" in (source(first.numbers), source(run.numbers))


def _source_cautions(runs: Sequence[ComparedRun], same: Sequence[_Same]) -> Iterator[str]:
    """A sentence for each design that is measured where the first is predicted, or reversed."""
    first, *others = runs
    for run, shared in zip(others, same, strict=True):
        for which, other in ((run, first), (first, run)):
            mixed = [
                cost.what
                for cost in _COSTS
                if cost.compared(first, run, shared)
                and cost.source(which.numbers) == "predicted"
                and cost.source(other.numbers) == "measured"
            ]
            if mixed:
                yield (
                    f"Of {which.name}, {_listed(mixed)} {'are' if mixed[1:] else 'is'} predicted, "
                    f"and of {other.name} measured: the differences contain the error of the "
                    "prediction."
                )


def _accuracy(first: ComparedRun, run: ComparedRun, same: _Same) -> str:
    one, other = first.numbers.accuracy.test, run.numbers.accuracy.test
    if not same.task or one is None or other is None:
        return ""
    mine, theirs = (each.exact if each.chosen is None else each.chosen for each in (other, one))
    if mine == theirs:
        return f", at the same test accuracy of {100 * mine:.2f} %"
    return f", at a test accuracy of {100 * mine:.2f} % in place of {100 * theirs:.2f} %"


def _than(mine: float, theirs: float) -> str | None:
    """A difference in words; None where there is none to speak of."""
    percent = 100 * (mine / theirs - 1)
    if abs(percent) < _EQUAL:
        return None
    digits = 1 if abs(percent) < _PRECISE else 0
    return f"{abs(percent):.{digits}f} % {'more' if percent > 0 else 'less'}"


def _listed(parts: Sequence[str]) -> str:
    *some, last = parts
    return f"{', '.join(some)} and {last}" if some else last


@dataclass(frozen=True)
class _Quantity:
    """A line of the table: how it is shown, and what must be the same for a difference."""

    label: str
    term: str | None
    value: Callable[[SummaryResult], float | None]
    form: str
    needs: tuple[str, ...]
    points: bool = False
    compared: bool = True
    source: Callable[[SummaryResult], str | None] = lambda numbers: None


def _test(numbers: SummaryResult) -> float | None:
    test = numbers.accuracy.test
    if test is None:
        return None
    return 100 * (test.exact if test.chosen is None else test.chosen)


def _exact(numbers: SummaryResult) -> float | None:
    return None if numbers.accuracy.test is None else 100 * numbers.accuracy.test.exact


def _drop(numbers: SummaryResult) -> float | None:
    return None if numbers.accuracy.estimate is None else numbers.accuracy.estimate.drop


#: Smaller differences, in per cent, are none.
_EQUAL = 0.05
#: Larger differences, in per cent, are written without decimals.
_PRECISE = 100.0
_COST = ("task", "technology", "memory_model")
_COSTS = (
    _Cost(
        "energy an image", lambda n: n.energy_nj.chosen, lambda n: n.energy_nj.source.chosen, _COST
    ),
    _Cost("area", lambda n: n.area_um2, lambda n: n.source.area_um2, ("technology",)),
    _Cost("time an image", lambda n: n.latency_us, lambda n: n.source.latency_us, ("task",)),
)
_QUANTITIES = (
    _Quantity("test accuracy, %", "test accuracy", _test, ".2f", ("task",), points=True),
    _Quantity(
        "test accuracy, exact blocks, %", "test accuracy", _exact, ".2f", ("task",), points=True
    ),
    _Quantity(
        "accuracy drop on new images, points", "accuracy drop", _drop, "z.2f", ("task",),
        points=True,
    ),
    _Quantity(
        "energy of an image, nJ", "energy of an image", lambda n: n.energy_nj.chosen, ",.1f",
        _COST, source=lambda n: n.energy_nj.source.chosen,
    ),
    _Quantity(
        "the same with exact blocks, nJ", "energy of an image", lambda n: n.energy_nj.exact,
        ",.1f", _COST, source=lambda n: n.energy_nj.source.exact,
    ),
    _Quantity(
        "the same, lower precision alone, nJ", "lower precision",
        lambda n: n.energy_nj.lower_precision, ",.1f", _COST,
        source=lambda n: n.energy_nj.source.lower_precision,
    ),
    _Quantity("power, mW", "power", lambda n: n.power_mw, ",.2f", _COST[1:],
              source=lambda n: n.source.power_mw),
    _Quantity("area, µm²", "area", lambda n: n.area_um2, ",.0f", ("technology",),
              source=lambda n: n.source.area_um2),
    _Quantity("longest path, ns", "longest path", lambda n: n.longest_path_ns, ".2f",
              ("technology",), source=lambda n: n.source.longest_path_ns),
    _Quantity("clock, MHz", "clock", lambda n: n.clock_mhz, "g", (), compared=False),
    _Quantity("cycles of an image", "cycles of an image", lambda n: n.cycles, ",.0f", ("task",),
              source=lambda n: n.source.cycles),
    _Quantity("time of an image, µs", "time of an image", lambda n: n.latency_us, ",.2f",
              ("task",), source=lambda n: n.source.latency_us),
    _Quantity("multipliers", "size", lambda n: n.multipliers, ",.0f", (), compared=False),
    _Quantity("images verified bit for bit", "scenario", lambda n: n.verified_images, ",.0f", (),
              compared=False),
)  # fmt: skip


def _quantities(runs: Sequence[ComparedRun], same: Sequence[_Same]) -> Iterator[ComparedQuantity]:
    for quantity in _QUANTITIES:
        known = [quantity.value(run.numbers) for run in runs]
        if all(value is None for value in known):
            continue
        comparable = [
            quantity.compared and all(getattr(each, need) for need in quantity.needs)
            for each in same
        ]
        yield ComparedQuantity(
            label=quantity.label,
            term=quantity.term,
            numbers=tuple(
                _shown(quantity, value, run) for value, run in zip(known, runs, strict=True)
            ),
            differences=tuple(
                _difference(quantity, runs[0], run) if may else ""
                for run, may in zip(runs[1:], comparable, strict=True)
            ),
        )


def _shown(quantity: _Quantity, value: float | None, run: ComparedRun) -> str:
    if value is None:
        return ""
    predicted = " (predicted)" if quantity.source(run.numbers) == "predicted" else ""
    return f"{value:{quantity.form}}{predicted}"


def _difference(quantity: _Quantity, one: ComparedRun, run: ComparedRun) -> str:
    first, value = quantity.value(one.numbers), quantity.value(run.numbers)
    if value is None or first is None:
        return ""
    if quantity.points:
        return f"{value - first:+.2f} points"
    predicted = " (predicted)" if _predicted(quantity.source, one, run) else ""
    return f"{100 * (value / first - 1):+.1f} %{predicted}" if first else ""


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
        if result is not None and _task(run) == _task(runs[0]):
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
