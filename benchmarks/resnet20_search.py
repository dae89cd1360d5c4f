"""Energy of ResNet-20's multiplications on CIFAR-10, searched by scores, chosen on training images.

    python benchmarks/resnet20_search.py --resnet20 FILE [--alphabets precision blocks both]
        [--levels layers filters] [--energies generic45 published] [--folder F] [--plot FILE.svg]
        [--stored]

Three alphabets: multipliers of lower precision alone, approximate ones alone, and both; a block for
each layer, or for each filter (filters of a layer then agree on the bits of their activations,
which the layer before rounds). No retraining. One profile of training images scores all filters
with all blocks; the scores of units add up, and a Lagrange multiplier gives the assignments with
the best score at 30, 50, 55, ... percent of the energy saved. These are evaluated on 1,000 training
images, compensated layer after layer, until the accuracy drop is too large; then the gaps around
drops of 0, 0.5, 1 and 2 percentage points are halved. The assignment with the largest saving within
each of these drops on training images is chosen; its drop on the 1,000 test images is reported.
Uniform lower precision is evaluated likewise, and with weights remapped one by one.

Energy is that of one multiplication in generic45 (smallest implementation, uniform operands, best
exact multiplier 8 x 8 as the baseline), or the published power of EvoApproxLib's multipliers at
45 nm. The first layer that normalizes, both shortcuts and the last layer, 0.7 % of the
multiplications, remain exact and are included. Profile and evaluations are stored in the folder
(build/resnet20); an interrupted search continues, and ``--stored`` prints the stored ones.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import numpy as np
import resnet20
import torch
from ground_truth.sweep import sweep
from resnet20_alphabets import ALPHABETS, ENERGIES, alphabet, energies_of
from resnet20_figure import draw
from resnet20_joint import joint_factors, joint_scores
from resnet20_runs import Run, Runs

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.registry import by_name
from hawx_hw.datasets import load
from hawx_hw.datasets.dataset import Split, evenly_spaced
from hawx_hw.graph.graph import Conv2d, Graph
from hawx_hw.quantize import codes
from hawx_hw.quantize.calibration import quantize
from hawx_hw.scores.measure import measure
from hawx_hw.scores.profile import Profile, load_profile, save_profile
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.util.files import write_bytes
from hawx_hw.util.tables import print_table

LEVELS = ("layers", "filters")
#: Limits of the accuracy drop on training images, in percentage points.
LIMITS = (0.0, 0.5, 1.0, 2.0)
_CALIBRATION, _PROFILE, _COMPENSATION, _SEEN = 512, 128, 128, 1000
#: Shares of energy to save, up to this accuracy drop.
_SAVED = (0.30, *(round(0.05 * step, 2) for step in range(10, 20)))
_TOO_MUCH = 4.0
_HALVINGS = 1
#: Bits of weight and activation that are evaluated for all layers.
_UNIFORM = {
    "generic45": ((4, 5), (3, 5), (5, 5), (5, 6)),
    "published": ((4, 8), (5, 8), (3, 8)),
}


@dataclass(frozen=True)
class Point:
    """One assignment: its share of saved energy, its evaluation, and the share of each block in the
    searched multiplications."""

    saved: float
    run: Run
    vector: tuple[int, ...]
    mix: tuple[tuple[str, float], ...] = ()


def main() -> None:
    """Print the tables, draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resnet20", type=Path, required=True, help="the checkpoint")
    parser.add_argument("--alphabets", nargs="+", choices=ALPHABETS, default=ALPHABETS)
    parser.add_argument("--levels", nargs="+", choices=LEVELS, default=LEVELS)
    parser.add_argument("--energies", nargs="+", choices=ENERGIES, default=ENERGIES)
    parser.add_argument("--folder", type=Path, default=Path("build/resnet20"))
    parser.add_argument("--plot", type=Path, help="an SVG, of the first of --energies")
    parser.add_argument("--stored", action="store_true", help="make no new evaluations")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    dataset = load("cifar10")
    pixels = evenly_spaced(dataset.train, _CALIBRATION).images
    graph = quantize(resnet20.load(arguments.resnet20), pixels, name="resnet20")
    layers = [
        node.name
        for node in graph.nodes
        if isinstance(node, Conv2d) and node.weight.shape[2] > 1  # 1 x 1 ones were added
    ]
    profile = _profile(graph, evenly_spaced(dataset.train, _PROFILE), arguments)
    factors = _factors(graph, layers, profile, dataset.train, arguments.folder / "factors.npz")
    runs = {
        level: Runs(
            graph,
            codes(evenly_spaced(dataset.train, _COMPENSATION).images),
            evenly_spaced(dataset.train, _SEEN),
            dataset.test,
            # A file each, so that both levels can be run at a time.
            arguments.folder / f"runs_{level}.npz",
            threads=arguments.threads,
            stored=arguments.stored,
        )
        for level in arguments.levels
    }
    train, test = runs[arguments.levels[0]].exact
    print(f"exact: {train:.1f} % of {_SEEN} training images, {test:.1f} % of {len(dataset.test)}")
    for number, energies in enumerate(arguments.energies):
        curves = {}
        for name in arguments.alphabets:
            for level in arguments.levels:
                search = Search(graph, layers, profile, factors, name, level, energies)
                curves[name, level] = search.front(runs[level])
        uniform = []
        if LEVELS[0] in runs:
            uniform = _uniform(graph, layers, runs[LEVELS[0]], energies)
        _report(energies, curves, uniform)
        if arguments.plot and number == 0:
            draw(_lines(curves, uniform), test, arguments.plot)


class Search:
    """One alphabet at one level.

    Parameters
    ----------
    graph : Graph
    layers : sequence of str
        The searched layers.
    profile : Profile
    factors : dict of str to ndarray
        From :func:`joint_factors`, of the profile's blocks.
    name, level, energies : str
        Elements of :data:`ALPHABETS`, :data:`LEVELS`, :data:`ENERGIES`.
    """

    def __init__(
        self,
        graph: Graph,
        layers: Sequence[str],
        profile: Profile,
        factors: dict[str, np.ndarray],
        name: str,
        level: str,
        energies: str,
    ):
        blocks = [by_name(block) for block in alphabet(name, energies)]
        make = Space.by_layer if level == "layers" else Space.by_filter
        self._space = make(graph, blocks, layers)
        self._cost = _cost(graph, self._space, energies)
        self._scores = joint_scores(graph, profile, factors, self._space)
        self._options: dict[str, np.ndarray] = {}
        if level == "filters":
            units = [np.unique(self._space.unit(layer)) for layer in layers]
            self._options["groups"] = np.repeat(np.arange(len(layers)), [len(u) for u in units])
            steps = [block.activation_step for block in blocks]
            self._options["kinds"] = np.unique(steps, return_inverse=True)[1]
        self._exact = self._energy(self._space.uniform(0))

    def front(self, runs: Runs) -> list[Point]:
        """The evaluated points, by the energy saved."""
        evaluated: dict[tuple[int, ...], Point] = {}
        for saved in _SAVED:
            point = self._point(saved, runs)
            if point is None:
                break
            evaluated[point.vector] = point
            if point.run.train > _TOO_MUCH:
                break
        for limit in LIMITS:
            for _ in range(_HALVINGS):
                points = sorted(evaluated.values(), key=lambda point: point.saved)
                good = [point.saved for point in points if point.run.train <= limit]
                bad = [
                    p.saved
                    for p in points
                    if p.run.train > limit and p.saved > max(good, default=0)
                ]
                if not good or not bad:
                    break
                point = self._point((max(good) + min(bad)) / 2, runs)
                if point is None or point.vector in evaluated:
                    break
                evaluated[point.vector] = point
        return sorted(evaluated.values(), key=lambda point: point.saved)

    def _point(self, saved: float, runs: Runs) -> Point | None:
        """The assignment with the best score that saves so much; None where there is none."""
        rest = self._exact - float(self._cost.table[np.arange(self._space.units), 0].sum())
        limit = (1 - saved) * self._exact - rest
        if limit < self._cost.table.min(axis=1).sum():
            return None
        (vector,) = sweep(self._scores, self._cost.table, np.array([limit]), **self._options)
        share = 1 - self._energy(vector) / self._exact
        run = runs(self._space.assignment(vector))
        if run is None:
            return None
        counts = np.bincount(vector, weights=self._space.macs, minlength=len(self._space.blocks))
        mix = tuple(
            (block.name, float(count / counts.sum()))
            for block, count in zip(self._space.blocks, counts, strict=True)
            if count
        )
        point = Point(share, run, tuple(vector.tolist()), mix)
        print(
            f"  saved {100 * share:.1f} %: accuracy drop {run.train:.1f} on training images, "
            f"{run.test:.1f} on test images",
            file=sys.stderr,
            flush=True,
        )
        return point

    def _energy(self, vector: np.ndarray) -> float:
        return float(self._cost(vector[None])[self._cost.objective][0])


def _cost(graph: Graph, space: Space, energies: str) -> MultiplierEnergy:
    values = energies_of(space.blocks, energies)
    rest = graph.macs - int(space.macs.sum())
    return MultiplierEnergy(space, values, rest=rest, rest_fj=values[0])


def _factors(
    graph: Graph, layers: Sequence[str], profile: Profile, train: Split, path: Path
) -> dict[str, np.ndarray]:
    """The factors of the profile's blocks, stored."""
    key = ",".join(profile.digests)
    if path.is_file():
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            if str(file["key"]) == key:
                return {name: file[name] for name in layers}
    start = time.perf_counter()
    blocks = [by_name(name) for name in _names()]
    factors = joint_factors(
        graph, layers, blocks, codes(evenly_spaced(train, _COMPENSATION).images)
    )
    content = io.BytesIO()
    arrays: dict[str, Any] = {"key": np.array(key), **factors}
    np.savez(content, **arrays)
    write_bytes(path, content.getvalue())
    print(f"factors of joint rounding: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return factors


def _names() -> tuple[str, ...]:
    """Names of all blocks of all alphabets."""
    return tuple(
        dict.fromkeys(
            block
            for name in ALPHABETS
            for energies in ENERGIES
            for block in alphabet(name, energies)
        )
    )


def _profile(graph: Graph, seen: Split, arguments: argparse.Namespace) -> Profile:
    """The profile of all blocks of all alphabets, stored."""
    blocks = [by_name(name) for name in _names()]
    path: Path = arguments.folder / "profile.npz"
    if path.is_file():
        profile = load_profile(path)
        if profile.digests == tuple(block.digest for block in blocks):
            return profile
    start = time.perf_counter()
    profile = measure(
        graph,
        blocks,
        codes(seen.images),
        seen.labels,
        activation_rounding=True,
        threads=arguments.threads,
    )
    save_profile(profile, path)
    print(
        f"profile of {len(blocks)} blocks on {len(seen)} images: "
        f"{time.perf_counter() - start:.0f} s",
        file=sys.stderr,
    )
    return profile


def _uniform(
    graph: Graph, layers: Sequence[str], runs: Runs, energies: str
) -> list[tuple[str, Point, Run]]:
    """One lower precision for all searched layers: the cheapest with a small accuracy drop."""
    points = []
    blocks = [by_name(name) for name in alphabet("precision", energies)]
    space = Space.by_layer(graph, blocks, layers)
    cost = _cost(graph, space, energies)
    names = [block.name for block in blocks]
    exact = cost(space.uniform(0)[None])[cost.objective][0]
    for bits in _UNIFORM[energies]:
        index = names.index("precision(w={},a={})".format(*bits))
        vector = space.uniform(index)
        saved = 1 - cost(vector[None])[cost.objective][0] / exact
        assignment = space.assignment(vector)
        run, separate = runs(assignment), runs(assignment, joint=False)
        if run is not None and separate is not None:
            point = Point(float(saved), run, tuple(vector.tolist()))
            points.append((names[index], point, separate))
    return points


def _report(
    energies: str,
    curves: dict[tuple[str, str], list[Point]],
    uniform: list[tuple[str, Point, Run]],
) -> None:
    print(f"\nEnergy of {energies}: saved, accuracy drop on test images (on training images)")
    rows = []
    for (name, level), points in curves.items():
        row = [f"{name}, {level}", *(_cell(points, limit) for limit in LIMITS)]
        times = [point.run.seconds for point in points]
        rows.append([*row, str(len(times)), f"{sum(times):.0f}"])
    times = [point.run.seconds for _, point, _ in uniform]
    row = ["uniform lower precision"]
    row += [_cell([point for _, point, _ in uniform], limit) for limit in LIMITS]
    rows.append([*row, str(len(times)), f"{sum(times):.0f}"])
    heading = ("alphabet", *(f"<= {limit:g}" for limit in LIMITS), "runs", "seconds")
    print_table(heading, rows, numbers=True)
    rows = [
        [
            name,
            f"{point.saved:.1%}",
            *(f"{drop:.1f}" for drop in (point.run.train, point.run.test, one.train, one.test)),
        ]
        for name, point, one in uniform
    ]
    print("Multiplications of the designs chosen within 1 percentage point:")
    for (name, level), points in curves.items():
        best = _best(points, 1.0)
        mix = sorted(best.mix, key=lambda pair: -pair[1]) if best else []
        print(f"  {name}, {level}: " + ", ".join(f"{block} {share:.0%}" for block, share in mix))
    heading = ("uniform", "saved", "training", "test", "one by one: training", "test")
    print_table(heading, rows, numbers=True)


def _best(points: list[Point], limit: float) -> Point | None:
    """The point with the largest saving within the limit on training images."""
    good = [point for point in points if point.run.train <= limit]
    return max(good, key=lambda point: point.saved) if good else None


def _cell(points: list[Point], limit: float) -> str:
    best = _best(points, limit)
    return f"{best.saved:.1%}, {best.run.test:.1f} ({best.run.train:.1f})" if best else "none"


def _lines(
    curves: dict[tuple[str, str], list[Point]], uniform: list[tuple[str, Point, Run]]
) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Savings and accuracy drops on test images of the plotted points."""
    lines = {
        key: [(point.saved, point.run.test) for point in points] for key, points in curves.items()
    }
    lines["precision", "uniform"] = [(point.saved, point.run.test) for _, point, _ in uniform]
    return lines


if __name__ == "__main__":
    main()
