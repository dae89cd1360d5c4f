"""Whether chosen designs keep their constraints on images that chose nothing.

    python benchmarks/promise.py [digits mnist] [--seeds 20] [--folder promise]

LeNet-5 is trained once for each data set as `hawx train` does, which leaves the images that select
out. These and the test images are a pool that no network and no search saw. For every seed the pool
is divided anew: some images select, and all others show what a design really loses. The images of
the search are drawn anew from those that the network learned from. Each search is run with its
front as it is, and judged by the images that select; then a design is chosen for each constraint

- by the search's images, as before there were images that select;
- by the bound;
- by the images that show what designs really lose: no rule can do better on these designs.

A promise is broken where the real drop is larger than the constraint. The energies are predicted,
relative to the last of the three.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console

from hawx_hw import datasets
from hawx_hw.blocks.registry import distinct_blocks
from hawx_hw.config.models import Config
from hawx_hw.datasets.dataset import Dataset, Split
from hawx_hw.datasets.roles import Roles, roles
from hawx_hw.graph.graph import Graph
from hawx_hw.networks import load, train
from hawx_hw.quantize.calibration import quantize
from hawx_hw.scores.profiling import profile_network
from hawx_hw.search.pick import choose
from hawx_hw.search.result import DesignPoint, SearchResult
from hawx_hw.search.run import SearchRun
from hawx_hw.util.progress import ProgressDisplay
from hawx_hw.util.tables import print_table

CONSTRAINTS = (0.25, 0.5, 1.0)
#: Images that select, at most this share of the pool; the others show what designs really lose.
SHARE = 0.5
_MODEL = "lenet5"


@dataclass(frozen=True)
class Run:
    """One rule, one constraint, one seed.

    Parameters
    ----------
    claimed : bool
        Whether the design is said to keep the constraint.
    real : float
        Its accuracy drop on all images that chose nothing, in percentage points.
    excess : float
        Its energy over that of the best design that really keeps the constraint, as a share.
    """

    claimed: bool
    real: float
    excess: float


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("datasets", nargs="*", default=["digits", "mnist"])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--folder", type=Path, default=Path("promise"), help="of the networks")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.datasets:
        runs = _runs(name, arguments.seeds, arguments.folder)
        print(f"\n{name}, {arguments.seeds} seeds")
        print_table(
            ("constraint", "rule", "claimed", "broken", "mean real drop", "largest", "energy"),
            [_line(key, some) for key, some in runs.items()],
            numbers=True,
        )


def _runs(name: str, seeds: int, folder: Path) -> dict[tuple[float, str], list[Run]]:
    dataset = datasets.load(name)
    checkpoint = folder / f"{_MODEL}_{name}.safetensors"
    if not checkpoint.exists():
        train(_MODEL, dataset, output=checkpoint)
    config = Config.model_validate(
        {
            "name": name,
            "network": {"model": _MODEL, "dataset": name},
            "search": {"images": min(1000, len(roles(dataset).learn))},
        }
    )
    graph = quantize(
        load(_MODEL, dataset, checkpoint),
        roles(dataset).proposing(config.network.calibration_images).images,
        name=name,
    )
    runs: dict[tuple[float, str], list[Run]] = {}
    for seed in range(seeds):
        for key, run in _of_seed(config, graph, dataset, seed).items():
            runs.setdefault(key, []).append(run)
        print(f"{name}: seed {seed} done", flush=True)
    return runs


def divided(dataset: Dataset, seed: int) -> Roles:
    """Roles by chance: those that select, and as ``test`` all others that nothing learned from."""
    parts, rng = roles(dataset), np.random.default_rng(seed)
    pool = Split(
        np.concatenate([parts.select.images, parts.test.images]),
        np.concatenate([parts.select.labels, parts.test.labels]),
    )
    order = rng.permutation(len(pool))
    count = round(SHARE * len(pool))
    learn = parts.learn.take(rng.permutation(len(parts.learn)))
    return Roles(learn, pool.take(order[:count]), pool.take(order[count:]))


def _of_seed(
    config: Config, graph: Graph, dataset: Dataset, seed: int
) -> dict[tuple[float, str], Run]:
    """The runs of one division of the images, by constraint and rule."""
    assert config.search is not None
    parts = divided(dataset, seed)
    profiling = profile_network(
        graph,
        distinct_blocks(("exact", *config.search.blocks)),
        parts.proposing(config.search.images),
        count=config.search.profile_images,
        granularity=config.search.granularity,
    )
    progress = ProgressDisplay(Console(quiet=True))
    with tempfile.TemporaryDirectory(prefix="hawx-promise-") as scratch:

        def result(some: Roles) -> SearchResult:
            run = SearchRun(config, Path(), graph, some, profiling, Path(scratch), progress)
            return run()[0]

        # The second run takes the evaluations of the first.
        before = result(replace(parts, select=parts.select.take(np.arange(0))))
        after = result(parts)
    runs = {}
    for most in CONSTRAINTS:
        best = _least_real(before, after, most)
        by_search = choose(before, most, {})
        by_bound = choose(after, most, {})
        claimed = by_bound.bound is not None and by_bound.bound.holds
        runs[most, "search"] = Run(
            True, _real(before, by_search.point), _over(by_search.point, best)
        )
        runs[most, "bound"] = Run(
            claimed, _real(after, by_bound.point), _over(by_bound.point, best)
        )
    return runs


def _real(result: SearchResult, point: DesignPoint) -> float:
    """The drop on images that chose nothing, in percentage points."""
    assert result.exact_test_accuracy is not None and point.test_accuracy is not None
    return 100 * (result.exact_test_accuracy - point.test_accuracy)


def _least_real(before: SearchResult, after: SearchResult, most: float) -> float:
    """Least energy of all designs that really keep a constraint."""
    return min(
        point.metrics[result.objective]
        for result in (before, after)
        for point in (*result.front, *result.uniform)
        if _real(result, point) <= most
    )


def _over(point: DesignPoint, best: float) -> float:
    return point.metrics["energy_nj"] / best - 1


def _line(key: tuple[float, str], runs: list[Run]) -> tuple[str, ...]:
    most, rule = key
    claims = [run for run in runs if run.claimed]
    broken = sum(run.real > most for run in claims)
    return (
        f"{most:g}",
        rule,
        f"{len(claims)} of {len(runs)}",
        f"{broken} of {len(claims)}",
        f"{np.mean([run.real for run in runs]):.2f}",
        f"{max(run.real for run in runs):.2f}",
        f"{100 * np.mean([run.excess for run in runs]):+.2f} %",
    )


if __name__ == "__main__":
    main()
