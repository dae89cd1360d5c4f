"""How close each search comes to the front of all assignments on images that it never saw.

    python benchmarks/search.py [NAME ...] [--folder FOLDER] [--seeds 5] [--plots FOLDER]

A name is that of an exhaustive ground truth about test images that benchmarks/exhaustive.py left in
the folder (build/ground_truth), such as mnist_layers_8_test_10000_compensated: data set, level,
blocks, images, and whether filters are compensated; none: all that are there.

Scores and searches use images that the network learned from; each of the seeds draws others. Of
what a search evaluated, the front by its own images is run on the test images. Its hypervolume is
relative to that of the front of all assignments there. The reference point is an accuracy drop of
five percentage points and the energy of exact blocks; a gain of accuracy counts as none, since it
is that of a few images. For a constraint the design of least energy is picked that keeps it by the
search's own estimate: shown is its energy over the best of all assignments, and its drop on the
test images, which may break the constraint. Results of several seeds are medians; the least
hypervolume is shown, too.

The front of all assignments as counted on other images, which no search can know better by counts
of so many, is a row where that table was computed (``--part learn0`` of benchmarks/exhaustive.py).
Searches that count find their evaluations in that table, if it is there.

Seconds are a processor's, profile, scores and low-fidelity evaluations included. Set
OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1, since those of all threads count.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from ground_truth.exhaustive import GroundTruth, load_ground_truth, read_arrays
from ground_truth.front import FrontGroundTruth, load_front
from search_cases import DRAWS, Case, named
from search_plots import draw

from hawx_hw.assignment.space import Space
from hawx_hw.datasets.dataset import Split
from hawx_hw.emulation import Emulator
from hawx_hw.quantize import codes
from hawx_hw.scores.images import stratified_images
from hawx_hw.scores.measure import measure
from hawx_hw.scores.profile import Profile
from hawx_hw.search.assignment_search import search_assignments
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.low_fidelity import LowFidelity
from hawx_hw.search.oracle import EmulatedOracle, ExpectingOracle, Oracle
from hawx_hw.search.pareto import hypervolume, pareto
from hawx_hw.search.problem import Problem
from hawx_hw.search.scores import ImageScores
from hawx_hw.search.smoothing import smoothed_drops
from hawx_hw.search.tuning import SearchTuning
from hawx_hw.util.tables import print_table

_PROFILE = 1024
_POINTS = (0.5, 1.0, 2.0)
_TIMED = 10
_TUNING = SearchTuning()
#: The name of the front of all assignments.
_ALL = "all assignments on these images"
#: Spaces up to this size are also run as a whole without sharing, to measure what that takes.
_PLAIN = 256


@dataclass(frozen=True)
class Row:
    """A search that is compared.

    Parameters
    ----------
    label, algorithm : str
    evaluations, images : int
        Its budget, and the images of an evaluation.
    expected : bool
        Whether it goes by what outputs let expect; else by counts of right images.
    low_fidelity : bool
    """

    label: str
    algorithm: str
    evaluations: int
    images: int
    expected: bool = True
    low_fidelity: bool = True


def rows(size: int, images: int) -> list[Row]:
    """What is compared in a space of some size, with so many images at most."""
    budget = {32: 6, 243: 10, 2**15: 20, 2**22: 50}[size]
    several = [
        Row("hawx", "hawx", budget, images),
        Row("hawx, counts only", "hawx", budget, images, expected=False),
        Row("hawx, no low-fidelity evaluations", "hawx", budget, images, low_fidelity=False),
        Row("nsga2", "nsga2", budget, images),
        Row("nsga2, counts only", "nsga2", budget, images, expected=False),
        *(
            Row(name, name, budget, images)
            for name in ("random", "greedy", "hill_climbing")
            if size < 2**22
        ),
    ]
    if size == 2**15:
        several[1:1] = [Row("hawx", "hawx", 5 * budget // 2, 2 * images // 5)]
        several += [
            Row(f"{name}, counts only", name, 100 * budget, images, expected=False)
            for name in ("nsga2", "random")
        ]
    return several


class _Counting:
    """An oracle of counts, each remembered; what it counts is all that it expects."""

    def __init__(self, oracle: Oracle):
        self._oracle = oracle
        self.key, self.images, self.exact = oracle.key, oracle.images, oracle.exact
        self.exact_expected = float(oracle.exact)
        self._known: dict[bytes, int] = {}

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        keys = [vector.astype(np.uint8).tobytes() for vector in vectors]
        new = list({key: row for row, key in enumerate(keys) if key not in self._known}.values())
        if new:
            for row, right in zip(new, self._oracle(vectors[new]).tolist(), strict=True):
                self._known[keys[row]] = right
        return np.array([self._known[key] for key in keys], dtype=np.int64)

    def measure(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        right = self(vectors)
        return right, right.astype(np.float64)


@dataclass(frozen=True, eq=False)
class _Setup:
    """A ground truth, and what counts on other images say of all assignments."""

    given: Case
    exhaustive: GroundTruth | FrontGroundTruth
    front: np.ndarray
    judge: Oracle
    others: GroundTruth | FrontGroundTruth | None

    @property
    def volume(self) -> float:
        return hypervolume(without_gains(self.front), self.given.reference)


@dataclass(frozen=True)
class _Scored:
    """The scores of a draw of images, and what they took."""

    split: Split
    scores: ImageScores
    indices: np.ndarray
    seconds: float


def without_gains(points: np.ndarray) -> np.ndarray:
    """Points with accuracy drops of at least 0."""
    return np.stack([np.maximum(points[:, 0], 0), points[:, 1]], axis=1)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--folder", type=Path, default=Path("build/ground_truth"))
    parser.add_argument("--seeds", type=int, default=DRAWS, choices=range(1, DRAWS + 1))
    parser.add_argument("--images", type=int, default=10_000, help="of an evaluation, at most")
    parser.add_argument("--plots", type=Path, help="folder for the fronts as SVG")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    names = arguments.names or sorted(path.stem for path in folder.glob("*_test_*.npz"))
    if not names:
        raise SystemExit(f"Nothing is in {folder}: run python benchmarks/exhaustive.py")
    for name in names:
        setup = _set_up(named(name), folder)
        fronts = _compare(setup, arguments.seeds, arguments.images)
        if arguments.plots:
            arguments.plots.mkdir(parents=True, exist_ok=True)
            path = arguments.plots / f"search-{name.replace('_', '-')}.svg"
            draw(setup.front, fronts, setup.given.reference, path)


def _set_up(given: Case, folder: Path) -> _Setup:
    exhaustive = _loaded(folder / f"{given.name}.npz", given.space)
    judge: Oracle
    if isinstance(exhaustive, GroundTruth):
        judge = exhaustive
    else:
        judge = _Counting(_oracle(given, given.images))
    _, front = exhaustive.front(given.cost)
    # The largest table of other images that there is.
    pattern = given.name.replace("_test_", "_learn0_").split("_")
    pattern[4] = "*"
    tables = sorted(folder.glob("_".join(pattern) + ".npz"), key=lambda p: p.stat().st_mtime)
    others = _loaded(tables[-1], given.space) if tables else None
    return _Setup(given, exhaustive, front, judge, others)


def _loaded(path: Path, space: Space) -> GroundTruth | FrontGroundTruth:
    """All counts, or the front alone."""
    arrays = read_arrays(path)
    if arrays is not None and "numbers" in arrays:
        return load_front(path, space)
    return load_ground_truth(path, space)


def _compare(setup: _Setup, seeds: int, most: int) -> dict[str, np.ndarray]:
    given, exhaustive = setup.given, setup.exhaustive
    inside = setup.front[setup.front[:, 0] < given.reference[0]]
    print(
        f"\n{given.name}: {given.space.size} assignments, exact "
        f"{100 * exhaustive.exact / exhaustive.images:.2f} %, {len(inside)} on the front below "
        f"{given.reference[0]:g} points. A run on these images takes {_each(given):.3f} s. All "
        f"assignments took {exhaustive.seconds:.0f} s of a processor."
    )
    lines = [[_ALL, "", str(given.space.size), "", f"{exhaustive.seconds:.0f}"]]
    lines[0] += ["1.0000", "", *["0.0 %"] * len(_POINTS)]
    if setup.others is not None:
        lines.append(_line_of_others(setup, setup.others))
    fronts, seconds = {}, 0.0
    images = len(given.draw(0, most))
    for row in rows(given.space.size, images):
        cells, front, took = _line(setup, row, seeds)
        lines.append(cells)
        print(f"  done: {' | '.join(cells)}", flush=True)
        if row.label in ("hawx", "hawx, counts only", "nsga2"):
            fronts.setdefault(f"{row.label}, {row.evaluations} x {row.images}", front)
        seconds = seconds or took
    heading = ("search", "budget", "evaluations", "low-fidelity", "seconds", "hypervolume", "least")
    print_table((*heading, *(f"at {p}" for p in _POINTS)), lines, numbers=True)
    _speed_up(setup, seconds)
    return fronts


def _line_of_others(setup: _Setup, others: GroundTruth | FrontGroundTruth) -> list[str]:
    """What the front of counts on other images is worth on those of the ground truth."""
    numbers, points = others.front(setup.given.cost)
    vectors = setup.given.space.vectors(numbers)
    real = _real(setup, vectors)
    label = f"all assignments, counted on {others.images} other images"
    share = hypervolume(without_gains(real), setup.given.reference) / setup.volume
    cells = [label, "", str(setup.given.space.size), "", f"{others.seconds:.0f}"]
    return [*cells, f"{share:.4f}", "", *map(_cell, _picked(setup, points[:, 0], real))]


def _real(setup: _Setup, vectors: np.ndarray) -> np.ndarray:
    """Accuracy drops on the ground truth's images, and costs: ``(n, 2)``."""
    exhaustive, cost = setup.exhaustive, setup.given.cost
    drops = 100 * (exhaustive.exact - setup.judge(vectors)) / exhaustive.images
    return np.stack([drops, cost(vectors)[cost.objective]], axis=1)


def _picked(setup: _Setup, own: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Excess energy and real drop of the cheapest that keep each constraint by ``own``."""
    picked = np.full((len(_POINTS), 2), np.nan)
    for index, most in enumerate(_POINTS):
        keeping = np.flatnonzero(own <= most)
        best = setup.front[setup.front[:, 0] <= most, 1].min()
        if len(keeping):
            chosen = keeping[real[keeping, 1].argmin()]
            picked[index] = real[chosen, 1] / best - 1, real[chosen, 0]
    return picked


def _cell(picked: np.ndarray) -> str:
    if np.isnan(picked).any():
        return "none"
    return f"{100 * picked[0]:+.1f} %, {picked[1]:.2f}"


def _line(setup: _Setup, row: Row, seeds: int) -> tuple[list[str], np.ndarray, float]:
    """Cells of the table, the front of the first seed, and seconds."""
    given, shares, picks, measured = setup.given, [], [], []
    fronts, low = [], ""
    for seed in range(seeds):
        evaluator, problem, before = _problem(setup, row, seed)
        start = time.process_time()
        result = search_assignments(row.algorithm, problem)
        seconds = time.process_time() - start + before
        own = smoothed_drops(evaluator, _TUNING)
        front = pareto(np.stack([own, evaluator.points[:, 1]], axis=1))
        real = _real(setup, evaluator.vectors[front])
        fronts.append(real)
        shares.append(hypervolume(without_gains(real), given.reference) / setup.volume)
        picks.append(_picked(setup, own[front], real))
        measured.append((result.evaluations, seconds))
        for price in result.low_fidelity:
            low = f"{price.assignments} x {price.images} = {price.evaluations:.1f}"
    runs, seconds = np.median(measured, axis=0)
    taken = "looked up" if _looked_up(setup, row) else f"{seconds:.1f}"
    cells = [row.label, f"{row.evaluations} x {row.images}", f"{runs:.0f}", low, taken]
    cells += [f"{np.median(shares):.4f}", f"{min(shares):.4f}"]
    return [*cells, *map(_cell, np.median(picks, axis=0))], fronts[0], float(seconds)


def _problem(setup: _Setup, row: Row, seed: int) -> tuple[Evaluator, Problem, float]:
    """The problem of a row, and the seconds that its scores took."""
    given = setup.given
    table = setup.others
    if table is not None and _looked_up(setup, row):
        # The first draw, counted before.
        assert isinstance(table, GroundTruth)
        oracle: Oracle = table
    else:
        oracle = _oracle(given, given.draw(seed, row.images))
        oracle = oracle if row.expected else _Counting(oracle)
    evaluator = Evaluator(oracle, given.cost, budget=row.evaluations)
    problem = Problem(given.space, evaluator, given.reference, seed=seed, tuning=_TUNING)
    if row.algorithm != "hawx":
        return evaluator, problem, 0.0
    scored = _scored(given, given.draw(seed, row.images))
    problem = replace(problem, scores=scored.scores)
    if row.low_fidelity:
        low_fidelity = LowFidelity(
            _part(given, scored, row.expected),
            scored.scores,
            prior_images=_TUNING.low_fidelity_prior_images,
            tuning=_TUNING,
        )
        problem = replace(problem, low_fidelity=low_fidelity)
    return evaluator, problem, scored.seconds


def _looked_up(setup: _Setup, row: Row) -> bool:
    """Whether all evaluations of a row are in the table of other images."""
    if row.expected or row.algorithm == "hawx" or not isinstance(setup.others, GroundTruth):
        return False
    return setup.others.images == row.images


def _scored(given: Case, split: Split) -> _Scored:
    start = time.process_time()
    # All images once, to find those of which the exact network is unsure.
    outputs = Emulator(given.graph, threads=1).run(codes(split.images))
    indices, weights = stratified_images(outputs.reshape(len(split), -1), _PROFILE)
    scores = ImageScores(_profile(given, split.take(indices)), given.space, weights)
    return _Scored(split, scores, indices, time.process_time() - start)


def _profile(given: Case, seen: Split) -> Profile:
    switch = given.change is not None
    return measure(
        given.graph,
        given.blocks,
        codes(seen.images),
        seen.labels,
        bias_correction=switch,
        weights="one_by_one" if switch else "none",
        threads=1,
    )


def _part(given: Case, scored: _Scored, expected: bool) -> Callable[[np.ndarray], ExpectingOracle]:
    """Oracles of some of the profile's images."""

    def part(some: np.ndarray) -> ExpectingOracle:
        oracle = _oracle(given, scored.split.take(scored.indices[some]))
        return oracle if expected else _Counting(oracle)

    return part


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
    print(f"hawx against all assignments as computed: {shared:.2f} times as fast.")
    if given.space.size <= _PLAIN:
        oracle = _oracle(given, given.images, memory=0)
        start = time.process_time()
        for vector in given.space.vectors(np.arange(given.space.size)):
            oracle(vector[None])
        plain = time.process_time() - start
        print(
            f"All {given.space.size} run without sharing took {plain:.1f} s: hawx is "
            f"{plain / seconds:.2f} times as fast, as measured."
        )
    else:
        plain = given.space.size * _each(given)
        print(
            f"Not measured: {given.space.size} runs would take {plain:.0f} s, "
            f"{plain / seconds:.0f} times as long as hawx took."
        )
    if len(given.blocks) == 2:
        claim = 23 if given.space.size == 32 else 3e6
        print(
            f"Published for HAWX here: over {claim:g} times; {given.space.size} / {claim:g} = "
            f"{given.space.size / claim:.2f} evaluations."
        )


def _each(given: Case) -> float:
    """Seconds of a run on the ground truth's images, prefixes shared by chance alone."""
    oracle = _oracle(given, given.images)
    rng = np.random.default_rng(0)
    vectors = rng.integers(0, len(given.blocks), (_TIMED + 1, given.space.units))
    oracle(vectors[0][None])
    start = time.process_time()
    for vector in vectors[1:]:
        oracle(vector[None])
    return (time.process_time() - start) / _TIMED


if __name__ == "__main__":
    main()
