"""Random programs on the Verilog of SIMT units, under Verilator, against the simulator.

    python benchmarks/simt_random.py                      # 5,000 legal and 5,000 flipped ones
    python benchmarks/simt_random.py --programs 700       # of each kind
    python benchmarks/simt_random.py --lanes 8 --warps 2  # some shapes only
    python benchmarks/simt_random.py --folder DIR         # keeps the Verilog and the simulations

Each unit (1, 3, 4, 8, 13, 16 and 32 lanes by 1, 2, 3, 4 and 8 warps; all else is random) is
compiled once and runs its share of the programs through its loaded parameter memories, and besides
one program for each cause of a trap in each warp, and for each field of an instruction that can be
beyond its range. Compared are the cycle, warp and address of every retirement; cause, warp,
address, value and cycle of a trap; cycles, end, release of the image and ends of layers; and at the
end both memories, all scalars, predicates and vector registers. Then the coverage is checked: what
no program has reached is printed. Ends with status 1 for a difference, or an incomplete coverage of
all shapes.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.architectures.simt.hardware.campaign import (
    FAULTY,
    FLIPPED,
    LEGAL,
    Campaign,
    Report,
    all_faults,
    made_cases,
)
from tests.architectures.simt.hardware.coverage import Coverage
from tests.architectures.simt.hardware.shape import Shape
from tests.architectures.simt.hardware.shrinking import listing
from tests.architectures.simt.programs import LANES, WARPS, random_unit
from tests.architectures.simt.random_walks import random_lanes

#: Failures of a unit that are made small: each takes some seconds.
_SHRUNK = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--programs", type=int, default=5000, help="of each kind (5000)")
    parser.add_argument("--lanes", type=int, nargs="*", default=LANES)
    parser.add_argument("--warps", type=int, nargs="*", default=WARPS)
    parser.add_argument("--rounds", type=int, default=1, help="units of each shape (1)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keeps what is compiled")
    options = parser.parse_args()
    shapes = [
        (lanes, warps, number)
        for number in range(options.rounds)
        for lanes in options.lanes
        for warps in options.warps
    ]
    share = -(-options.programs // len(shapes))
    whole, coverage, run = Report(), Coverage(states=True), []
    begin = time.monotonic()
    for lanes, warps, number in shapes:
        seed = options.seed * 1_000_000 + 100 * lanes + 10 * warps + number
        with tempfile.TemporaryDirectory(prefix="hawx-programs-") as scratch:
            folder = (options.folder or Path(scratch)) / f"{lanes}_{warps}_{number}"
            shape, report = one_unit(seed, lanes, warps, share, folder, coverage)
        run.append(shape)
        whole.add(report)
        print(
            f"{lanes:3} lanes {warps} warps: {report.equal[LEGAL]} legal, "
            f"{report.equal[FLIPPED]} flipped, {report.equal[FAULTY]} faulty equal; "
            f"{len(report.failures)} differ; {time.monotonic() - begin:.0f} s",
            flush=True,
        )
    missing = coverage.missing(run)
    print_report(whole, coverage, run, len(missing))
    for each in missing:
        print("Not reached:", *each)
    times = os.times()
    print(f"{times.user + times.children_user:.0f} s of CPU")
    complete = set(options.lanes) == set(LANES) and set(options.warps) == set(WARPS)
    return int(bool(whole.failures) or (complete and bool(missing)))


def one_unit(
    seed: int, lanes: int, warps: int, programs: int, folder: Path, coverage: Coverage
) -> tuple[Shape, Report]:
    """Compare as many legal and flipped programs on one unit, and the faulty ones."""
    rng = random.Random(seed)
    unit = random_unit(rng, lanes, warps)
    blocks = random_lanes(rng, unit)
    first = seed * 10_000
    made = list(
        made_cases(unit, blocks, first, legal=programs, flips=programs, faults=all_faults(unit))
    )
    campaign = Campaign(made, folder, banks=rng.choice([1, 1, 2, 4]))
    report = campaign.compare(coverage)
    for number, failure in enumerate(report.failures):
        print(f"{failure.made.kind}, {failure.made.name}: {failure.what}")
        if number < _SHRUNK:
            small, what = campaign.shrunk(failure)
            print(f"{what}\n{listing(small)}\n")
    return campaign.shape, report


def print_report(report: Report, coverage: Coverage, shapes: list[Shape], missing: int) -> None:
    """The numbers of all units."""
    for kind in (LEGAL, FLIPPED, FAULTY):
        print(f"{kind}: {report.equal[kind]} programs equal, {report.trapped[kind]} of them trap")
    print(f"flipped, with races: {report.racy} programs equal in all but data")
    print(f"{len(report.failures)} programs differ")
    print(f"{report.retirements} retirements in {report.cycles} cycles compared")
    bins = {each for shape in shapes for each in coverage.wanted(shape)}
    print(f"coverage: {len(bins) - missing} of {len(bins)} bins")


if __name__ == "__main__":
    sys.exit(main())
