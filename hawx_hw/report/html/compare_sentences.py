"""What designs take more or less than the first one, in words, and what cannot be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from hawx_hw.report.html.compare_quantities import QUANTITIES, Quantity, Shared
from hawx_hw.report.html.names import network_title

if TYPE_CHECKING:
    from hawx_hw.report.html.compare_content import ComparedRun

__all__ = ["sentence", "shared_cautions", "source_cautions"]

#: Smaller differences, in per cent, are none.
_EQUAL = 0.05
#: Larger differences, in per cent, are written without decimals.
_PRECISE = 100.0


def sentence(first: ComparedRun, run: ComparedRun, shared: Shared) -> str:
    """What a design takes more or less than the first one, or is predicted to.

    Parameters
    ----------
    first, run : ComparedRun
    shared : Shared
        What the two share.
    """
    compared = _costs(first, run, shared)
    predicted = [cost for cost in compared if cost.predicted(first, run)]
    measured = [cost for cost in compared if cost not in predicted]
    clauses = [
        f"{verb} {_against(costs, first, run)}"
        for verb, costs in (("takes", measured), ("is predicted to take", predicted))
        if costs
    ]
    text = " and ".join(clauses) or "cannot be compared in costs"
    return f"{run.name} {text}{_accuracy(first, run, shared)}."


def _costs(first: ComparedRun, run: ComparedRun, shared: Shared) -> list[Quantity]:
    """The costs that are known of both designs, where what they depend on is the same."""
    return [
        each
        for each in QUANTITIES
        if each.cost is not None
        and each.comparable(shared)
        and each.value(run.numbers) is not None
        and each.value(first.numbers)
    ]


def _against(costs: Sequence[Quantity], first: ComparedRun, run: ComparedRun) -> str:
    """What differs from the first design; where nothing does, what is equal."""
    parts = []
    for each in costs:
        mine, theirs = each.value(run.numbers), each.value(first.numbers)
        difference = None if mine is None or not theirs else _than(mine, theirs)
        if difference is not None:
            parts.append(f"{difference} {each.cost}")
    if parts:
        return f"{_listed(parts)} than {first.name}"
    return f"as much {_listed([str(each.cost) for each in costs])} as {first.name}"


def _accuracy(first: ComparedRun, run: ComparedRun, shared: Shared) -> str:
    one, other = first.numbers.accuracy.test, run.numbers.accuracy.test
    if not shared.task or one is None or other is None:
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


def shared_cautions(runs: Sequence[ComparedRun]) -> Iterator[str]:
    """A sentence for each thing that differs between designs, so that numbers do not compare."""
    shared = Shared.of(runs)
    if not shared.task:
        tasks = _each(runs, lambda run: network_title(run.config))
        yield (
            f"The networks or data sets differ ({tasks}): accuracies, cycles, times and "
            "energies are of different work, and such differences are left out."
        )
    if not shared.technology:
        used = _each(runs, lambda run: run.numbers.technology or "none")
        yield (
            f"The technologies differ ({used}): areas, power and energies are those of "
            "different cells, and such differences are left out."
        )
    if not shared.memory_model:
        used = _each(runs, lambda run: run.numbers.memory_model or "none")
        yield (
            f"The memory models differ ({used}): energies and power differ by that alone, and "
            "such differences are left out."
        )
    if not shared.clock:
        used = _each(runs, lambda run: f"{run.numbers.clock_mhz or 0:g} MHz")
        yield f"The clocks differ ({used}): power and time do so too."


def _each(runs: Sequence[ComparedRun], what: Callable[[ComparedRun], str]) -> str:
    return ", ".join(f"{run.name}: {what(run)}" for run in runs)


def source_cautions(runs: Sequence[ComparedRun], same: Sequence[Shared]) -> Iterator[str]:
    """A sentence for each design that is measured where the first is predicted, or reversed.

    Parameters
    ----------
    runs : sequence of ComparedRun
    same : sequence of Shared
        Of each design but the first, what it shares with the first.
    """
    first, *others = runs
    for run, shared in zip(others, same, strict=True):
        for which, other in ((run, first), (first, run)):
            mixed = [
                str(each.cost)
                for each in _costs(first, run, shared)
                if each.source(which.numbers) == "predicted"
                and each.source(other.numbers) == "measured"
            ]
            if mixed:
                yield (
                    f"Of {which.name}, {_listed(mixed)} {'are' if mixed[1:] else 'is'} predicted, "
                    f"and of {other.name} measured: the differences contain the error of the "
                    "prediction."
                )
