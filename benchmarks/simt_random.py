"""Random programs on the Verilog of SIMT units, under Verilator, against the simulator.

    python benchmarks/simt_random.py                      # 5,000 legal and 5,000 flipped ones
    python benchmarks/simt_random.py --programs 700       # of each kind
    python benchmarks/simt_random.py --all-shapes         # 35 units, not 14
    python benchmarks/simt_random.py --lanes 8 --warps 1 2 --all-shapes
    python benchmarks/simt_random.py --folder DIR         # keeps the Verilog and the simulations

Each unit (1, 3, 4, 8, 13, 16 or 32 lanes, and for each of these two of 1, 2, 3, 4 and 8 warps; all
else is random) is compiled once and runs its share of the programs through its loaded parameter
memories, and besides programs for each cause of a trap in each warp, and for each field of an
instruction that can be beyond its range. Compared are the cycle, warp and address of every
retirement; cause, warp, address, value and cycle of a trap; cycles, end, release of the image and
ends of layers; and at the end both memories, all scalars, predicates and vector registers. Then the
coverage is checked: what no program has reached is printed. Ends with status 1 for a difference,
and where the whole list of shapes leaves something out.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.architectures.simt.faults import beyond
from tests.architectures.simt.hardware.campaign import (
    FAULTY,
    FLIPPED,
    LEGAL,
    Campaign,
    Report,
    all_faults,
    made_cases,
)
from tests.architectures.simt.hardware.coverage import Bin, Coverage
from tests.architectures.simt.hardware.shrinking import listing
from tests.architectures.simt.programs import LANES, WARPS, random_unit
from tests.architectures.simt.random_walks import random_lanes

#: Failures of a unit that are made small: each takes some seconds.
_SHRUNK = 3


@dataclass(frozen=True)
class Task:
    """A unit and how many programs of each kind it runs."""

    lanes: int
    warps: int
    number: int
    seed: int
    programs: int
    folder: Path | None


@dataclass
class Result:
    """What came of a unit; ``texts`` are its failures."""

    task: Task
    report: Report
    coverage: Coverage
    required: set[Bin]
    texts: list[str]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--programs", type=int, default=5000, help="of each kind (5000)")
    parser.add_argument("--lanes", type=int, nargs="*", default=LANES)
    parser.add_argument("--warps", type=int, nargs="*", default=WARPS)
    parser.add_argument("--all-shapes", action="store_true", help="all warps with all lanes")
    parser.add_argument("--rounds", type=int, default=1, help="units of each shape (1)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="units at once (1)")
    parser.add_argument("--folder", type=Path, help="keeps what is compiled")
    options = parser.parse_args()
    tasks = list(tasks_of(options))
    results = []
    begin = time.monotonic()
    with ProcessPoolExecutor(options.jobs) as pool:
        for future in as_completed([pool.submit(one_unit, task) for task in tasks]):
            result = future.result()
            results.append(result)
            print_unit(result, time.monotonic() - begin)
    missing = print_report(results)
    times = os.times()
    print(f"{times.user + times.children_user:.0f} s of CPU")
    differ = any(result.report.different for result in results)
    complete = set(options.lanes) == set(LANES) and set(options.warps) == set(WARPS)
    return int(differ or (complete and missing))


def tasks_of(options: argparse.Namespace) -> Iterator[Task]:
    """The units, those that take longest first."""
    shapes = [
        (lanes, warps, number)
        for warps in sorted(options.warps, reverse=True)
        for lanes in sorted(options.lanes, reverse=True)
        for number in range(options.rounds)
        if options.all_shapes or is_chosen(lanes, warps)
    ]
    share = -(-options.programs // len(shapes))
    for lanes, warps, number in shapes:
        seed = options.seed * 1_000_000 + 100 * lanes + 10 * warps + number
        yield Task(lanes, warps, number, seed, share, options.folder)


def is_chosen(lanes: int, warps: int) -> bool:
    """Each number of lanes goes with two numbers of warps, and each number of warps with some."""
    if lanes not in LANES or warps not in WARPS:
        return True
    return (WARPS.index(warps) - LANES.index(lanes)) % len(WARPS) in (0, 2)


def one_unit(task: Task) -> Result:
    """Compare as many legal and flipped programs on one unit, and the faulty ones."""
    with tempfile.TemporaryDirectory(prefix="hawx-programs-") as scratch:
        folder = task.folder or Path(scratch)
        return compared(task, folder / f"{task.lanes}_{task.warps}_{task.number}")


def compared(task: Task, folder: Path) -> Result:
    rng = random.Random(task.seed)
    unit = random_unit(rng, task.lanes, task.warps)
    blocks = random_lanes(rng, unit)
    count = task.programs
    made = made_cases(
        unit,
        blocks,
        task.seed * 10_000,
        legal=count,
        flips=count,
        # Some several times, to meet engines that do this and that.
        faults=[*all_faults(unit), *beyond(unit), *beyond(unit)],
    )
    campaign = Campaign(list(made), folder, banks=rng.choice([1, 1, 2, 4]))
    coverage = Coverage()
    report = campaign.compare(coverage)
    texts = []
    for number, failure in enumerate(report.failures):
        texts.append(f"{failure.made.kind}, {failure.made.name}: {failure.what}")
        if number < _SHRUNK:
            small, what = campaign.shrunk(failure)
            texts.append(f"{what}\n{listing(small)}\n")
    report.failures.clear()
    return Result(task, report, coverage, set(coverage.required(campaign.shape)), texts)


def print_unit(result: Result, seconds: float) -> None:
    task, report = result.task, result.report
    print(
        f"{task.lanes:3} lanes {task.warps} warps: {report.equal[LEGAL]} legal, "
        f"{report.equal[FLIPPED]} flipped, {report.equal[FAULTY]} faulty equal; "
        f"{report.different} differ; {seconds:.0f} s",
        flush=True,
    )
    for text in result.texts:
        print(text, flush=True)


def print_report(results: Sequence[Result]) -> bool:
    """The numbers of all units; whether the coverage lacks something."""
    report, coverage = Report(), Coverage()
    for result in results:
        report.add(result.report)
        coverage.add(result.coverage.bins)
    for kind in (LEGAL, FLIPPED, FAULTY):
        print(f"{kind}: {report.equal[kind]} programs equal, {report.trapped[kind]} of them trap")
    print(f"flipped, with races: {report.racy} programs equal in all but data")
    print(f"{report.different} programs differ")
    print(f"{report.retirements} retirements in {report.cycles} cycles compared")
    required = set().union(*(result.required for result in results))
    missing = sorted((each for each in required if not coverage.bins[each]), key=str)
    print(f"coverage: {len(required) - len(missing)} of {len(required)} bins")
    for each in missing:
        print("Not reached:", *each)
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
