"""How close each search comes to the truth that benchmarks/truth.py computed, and how fast.

    python benchmarks/search.py [NAME ...] [--folder build/truth] [--seeds 5] [--plots FOLDER]

A name is that of a truth in the folder, such as layers_8_10000_compensated: level, blocks, images,
and whether filters make up for their blocks; none: all that are there.

Searches ask the truth, and each may make so many real evaluations; what hawx runs on some of the
images to screen candidates is part of that budget, as the share of an evaluation that it is. nsga2
and random are also given 100 times as many. Seconds are a processor's, of the whole search:
profile, scores and screening as measured here, and for each evaluation that of a run of the network
on these images. Set OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1, since those of all threads count.
Hypervolumes count points lost up to five, and energy up to that of exact blocks. Regret:
how much more energy the best found takes than the true best of at most so many points lost.
Figures of several seeds are medians; the least hypervolume is shown, too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ground_truth.regret import regret
from ground_truth.truth import Truth, load_truth
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
#: Spaces up to this size are also run as a whole without sharing, to measure what that takes.
_PLAIN = 256
#: What is compared: the algorithm, and what hawx knows.
_SEARCHES = {
    "hawx": "hawx",
    "hawx, not screened": "hawx",
    "hawx, training images": "hawx",
    "nsga2": "nsga2",
    "random": "random",
    "greedy": "greedy",
    "hill_climbing": "hill_climbing",
}


@dataclass(frozen=True)
class _Known:
    """A case, its truth, and what hawx knows of it."""

    given: Case
    truth: Truth
    front: np.ndarray
    each: float
    images: ImageScores
    rows: np.ndarray
    training: ProfileScores
    seconds: tuple[float, float]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--folder", type=Path, default=Path("build/truth"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--plots", type=Path, help="folder for the fronts as SVG")
    arguments = parser.parse_args()
    names = arguments.names or sorted(path.stem for path in arguments.folder.glob("*.npz"))
    if not names:
        raise SystemExit(f"There is no truth in {arguments.folder}: python benchmarks/truth.py")
    for name in names:
        given = _case(name)
        truth = load_truth(arguments.folder / f"{name}.npz", given.space)
        fronts = _compare(_known(given, truth), arguments.seeds)
        if arguments.plots:
            arguments.plots.mkdir(parents=True, exist_ok=True)
            path = arguments.plots / f"search-{name.replace('_', '-')}.svg"
            draw(fronts.pop("truth"), fronts, given.reference, path)


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


def _known(given: Case, truth: Truth) -> _Known:
    start = time.process_time()
    # All images once, to find those of which the exact network is unsure.
    pixels = codes(given.test.images)
    rows, weights = stratified_images(Emulator(given.graph, threads=1).run(pixels), _PROFILE)
    images = ImageScores(_profile(given, given.test.take(rows)), given.space, weights)
    between = time.process_time()
    seen = evenly_spaced(given.dataset.train, _PROFILE)
    training = ProfileScores(_profile(given, seen), given.space)
    seconds = between - start, time.process_time() - between
    _, front = truth.front(given.cost)
    return _Known(given, truth, front, _each(given), images, rows, training, seconds)


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


def _compare(known: _Known, seeds: int) -> dict[str, np.ndarray]:
    given, truth = known.given, known.truth
    exact = 100 * truth.exact / truth.images
    print(
        f"\n{given.name}: {given.space.size} assignments, exact {exact:.2f} %, "
        f"{len(known.front)} on the true front. A run takes {known.each:.3f} s, the profile "
        f"{known.seconds[0]:.1f} s. The truth took {truth.seconds:.0f} s of a processor by sharing."
    )
    budget = _BUDGETS[given.space.size]
    best = ", ".join(f"{n}: {_best(known, n):.4f}" for n in sorted({5, 10, budget}))
    print(f"The hypervolume of the best points of the true front, by their number: {best}")
    fronts = {"truth": known.front}
    rows = [
        ["truth", str(given.space.size), "", f"{truth.seconds:.1f}", "1.0000", "", *["0.0 %"] * 3]
    ]
    taken = {}
    for name in _SEARCHES:
        for runs in (budget, _MORE * budget):
            if runs > budget and name not in ("nsga2", "random"):
                continue
            label = f"{name}, {runs}"
            row, fronts[label], taken[label] = _row(known, name, runs, seeds)
            rows.append([label, *row])
    columns = ("runs", "screened", "seconds", "hypervolume", "least")
    print_table(("search", *columns, *(f"at {p}" for p in _POINTS)), rows, numbers=True)
    _speed_up(known, taken[f"hawx, {budget}"])
    shown = ("truth", f"nsga2, {budget}", f"nsga2, {_MORE * budget}", f"hawx, {budget}")
    return {name: fronts[name] for name in shown}


def _best(known: _Known, count: int) -> float:
    """The largest share of the hypervolume that ``count`` points have: dynamic programming."""
    points, reference = known.front, known.given.reference
    points = points[(points < reference).all(axis=1)]
    lost, heights = points[:, 0], reference[1] - points[:, 1]
    # Area left of each point, where it is the last of those that were taken.
    left = np.zeros(len(points))
    steps = np.where(lost >= lost[:, None], heights[:, None] * (lost - lost[:, None]), -np.inf)
    for _ in range(count - 1):
        left = np.max(left[:, None] + steps, axis=0)
    area = np.max(left + heights * (reference[0] - lost))
    return float(area / hypervolume(points, reference))


def _row(known: _Known, name: str, budget: int, seeds: int) -> tuple[list[str], np.ndarray, float]:
    """Cells of the table, the front of the first seed, and seconds."""
    given = known.given
    whole = hypervolume(known.front, given.reference)
    figures, fronts = [], []
    once = name == "greedy" or (name.startswith("hawx") and given.space.size <= 2**15)
    screened = ""
    for seed in range(1 if once else seeds):
        evaluator = Evaluator(known.truth, given.cost, budget=budget)
        low_fidelity = LowFidelity(_part(known), known.images) if name == "hawx" else None
        scores = known.training if name.endswith("training images") else known.images
        problem = Problem(given.space, evaluator, given.reference, scores, seed, low_fidelity)
        start = time.process_time()
        result = search_assignments(_SEARCHES[name], problem)
        searched = time.process_time() - start
        points = points_of(result)
        fronts.append(points)
        seconds = searched + result.evaluations * known.each
        if name.startswith("hawx"):
            seconds += known.seconds[name.endswith("training images")]
        regrets = [regret(points, known.front, most) for most in _POINTS]
        share = result.hypervolume / whole
        figures.append((result.evaluations, seconds, share, *regrets))
        for price in result.low_fidelity:
            screened = f"{price.assignments} x {price.images} = {price.evaluations:.1f}"
    runs, seconds, share, *regrets = np.median(figures, axis=0)
    least = min(figure[2] for figure in figures)
    cells = [f"{runs:.0f}", screened, f"{seconds:.1f}", f"{share:.4f}", f"{least:.4f}"]
    return [*cells, *(f"{100 * r:.1f} %" for r in regrets)], fronts[0], float(seconds)


def _part(known: _Known) -> Callable[[np.ndarray], Oracle]:
    """Oracles of some of the profile's images."""
    return lambda some: _oracle(known.given, known.given.test.take(known.rows[some]))


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


def _speed_up(known: _Known, seconds: float) -> None:
    """What the search spares against running everything, and what is claimed for HAWX."""
    given = known.given
    shared = known.truth.seconds / seconds
    print(f"hawx against the truth by sharing, as measured: {shared:.2f} times as fast.")
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
        plain = given.space.size * known.each
        print(
            f"Not measured: {given.space.size} times {known.each:.3f} s would be {plain:.0f} s, "
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
