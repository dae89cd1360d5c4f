"""Many programs on one unit: made, run on the hardware and in the simulator, compared."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.unit import Unit
from tests.architectures.simt.faults import FAULTS, beyond, faulty_case
from tests.architectures.simt.hardware.comparison import difference
from tests.architectures.simt.hardware.coverage import Coverage
from tests.architectures.simt.hardware.observer import observe
from tests.architectures.simt.hardware.shape import Shape
from tests.architectures.simt.hardware.shrinking import shrink
from tests.architectures.simt.hardware.simulation import Hardware
from tests.architectures.simt.programs import Case, flipped, random_case

__all__ = ["Campaign", "Failure", "Made", "Report", "made_cases"]

#: The watchdog of programs that may not end, and most cycles of all others.
WATCHDOG, LIMIT = 3000, 500_000
#: Programs that are tried for a fault.
ATTEMPTS = 4
LEGAL, FLIPPED, FAULTY = "legal", "flipped", "faulty"


@dataclass(frozen=True, eq=False)
class Made:
    """A case and how it came about.

    Parameters
    ----------
    case : Case
    kind : str
        ``legal``, ``flipped`` or ``faulty``.
    name : str
        The seed, and for a fault its kind and warp.
    """

    case: Case
    kind: str
    name: str


@dataclass(frozen=True, eq=False)
class Failure:
    """A difference between hardware and simulator."""

    made: Made
    what: str


@dataclass
class Report:
    """What was compared.

    Parameters
    ----------
    equal : Counter of str
        Programs by kind whose runs are equal.
    racy : int
        Flipped programs beside these in which two warps race for a word: only their control is
        compared, and is equal.
    trapped : Counter of str
        Programs by kind that trap.
    retirements, cycles : int
        In all of them.
    different : int
        Programs whose runs differ.
    failures : list of Failure
        These.
    """

    equal: Counter[str] = field(default_factory=Counter)
    racy: int = 0
    trapped: Counter[str] = field(default_factory=Counter)
    retirements: int = 0
    cycles: int = 0
    different: int = 0
    failures: list[Failure] = field(default_factory=list)

    def add(self, other: Report) -> None:
        """Count both."""
        self.equal += other.equal
        self.racy += other.racy
        self.trapped += other.trapped
        self.retirements += other.retirements
        self.cycles += other.cycles
        self.different += other.different
        self.failures += other.failures


def made_cases(
    unit: Unit, lanes: LaneBlocks, seed: int, *, legal: int, flips: int, faults: Sequence[str] = ()
) -> Iterator[Made]:
    """Programs for a unit.

    Parameters
    ----------
    unit : Unit
    lanes : LaneBlocks
    seed : int
    legal, flips : int
        How many legal ones, and how many with flipped bits.
    faults : sequence of str
        Kinds of faults, of each one program: of the causes of traps one for each warp.
    """
    cases = []
    for number in range(max(legal, flips)):
        # A fourth of them for the front end.
        cases.append(random_case(seed + number, unit, lanes, plain=number % 4 == 3))
        if number < legal:
            yield Made(cases[-1], LEGAL, f"seed {seed + number}")
    for number in range(flips):
        case = flipped(cases[number], seed + number, 1 + number % 2)
        case = dataclasses.replace(case, watchdog=WATCHDOG)
        yield Made(case, FLIPPED, f"seed {seed + number}")
    for number, kind in enumerate(faults):
        for warp in range(unit.warps) if kind in FAULTS else [number % unit.warps]:
            first = seed + ATTEMPTS * (unit.warps * number + warp)
            for own in range(first, first + ATTEMPTS):
                made = faulty_case(own, kind, warp, unit, lanes)
                if made is not None:
                    yield Made(made, FAULTY, f"seed {own}, {kind}, warp {warp}")
                    break


def all_faults(unit: Unit) -> list[str]:
    """All kinds of faults."""
    return [*FAULTS, *beyond(unit)]


class Campaign:
    """Programs for one unit, and the unit.

    Parameters
    ----------
    made : sequence of Made
    folder : Path
    banks : int
        Memories that the weights are parted into.
    optimize : str
        The C++ compiler's option.
    """

    def __init__(
        self, made: Sequence[Made], folder: Path, *, banks: int = 1, optimize: str = "-O1"
    ):
        self.shape = Shape.of([each.case for each in made], banks)
        self.made = [
            dataclasses.replace(each, case=self.shape.fit(each.case, number))
            for number, each in enumerate(made)
        ]
        self.hardware = Hardware(self.shape, folder, optimize=optimize)

    def compare(self, coverage: Coverage | None = None) -> Report:
        """Run all, and compare."""
        report = Report()
        runs = self.hardware.run([each.case for each in self.made], limit=LIMIT)
        for each, run in zip(self.made, runs, strict=True):
            outcome, observer = observe(each.case, self.shape, LIMIT)
            what = difference(run, outcome, observer)
            if what is not None:
                report.different += 1
                report.failures.append(Failure(each, what))
                continue
            if coverage is not None:
                coverage.add(observer.bins)
            if observer.races:
                report.racy += 1
            else:
                report.equal[each.kind] += 1
            report.trapped[each.kind] += outcome.trap is not None
            report.retirements += len(outcome.retirements)
            report.cycles += outcome.cycles
        return report

    def shrunk(self, failure: Failure) -> tuple[Case, str]:
        """A small program that fails, and how; the case itself where it does not fail alone."""
        case = failure.made.case
        if not case.watchdog:
            # What is left of it may not end.
            outcome, _ = observe(case, self.shape, LIMIT)
            case = dataclasses.replace(case, watchdog=outcome.cycles + WATCHDOG)
        if self._differences([case]) == [None]:
            return case, f"only after other programs: {failure.what}"

        def fails(cases: Sequence[Case]) -> list[bool]:
            return [what is not None for what in self._differences(cases)]

        small = shrink(case, fails)
        (what,) = self._differences([small])
        assert what is not None
        return small, what

    def _differences(self, cases: Sequence[Case]) -> list[str | None]:
        """The difference of each case, run alone: programs that race for words do not count."""
        differences: list[str | None] = []
        for case, run in zip(cases, self.hardware.run(cases, limit=LIMIT), strict=True):
            outcome, observer = observe(case, self.shape, LIMIT)
            differences.append(None if observer.races else difference(run, outcome, observer))
        return differences
