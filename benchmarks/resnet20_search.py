"""Energy of ResNet-20's multiplications on CIFAR-10, searched by scores, chosen by a bound.

    python benchmarks/resnet20_search.py [--resnet20 FILE] [--alphabets precision blocks both]
        [--levels layers filters] [--energies generic45|published] [--folder F] [--plot FILE.svg]
        [--stored]

Three alphabets: multipliers of lower precision alone, approximate ones alone, and both; a block for
each layer, or for each filter (filters of a layer then agree on the bits of their activations,
which the layer before rounds). No retraining; the weights of each filter are chosen together, for
all blocks alike. One profile of training images scores all filters with all blocks; the scores of
units add up, and a Lagrange multiplier gives the assignments with the best score at 75, 80, 85 and
90 percent of the energy saved: the same for all alphabets. These are evaluated on 2,000 training
images, compensated layer after layer, until the accuracy drop is too large; then the gap around a
drop of 1 percentage point is halved.

The network is the one that comes with hawx, whose training has left out the images that select.
One half of these selects: the design of a constraint is the cheapest whose bound keeps it
(:mod:`resnet20_choice`), as ``hawx pick`` chooses. The other half and the test images report. With
``--resnet20`` it is the published checkpoint, whose training has seen all but the test images.

What approximate blocks add to lower precision is measured on all images that propose nothing: at
each of the equal energies by the images on which only one of both designs is right, and as the
energy that is saved at equal drops (:mod:`resnet20_difference`).

Energy is that of one multiplication in generic45, glitches included (smallest implementation,
uniform operands, best exact multiplier 8 x 8 as the baseline), or the published power of
EvoApproxLib's multipliers at 45 nm. Both shortcuts and the last layer, 0.1 % of the
multiplications, remain exact and are included. Profile, factors and outcomes are stored in the
folder (build/resnet20); an interrupted search continues, several processes can share the work, by
level and alphabet, and ``--stored`` prints what is stored.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import numpy as np
import torch
from ground_truth.stored_profile import stored_profile
from ground_truth.sweep import sweep
from resnet20_alphabets import ALPHABETS, ENERGIES, UNIFORM, alphabet, energies_of
from resnet20_choice import Point, judge
from resnet20_figure import draw
from resnet20_joint import joint_scores, stored_factors
from resnet20_runs import Runs
from resnet20_tables import Row, print_tables

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.registry import by_name
from hawx_hw.datasets import load
from hawx_hw.datasets.dataset import Dataset, Split
from hawx_hw.datasets.roles import Roles, roles
from hawx_hw.graph.graph import Conv2d, Graph
from hawx_hw.importing import sources
from hawx_hw.quantize.calibration import quantize_layers
from hawx_hw.scores.profile import Profile
from hawx_hw.search.cost import MultiplierEnergy

LEVELS = ("layers", "filters")
_CALIBRATION, _PROFILE, _COMPENSATION, _SEARCH = 512, 64, 128, 2000
#: Shares of energy to save, up to this accuracy drop on the images of the search.
_SAVED = (0.75, 0.80, 0.85, 0.90)
_TOO_MUCH = 4.5
#: Drops on the images of the search, in percentage points, around which gaps are halved.
_HALVED = (1.0,)


def main() -> None:
    """Print the tables, draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resnet20", type=Path, help="the published checkpoint")
    parser.add_argument("--alphabets", nargs="+", choices=ALPHABETS, default=ALPHABETS)
    parser.add_argument("--levels", nargs="+", choices=LEVELS, default=LEVELS)
    parser.add_argument("--energies", choices=ENERGIES, default=ENERGIES[0])
    parser.add_argument("--folder", type=Path, default=Path("build/resnet20"))
    parser.add_argument("--plot", type=Path, help="an SVG")
    parser.add_argument("--stored", action="store_true", help="make no new evaluations")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    dataset = load("cifar10")
    images = roles(dataset)
    graph = network(arguments.resnet20, dataset, images.proposing(_CALIBRATION).images)
    parts = parts_of(images)
    compensating = graph.codes(images.proposing(_COMPENSATION).images)
    runs = Runs(
        graph,
        compensating,
        parts,
        arguments.folder,
        threads=arguments.threads,
        stored=arguments.stored,
    )
    exact = _print_exact(runs, parts)
    scored = _scored(graph, images.proposing(_PROFILE), compensating, arguments)
    rows: dict[tuple[str, str], Row] = {}
    if LEVELS[0] in arguments.levels:
        points = uniform(graph, scored.layers, runs, arguments.energies)
        _add_row(rows, ("precision", "uniform"), points, runs)
    for level in arguments.levels:
        for name in arguments.alphabets:
            search = Search(graph, scored, name, level, arguments.energies)
            _add_row(rows, (name, level), search.points(runs), runs)
    print_tables(rows)
    if arguments.plot:
        lines = {
            key: [(point.saved, row.report(point).drop) for point in row.points]
            for key, row in rows.items()
        }
        draw(lines, exact, arguments.plot)


def network(checkpoint: Path | None, dataset: Dataset, images: np.ndarray) -> Graph:
    """The integer graph of the shipped network, or of a checkpoint."""
    request = sources.Request("resnet20", Path(), checkpoint)
    layers = sources.load(request, dataset, images).layers
    return quantize_layers(layers, images, name="resnet20")


def parts_of(images: Roles) -> dict[str, Split]:
    """The images by what they are for: those that select are halved, for selection and report."""
    select, rest = (images.select.take(np.arange(half, len(images.select), 2)) for half in (0, 1))
    report = Split(
        np.concatenate([rest.images, images.test.images]),
        np.concatenate([rest.labels, images.test.labels]),
    )
    return {"search": images.proposing(_SEARCH), "select": select, "report": report}


def _print_exact(runs: Runs, parts: dict[str, Split]) -> float:
    """Print the exact accuracies; that on images that report, in percent."""
    accuracies = {}
    for part, split in parts.items():
        right = runs.right({}, part)
        if right is None:
            raise SystemExit("Nothing is stored")
        accuracies[part] = 100 * float(right.mean())
        print(f"exact: {accuracies[part]:.2f} % of {len(split):,} images to {part}", flush=True)
    return accuracies["report"]


def _add_row(
    rows: dict[tuple[str, str], Row], key: tuple[str, str], points: list[Point], runs: Runs
) -> None:
    """Judge points by the images that select, of those that are stored where nothing new runs."""
    some = [
        point
        for point in points
        if point.search.drop <= _TOO_MUCH
        and None not in [runs.paired(point.assignment, part) for part in ("select", "report")]
    ]
    if not some:
        return
    exact = some[0].energy_pj / (1 - some[0].saved)
    judged = judge(some, runs, exact)
    if judged is not None:
        rows[key] = Row(some, judged, runs)


@dataclass(frozen=True)
class Scored:
    """What the scores of all assignments follow from.

    Parameters
    ----------
    layers : list of str
        The searched layers.
    profile : Profile
        Of the blocks of all alphabets.
    factors : dict of str to ndarray
        From :func:`stored_factors`, of the profile's blocks.
    """

    layers: list[str]
    profile: Profile
    factors: dict[str, np.ndarray]


class Search:
    """One alphabet at one level.

    Parameters
    ----------
    graph : Graph
    scored : Scored
    name, level, energies : str
        Elements of :data:`ALPHABETS`, :data:`LEVELS`, :data:`ENERGIES`.
    """

    def __init__(self, graph: Graph, scored: Scored, name: str, level: str, energies: str):
        layers = scored.layers
        blocks = [by_name(block) for block in alphabet(name, energies)]
        make = Space.by_layer if level == "layers" else Space.by_filter
        self._title = f"{name}, {level}"
        self._space = make(graph, blocks, layers)
        self._cost = _cost(graph, self._space, energies)
        self._scores = joint_scores(graph, scored.profile, scored.factors, self._space)
        self._options: dict[str, np.ndarray] = {}
        if level == "filters":
            units = [np.unique(self._space.unit(layer)) for layer in layers]
            self._options["groups"] = np.repeat(np.arange(len(layers)), [len(u) for u in units])
            steps = [block.activation_step for block in blocks]
            self._options["kinds"] = np.unique(steps, return_inverse=True)[1]
        self._exact = self._energy(self._space.uniform(0))

    def points(self, runs: Runs) -> list[Point]:
        """The evaluated points, by the energy saved."""
        evaluated: dict[tuple[int, ...], Point] = {}
        for saved in _SAVED:
            point = self._point(saved, runs)
            if point is None:
                continue
            evaluated[point.vector] = point
            if point.search.drop > _TOO_MUCH:
                break
        for limit in _HALVED:
            points = sorted(evaluated.values(), key=lambda point: point.saved)
            good = max((p.saved for p in points if p.search.drop <= limit), default=0)
            bad = [p.saved for p in points if p.search.drop > limit and p.saved > good]
            if good and bad:
                point = self._point((good + min(bad)) / 2, runs)
                if point is not None:
                    evaluated[point.vector] = point
        return sorted(evaluated.values(), key=lambda point: point.saved)

    def _point(self, saved: float, runs: Runs) -> Point | None:
        """The assignment with the best score that saves so much; None where there is none."""
        rest = self._exact - float(self._cost.table[np.arange(self._space.units), 0].sum())
        limit = (1 - saved) * self._exact - rest
        if limit < self._cost.table.min(axis=1).sum():
            return None
        (vector,) = sweep(self._scores, self._cost.table, np.array([limit]), **self._options)
        assignment = self._space.assignment(vector)
        paired = runs.paired(assignment, "search")
        if paired is None:
            return None
        energy = self._energy(vector)
        counts = np.bincount(vector, weights=self._space.macs, minlength=len(self._space.blocks))
        mix = tuple(
            (block.name, float(count / counts.sum()))
            for block, count in zip(self._space.blocks, counts, strict=True)
            if count
        )
        share = 1 - energy / self._exact
        print(
            f"  {self._title}: saved {100 * share:.1f} %: drop {paired.drop:.2f} on images of the "
            f"search, {runs.seconds(assignment):.0f} s",
            file=sys.stderr,
            flush=True,
        )
        return Point(tuple(vector.tolist()), assignment, energy, share, paired, mix, saved)

    def _energy(self, vector: np.ndarray) -> float:
        return float(self._cost(vector[None])[self._cost.objective][0])


def _cost(graph: Graph, space: Space, energies: str) -> MultiplierEnergy:
    values = energies_of(space.blocks, energies)
    rest = graph.macs - int(space.macs.sum())
    return MultiplierEnergy(space, values, rest=rest, rest_fj=values[0])


def _scored(
    graph: Graph, seen: Split, compensating: np.ndarray, arguments: argparse.Namespace
) -> Scored:
    """Profile and factors, stored."""
    layers = [
        node.name
        for node in graph.nodes
        if isinstance(node, Conv2d) and node.weight.shape[2] > 1  # shortcuts are 1 x 1
    ]
    names = [block for name in ALPHABETS for block in alphabet(name, arguments.energies)]
    blocks = [by_name(name) for name in dict.fromkeys(names)]
    folder = arguments.folder / arguments.energies
    factors = stored_factors(graph, layers, blocks, compensating, folder)
    # What choosing weights together changes, the factors are.
    profile = stored_profile(
        graph, blocks, seen, folder, weights="one_by_one", threads=arguments.threads
    )
    return Scored(layers, profile, factors)


def uniform(graph: Graph, layers: Sequence[str], runs: Runs, energies: str) -> list[Point]:
    """One lower precision for all searched layers."""
    points = []
    blocks = [by_name(name) for name in ("exact", *UNIFORM[energies])]
    space = Space.by_layer(graph, blocks, layers)
    cost = _cost(graph, space, energies)
    exact = float(cost(space.uniform(0)[None])[cost.objective][0])
    for index, block in enumerate(blocks[1:], start=1):
        vector = space.uniform(index)
        energy = float(cost(vector[None])[cost.objective][0])
        assignment = space.assignment(vector)
        paired = runs.paired(assignment, "search")
        if paired is not None:
            key, mix = tuple(vector.tolist()), ((block.name, 1.0),)
            points.append(Point(key, assignment, energy, 1 - energy / exact, paired, mix))
    return points


if __name__ == "__main__":
    main()
