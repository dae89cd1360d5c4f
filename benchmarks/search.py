"""How close each search comes to the front of all assignments, and how fast.

    python benchmarks/search.py [NAME ...] [--folder FOLDER] [--seeds 5] [--plots FOLDER]

A name is that of an exhaustive ground truth that benchmarks/exhaustive.py left in the folder
(build/ground_truth), such as layers_8_10000_compensated: level, blocks, images, and whether filters
are compensated; none: all that are there.

Evaluations are looked up there, and each search may make so many; hawx's low-fidelity evaluations
are part of that budget. nsga2 and random are also given 100 times as many. Seconds are a
processor's, of the whole search: profile, scores and low-fidelity evaluations as measured here, and
for each evaluation that of a run of the network on these images. Set OPENBLAS_NUM_THREADS=1 and
OMP_NUM_THREADS=1, since those of all threads count. The reference point of hypervolumes is an
accuracy drop of five percentage points and the energy of exact blocks. Regret: how much more energy
a search's best assignment takes than the best of all, of at most so large an accuracy drop. Results
of several seeds are medians; the least hypervolume is shown, too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ground_truth.exhaustive import GroundTruth, load_ground_truth
from ground_truth.regret import regret
from search_cases import BLOCKS, LEVELS, Case, case
from search_plots import draw

from hawx_hw.datasets.dataset import Split, evenly_spaced
from hawx_hw.emulation import Emulator
from hawx_hw.errors import UserError
from hawx_hw.quantize import codes
from hawx_hw.scores.images import stratified_images
from hawx_hw.scores.measure import measure
from hawx_hw.scores.profile import Profile
from hawx_hw.search.assignment_search import search_assignments
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.low_fidelity import LowFidelity
from hawx_hw.search.oracle import EmulatedOracle, Oracle
from hawx_hw.search.pareto import hypervolume
from hawx_hw.search.problem import Problem
from hawx_hw.search.result import points_of
from hawx_hw.search.scores import ImageScores, ProfileScores
from hawx_hw.util.tables import print_table

_PROFILE = 1024
_POINTS = (0.5, 1.0, 2.0)
_TIMED = 20
#: Evaluations by the size of the space, and by how much more nsga2 is given.
_BUDGETS = {32: 6, 243: 10, 2**15: 20, 2**22: 50}
_MORE = 100
#: The name of the front of all assignments.
_ALL = "exhaustive ground truth"
#: Spaces up to this size are also run as a whole without sharing, to measure what that takes.
_PLAIN = 256
#: What is compared, and its algorithm.
_SEARCHES = {
    "hawx": "hawx",
    "hawx, no low-fidelity evaluations": "hawx",
    "hawx, training images": "hawx",
    "nsga2": "nsga2",
    "random": "random",
    "greedy": "greedy",
    "hill_climbing": "hill_climbing",
}


@dataclass(frozen=True)
class _Setup:
    """A case, its exhaustive ground exhaustive, and what hawx has measured of it."""

    given: Case
    exhaustive: GroundTruth
    front: np.ndarray
    each: float
    images: ImageScores
    indices: np.ndarray
    training: ProfileScores
    seconds: tuple[float, float]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--folder", type=Path, default=Path("build/ground_truth"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--plots", type=Path, help="folder for the fronts as SVG")
    arguments = parser.parse_args()
    names = arguments.names or sorted(path.stem for path in arguments.folder.glob("*.npz"))
    if not names:
        raise SystemExit(f"Nothing is in {arguments.folder}: run python benchmarks/exhaustive.py")
    for name in names:
        given = _case(name)
        exhaustive = load_ground_truth(arguments.folder / f"{name}.npz", given.space)
        fronts = _compare(_set_up(given, exhaustive), arguments.seeds)
        if arguments.plots:
            arguments.plots.mkdir(parents=True, exist_ok=True)
            path = arguments.plots / f"search-{name.replace('_', '-')}.svg"
            draw(fronts.pop(_ALL), fronts, given.reference, path)


def _case(name: str) -> Case:
    parts = name.split("_")
    if len(parts) != 4 or parts[0] not in LEVELS or parts[3] not in ("compensated", "plain"):
        raise UserError(
            f"There is no case {name!r}", hint="A name is such as layers_8_10000_compensated."
        )
    blocks, images = int(parts[1]), int(parts[2])
    if blocks not in BLOCKS[True]:
        raise UserError(f"Cases are of {list(BLOCKS[True])} blocks, not {blocks}")
    return case(parts[0], blocks, images, compensated=parts[3] == "compensated")


def _set_up(given: Case, exhaustive: GroundTruth) -> _Setup:
    start = time.process_time()
    # All images once, to find those of which the exact network is unsure.
    pixels = codes(given.test.images)
    indices, weights = stratified_images(Emulator(given.graph, threads=1).run(pixels), _PROFILE)
    images = ImageScores(_profile(given, given.test.take(indices)), given.space, weights)
    between = time.process_time()
    seen = evenly_spaced(given.dataset.train, _PROFILE)
    training = ProfileScores(_profile(given, seen), given.space)
    seconds = between - start, time.process_time() - between
    _, front = exhaustive.front(given.cost)
    return _Setup(given, exhaustive, front, _each(given), images, indices, training, seconds)


def _profile(given: Case, seen: Split) -> Profile:
    switch = given.change is not None
    return measure(
        given.graph,
        given.blocks,
        codes(seen.images),
        seen.labels,
        bias_correction=switch,
        weight_remapping=switch,
        threads=1,
    )


def _compare(setup: _Setup, seeds: int) -> dict[str, np.ndarray]:
    given, exhaustive = setup.given, setup.exhaustive
    exact = 100 * exhaustive.exact / exhaustive.images
    print(
        f"\n{given.name}: {given.space.size} assignments, exact {exact:.2f} %, "
        f"{len(setup.front)} on the front of all. A run takes {setup.each:.3f} s, the profile "
        f"{setup.seconds[0]:.1f} s. All assignments took {exhaustive.seconds:.0f} s of a processor "
        "by sharing."
    )
    budget = _BUDGETS[given.space.size]
    best = ", ".join(f"{n}: {_best(setup, n):.4f}" for n in sorted({5, 10, budget}))
    print(f"The hypervolume of the best points of the front of all, by their number: {best}")
    fronts = {_ALL: setup.front}
    lines = [
        [_ALL, str(given.space.size), "", f"{exhaustive.seconds:.1f}", "1.0000", "", *["0.0 %"] * 3]
    ]
    taken = {}
    for name in _SEARCHES:
        for runs in (budget, _MORE * budget):
            if runs > budget and name not in ("nsga2", "random"):
                continue
            label = f"{name}, {runs}"
            cells, fronts[label], taken[label] = _line(setup, name, runs, seeds)
            lines.append([label, *cells])
    heading = ("search", "evaluations", "low-fidelity", "seconds", "hypervolume", "least")
    print_table((*heading, *(f"at {p}" for p in _POINTS)), lines, numbers=True)
    _speed_up(setup, taken[f"hawx, {budget}"])
    shown = (_ALL, f"nsga2, {budget}", f"nsga2, {_MORE * budget}", f"hawx, {budget}")
    return {name: fronts[name] for name in shown}


def _best(setup: _Setup, count: int) -> float:
    """The largest share of the hypervolume that ``count`` points have, by dynamic programming."""
    points, reference = setup.front, setup.given.reference
    points = points[(points < reference).all(axis=1)]
    drops, heights = points[:, 0], reference[1] - points[:, 1]
    # Area left of each point, where it is the last of those that were taken.
    left = np.zeros(len(points))
    steps = np.where(drops >= drops[:, None], heights[:, None] * (drops - drops[:, None]), -np.inf)
    for _ in range(count - 1):
        left = np.max(left[:, None] + steps, axis=0)
    area = np.max(left + heights * (reference[0] - drops))
    return float(area / hypervolume(points, reference))


def _line(setup: _Setup, name: str, budget: int, seeds: int) -> tuple[list[str], np.ndarray, float]:
    """Cells of the table, the front of the first seed, and seconds."""
    given = setup.given
    whole = hypervolume(setup.front, given.reference)
    measured, fronts = [], []
    once = name == "greedy" or (name.startswith("hawx") and given.space.size <= 2**15)
    low = ""
    for seed in range(1 if once else seeds):
        evaluator = Evaluator(setup.exhaustive, given.cost, budget=budget)
        low_fidelity = LowFidelity(_part(setup), setup.images) if name == "hawx" else None
        scores = setup.training if name.endswith("training images") else setup.images
        problem = Problem(given.space, evaluator, given.reference, scores, seed, low_fidelity)
        start = time.process_time()
        result = search_assignments(_SEARCHES[name], problem)
        searched = time.process_time() - start
        points = points_of(result)
        fronts.append(points)
        seconds = searched + result.evaluations * setup.each
        if name.startswith("hawx"):
            seconds += setup.seconds[name.endswith("training images")]
        regrets = [regret(points, setup.front, most) for most in _POINTS]
        share = result.hypervolume / whole
        measured.append((result.evaluations, seconds, share, *regrets))
        for price in result.low_fidelity:
            low = f"{price.assignments} x {price.images} = {price.evaluations:.1f}"
    runs, seconds, share, *regrets = np.median(measured, axis=0)
    least = min(values[2] for values in measured)
    cells = [f"{runs:.0f}", low, f"{seconds:.1f}", f"{share:.4f}", f"{least:.4f}"]
    return [*cells, *(f"{100 * r:.1f} %" for r in regrets)], fronts[0], float(seconds)


def _part(setup: _Setup) -> Callable[[np.ndarray], Oracle]:
    """Oracles of some of the profile's images."""
    return lambda some: _oracle(setup.given, setup.given.test.take(setup.indices[some]))


def _oracle(given: Case, seen: Split, memory: int = 2**30) -> EmulatedOracle:
    return EmulatedOracle(
        given.space,
        given.graph,
        seen.images,
        seen.labels,
        change=given.change,
        threads=1,
        memory=memory,
    )


def _speed_up(setup: _Setup, seconds: float) -> None:
    """How much less the search takes than all evaluations, and what is claimed for HAWX."""
    given = setup.given
    shared = setup.exhaustive.seconds / seconds
    print(f"hawx against all assignments by sharing, as measured: {shared:.2f} times as fast.")
    if given.space.size <= _PLAIN:
        oracle = _oracle(given, given.test, memory=0)
        start = time.process_time()
        for vector in given.space.vectors(np.arange(given.space.size)):
            oracle(vector[None])
        plain = time.process_time() - start
        print(
            f"All {given.space.size} run without sharing took {plain:.1f} s: hawx is "
            f"{plain / seconds:.2f} times as fast, as measured."
        )
    else:
        plain = given.space.size * setup.each
        print(
            f"Not measured: {given.space.size} times {setup.each:.3f} s would be {plain:.0f} s, "
            f"{plain / seconds:.0f} times as long as hawx took."
        )
    if len(given.blocks) == 2:
        claim = 23 if given.space.size == 32 else 3e6
        print(
            f"Published for HAWX here: over {claim:g} times; {given.space.size} / {claim:g} = "
            f"{given.space.size / claim:.2f} evaluations."
        )


def _each(given: Case) -> float:
    """Seconds of a real evaluation, prefixes shared by chance alone."""
    oracle = _oracle(given, given.test)
    rng = np.random.default_rng(0)
    vectors = rng.integers(0, len(given.blocks), (_TIMED + 1, given.space.units))
    oracle(vectors[0][None])
    start = time.process_time()
    for vector in vectors[1:]:
        oracle(vector[None])
    return (time.process_time() - start) / _TIMED


if __name__ == "__main__":
    main()
