"""Setting *ours*: ResNet-8 searched by scores at the levels of MAx-DNN, chosen on other images."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ground_truth.stored_profile import stored_profile
from ground_truth.sweep import sweep
from maxdnn_levels import level_space, unit_scores
from maxdnn_theirs import THEIR_MACS
from resnet20_alphabets import energies_of
from resnet20_choice import Point
from resnet20_runs import Runs

from hawx_hw.assignment.space import Space
from hawx_hw.blocks import Block
from hawx_hw.blocks.assignment import Assignment
from hawx_hw.blocks.registry import by_name
from hawx_hw.datasets.dataset import Split
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Graph, Linear, node_macs
from hawx_hw.scores.profile import Profile
from hawx_hw.search.pareto import pareto

__all__ = [
    "ALPHABETS",
    "Accounting",
    "Row",
    "alphabet",
    "energies",
    "front",
    "profiled",
    "searched",
    "uniform_points",
]

#: ``skip`` is ROUP, and parts of kernels that are skipped altogether.
ALPHABETS = ("ROUP", "precision", "both", "skip")
_ROUP = (
    *("roupa(p=0,r=6)", "roup(p=1,r=2)", "roup(p=1,r=3)", "roup(p=1,r=4)", "roup(p=2,r=2)"),
    *("roup(p=2,r=3)", "roup(p=2,r=4)", "roup(p=2,r=5)", "roup(p=3,r=4)", "roup(p=3,r=5)"),
)
_PRECISION = ((6, 6), (5, 6), (5, 5), (4, 6), (4, 5), (4, 4), (3, 6), (3, 5), (3, 4), (2, 5))
#: Shares of energy to save, up to this accuracy drop on the images of the search.
_SAVED = tuple(step / 40 for step in range(20, 37))
_TOO_MUCH = 7.0
#: Drops on the images of the search, in percentage points, around which gaps are halved.
_HALVED = (1.0, 4.0)
_HALVINGS = 1


def alphabet(name: str) -> list[Block]:
    """The blocks of one of :data:`ALPHABETS`, the exact one first."""
    precision = tuple(f"precision(w={w},a={a})" for w, a in _PRECISION)
    names = {
        "ROUP": _ROUP,
        "precision": precision,
        "both": (*precision, *_ROUP),
        "skip": (*_ROUP, "none"),
    }
    return [by_name(block) for block in ("exact", *names[name])]


def energies() -> dict[str, float]:
    """Energy of one multiplication of every block in generic45, in fJ, by the block's digest."""
    blocks = _all_blocks()
    values = energies_of(blocks, "generic45")
    return {block.digest: energy for block, energy in zip(blocks, values, strict=True)}


def _all_blocks() -> list[Block]:
    return [*alphabet("both"), by_name("none")]


class Accounting:
    """Shares of energy that assignments save, with multiplications weighed in two ways.

    Parameters
    ----------
    graph : Graph
    layers : sequence of str
        The searched convolutions. Of the others, only the last layer counts: convolutions of 0 and
        1, which pad shortcuts, are none in the original network.
    energies : mapping of str to float
        Of one multiplication in fJ, by the block's digest: from :func:`energies`.
    theirs : bool
        Whether ``layers`` are the seven of ALWANN's network, whose weights are known, too.
    """

    def __init__(
        self, graph: Graph, layers: Sequence[str], energies: Mapping[str, float], *, theirs: bool
    ):
        self._energy = energies
        self._exact = self._energy[by_name("exact").digest]
        weights = {
            node.name: node_macs(node, graph.tensors[node.name].shape)
            for node in graph.nodes
            if node.name in layers or isinstance(node, Linear)
        }
        self._weights = [weights]
        if theirs:
            self._weights.append(dict(zip(layers, THEIR_MACS, strict=True)))

    @property
    def exact_pj(self) -> float:
        """Energy of the multiplications of an image in the exact network, in pJ."""
        return sum(self._weights[0].values()) * self._exact / 1000

    def table(self, space: Space) -> np.ndarray:
        """Energy of each unit under each block, by true multiplications, in pJ."""
        own = np.array([self._energy[block.digest] for block in space.blocks])
        table: np.ndarray = space.macs[:, None] * own / 1000
        return table

    def saved(self, assignment: Assignment) -> tuple[float, ...]:
        """The share saved by true multiplications and, where known, by ALWANN's weights."""
        share = {}
        for name, layer in assignment.items():
            counts = np.bincount(layer.choice.ravel(), minlength=len(layer.blocks))
            own = [self._energy[block.digest] for block in layer.blocks]
            share[name] = float(counts @ own / counts.sum() / self._exact)
        return tuple(
            1 - sum(count * share.get(name, 1.0) for name, count in weights.items())
            / sum(weights.values())
            for weights in self._weights
        )  # fmt: skip


@dataclass(frozen=True)
class Row:
    """What one alphabet came to at one level.

    Parameters
    ----------
    points : list of Point
        All that were evaluated.
    finalists : list of Point
        The front of the images of the search.
    """

    points: list[Point]
    finalists: list[Point]


def front(points: Sequence[Point], most: float) -> list[Point]:
    """Points that no other beats in energy and drop on the search's images, by energy saved.

    ``most`` is the largest drop on these images, in percentage points.
    """
    some = [point for point in points if point.search.drop <= most]
    if not some:
        return []
    values = np.array([[point.energy_pj, point.search.drop] for point in some])
    return [some[index] for index in sorted(pareto(values), key=lambda i: some[i].saved)]


def profiled(graph: Graph, seen: Split, folder: Path, threads: int) -> Profile:
    """The profile of all blocks with weights of a filter chosen together, stored."""
    return stored_profile(graph, _all_blocks(), seen, folder, weights="together", threads=threads)


def searched(
    graph: Graph,
    layers: Sequence[str],
    profile: Profile,
    images: np.ndarray,
    accounting: Accounting,
    runs: Runs,
    name: str,
    level: str,
) -> Row:
    """Search an alphabet at a level.

    Parameters
    ----------
    graph, layers, accounting, runs
    profile : Profile
        From :func:`profiled`.
    images : ndarray of int8
        Codes that give the shares of parts of kernels.
    name, level : str
        Elements of :data:`ALPHABETS` and :data:`maxdnn_levels.LEVELS`.
    """
    blocks = alphabet(name)
    space = level_space(graph, profile, blocks, layers, level)
    scores = unit_scores(graph, profile, fast.run_all(graph, images), space, level)
    search = _Search(space, scores, accounting, runs, f"{name}, {level}")
    points = search.points()
    return Row(points, front(points, _TOO_MUCH))


class _Search:
    def __init__(
        self, space: Space, scores: np.ndarray, accounting: Accounting, runs: Runs, title: str
    ):
        self._space, self._scores, self._accounting = space, scores, accounting
        self._table, self._runs, self._title = accounting.table(space), runs, title
        self._options: dict[str, np.ndarray] = {}
        if space.units > len(space.layers):
            # Units of a layer agree on the bits of its activations.
            units = [np.unique(space.unit(layer)) for layer in space.layers]
            self._options["groups"] = np.repeat(np.arange(len(units)), [len(u) for u in units])
            # A block without products reads none: it agrees with those beside it, whose step is 1.
            steps = [block.activation_step if block.table.any() else 1 for block in space.blocks]
            self._options["kinds"] = np.unique(steps, return_inverse=True)[1]
        self._evaluated: dict[tuple[int, ...], Point] = {}

    def points(self) -> list[Point]:
        """The evaluated points, by the energy saved."""
        for saved in _SAVED:
            point = self._point(saved)
            if point is None or point.search.drop > _TOO_MUCH:
                break
        for limit in _HALVED:
            for _ in range(_HALVINGS):
                points = self._sorted()
                good = [point.saved for point in points if point.search.drop <= limit]
                bad = [
                    point.saved
                    for point in points
                    if point.search.drop > limit and point.saved > max(good, default=0)
                ]
                if not good or not bad:
                    break
                self._point((max(good) + min(bad)) / 2)
        return self._sorted()

    def _sorted(self) -> list[Point]:
        return sorted(self._evaluated.values(), key=lambda point: point.saved)

    def _point(self, saved: float) -> Point | None:
        """The assignment with the best score that saves so much; None where there is none."""
        units = np.arange(self._space.units)
        exact = self._accounting.exact_pj
        rest = exact - float(self._table[units, 0].sum())
        limit = (1 - saved) * exact - rest
        if limit < self._table.min(axis=1).sum():
            return None
        (vector,) = sweep(self._scores, self._table, np.array([limit]), **self._options)
        key = tuple(vector.tolist())
        if key not in self._evaluated:
            point = evaluated(
                key, self._space.assignment(vector), self._accounting, self._runs, self._title
            )
            if point is None:
                return None
            self._evaluated[key] = point
        return self._evaluated[key]


def evaluated(
    key: tuple[int, ...], assignment: Assignment, accounting: Accounting, runs: Runs, title: str
) -> Point | None:
    """Run an assignment on the images of the search; None where nothing new is to be run."""
    paired = runs.paired(assignment, "search")
    if paired is None:
        return None
    share = accounting.saved(assignment)[0]
    print(
        f"  {title}: saved {100 * share:.1f} %, accuracy drop {paired.drop:.1f}",
        file=sys.stderr,
        flush=True,
    )
    energy = accounting.exact_pj * (1 - share)
    return Point(key, assignment, energy, share, paired, _mix(assignment))


def _mix(assignment: Assignment) -> tuple[tuple[str, float], ...]:
    """The share of each block in the weights."""
    counts: dict[str, int] = {}
    for layer in assignment.values():
        for index, count in enumerate(np.bincount(layer.choice.ravel())):
            name = layer.blocks[index].name
            counts[name] = counts.get(name, 0) + int(count)
    total = sum(counts.values())
    return tuple((name, count / total) for name, count in counts.items())


def uniform_points(
    graph: Graph,
    layers: Sequence[str],
    names: Sequence[str],
    accounting: Accounting,
    runs: Runs,
) -> list[Point]:
    """One block for all searched layers."""
    space = Space.by_layer(graph, [by_name("exact"), *map(by_name, names)], layers)
    points = []
    for index, name in enumerate(names, 1):
        vector = space.uniform(index)
        point = evaluated(
            tuple(vector.tolist()), space.assignment(vector), accounting, runs, f"uniform {name}"
        )
        if point is not None:
            points.append(point)
    return points
