"""Whether chosen designs keep their constraints on images that chose nothing.

    python benchmarks/promise.py [digits mnist] [--seeds 20] [--divisions 5] [--folder F]
        [--weights {together,one_by_one,none}]
    python benchmarks/promise.py resnet20 resnet20-validation --resnet20 FILE --seeds 2

The networks are LeNet-5 as it comes with hawx, which did not learn from the images that select, and
a ResNet-20 for CIFAR-10 (:mod:`resnet20`), which learned from all training images. Nothing is
trained here. For every seed the images of a search are drawn anew from those that the network
learned from, and a search is run. Then the images that no search saw are divided anew, several
times: some select, and others show what a design really loses. For each constraint a design is
chosen

- by the search's images (rule ``search``), as before there were images that select;
- by the bound (rule ``bound``), as ``hawx pick`` does;
- by the bound of each design taken by itself, as if it were the only one (rule ``alone``): what it
  costs, and prevents, to count the finalists.

``resnet20`` selects by training images: what a user without other images gets, and is warned of.
``resnet20-validation`` selects by images that the network did not learn from.

A promise is broken where the drop on the images that judge is larger than the constraint. These
are finitely many, so that chance breaks promises, too: *beyond chance* are those whose drop is
larger with 95 % confidence; *on all* are those whose drop is larger on all images that the network
did not learn from, those that select included. The energies, predicted ones, are relative to the
best of the search's designs that keeps the constraint: on the images that judge (an oracle that has
luck with these), and on all images that the network did not learn from.

The second table has what is claimed of the designs of a front minus what they lose on the images
that judge, on average over those of which a drop of at most two percentage points is claimed: the
front by the search's images, by those that select, and by the estimate that ``hawx`` reports.
Searches and outcomes are stored in the folder.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import numpy as np
from promise_cases import (
    LENET5,
    RESNET20,
    WEIGHTS,
    Case,
    Division,
    Outcomes,
    Searched,
    case,
    search,
)
from scipy import stats

from hawx_hw.search.bound import Paired, p_value, upper_drop
from hawx_hw.search.differences import Differences
from hawx_hw.search.front import front_of
from hawx_hw.search.pick import choose
from hawx_hw.search.result import DesignPoint, SearchResult
from hawx_hw.search.selection import selected_front
from hawx_hw.util.tables import print_table

CONSTRAINTS = (0.25, 0.5, 1.0)
#: The largest claimed drop, in percentage points, of the designs of the second table.
_CLAIMED = 2.0
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Run:
    """One rule, one constraint, one division of the images.

    Parameters
    ----------
    claimed : bool
        Whether the design is said to keep the constraint.
    judged : Paired
        Its outcomes on images that chose nothing.
    drop : float
        On all images that the network did not learn from, in percentage points.
    over_lucky, over_best : float
        Its energy over that of the best design that keeps the constraint on the images that
        judge, and on all that the network did not learn from, as a share.
    """

    claimed: bool
    judged: Paired
    drop: float
    over_lucky: float
    over_best: float

    def broken(self, most: float) -> bool:
        """Whether it loses more than claimed."""
        return self.claimed and self.judged.drop > most

    def beyond_chance(self, most: float) -> bool:
        """Whether so few images show that it does."""
        swapped = Paired(self.judged.images, self.judged.gained, self.judged.lost)
        return self.broken(most) and -upper_drop(swapped, 1 - _CONFIDENCE) > most


@dataclass(frozen=True)
class Claim:
    """What is claimed of a design, minus what it loses on images that chose nothing.

    Parameters
    ----------
    by : str
        Which images the claim rests on.
    kind : str
        ``mixtures`` or ``one block everywhere``.
    seed : int
    difference : float
        In percentage points.
    """

    by: str
    kind: str
    seed: int
    difference: float


@dataclass(frozen=True, eq=False)
class Selecting:
    """The images that select, as the search asks for them: an oracle that looks results up."""

    outcomes: Outcomes
    indices: np.ndarray

    @property
    def images(self) -> int:
        """Images that select."""
        return len(self.indices)

    def differences(self, vectors: np.ndarray, progress: object = None) -> Differences:
        """See :class:`~hawx_hw.search.oracle.EmulatedOracle`."""
        right = self.outcomes(vectors)[:, self.indices]
        return Differences.of(self.outcomes.exact[self.indices], right)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", choices=(*LENET5, *RESNET20), default=LENET5)
    parser.add_argument("--seeds", type=int, default=20, help="searches")
    parser.add_argument("--divisions", type=int, default=5, help="of the images, for each search")
    parser.add_argument("--folder", type=Path, default=Path("build/promise"))
    parser.add_argument("--weights", choices=WEIGHTS, default=WEIGHTS[0])
    parser.add_argument("--resnet20", type=Path, help="its checkpoint, resnet20-12fca82f.th")
    arguments = parser.parse_args()
    if arguments.resnet20 is None and set(arguments.cases) & set(RESNET20):
        parser.error("ResNet-20 needs --resnet20")
    for name in arguments.cases:
        one = case(name, arguments.resnet20, arguments.weights)
        runs: dict[tuple[float, str], list[Run]] = {}
        claims: list[Claim] = []
        for seed in range(arguments.seeds):
            searched = search(one, seed, arguments.folder)
            for number in range(arguments.divisions):
                division = one.divide(np.random.default_rng((seed, number)))
                selecting = Selecting(searched.outcomes, division.select)
                after = selected_front(searched.raced, selecting)
                _add_runs(runs, one, division, searched, after)
                claims += _claims(seed, division, searched, after)
            print(f"{name}: seed {seed} done", file=sys.stderr, flush=True)
        _print(one, arguments.seeds, arguments.divisions, runs, claims)


def _add_runs(
    runs: dict[tuple[float, str], list[Run]],
    one: Case,
    division: Division,
    searched: Searched,
    after: SearchResult,
) -> None:
    """Choose for each constraint, and look up what the chosen designs lose."""
    before, outcomes = searched.before, searched.outcomes
    every = (*before.designs, *before.uniform)
    outcomes(np.array([point.vector for point in every]))
    for most in CONSTRAINTS:
        lucky, best = (
            least_energy(every, before.objective, most, _drop_on(outcomes, images))
            for images in (division.judge, one.unseen)
        )
        for rule, (point, claimed) in _choices(before, after, most).items():
            energy = point.metrics[before.objective]
            judged, every_image = (
                outcomes.paired(point.vector, images) for images in (division.judge, one.unseen)
            )
            run = Run(claimed, judged, every_image.drop, energy / lucky - 1, energy / best - 1)
            runs.setdefault((most, rule), []).append(run)


def _choices(
    before: SearchResult, after: SearchResult, most: float
) -> dict[str, tuple[DesignPoint, bool]]:
    """What each rule chooses, and whether it claims that this keeps the constraint."""
    bound = choose(after, most, {})
    error = 1 - _CONFIDENCE
    alone = [
        point
        for point in after.designs
        if point.exact
        or (point.selection is not None and p_value(point.selection, most / 100, error) <= error)
    ]
    return {
        "search": (choose(before, most, {}).point, True),
        "bound": (bound.point, bound.bound is not None and bound.bound.holds),
        "alone": (min(alone, key=lambda point: point.metrics[after.objective]), True),
    }


def _drop_on(outcomes: Outcomes, images: np.ndarray) -> Callable[[DesignPoint], float]:
    return lambda point: outcomes.paired(point.vector, images).drop


def least_energy(
    points: Sequence[DesignPoint],
    objective: str,
    most: float,
    drop: Callable[[DesignPoint], float],
) -> float:
    """The least energy that keeps a constraint, by drops that are given; exact blocks keep any."""
    return min(point.metrics[objective] for point in points if point.exact or drop(point) <= most)


def _claims(seed: int, division: Division, searched: Searched, after: SearchResult) -> list[Claim]:
    """What fronts claim of their designs, against what these lose."""
    claims = []
    for by, points, claimed in (
        ("search", searched.before.front, lambda point: point.accuracy_drop),
        ("select", _front(after, lambda point: point.unseen_drop), lambda point: point.unseen_drop),
        ("estimate", after.front, lambda point: point.estimated_drop),
    ):
        for vector, point in {point.vector: point for point in points}.items():
            if point.exact or claimed(point) > _CLAIMED:
                continue
            kind = "one block everywhere" if len(set(vector)) == 1 else "mixtures"
            real = searched.outcomes.paired(vector, division.judge).drop
            claims.append(Claim(by, kind, seed, claimed(point) - real))
    return claims


def _front(after: SearchResult, drop: Callable[[DesignPoint], float]) -> list[DesignPoint]:
    """The front that the images that select would give if nothing were corrected."""
    return front_of(after.designs, after.objective, drop)


def _print(
    one: Case,
    seeds: int,
    divisions: int,
    runs: dict[tuple[float, str], list[Run]],
    claims: list[Claim],
) -> None:
    print(f"\n{one.name}, {seeds} searches, {divisions} divisions each, {one.note}")
    heading = ("constraint", "rule", "claimed", "broken", "95 %", "beyond chance", "on all")
    heading += ("mean drop", "largest", "over lucky oracle", "over oracle")
    print_table(heading, [run_line(key, some) for key, some in runs.items()], numbers=True)
    lines = [
        claim_line(by, kind, [claim for claim in claims if (claim.by, claim.kind) == (by, kind)])
        for by, kind in dict.fromkeys((claim.by, claim.kind) for claim in claims)
    ]
    print("\nClaimed drop minus real drop, in percentage points; below 0: less than it loses")
    print_table(("claimed by", "designs", "claims", "mean", "standard error"), lines, numbers=True)


def run_line(key: tuple[float, str], runs: Sequence[Run]) -> tuple[str, ...]:
    """A line of the first table."""
    most, rule = key
    claims = [run for run in runs if run.claimed]
    broken = sum(run.broken(most) for run in claims)
    drops = [run.judged.drop for run in runs]
    return (
        f"{most:g}",
        rule,
        f"{len(claims)} of {len(runs)}",
        f"{broken} of {len(claims)}",
        _interval(broken, len(claims)),
        f"{sum(run.beyond_chance(most) for run in claims)}",
        f"{sum(run.drop > most for run in claims)}",
        f"{np.mean(drops):.2f}",
        f"{max(drops):.2f}",
        f"{100 * np.mean([run.over_lucky for run in runs]):+.2f} %",
        f"{100 * np.mean([run.over_best for run in runs]):+.2f} %",
    )


def _interval(count: int, of: int) -> str:
    """The interval of Clopper and Pearson, in per cent, as if the runs were independent."""
    if of == 0:
        return ""
    interval = stats.binomtest(count, of).proportion_ci(_CONFIDENCE, method="exact")
    return f"{100 * interval.low:.0f}-{100 * interval.high:.0f} %"


def claim_line(by: str, kind: str, claims: Sequence[Claim]) -> tuple[str, ...]:
    """A line of the second table; the error is that of the means of the searches."""
    by_seed: dict[int, list[float]] = {}
    for claim in claims:
        by_seed.setdefault(claim.seed, []).append(claim.difference)
    means = [float(np.mean(differences)) for differences in by_seed.values()]
    error = np.std(means, ddof=1) / np.sqrt(len(means)) if len(means) > 1 else float("nan")
    return by, kind, f"{len(claims)}", f"{np.mean(means):+.2f}", f"{error:.2f}"


if __name__ == "__main__":
    main()
