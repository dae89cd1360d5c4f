"""``hawx search``: which block goes where, for how much accuracy and energy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hawx_hw.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.blocks import Block
    from hawx_hw.config import Config
    from hawx_hw.progress import Display
    from hawx_hw.quantize.graph import Graph
    from hawx_hw.search.problem import Problem
    from hawx_hw.search.result import SearchResult
    from hawx_hw.search.space import Space

__all__ = ["search"]

#: What there is to choose from where neither the command nor its config names blocks.
_BLOCKS = (
    *("array(2,2,0)", "array(3,3,0)", "array(4,4,0)", "roup(p=3,r=4)"),
    *("precision(w=5,a=8)", "precision(w=4,a=6)", "precision(w=3,a=3)", "precision(w=2,a=4)"),
)
_FOLDER = "search"
#: Points lost that count as useless.
_USELESS = 5.0
_PROFILE_IMAGES = 512


def search(
    config: Annotated[
        str,
        typer.Argument(
            metavar="CONFIG", help="A YAML file by path, or the name of one in configs/."
        ),
    ],
    algorithm: Annotated[
        str, typer.Option(help="hawx, exhaustive, random, nsga2, greedy or hill_climbing.")
    ] = "hawx",
    budget: Annotated[int, typer.Option(min=1, help="Real evaluations.")] = 50,
    granularity: Annotated[
        str, typer.Option(help="What gets a block of its own: layer, filter, or kernel (row).")
    ] = "filter",
    block: Annotated[
        list[str] | None,
        typer.Option(
            metavar="B",
            help="A block beside the exact one; may stand repeatedly. Left out: those of the "
            "config, or a mixed bag where it has none.",
        ),
    ] = None,
    images: Annotated[
        int, typer.Option(min=1, help="Training images that assignments are run on.")
    ] = 1000,
    drop: Annotated[
        float | None,
        typer.Option(metavar="POINTS", help="Name the cheapest that loses no more than this."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed finds the same.")] = 0,
    build: Annotated[
        Path,
        typer.Option("--build", metavar="FOLDER", help="Results go to FOLDER/<name>/search/."),
    ] = Path("build"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and no progress.")] = False,
) -> None:
    """Find assignments of blocks that no other beats in both accuracy and energy.

    Assignments are run on training images; test images only tell what the front is worth. Energy is
    that of the multipliers. An interrupted search continues.
    """
    from hawx_hw.config import find_config, load_config, located
    from hawx_hw.progress import display_for
    from hawx_hw.search.algorithms import ALGORITHMS
    from hawx_hw.search.pick import cheapest
    from hawx_hw.search.space import LEVELS

    for key, value, known in (
        ("--algorithm", algorithm, tuple(ALGORITHMS)),
        ("--granularity", granularity, LEVELS),
    ):
        if value not in known:
            raise UserError(
                f"It must be one of {', '.join(known)}, not {value!r}.", where=key, mend=None
            )
    path = find_config(config)
    found = load_config(path)
    try:
        result, tested = _searched(
            found,
            path.parent,
            build / found.name,
            _blocks(block, found, path.parent),
            granularity,
            (algorithm, budget, images, seed),
            display_for(silent=as_json),
        )
    except UserError as error:
        raise located(error, path) from error
    chosen = None if drop is None else result.front.index(cheapest(result, drop))
    if as_json:
        file = build / found.name / _FOLDER / "search.json"
        content = json.loads(file.read_text("utf-8"))
        typer.echo(json.dumps({**content, "chosen": chosen}, indent=2, sort_keys=True))
    else:
        _print(result, tested, chosen)


def _blocks(names: list[str] | None, config: Config, base: Path) -> list[Block]:
    """The exact block and those that are asked for, each table once."""
    from hawx_hw.blocks import by_name

    rules = [rule.block for layer in config.blocks.layers.values() for rule in layer]
    named = [name for name in (config.blocks.default, *rules) if name != "exact"]
    distinct: dict[str, Block] = {}
    for name in ("exact", *(names or named or _BLOCKS)):
        block = by_name(name, base)
        distinct.setdefault(block.digest, block)
    if len(distinct) < 2:
        raise UserError("A search needs a block beside the exact one.", where="--block")
    return list(distinct.values())


def _searched(
    config: Config,
    base: Path,
    folder: Path,
    blocks: list[Block],
    granularity: str,
    how: tuple[str, int, int, int],
    display: Display,
) -> tuple[SearchResult, list[float]]:
    """The result, and the accuracy of each point of its front on the test images."""
    from hawx_hw import datasets
    from hawx_hw.fingerprints import versions
    from hawx_hw.pipeline import Pipeline
    from hawx_hw.progress import Progress
    from hawx_hw.stages import STAGES
    from hawx_hw.stages.quantize import GRAPH

    algorithm, budget, images, seed = how
    pipeline = Pipeline(config, folder, STAGES, display, base=base)
    pipeline.run(pipeline.needed("quantize"))
    with Progress(display) as progress:
        with progress.task("loading torch", estimate=5.0):
            from hawx_hw.datasets.dataset import evenly_spaced
            from hawx_hw.quantize import codes
            from hawx_hw.quantize.storage import load_graph
            from hawx_hw.search.compensated import Compensated
            from hawx_hw.search.evaluator import Evaluator
            from hawx_hw.search.oracle import EmulatedOracle
            from hawx_hw.search.problem import Problem
            from hawx_hw.search.result import run_search, save_result
        dataset = datasets.load(config.network.dataset, base=base)
        graph = load_graph(folder / GRAPH)
        space, slices = _space(graph, blocks, granularity)
        met = codes(evenly_spaced(dataset.train, config.network.calibration_images).images)
        switches = {
            "bias_correction": config.blocks.bias_correction,
            "weight_remapping": config.blocks.weight_remapping,
        }
        change = Compensated(graph, space, met, **switches)
        with progress.task("measuring the blocks", estimate=20.0):
            cost = _cost(config, space, blocks)
        seen = evenly_spaced(dataset.train, images)
        oracle = EmulatedOracle(space, graph, seen.images, seen.labels, change=change)
        evaluator = Evaluator(
            oracle, cost, budget=budget, state=folder / _FOLDER / "evaluations.npz"
        )
        scores = None
        if algorithm == "hawx":
            from hawx_hw.search.scores import ProfileScores
            from hawx_hw.sensitivity.measure import measure

            known = evenly_spaced(dataset.train, _PROFILE_IMAGES)
            with progress.task("profiling", estimate=10.0) as task:
                profile = measure(
                    graph,
                    blocks,
                    codes(known.images),
                    known.labels,
                    slices=slices,
                    progress=task.update,
                    **switches,
                )
            scores = ProfileScores(profile, space)
        exact = float(cost(space.uniform(0)[None])[cost.objective][0])
        problem: Problem = Problem(space, evaluator, (_USELESS, exact), scores, seed)
        with progress.task(f"searching with {algorithm}", estimate=1.0 * budget):
            result = run_search(algorithm, problem)
        with progress.task("testing the front", estimate=5.0):
            test = EmulatedOracle(
                space, graph, dataset.test.images, dataset.test.labels, change=change
            )
            right = test(_vectors(result)) / len(dataset.test)
    tested: list[float] = right.tolist()
    save_result(
        result,
        folder / _FOLDER / "search.json",
        granularity=granularity,
        blocks=[b.name for b in blocks],
        test={"exact": test.exact / len(dataset.test), "front": tested},
        tools=versions("hawx_hw", "numpy", "torch", "pymoo", "scikit-learn"),
    )
    return result, tested


def _space(
    graph: Graph, blocks: list[Block], granularity: str
) -> tuple[Space, dict[str, np.ndarray]]:
    """The space, and the kernel rows of convolutions where these are units."""
    import numpy as np

    from hawx_hw.quantize.graph import Conv2d
    from hawx_hw.search.space import Space

    if granularity == "layer":
        return Space.by_layer(graph, blocks), {}
    slices = {}
    if granularity == "kernel":
        for node in graph.nodes:
            if isinstance(node, Conv2d):
                shape = node.weight.shape[1:]
                rows = np.arange(shape[1])[:, None]
                slices[node.name] = np.ascontiguousarray(np.broadcast_to(rows, shape))
    return Space.by_slice(graph, blocks, slices), slices


def _cost(config: Config, space: Space, blocks: list[Block]) -> Any:
    from hawx_hw.prediction.block_table import BlockTable
    from hawx_hw.search.cost import MultiplierEnergy
    from hawx_hw.synthesis.store import default_store
    from hawx_hw.technology import load

    technology = load(config.technology)
    table = BlockTable().completed(blocks, technology, store=default_store())
    return MultiplierEnergy(space, [table.chosen(block).energy_fj for block in blocks])


def _vectors(result: SearchResult) -> np.ndarray:
    import numpy as np

    return np.array([found.vector for found in result.front], dtype=np.int64)


def _print(result: SearchResult, tested: list[float], chosen: int | None) -> None:
    from hawx_hw.tables import print_table

    whole = result.reference[1]
    rows = [
        [
            f"{index}{' *' if index == chosen else ''}",
            f"{100 * found.accuracy:.2f}",
            f"{100 * test:.2f}",
            f"{found.cost[result.objective]:.4g}",
            f"{1 - found.cost[result.objective] / whole:.1%}",
        ]
        for index, (found, test) in enumerate(zip(result.front, tested, strict=True))
    ]
    title = (
        f"{result.algorithm}: {result.evaluations} assignments run on {result.images} training "
        f"images (exact {100 * result.exact_accuracy:.2f} %)"
    )
    heading = ("point", "training %", "test %", "multipliers pJ", "saved")
    print_table(heading, rows, title=title, figures=True)
