"""How close each search comes to the truth that benchmarks/truth.py computed, and how fast.

    python benchmarks/search.py layers|filters [--blocks 8] [--images 10000] [--plain]
        [--budgets 20 2000] [--searches hawx nsga2 random greedy hill_climbing] [--seeds 5]

Searches ask the truth: real evaluations are counted, and their time is that of a run of the network
on these images, measured here. Hypervolumes count points lost up to five, and energy up to that of
exact blocks. Regret: how much more energy the best found takes than the true best of at most so
many points lost. Those of several seeds are medians. hawx knows a profile of training images.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from search_cases import BLOCKS, LEVELS, Case, case

from hawx_hw.datasets.dataset import evenly_spaced
from hawx_hw.quantize import codes
from hawx_hw.search.algorithms import ALGORITHMS
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.front import hypervolume, regret
from hawx_hw.search.oracle import EmulatedOracle
from hawx_hw.search.problem import Problem
from hawx_hw.search.result import points_of, run_search
from hawx_hw.search.scores import ProfileScores
from hawx_hw.search.truth import Truth, load_truth
from hawx_hw.sensitivity.measure import measure
from hawx_hw.tables import print_table

_PROFILE = 1024
_POINTS = (0.5, 1.0, 2.0)
_TIMED = 20
_SEEDED = ("random", "nsga2", "hill_climbing")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("level", choices=LEVELS)
    parser.add_argument("--blocks", type=int, choices=BLOCKS[True])
    parser.add_argument("--images", type=int)
    parser.add_argument("--plain", action="store_true", help="nothing makes up for blocks")
    parser.add_argument("--folder", type=Path, default=Path("build/truth"))
    parser.add_argument("--budgets", type=int, nargs="+")
    parser.add_argument("--seeds", type=int, default=5)
    searches = [name for name in ALGORITHMS if name != "exhaustive"]
    parser.add_argument("--searches", nargs="+", choices=searches, default=searches)
    arguments = parser.parse_args()
    layers = arguments.level == "layers"
    given = case(
        arguments.level,
        arguments.blocks or (8 if layers else 2),
        arguments.images or (10_000 if layers else 1000),
        compensated=not arguments.plain,
    )
    truth = load_truth(arguments.folder / f"{given.name}.npz", given.space)
    _compare(given, truth, arguments)


def _compare(given: Case, truth: Truth, arguments: argparse.Namespace) -> None:
    start = time.perf_counter()
    seen = evenly_spaced(given.dataset.train, _PROFILE)
    switch = given.change is not None
    profile = measure(
        given.graph,
        given.blocks,
        codes(seen.images),
        seen.labels,
        bias_correction=switch,
        weight_remapping=switch,
        threads=1,
    )
    scores = ProfileScores(profile, given.space)
    profiled = time.perf_counter() - start
    each = _seconds(given)
    _, front = truth.front(given.cost)
    whole = hypervolume(front, given.reference)
    exact = 100 * truth.exact / truth.images
    print(
        f"{given.name}: {given.space.size} assignments, exact {exact:.2f} %, {len(front)} on the "
        f"true front; a run takes {each:.3f} s, the profile {profiled:.1f} s (of it "
        f"{profiled / each:.0f} runs' worth), the truth took {truth.seconds:.0f} s"
    )
    rows = [["truth", str(given.space.size), f"{truth.seconds:.0f}", "1.0000", *["0.0 %"] * 3]]
    for budget in arguments.budgets or ([20, 2000] if given.name[0] == "l" else [50, 5000]):
        for name in arguments.searches:
            seeds = range(arguments.seeds if name in _SEEDED else 1)
            rows.append(_row(given, truth, scores, name, budget, seeds, (front, whole, each)))
    heading = ("search", "runs", "seconds", "hypervolume", *(f"regret at {p}" for p in _POINTS))
    print_table(heading, rows, figures=True)


def _row(
    given: Case,
    truth: Truth,
    scores: ProfileScores,
    name: str,
    budget: int,
    seeds: range,
    known: tuple[np.ndarray, float, float],
) -> list[str]:
    front, whole, each = known
    figures = []
    for seed in seeds:
        evaluator = Evaluator(truth, given.cost, budget=budget)
        problem = Problem(given.space, evaluator, given.reference, scores, seed)
        result = run_search(name, problem)
        points = points_of(result)
        regrets = [regret(points, front, most) for most in _POINTS]
        seconds = result.seconds + result.evaluations * each
        figures.append((result.evaluations, seconds, result.hypervolume / whole, *regrets))
    runs, seconds, share, *regrets = np.median(figures, axis=0)
    return [
        f"{name}, {budget}",
        f"{runs:.0f}",
        f"{seconds:.1f}",
        f"{share:.4f}",
        *(f"{100 * r:.1f} %" for r in regrets),
    ]


def _seconds(given: Case) -> float:
    """Of a real evaluation, prefixes shared by chance alone."""
    oracle = EmulatedOracle(
        given.space,
        given.graph,
        given.test.images,
        given.test.labels,
        change=given.change,
        threads=1,
    )
    vectors = np.random.default_rng(0).integers(
        0, len(given.blocks), (_TIMED + 1, given.space.units)
    )
    oracle(vectors[:1])
    start = time.perf_counter()
    for vector in vectors[1:]:
        oracle(vector[None])
    return (time.perf_counter() - start) / _TIMED


if __name__ == "__main__":
    main()
