"""Energy of ResNet-20's multiplications on CIFAR-10, searched by scores, chosen by a bound.

    python benchmarks/resnet20_search.py --resnet20 FILE [--alphabets precision blocks both]
        [--levels layers filters] [--energies generic45 published] [--folder F] [--plot FILE.svg]
        [--stored]

Three alphabets: multipliers of lower precision alone, approximate ones alone, and both; a block for
each layer, or for each filter (filters of a layer then agree on the bits of their activations,
which the layer before rounds). No retraining. One profile of training images scores all filters
with all blocks; the scores of units add up, and a Lagrange multiplier gives the assignments with
the best score at 40, 50, 60, 65, ... percent of the energy saved. These are evaluated on 1,000
training images, compensated layer after layer, until the accuracy drop is too large; then the gaps
around drops of 0, 0.5, 1 and 2 percentage points are halved.

What no other evaluated assignment beats on these images runs on 10,000 other training images, which
select: the design of a constraint is the cheapest whose bound keeps it
(:mod:`resnet20_choice`), as ``hawx pick`` chooses. Beside it stands the assignment with the largest
saving within the constraint on the images of the search. The 1,000 test images report. One lower
precision for all layers is chosen likewise, and also evaluated with weights remapped one by one.

Energy is that of one multiplication in generic45, glitches included (smallest implementation,
uniform operands, best exact multiplier 8 x 8 as the baseline), or the published power of
EvoApproxLib's multipliers at 45 nm. The first layer that normalizes, both shortcuts and the last
layer, 0.7 % of the multiplications, remain exact and are included. Profile and outcomes are stored
in the folder (build/resnet20); an interrupted search continues, and ``--stored`` prints the stored
ones.
"""

from __future__ import annotations

import argparse
import hashlib
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
from resnet20_choice import CONSTRAINTS, Chosen, Point, by_bound, by_search, front, interval, judge
from resnet20_figure import draw
from resnet20_joint import joint_factors, joint_scores
from resnet20_runs import Runs

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.registry import by_name
from hawx_hw.datasets import load
from hawx_hw.datasets.dataset import Split
from hawx_hw.datasets.roles import roles
from hawx_hw.graph.graph import Conv2d, Graph
from hawx_hw.quantize import codes
from hawx_hw.quantize.calibration import quantize
from hawx_hw.scores.measure import measure
from hawx_hw.scores.profile import Profile, load_profile, save_profile
from hawx_hw.search.bound import Paired
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.result import SearchResult
from hawx_hw.util.files import write_bytes
from hawx_hw.util.tables import print_table

LEVELS = ("layers", "filters")
_CALIBRATION, _PROFILE, _COMPENSATION, _SEARCH = 512, 128, 128, 1000
#: Shares of energy to save, up to this accuracy drop on the images of the search.
_SAVED = (0.40, 0.50, *(round(0.05 * step, 2) for step in range(12, 20)))
_TOO_MUCH = 4.0
#: Drops on the images of the search, in percentage points, around which gaps are halved.
_HALVED = (0.0, 0.5, 1.0, 2.0)
#: Bits of weight and activation that are evaluated for all layers, and whether also with weights
#: one by one.
_UNIFORM = {
    "generic45": {
        (6, 6): False,
        (5, 6): True,
        (4, 6): False,
        (5, 5): True,
        (4, 5): True,
        (3, 5): True,
    },
    "published": {(5, 8): True, (4, 8): True, (3, 8): True},
}


@dataclass(frozen=True)
class Row:
    """What one alphabet at one level, or uniform precision, came to.

    Parameters
    ----------
    points : list of Point
        All that were evaluated.
    finalists : list of Point
        The front of the images of the search; all designs of uniform precision.
    judged : SearchResult
        The same, on images that select.
    """

    points: list[Point]
    finalists: list[Point]
    judged: SearchResult


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
    images = roles(dataset)
    calibration = images.proposing(_CALIBRATION).images
    graph = quantize(resnet20.load(arguments.resnet20), calibration, name="resnet20")
    layers = [
        node.name
        for node in graph.nodes
        if isinstance(node, Conv2d) and node.weight.shape[2] > 1  # 1 x 1 ones were added
    ]
    compensating = codes(images.proposing(_COMPENSATION).images)
    parts = {
        "search": images.proposing(_SEARCH),
        "select": images.select,
        "test": images.test,
    }
    runs = {
        level: Runs(
            graph,
            compensating,
            parts,
            # A folder each, so that both levels can be run at a time.
            arguments.folder / level,
            threads=arguments.threads,
            stored=arguments.stored,
        )
        for level in arguments.levels
    }
    select = _print_exact(runs[arguments.levels[0]], parts)
    for number, energies in enumerate(arguments.energies):
        blocks = [by_name(name) for name in _names(energies)]
        folder = arguments.folder / energies
        profile = _profile(graph, blocks, images.proposing(_PROFILE), folder, arguments.threads)
        factors = _factors(graph, layers, blocks, compensating, folder / "factors.npz")
        rows: dict[tuple[str, str], Row] = {}
        separate: dict[tuple[int, ...], Separate] = {}
        if LEVELS[0] in runs:
            points, separate = uniform(graph, layers, runs[LEVELS[0]], energies)
            _add_row(rows, ("precision", "uniform"), points, points, runs[LEVELS[0]])
        for name in arguments.alphabets:
            for level in arguments.levels:
                search = Search(graph, layers, profile, factors, name, level, energies)
                points = search.points(runs[level])
                _add_row(rows, (name, level), points, front(points, _TOO_MUCH), runs[level])
        _report(energies, rows, runs, separate)
        if arguments.plot and number == 0:
            draw(_lines(rows, runs), select, arguments.plot)


def _print_exact(runs: Runs, parts: dict[str, Split]) -> float:
    """Print the exact accuracies; that on images that select, in percent."""
    accuracies = {}
    for part, split in parts.items():
        right = runs.right({}, part)
        if right is None:
            raise SystemExit("Nothing is stored")
        accuracies[part] = 100 * float(right.mean())
        print(f"exact: {accuracies[part]:.1f} % of {len(split):,} images to {part}")
    return accuracies["select"]


def _add_row(
    rows: dict[tuple[str, str], Row],
    key: tuple[str, str],
    points: list[Point],
    finalists: list[Point],
    runs: Runs,
) -> None:
    """Judge some points by the images that select; no row where a point has not run."""
    if not finalists:
        return
    exact = finalists[0].energy_pj / (1 - finalists[0].saved)
    judged = judge(finalists, runs, exact)
    if judged is not None:
        rows[key] = Row(points, finalists, judged)


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

    def points(self, runs: Runs) -> list[Point]:
        """The evaluated points, by the energy saved."""
        evaluated: dict[tuple[int, ...], Point] = {}
        for saved in _SAVED:
            point = self._point(saved, runs)
            if point is None:
                break
            evaluated[point.vector] = point
            if point.search.drop > _TOO_MUCH:
                break
        for limit in _HALVED:
            points = sorted(evaluated.values(), key=lambda point: point.saved)
            good = [point.saved for point in points if point.search.drop <= limit]
            bad = [
                p.saved for p in points if p.search.drop > limit and p.saved > max(good, default=0)
            ]
            if not good or not bad:
                continue
            point = self._point((max(good) + min(bad)) / 2, runs)
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
            f"  saved {100 * share:.1f} %: accuracy drop {paired.drop:.1f} on images of the search",
            file=sys.stderr,
            flush=True,
        )
        return Point(tuple(vector.tolist()), assignment, energy, share, paired, mix)

    def _energy(self, vector: np.ndarray) -> float:
        return float(self._cost(vector[None])[self._cost.objective][0])


def _cost(graph: Graph, space: Space, energies: str) -> MultiplierEnergy:
    values = energies_of(space.blocks, energies)
    rest = graph.macs - int(space.macs.sum())
    return MultiplierEnergy(space, values, rest=rest, rest_fj=values[0])


def _factors(
    graph: Graph, layers: Sequence[str], blocks: list[Block], images: np.ndarray, path: Path
) -> dict[str, np.ndarray]:
    """The factors of the profile's blocks, stored."""
    digest = hashlib.sha256(np.ascontiguousarray(images).data).hexdigest()
    key = ",".join((digest, *(block.digest for block in blocks)))
    if path.is_file():
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            if str(file["key"]) == key:
                return {name: file[name] for name in layers}
    start = time.perf_counter()
    factors = joint_factors(graph, layers, blocks, images)
    content = io.BytesIO()
    arrays: dict[str, Any] = {"key": np.array(key), **factors}
    np.savez(content, **arrays)
    write_bytes(path, content.getvalue())
    print(f"factors of joint rounding: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return factors


def _names(energies: str) -> tuple[str, ...]:
    """Names of all blocks of all alphabets."""
    return tuple(dict.fromkeys(block for name in ALPHABETS for block in alphabet(name, energies)))


def _profile(graph: Graph, blocks: list[Block], seen: Split, folder: Path, threads: int) -> Profile:
    """The profile of all blocks of all alphabets, stored under the hash of its images."""
    path = folder / f"profile-{seen.digest[:16]}.npz"
    if path.is_file():
        profile = load_profile(path)
        if profile.digests == tuple(block.digest for block in blocks):
            return profile
    start = time.perf_counter()
    profile = measure(
        graph, blocks, codes(seen.images), seen.labels, activation_rounding=True, threads=threads
    )
    folder.mkdir(parents=True, exist_ok=True)
    save_profile(profile, path)
    print(
        f"profile of {len(blocks)} blocks on {len(seen)} images: "
        f"{time.perf_counter() - start:.0f} s",
        file=sys.stderr,
    )
    return profile


#: Outcomes with weights remapped one by one: on images of the search and on test images.
Separate = tuple[Paired, Paired]


def uniform(
    graph: Graph, layers: Sequence[str], runs: Runs, energies: str
) -> tuple[list[Point], dict[tuple[int, ...], Separate]]:
    """One lower precision for all searched layers, and some with weights remapped one by one."""
    points, separate = [], {}
    blocks = [by_name(name) for name in alphabet("precision", energies)]
    space = Space.by_layer(graph, blocks, layers)
    cost = _cost(graph, space, energies)
    names = [block.name for block in blocks]
    exact = float(cost(space.uniform(0)[None])[cost.objective][0])
    for bits, one_by_one in _UNIFORM[energies].items():
        index = names.index("precision(w={},a={})".format(*bits))
        vector = space.uniform(index)
        energy = float(cost(vector[None])[cost.objective][0])
        assignment = space.assignment(vector)
        paired = runs.paired(assignment, "search")
        if paired is None:
            continue
        key, mix = tuple(vector.tolist()), ((names[index], 1.0),)
        points.append(Point(key, assignment, energy, 1 - energy / exact, paired, mix))
        if one_by_one:
            pair = [runs.paired(assignment, part, joint=False) for part in ("search", "test")]
            if pair[0] is not None and pair[1] is not None:
                separate[key] = pair[0], pair[1]
    return points, separate


def _report(
    energies: str,
    rows: dict[tuple[str, str], Row],
    runs: dict[str, Runs],
    separate: dict[tuple[int, ...], Separate],
) -> None:
    print(f"\nEnergy of {energies}")
    print("By the bound: saved; drop and its bound on images that select; drop on test images.")
    print("By the images of the search: saved; drops on these, to select, and on test images.")
    lines = []
    for (name, level), row in rows.items():
        own = _runs_of(level, runs)
        for most in CONSTRAINTS:
            bound = by_bound(row.judged, row.finalists, most, own)
            old = by_search(row.points, most, own)
            lines.append((f"{name}, {level}", f"{most:g}", *bound_cells(bound), *old_cells(old)))
    heading = ("alphabet", "at most", "saved", "select", "bound", "finalists", "test", "95 %")
    print_table((*heading, "search: saved", "its images", "select", "test"), lines, numbers=True)
    print("Multiplications of the designs chosen for 1 percentage point:")
    for (name, level), row in rows.items():
        vector = by_bound(row.judged, row.finalists, 1.0, _runs_of(level, runs)).vector
        mix = [pair for point in row.points if point.vector == vector for pair in point.mix]
        text = ", ".join(f"{block} {share:.0%}" for block, share in sorted(mix, key=_share))
        print(f"  {name}, {level}: {text}")
    _print_means(rows, runs)
    for (name, level), row in rows.items():
        print(f"Front of {name}, {level}: drops on images of the search, to select, to test")
        _print_front(row, _runs_of(level, runs), separate)


def _print_means(rows: dict[tuple[str, str], Row], runs: dict[str, Runs]) -> None:
    """Mean drops of all that ran on images that select: what images learned from understate."""
    drops = {
        (level == LEVELS[1], point.vector): [
            paired.drop
            for part in ("search", "select", "test")
            if (paired := _runs_of(level, runs).paired(point.assignment, part)) is not None
        ]
        for (_, level), row in rows.items()
        for point in row.finalists
    }
    means = np.mean(list(drops.values()), axis=0)
    print(
        f"Mean drops of {len(drops)} designs: "
        + ", ".join(
            f"{mean:.2f} on images {role}"
            for mean, role in zip(means, ("of the search", "to select", "of the test"), strict=True)
        )
    )


def _share(pair: tuple[str, float]) -> float:
    return -pair[1]


def _runs_of(level: str, runs: dict[str, Runs]) -> Runs:
    """Uniform designs are evaluated with those by layer."""
    return runs.get(level) or runs[LEVELS[0]]


def _print_front(row: Row, runs: Runs, separate: dict[tuple[int, ...], Separate]) -> None:
    lines = []
    for point in row.finalists:
        drops = [runs.paired(point.assignment, part) for part in ("search", "select", "test")]
        drops += separate.get(point.vector, ())
        cells = [f"{paired.drop:z.2f}" for paired in drops if paired is not None]
        seconds = runs.seconds(point.assignment)
        cells += [""] * (5 - len(cells))
        lines.append((f"{point.saved:.1%}", _widest(point), *cells, f"{seconds:.0f}"))
    heading = ("saved", "most frequent", "search", "select", "test", "one by one: search", "test")
    print_table((*heading, "seconds"), lines, numbers=True)


def _widest(point: Point) -> str:
    """The block of the most multiplications."""
    return max(point.mix, key=lambda pair: pair[1])[0] if point.mix else ""


def bound_cells(chosen: Chosen) -> tuple[str, ...]:
    """What the bound chose: saved, drop and bound on images that select, finalists, test, 95 %."""
    bound = chosen.choice.bound if chosen.choice else None
    if bound is None or chosen.test is None:
        return ("exact", "0.00", "0.00", "", "0.00", "")
    mark = "" if bound.holds else " undecided"
    low, high = interval(chosen.test)
    return (
        f"{chosen.saved:.1%}{mark}",
        f"{bound.drop:.2f}",
        f"{bound.upper:.2f}",
        f"{bound.finalists}",
        f"{chosen.test.drop:z.1f}",
        f"{low:z.1f} to {high:z.1f}",
    )


def old_cells(chosen: Chosen | None) -> tuple[str, ...]:
    """What the search's images chose: saved, drops on these, to select, and on test images."""
    if chosen is None or chosen.search is None or chosen.test is None:
        return ("none", "", "", "")
    select = "" if chosen.select is None else f"{chosen.select.drop:.2f}"
    return (
        f"{chosen.saved:.1%}",
        f"{chosen.search.drop:z.1f}",
        select,
        f"{chosen.test.drop:z.1f}",
    )


def _lines(
    rows: dict[tuple[str, str], Row], runs: dict[str, Runs]
) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Savings and accuracy drops on images that select of the plotted points."""
    lines = {}
    for (name, level), row in rows.items():
        own = _runs_of(level, runs)
        pairs = [(point.saved, own.paired(point.assignment, "select")) for point in row.finalists]
        lines[name, level] = [(saved, one.drop) for saved, one in pairs if one is not None]
    return lines


if __name__ == "__main__":
    main()
