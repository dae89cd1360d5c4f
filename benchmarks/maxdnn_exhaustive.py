"""The exhaustive ground truth of both settings, printed: its front, and the regret of searches."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import maxdnn_ours
import numpy as np
from ground_truth.quadratic import quadratic_scores
from maxdnn_graph import FrozenResNet8
from maxdnn_ground_truth import ours_outcomes, theirs_outcomes
from maxdnn_outcomes import Outcomes
from maxdnn_regret import LIMITS, SEEDS, by_nsga2, by_random, by_scores, regrets
from maxdnn_search import profiled
from maxdnn_theirs import THEIR_MACS, Theirs, Unsigned, unsigned, unsigned_roup, unsigned_roupa
from maxdnn_theirs_search import TheirRuns, divergences
from resnet20_alphabets import energies_of
from resnet20_choice import interval
from resnet20_runs import Runs

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.assignment import Assignment
from hawx_hw.blocks.registry import by_name
from hawx_hw.datasets.roles import Roles
from hawx_hw.graph.graph import Graph
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.util.tables import print_table

__all__ = ["Exhaustive", "Plotted"]

#: Low, medium and high approximation. Where weights and biases compensate, the finer ones of
#: setting theirs lose nothing, and there would be nothing to search. Of four, one lies between low
#: and medium.
_OURS = {
    3: ("roup(p=1,r=4)", "roup(p=2,r=4)", "roup(p=3,r=5)"),
    4: ("roup(p=1,r=4)", "roup(p=2,r=3)", "roup(p=2,r=4)", "roup(p=3,r=5)"),
}
_THEIRS = {
    3: (unsigned_roupa(0, 6), unsigned_roup(1, 2), unsigned_roup(1, 4)),
    4: (unsigned_roupa(0, 6), unsigned_roup(0, 4), unsigned_roup(1, 2), unsigned_roup(1, 4)),
}
_PROFILE = 128
#: Every how many of the compensating images correct biases.
_SPACING = 4
#: Evaluations of the search by scores; NSGA-II has as many, and ten times as many.
_RUNS = 15
_TIMES = (1, 10)


@dataclass(frozen=True, eq=False)
class Plotted:
    """What the plot shows of one setting.

    Parameters
    ----------
    name : str
    points : ndarray
        ``(assignments, 2)``: share of the energy saved, accuracy drop in percentage points.
    front, by_scores, by_nsga2 : ndarray
        Some of them: the front, what scores evaluate, and the first seed of NSGA-II with ten times
        as many evaluations.
    """

    name: str
    points: np.ndarray
    front: np.ndarray
    by_scores: np.ndarray
    by_nsga2: np.ndarray


@dataclass(frozen=True, eq=False)
class _Case:
    name: str
    outcomes: Outcomes
    cost: MultiplierEnergy
    exact: float
    scores: np.ndarray

    def by_their_weights(self, vector: np.ndarray) -> float:
        """The share of energy that a vector saves with multiplications as ALWANN weighs them."""
        macs = self.outcomes.space.macs
        share = self.cost.table[np.arange(len(macs)), vector] / macs / (self.exact / macs.sum())
        return 1 - float(np.dot(THEIR_MACS, share) / np.sum(THEIR_MACS))


class Exhaustive:
    """The cases, as far as they are stored or may be computed.

    Parameters
    ----------
    graph : Graph
        Of setting *ours*.
    frozen : FrozenResNet8
    images : Roles
    settings : sequence of str
        Some of ``ours`` and ``theirs``.
    runs : Runs
        Of ``graph``; designs of its front run on images that select, and on all that report.
    arguments : argparse.Namespace
        Those of :mod:`maxdnn`.
    """

    def __init__(
        self,
        graph: Graph,
        frozen: FrozenResNet8,
        images: Roles,
        settings: Sequence[str],
        runs: Runs,
        arguments: argparse.Namespace,
    ):
        self._graph, self._frozen, self._images, self._runs = graph, frozen, images, runs
        self._folder, self._arguments = arguments.folder, arguments
        count = min(arguments.exhaustive_images, len(images.test))
        self._test = images.test.take(np.arange(count))
        many = arguments.exhaustive_blocks
        self._stored_as = f"exhaustive-{count}" + (f"-{many}" if many > 3 else "")
        make = {"ours": self._case_ours, "theirs": self._case_theirs}
        cases = [make[setting]() for setting in settings]
        self._cases = [case for case in cases if case is not None]

    def report(self) -> None:
        """Print the front and the regret of each case."""
        for case in self._cases:
            outcomes, size = case.outcomes, case.outcomes.space.size
            exact = 100 * float(outcomes.exact.mean())
            print(
                f"\n{case.name}: all {size:,} assignments of "
                f"{', '.join(block.name for block in outcomes.space.blocks)} on {len(self._test)} "
                f"test images, {outcomes.seconds:.0f} s; exact: {exact:.1f} %"
            )
            self._print_front(case)
            self._print_regret(case)

    def plotted(self) -> list[Plotted]:
        """What the plot shows."""
        plotted = []
        for case in self._cases:
            ground_truth = case.outcomes.ground_truth()
            points = ground_truth.points(case.cost)[:, ::-1].copy()
            points[:, 0] = 1 - points[:, 0] / case.exact
            numbers, _ = ground_truth.front(case.cost)
            space = case.outcomes.space
            scores = space.numbers(by_scores(case.scores, case.cost, _RUNS))
            nsga2 = space.numbers(by_nsga2(ground_truth, case.cost, _RUNS * _TIMES[-1], 0))
            plotted.append(
                Plotted(case.name, points, points[numbers], points[scores], points[nsga2])
            )
        return plotted

    def _print_front(self, case: _Case) -> None:
        ground_truth = case.outcomes.ground_truth()
        numbers, points = ground_truth.front(case.cost)
        lines, elsewhere = [], []
        for most in (0.0, *LIMITS):
            good = np.flatnonzero(points[:, 0] <= most)
            if not len(good):
                continue
            best = good[points[good, 1].argmin()]
            (vector,) = case.outcomes.space.vectors(numbers[[best]])
            paired = case.outcomes.paired(vector)
            low, high = interval(paired)
            saved = (1 - points[best, 1] / case.exact, case.by_their_weights(vector))
            shares = (f"{share:.1%}" for share in saved)
            text = " ".join(map(str, vector))
            drop = (f"{paired.drop:z.1f}", f"{low:z.1f} to {high:z.1f}")
            lines.append((f"{most:g}", *shares, *drop, text))
            if case.name == "ours":
                elsewhere += self._elsewhere(text, case.outcomes.space.assignment(vector))
        heading = ("at most", "saved", "by ALWANN's weights", "drop", "95 %", "blocks by layer")
        print_table(heading, lines, numbers=True)
        if elsewhere:
            print("Each compensated by itself, on images that select, and on all that report")
            print_table(
                ("blocks by layer", "select", "95 %", "test", "95 %"), elsewhere, numbers=True
            )

    def _elsewhere(self, text: str, assignment: Assignment) -> list[tuple[str, ...]]:
        """Drops on other images; nothing where they have not run and are not to be run."""
        cells = []
        for part in ("select", "report"):
            paired = self._runs.paired(assignment, part)
            if paired is None:
                return []
            low, high = interval(paired)
            cells += [f"{paired.drop:z.2f}", f"{low:z.1f} to {high:z.1f}"]
        return [(text, *cells)]

    def _print_regret(self, case: _Case) -> None:
        ground_truth, cost = case.outcomes.ground_truth(), case.cost
        own = by_scores(case.scores, cost, _RUNS)
        lines = [self._regret_line(f"scores, {len(own)} runs", [regrets(ground_truth, cost, own)])]
        for times in _TIMES:
            budget = times * _RUNS
            some = [
                regrets(ground_truth, cost, by_nsga2(ground_truth, cost, budget, seed))
                for seed in range(SEEDS)
            ]
            lines.append(self._regret_line(f"NSGA-II, {budget} runs", some))
        some = [
            regrets(ground_truth, cost, by_random(ground_truth, _RUNS, seed))
            for seed in range(SEEDS)
        ]
        lines.append(self._regret_line(f"random, {_RUNS} runs", some))
        print(f"Regret of energy: median and largest of {SEEDS} seeds")
        print_table(("search", *(f"at most {most:g}" for most in LIMITS)), lines, numbers=True)

    @staticmethod
    def _regret_line(title: str, some: list[list[float]]) -> tuple[str, ...]:
        cells = []
        for values in np.array(some).T:
            if np.isnan(values).all():
                cells.append("")
            elif len(values) == 1:
                cells.append(_percent(values[0]))
            else:
                cells.append(f"{_percent(np.median(values))}, {_percent(values.max())}")
        return (title, *cells)

    def _case_ours(self) -> _Case | None:
        names = _OURS[self._arguments.exhaustive_blocks]
        blocks = [by_name(name) for name in names]
        space = Space.by_layer(self._graph, blocks, maxdnn_ours.LAYERS)
        seen = self._images.proposing(_PROFILE)
        folder = self._folder / "ours"
        stored = self._arguments.stored
        outcomes = ours_outcomes(
            self._graph,
            space,
            self._test,
            self._graph.codes(seen.images),
            folder / self._stored_as,
            spacing=_SPACING,
            threads=self._arguments.threads,
            stored=stored,
        )
        if outcomes is None:
            return None
        profile = profiled(self._graph, seen, folder, self._arguments.threads)
        cost, exact = _cost(space, names)
        return _Case("ours", outcomes, cost, exact, quadratic_scores(profile, space))

    def _case_theirs(self) -> _Case | None:
        chosen = _THEIRS[self._arguments.exhaustive_blocks]
        names = [block.name for block in chosen]
        blocks = [by_name(name) for name in names]
        space = Space.by_layer(self._graph, blocks, maxdnn_ours.LAYERS)
        folder, stored = self._folder / "theirs", self._arguments.stored
        count = len(self._test)
        outcomes = theirs_outcomes(
            Theirs(self._frozen, self._test.images),
            chosen,
            space,
            self._test,
            folder / self._stored_as,
            stored=stored,
        )
        if outcomes is None:
            return None
        split = self._images.proposing(count)
        runs = TheirRuns(
            Theirs(self._frozen, split.images), split, folder / f"alone-{count}.npz", stored=stored
        )
        alphabet: tuple[Unsigned, ...] = (unsigned(), *chosen)
        scores = divergences(runs, alphabet)
        if scores is None:
            return None
        cost, exact = _cost(space, names)
        return _Case("theirs", outcomes, cost, exact, scores[:, 1:])


def _cost(space: Space, names: Sequence[str]) -> tuple[MultiplierEnergy, float]:
    """Energy by true multiplications of the seven convolutions, and that of exact blocks."""
    energies = energies_of([by_name(name) for name in ("exact", *names)], "generic45")
    exact = float(space.macs.sum()) * energies[0] / 1000
    return MultiplierEnergy(space, energies[1:]), exact


def _percent(value: float) -> str:
    return "none" if not np.isfinite(value) else f"{value:.1%}"
