"""Exhaustive ground truth of LeNet-5: all assignments of its layers or filters.

    python benchmarks/exhaustive.py layers [--blocks 2 3 8] [--images 10000] [--plain]
    python benchmarks/exhaustive.py layers --dataset digits --blocks 8 --images 355
    python benchmarks/exhaustive.py layers --blocks 8 --part learn0
    python benchmarks/exhaustive.py front [--images 10000]
    python benchmarks/exhaustive.py filters [--images 1000] [--threads 2] [--scheduler ADDRESS]
    python benchmarks/exhaustive.py rate [--images 100]

``layers``: all assignments of 2, 3 or 8 blocks to the five layers (32, 243, 32,768). ``filters``:
all 4,194,304 assignments of two blocks to the 22 filters of the convolutions. ``front``: their
front alone, for many images; assignments that cannot be on it are left out on the way. Images are
test images, or with ``--part learnN`` a draw of those that the network learned from. Filters are
compensated (weights remapped, mean errors folded into biases) unless ``--plain``. Parts are written
into the folder (build/ground_truth); an interrupted run continues. ``rate`` times a 64th of
``filters`` on a few images with one thread, checks random assignments against runs of the network,
and prints what the whole would take.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from pathlib import Path

import numpy as np
from ground_truth.exhaustive import GroundTruth, save_ground_truth
from ground_truth.filters import FilterGroundTruth
from ground_truth.front import find_front, save_front
from ground_truth.layers import enumerated
from search_cases import BLOCKS, DATASETS, LEVELS, PARTS, Case, case

from hawx_hw.search.oracle import EmulatedOracle
from hawx_hw.sweep.clusters import connected
from hawx_hw.util.progress import ProgressDisplay, console_for
from hawx_hw.util.tables import print_table

_IMAGES = {"layers": 10_000, "filters": 1000, "front": 10_000, "rate": 100}
_CHECKED = 16


def main() -> None:
    """Compute and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=(*LEVELS, "front", "rate"))
    parser.add_argument("--blocks", type=int, nargs="+", choices=BLOCKS[True])
    parser.add_argument("--dataset", choices=DATASETS, default="mnist")
    parser.add_argument("--part", choices=PARTS, default="test")
    parser.add_argument("--images", type=int)
    parser.add_argument("--plain", action="store_true", help="without compensation")
    parser.add_argument("--folder", type=Path, default=Path("build/ground_truth"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--scheduler", help="address of a Dask scheduler")
    arguments = parser.parse_args()
    images = arguments.images or _IMAGES[arguments.what]
    for count in arguments.blocks or ([2, 3, 8] if arguments.what == "layers" else [2]):
        level = "layers" if arguments.what == "layers" else "filters"
        given = case(
            level,
            count,
            images,
            arguments.part,
            dataset=arguments.dataset,
            compensated=not arguments.plain,
        )
        if arguments.what == "rate":
            _rate(given)
        elif arguments.what == "front":
            _front(given, arguments.folder)
        else:
            _report(given, _computed(given, arguments))


def _computed(given: Case, arguments: argparse.Namespace) -> GroundTruth:
    folder: Path = arguments.folder / given.name
    images, labels = given.images.images, given.images.labels
    start = time.perf_counter()
    with (
        contextlib.ExitStack() as stack,
        ProgressDisplay(console_for()) as progress,
        progress.task(f"evaluating {given.name}") as task,
    ):
        if arguments.what == "layers":
            oracle = EmulatedOracle(
                given.space,
                given.graph,
                images,
                labels,
                change=given.change,
                threads=arguments.threads,
            )
            exhaustive = enumerated(given.space, oracle, folder, progress=task.update)
        else:
            client = None
            if arguments.scheduler:
                client = stack.enter_context(connected(scheduler=arguments.scheduler))
            filters = FilterGroundTruth(
                given.space, given.graph, images, labels, change=given.change
            )
            exhaustive = filters.run(
                folder, threads=arguments.threads, client=client, progress=task.update
            )
    save_ground_truth(exhaustive, folder.with_suffix(".npz"))
    print(f"{given.name}: {time.perf_counter() - start:.0f} s in this run", flush=True)
    return exhaustive


def _report(given: Case, exhaustive: GroundTruth) -> None:
    """The front, thinned where it is long."""
    numbers, front = exhaustive.front(given.cost)
    print(
        f"{given.name}: {len(exhaustive.right)} assignments on {exhaustive.images} images, exact "
        f"{100 * exhaustive.exact / exhaustive.images:.2f} %, {exhaustive.seconds:.0f} s of a "
        f"processor; {len(front)} on the front"
    )
    _print_front(given, numbers, front)


def _print_front(given: Case, numbers: np.ndarray, front: np.ndarray) -> None:
    exact = given.reference[1]
    shown = np.unique(np.linspace(0, len(front) - 1, 20).astype(int))
    vectors = given.space.vectors(numbers[shown])
    rows = [
        ["".join(map(str, vector)), f"{drop:.2f}", f"{energy:.1f}", f"{1 - energy / exact:.1%}"]
        for vector, (drop, energy) in zip(vectors, front[shown], strict=True)
    ]
    print_table(("blocks", "accuracy drop", "energy pJ", "saved"), rows, numbers=True)


def _front(given: Case, folder: Path) -> None:
    """The front alone, on many images."""
    filters = FilterGroundTruth(
        given.space, given.graph, given.images.images, given.images.labels, change=given.change
    )
    exhaustive = find_front(
        filters, given.cost, given.reference[0], progress=lambda line: print(line, flush=True)
    )
    save_front(exhaustive, folder / f"{given.name}.npz")
    print(
        f"{given.name}: {given.space.size} assignments on {exhaustive.images} images, "
        f"{100 * exhaustive.evaluated:.1f} % of them run, {exhaustive.seconds:.0f} s of a "
        f"processor; exact {100 * exhaustive.exact / exhaustive.images:.2f} %; "
        f"{len(exhaustive.numbers)} run on all images"
    )
    _print_front(given, *exhaustive.front(given.cost))


def _rate(given: Case) -> None:
    filters = FilterGroundTruth(
        given.space, given.graph, given.images.images, given.images.labels, change=given.change
    )
    number = filters.parts // 2
    start, processor = time.perf_counter(), time.thread_time()
    right = filters.part(number)
    wall, used = time.perf_counter() - start, time.thread_time() - processor
    rng = np.random.default_rng(0)
    at = rng.choice(len(right), _CHECKED, replace=False)
    oracle = EmulatedOracle(
        given.space,
        given.graph,
        given.images.images,
        given.images.labels,
        change=given.change,
        threads=1,
    )
    measured = oracle(given.space.vectors(number * len(right) + at))
    if (right[at] != measured).any():
        raise SystemExit(f"The counts differ from runs: {right[at]} and {measured}")
    pairs = len(right) * len(given.images)
    whole = given.space.size * 1000 / pairs
    print(
        f"{len(right)} assignments on {len(given.images)} images: {wall:.1f} s, {used:.1f} s of "
        f"one processor, {1e9 * used / pairs:.0f} ns an assignment and image; {_CHECKED} of them "
        f"are as runs of the network say.\nExtrapolated to {given.space.size} assignments and 1000 "
        f"images: {used * whole / 60:.1f} min of one processor."
    )


if __name__ == "__main__":
    main()
