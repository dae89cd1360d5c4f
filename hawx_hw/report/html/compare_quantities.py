"""The quantities of designs side by side, and when they may be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hawx_hw.report.html.compare_content import ComparedQuantity, ComparedRun

if TYPE_CHECKING:
    from hawx_hw.report.result import SummaryResult

__all__ = ["QUANTITIES", "Quantity", "Shared", "compared_quantities", "task_of"]


def task_of(run: ComparedRun) -> tuple[str, str] | None:
    """The network and the content of its data set."""
    quantize = run.results.quantize
    return None if quantize is None else (quantize.model, quantize.dataset.sha256)


@dataclass(frozen=True)
class Shared:
    """What all designs share, without which numbers say nothing about the designs."""

    task: bool
    technology: bool
    memory_model: bool
    clock: bool

    @classmethod
    def of(cls, runs: Sequence[ComparedRun]) -> Shared:
        """What some designs share."""
        return cls(
            task=len({task_of(run) for run in runs}) == 1,
            technology=len({run.numbers.technology for run in runs}) == 1,
            memory_model=len({run.numbers.memory_model for run in runs}) == 1,
            clock=len({run.numbers.clock_mhz for run in runs}) == 1,
        )


@dataclass(frozen=True)
class Quantity:
    """A line of the table: how it is shown, and what must be the same for a difference.

    Parameters
    ----------
    label : str
        With its unit.
    term : str or None
        Of the glossary.
    value : callable
        Of a design's numbers; None where it is not known.
    form : str
        How a number is written, as :func:`format` takes it.
    needs : tuple of str
        The fields of :class:`Shared` without which there is no difference.
    points : bool
        Differences are in percentage points, not in per cent.
    compared : bool
    source : callable
        ``measured``, ``predicted`` or None, of a design's numbers.
    cost : str or None
        What the sentences call it, of those that they compare.
    """

    label: str
    term: str | None
    value: Callable[[SummaryResult], float | None]
    form: str
    needs: tuple[str, ...]
    points: bool = False
    compared: bool = True
    source: Callable[[SummaryResult], str | None] = lambda numbers: None
    cost: str | None = None

    def comparable(self, shared: Shared) -> bool:
        """Whether a difference of designs that share so much has a meaning."""
        return self.compared and all(getattr(shared, need) for need in self.needs)

    def predicted(self, first: ComparedRun, run: ComparedRun) -> bool:
        """Whether a difference is one of predictions: one measured number is not enough."""
        return "predicted" in (self.source(first.numbers), self.source(run.numbers))


def _test(numbers: SummaryResult) -> float | None:
    test = numbers.accuracy.test
    if test is None:
        return None
    return 100 * (test.exact if test.chosen is None else test.chosen)


def _exact(numbers: SummaryResult) -> float | None:
    return None if numbers.accuracy.test is None else 100 * numbers.accuracy.test.exact


def _drop(numbers: SummaryResult) -> float | None:
    return None if numbers.accuracy.estimate is None else numbers.accuracy.estimate.drop


_COST = ("task", "technology", "memory_model")
QUANTITIES = (
    Quantity("test accuracy, %", "test accuracy", _test, ".2f", ("task",), points=True),
    Quantity(
        "test accuracy, exact blocks, %", "test accuracy", _exact, ".2f", ("task",), points=True
    ),
    Quantity(
        "accuracy drop on new images, points", "accuracy drop", _drop, "z.2f", ("task",),
        points=True,
    ),
    Quantity(
        "energy of an image, nJ", "energy of an image", lambda n: n.energy_nj.chosen, ",.1f",
        _COST, source=lambda n: n.energy_nj.source.chosen, cost="energy an image",
    ),
    Quantity(
        "the same with exact blocks, nJ", "energy of an image", lambda n: n.energy_nj.exact,
        ",.1f", _COST, source=lambda n: n.energy_nj.source.exact,
    ),
    Quantity(
        "the same, lower precision alone, nJ", "lower precision",
        lambda n: n.energy_nj.lower_precision, ",.1f", _COST,
        source=lambda n: n.energy_nj.source.lower_precision,
    ),
    Quantity("power, mW", "power", lambda n: n.power_mw, ",.2f", _COST[1:],
              source=lambda n: n.source.power_mw),
    Quantity("area, µm²", "area", lambda n: n.area_um2, ",.0f", ("technology",),
              source=lambda n: n.source.area_um2, cost="area"),
    Quantity("longest path, ns", "longest path", lambda n: n.longest_path_ns, ".2f",
              ("technology",), source=lambda n: n.source.longest_path_ns),
    Quantity("clock, MHz", "clock", lambda n: n.clock_mhz, "g", (), compared=False),
    Quantity("cycles of an image", "cycles of an image", lambda n: n.cycles, ",.0f", ("task",),
              source=lambda n: n.source.cycles),
    Quantity("time of an image, µs", "time of an image", lambda n: n.latency_us, ",.2f",
              ("task",), source=lambda n: n.source.latency_us, cost="time an image"),
    Quantity("multipliers", "size", lambda n: n.multipliers, ",.0f", (), compared=False),
    Quantity("images verified bit for bit", "scenario", lambda n: n.verified_images, ",.0f", (),
              compared=False),
)  # fmt: skip


def compared_quantities(
    runs: Sequence[ComparedRun], same: Sequence[Shared]
) -> Iterator[ComparedQuantity]:
    """The lines of the table.

    Parameters
    ----------
    runs : sequence of ComparedRun
    same : sequence of Shared
        Of each design but the first, what it shares with the first.
    """
    for quantity in QUANTITIES:
        known = [quantity.value(run.numbers) for run in runs]
        if all(value is None for value in known):
            continue
        comparable = [quantity.comparable(each) for each in same]
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


def _shown(quantity: Quantity, value: float | None, run: ComparedRun) -> str:
    if value is None:
        return ""
    predicted = " (predicted)" if quantity.source(run.numbers) == "predicted" else ""
    return f"{value:{quantity.form}}{predicted}"


def _difference(quantity: Quantity, one: ComparedRun, run: ComparedRun) -> str:
    first, value = quantity.value(one.numbers), quantity.value(run.numbers)
    if value is None or first is None:
        return ""
    if quantity.points:
        return f"{value - first:+.2f} points"
    predicted = " (predicted)" if quantity.predicted(one, run) else ""
    return f"{100 * (value / first - 1):+.1f} %{predicted}" if first else ""
