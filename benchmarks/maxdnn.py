"""MAx-DNN: ROUP multipliers by layer, filter and kernel on ResNet-8 and CIFAR-10. A reconstruction.

    python benchmarks/maxdnn.py --resnet8 FILE
        [--parts theirs ours own exhaustive-ours exhaustive-theirs]
        [--alphabets ROUP precision both skip] [--levels layer filter rows columns channels]
        [--exhaustive-images N] [--exhaustive-blocks {3,4}] [--folder F] [--plot FILE.svg]
        [--stored]

FILE is ALWANN's frozen ResNet-8 (``resnet_8.pb`` of TFApprox). Two settings are never mixed:

theirs
    Its graph as it is: unsigned raw codes through the block, zero points subtracted exactly,
    normalized by the images that run together (:mod:`maxdnn_theirs`). The exact network must be
    right on about the published 83.4 % of the first 1,000 test images, or nothing else runs.
ours
    The same weights as symmetric int8 in the integer graph, normalized by training images, weights
    of a filter chosen together and biases corrected (:mod:`maxdnn_ours`). ``own`` is the shipped
    ResNet-8 likewise.

Searches go by scores that add up over units (:mod:`maxdnn_levels`) and run on 1,000 training images
(500 as one batch in setting *theirs*). Fronts run on the 10,000 training images that select: the
design of a constraint is the cheapest whose bound keeps it. The 1,000 test images report. In
setting *theirs* the images of the search choose. ``exhaustive-ours`` and ``exhaustive-theirs`` run
every assignment of three (or four) blocks to the seven convolutions on the first test images, and
compare searches with them on these images.

Energy is that of one multiplication in generic45, glitches included, against the best exact
multiplier, with multiplications weighed in two ways: as they are, and as ALWANN counts them (two
layers 4.5 and 5 times too often). Outcomes are stored in the folder; an interrupted run continues.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import maxdnn_levels
import maxdnn_ours
import numpy as np
import torch
from maxdnn_exhaustive import Exhaustive
from maxdnn_figure import draw
from maxdnn_graph import FrozenResNet8
from maxdnn_graph import load as load_frozen
from maxdnn_search import (
    ALPHABETS,
    Accounting,
    Row,
    energies,
    front,
    profiled,
    searched,
    uniform_points,
)
from maxdnn_theirs import (
    THEIR_MACS,
    TRUE_MACS,
    Theirs,
    unsigned,
    unsigned_precision,
    unsigned_roup,
    unsigned_roupa,
)
from maxdnn_theirs_search import TheirRuns, search
from resnet20_alphabets import energies_of
from resnet20_choice import Point, by_bound, interval, judge
from resnet20_runs import Runs

from hawx_hw.blocks.registry import by_name
from hawx_hw.datasets import Dataset, load
from hawx_hw.datasets.dataset import Split
from hawx_hw.datasets.roles import Roles, roles
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Conv2d, Graph
from hawx_hw.networks import load as load_network
from hawx_hw.networks import shipped_checkpoint
from hawx_hw.networks.records import recorded
from hawx_hw.quantize.calibration import quantize
from hawx_hw.search.bound import Paired
from hawx_hw.util.tables import print_table

PARTS = ("theirs", "ours", "own", "exhaustive-ours", "exhaustive-theirs")
#: The largest accuracy drops, in percentage points, that designs are chosen for.
_CONSTRAINTS = (1.0, 4.0)
_STATISTICS, _CALIBRATION, _COMPENSATION, _SEARCH, _SELECT = 2000, 512, 128, 1000, 10_000
#: Images of the search in setting *theirs*: one batch. Other batches show how much that matters.
_BATCH, _BATCHES = 500, (100, 10)
#: Accuracy of the exact network in ALWANN, in percent, and how far from it setting theirs may be.
_PUBLISHED, _TOLERANCE = 83.4, 0.5
_UNIFORM = (
    *("roup(p=1,r=4)", "roup(p=2,r=3)", "roup(p=2,r=4)", "roup(p=2,r=5)"),
    *("precision(w=5,a=6)", "precision(w=5,a=5)", "precision(w=4,a=5)", "precision(w=4,a=4)"),
    "precision(w=3,a=5)",
)
_THEIR_ROUP = (
    *(unsigned_roupa(*pair) for pair in ((0, 4), (0, 6), (1, 6))),
    *(unsigned_roup(*pair) for pair in ((0, 2), (0, 4), (0, 5), (1, 2), (1, 4))),
)
_THEIR_PRECISION = tuple(
    unsigned_precision(*pair)
    for pair in ((8, 7), (7, 8), (6, 8), (5, 8), (4, 8), (7, 7), (6, 7), (6, 6))
)
_MOST_THEIRS = 6.0


def main() -> None:
    """Print the tables, draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resnet8", type=Path, required=True, help="ALWANN's frozen graph")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--alphabets", nargs="+", choices=ALPHABETS, default=ALPHABETS)
    levels = maxdnn_levels.LEVELS
    parser.add_argument("--levels", nargs="+", choices=levels, default=levels)
    parser.add_argument("--exhaustive-images", type=int, default=500)
    parser.add_argument("--exhaustive-blocks", type=int, choices=(3, 4), default=3)
    parser.add_argument("--folder", type=Path, default=Path("build/maxdnn"))
    parser.add_argument("--plot", type=Path, help="an SVG of the exhaustive ground truth")
    parser.add_argument("--stored", action="store_true", help="make no new evaluations")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    dataset = load("cifar10")
    images = roles(dataset)
    try:
        frozen = load_frozen(arguments.resnet8)
    except UserError as error:
        parser.error(str(error))
    _reproduce(frozen, images)
    if "theirs" in arguments.parts:
        _theirs(frozen, images, arguments)
    if "ours" in arguments.parts:
        _searches(_ours(frozen, images), maxdnn_ours.LAYERS, "ours", images, arguments)
    if "own" in arguments.parts:
        graph = _own(dataset, images)
        layers = [node.name for node in graph.nodes if isinstance(node, Conv2d)]
        _searches(graph, layers, "own", images, arguments)
    settings = [part.removeprefix("exhaustive-") for part in PARTS[3:] if part in arguments.parts]
    if settings:
        graph = _ours(frozen, images)
        runs = _runs(graph, "ours", images, arguments)
        exhaustive = Exhaustive(graph, frozen, images, settings, runs, arguments)
        exhaustive.report()
        if arguments.plot:
            draw(exhaustive.plotted(), arguments.plot)


def _reproduce(frozen: FrozenResNet8, images: Roles) -> None:
    """Refuse to go on where the exact network of setting *theirs* is not the published one."""
    count = min(1000, len(images.test))
    test = images.test.take(np.arange(count))
    accuracy = _accuracy(frozen, test, count)
    print(
        f"theirs, exact multipliers of 8 bits: {accuracy:.1f} % of {count:,} test images as one "
        f"batch (published: {_PUBLISHED} %)"
    )
    if abs(accuracy - _PUBLISHED) > _TOLERANCE:
        raise SystemExit("This is not the published network: nothing else is run")


def _accuracy(frozen: FrozenResNet8, split: Split, batch: int) -> float:
    """Accuracy of the exact network in setting *theirs*, in percent, so many images at a time."""
    right = 0
    for start in range(0, len(split), batch):
        part = split.take(np.arange(start, min(start + batch, len(split))))
        outputs = Theirs(frozen, part.images).outputs([unsigned()] * 7)
        right += int((outputs.argmax(axis=1) == part.labels).sum())
    return 100 * right / len(split)


def _theirs(frozen: FrozenResNet8, images: Roles, arguments: argparse.Namespace) -> None:
    for batch in _BATCHES:
        accuracy = _accuracy(frozen, images.test, batch)
        print(f"theirs, exact, in batches of {batch}: {accuracy:.1f} %")
    splits = {"search": images.proposing(_BATCH), "test": images.test}
    runs = {
        part: TheirRuns(
            Theirs(frozen, split.images),
            split,
            arguments.folder / "theirs" / f"{part}.npz",
            stored=arguments.stored,
        )
        for part, split in splits.items()
    }
    alphabets = {"ROUP": _THEIR_ROUP, "precision": _THEIR_PRECISION}
    blocks = [unsigned(), *_THEIR_ROUP, *_THEIR_PRECISION]
    values = energies_of([by_name(block.name) for block in blocks], "generic45")
    energy = dict(zip((block.name for block in blocks), values, strict=True))
    lines = []
    for block in (*_THEIR_ROUP, *_THEIR_PRECISION):
        paired = runs["test"].paired([block] * 7)
        if paired is not None:
            saved = f"{1 - energy[block.name] / energy['exact']:.1%}"
            lines.append((f"uniform {block.name}", "", saved, saved, "", *_cells(paired)))
    for name, some in alphabets.items():
        if name not in arguments.alphabets:
            continue
        macs = (TRUE_MACS, THEIR_MACS)
        points = search(runs["search"], [unsigned(), *some], energy, macs, _MOST_THEIRS)
        for most in _CONSTRAINTS:
            good = [point for point in points if point.search.drop <= most]
            best = max(good, key=lambda point: point.saved[0], default=None)
            paired = None if best is None else runs["test"].paired(best.blocks)
            if best is not None and paired is not None:
                shares = [f"{share:.1%}" for share in best.saved]
                drop = f"{best.search.drop:z.1f}"
                lines.append((f"{name}, layer", f"{most:g}", *shares, drop, *_cells(paired)))
    heading = ("theirs", "at most", "saved", "by ALWANN's weights", "search", "test", "95 %")
    print_table(heading, lines, numbers=True)


def _ours(frozen: FrozenResNet8, images: Roles) -> Graph:
    return maxdnn_ours.integer_graph(
        frozen,
        images.proposing(_STATISTICS).images,
        images.proposing(_CALIBRATION).images,
        "resnet8_alwann",
    )


def _own(dataset: Dataset, images: Roles) -> Graph:
    """The shipped ResNet-8."""
    path = shipped_checkpoint("resnet8", dataset.name)
    record = None if path is None else recorded(path)
    if record is None:
        raise SystemExit("No ResNet-8 is shipped")
    return quantize(
        load_network("resnet8", dataset),
        images.proposing(_CALIBRATION).images,
        name="resnet8",
        preprocessing=record.preprocessing,
    )


def _runs(graph: Graph, name: str, images: Roles, arguments: argparse.Namespace) -> Runs:
    splits = {
        "search": images.proposing(_SEARCH),
        "select": images.selecting(_SELECT),
        "report": images.test,
    }
    compensating = graph.codes(images.proposing(_COMPENSATION).images)
    folder, threads = arguments.folder / name, arguments.threads
    return Runs(graph, compensating, splits, folder, threads=threads, stored=arguments.stored)


def _searches(
    graph: Graph,
    layers: Sequence[str],
    name: str,
    images: Roles,
    arguments: argparse.Namespace,
) -> None:
    """Search and report one network in setting *ours*."""
    runs = _runs(graph, name, images, arguments)
    compensating = graph.codes(images.proposing(_COMPENSATION).images)
    folder = arguments.folder / name
    for part in ("search", "select", "report"):
        right = runs.right({}, part)
        if right is None:
            raise SystemExit("Nothing is stored")
        print(f"{name}, exact: {right.mean():.1%} of {len(right):,} images to {part}")
    accounting = Accounting(graph, layers, energies(), theirs=name == "ours")
    uniform = uniform_points(graph, layers, _UNIFORM, accounting, runs)
    lines = []
    for point in uniform:
        drops = [runs.paired(point.assignment, part) for part in ("search", "select", "report")]
        if None in drops:
            continue
        search_drop, select, test = (each for each in drops if each is not None)
        shares = [f"{share:.1%}" for share in accounting.saved(point.assignment)]
        low, high = interval(select)
        select_cells = (f"{select.drop:z.2f}", f"{low:z.1f} to {high:z.1f}")
        cells = (f"{search_drop.drop:z.1f}", *select_cells, *_cells(test))
        lines.append((f"uniform {point.mix[0][0]}", "", *shares, *cells))
    sets = {
        "ROUP, uniform": [p for p in uniform if p.mix[0][0].startswith("roup")],
        "precision, uniform": [p for p in uniform if p.mix[0][0].startswith("precision")],
    }
    rows = {title: Row(points, front(points, 100.0)) for title, points in sets.items()}
    profile = profiled(graph, images.proposing(_COMPENSATION), folder, arguments.threads)
    for level in arguments.levels:
        for alphabet in arguments.alphabets:
            if alphabet not in maxdnn_levels.SEARCHED[level]:
                continue
            rows[f"{alphabet}, {level}"] = searched(
                graph, layers, profile, compensating, accounting, runs, alphabet, level
            )
            # What the row's designs do on images that select and report is stored at once.
            lines += _chosen(f"{alphabet}, {level}", rows[f"{alphabet}, {level}"], accounting, runs)
    for title in sets:
        lines += _chosen(title, rows[title], accounting, runs)
    weights = ("by ALWANN's weights",) if name == "ours" else ()
    heading = (
        name,
        "at most",
        "saved",
        *weights,
        "search",
        "select",
        "bound or 95 %",
        "test",
        "95 %",
    )
    print_table(heading, lines, numbers=True)


def _chosen(title: str, row: Row, accounting: Accounting, runs: Runs) -> list[tuple[str, ...]]:
    """What the bound, and what the images of the search choose for each constraint."""
    judged = judge(row.finalists, runs, accounting.exact_pj) if row.finalists else None
    if judged is None:
        return []
    lines = []
    for most in _CONSTRAINTS:
        bound = by_bound(judged, row.finalists, most, runs)
        point = _point(row.finalists, bound.vector)
        if point is not None and bound.choice.bound is not None:
            mark = "" if bound.choice.bound.holds else " undecided"
            select = (f"{bound.choice.bound.drop:z.2f}", f"{bound.choice.bound.upper:.2f}{mark}")
            lines.append(_line(title, most, point, accounting, select, bound.report))
        good = [point for point in row.points if point.search.drop <= most]
        point = max(good, key=lambda point: point.saved, default=None)
        if point is not None and point.vector != bound.vector:
            selected, report = (runs.paired(point.assignment, p) for p in ("select", "report"))
            select = ("" if selected is None else f"{selected.drop:z.2f}", "")
            lines.append(_line(f"{title} (search)", most, point, accounting, select, report))
    return lines


def _point(points: Sequence[Point], vector: tuple[int, ...]) -> Point | None:
    return next((point for point in points if point.vector == vector), None)


def _line(
    title: str,
    most: float,
    point: Point,
    accounting: Accounting,
    select: tuple[str, str],
    test: Paired | None,
) -> tuple[str, ...]:
    shares = [f"{share:.1%}" for share in accounting.saved(point.assignment)]
    cells = ("", "") if test is None else _cells(test)
    return (title, f"{most:g}", *shares, f"{point.search.drop:z.1f}", *select, *cells)


def _cells(paired: Paired) -> tuple[str, str]:
    """The drop and its exact 95 % interval, in percentage points."""
    low, high = interval(paired)
    return f"{paired.drop:z.1f}", f"{low:z.1f} to {high:z.1f}"


if __name__ == "__main__":
    main()
