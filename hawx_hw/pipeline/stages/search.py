"""Scores -> the front of designs, each run on training images and predicted without synthesis.

Writes ``search.json`` and ``front.svg``; without a search ``search.json`` alone, which says so.
Evaluations are kept between runs: an interrupted search continues, and one with another budget or
algorithm uses them again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.architectures.registry import architecture_of
from hawx_hw.config.load import blame
from hawx_hw.errors import UserError
from hawx_hw.pipeline.data import GRAPH, load_dataset
from hawx_hw.pipeline.own_blocks import own_blocks
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.stages.profile import kernel_slices, search_blocks
from hawx_hw.pipeline.technology import load_technology
from hawx_hw.util.code import code_hash
from hawx_hw.util.files import write_json
from hawx_hw.util.fingerprints import versions
from hawx_hw.util.plotting import can_draw

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.architectures.base import Plan
    from hawx_hw.assignment.space import Space
    from hawx_hw.blocks import Block
    from hawx_hw.characterization.block_table import BlockTable
    from hawx_hw.compensation.per_filter import Compensated
    from hawx_hw.config.models import Config
    from hawx_hw.config.search import SearchConfig
    from hawx_hw.datasets.dataset import Split
    from hawx_hw.graph.graph import Graph
    from hawx_hw.prediction.designs import DesignPredictor
    from hawx_hw.search.design_cost import Shape
    from hawx_hw.search.designs import Candidates
    from hawx_hw.search.evaluator import Evaluator
    from hawx_hw.search.oracle import Oracle
    from hawx_hw.search.problem import Problem
    from hawx_hw.search.result import SearchResult
    from hawx_hw.search.screening import Screening
    from hawx_hw.technology import Technology

__all__ = ["FRONT", "STAGE"]

FRONT = "search.json"
#: Points lost that count as useless.
_USELESS = 5.0
#: Images that the first order is worth in screening; blocks as coarse as these it overstates.
_TRUST = 1.0
#: Sizes of spaces whose truth is drawn where it is known: of multiplications, and of designs.
_ENUMERATED, _FORETOLD = 2**16, 2**8
#: Assignments that an exhaustive search can run, at most.
_EXHAUSTIBLE = 2**20
#: Objectives of the config, as the figures of designs are named.
_FIGURES = {
    "energy": "energy_nj",
    "power": "power_mw",
    "area": "area_um2",
    "latency": "latency_us",
}


def _run(context: Context) -> None:
    settings = context.config.search
    if settings is None:
        # Without the hash of settings: no setting matters to what was not searched.
        write_json(context.output / FRONT, {"search": None})
        return
    dataset = load_dataset(context)
    with context.progress.task("loading torch", estimate=5.0):
        from hawx_hw.assignment.space import Space
        from hawx_hw.compensation.per_filter import Compensated
        from hawx_hw.datasets.dataset import evenly_spaced
        from hawx_hw.graph.storage import load_graph
        from hawx_hw.quantize import codes
        from hawx_hw.search.oracle import EmulatedOracle
        from hawx_hw.search.result import save_result

    graph, blocks = load_graph(context.folder / GRAPH), search_blocks(context)
    space = Space.by_layer(graph, blocks)
    if settings.granularity != "layer":
        space = Space.by_slice(graph, blocks, kernel_slices(graph, settings.granularity))
    rules, count = context.config.blocks, context.config.network.calibration_images
    with context.progress.task("making up for the blocks", estimate=5.0):
        change = Compensated(
            graph,
            space,
            codes(evenly_spaced(dataset.train, count).images),
            bias_correction=rules.bias_correction,
            weight_remapping=rules.weight_remapping,
        )
    seen, test = evenly_spaced(dataset.train, settings.images), dataset.test
    oracle = EmulatedOracle(space, graph, seen.images, seen.labels, change=change)
    screening = _screening(context, space, change, seen, graph)
    result, candidates, truth = _searched(context, settings, space, change, oracle, screening)
    with context.progress.task("testing the front", estimate=5.0) as task:
        held_out = EmulatedOracle(space, graph, test.images, test.labels, change=change)
        result = _tested(result, held_out, task.update)
    save_result(
        result,
        context.output / FRONT,
        **context.header.as_dict(),
        search={"granularity": settings.granularity, "blocks": [block.name for block in blocks]},
        test={"exact": held_out.exact / held_out.images, "images": held_out.images},
        candidates={
            "lost": [round(value, 4) for value in candidates.lost.tolist()],
            result.objective: [float(f"{value:.6g}") for value in candidates.cost.tolist()],
        },
    )
    if can_draw():
        from hawx_hw.search.plots import draw_front

        draw_front(result, candidates, context.output / "front.svg", truth=truth)
    else:
        context.progress.message("front.svg was not drawn: python -m pip install matplotlib")


def _searched(
    context: Context,
    settings: SearchConfig,
    space: Space,
    change: Compensated,
    oracle: Oracle,
    screening: Screening,
) -> tuple[SearchResult, Candidates, np.ndarray | None]:
    import numpy as np

    from hawx_hw.search.cost import MultiplierEnergy
    from hawx_hw.search.design_cost import DesignCost
    from hawx_hw.search.designs import Candidates, search_designs, with_predictions
    from hawx_hw.search.evaluator import Evaluator, OutOfBudgetError
    from hawx_hw.search.problem import Problem
    from hawx_hw.search.proposals import uniforms
    from hawx_hw.search.result import run_search

    if settings.algorithm == "exhaustive" and space.size > _EXHAUSTIBLE:
        raise UserError(
            f"There are {float(space.size):.2g} assignments, more than can be run",
            where="search.algorithm",
            hint="Search by layer and with fewer blocks, or with another algorithm.",
        )
    technology = load_technology(context.config, context.base)
    alone = settings.objective == "multiplier_energy"
    predictor = None if alone else _predictor(context, technology, space.blocks)
    table = _block_table(technology, space.blocks) if predictor is None else predictor.blocks
    how = context.config.accelerator.block_implementation
    energies = [table.chosen(block, how).energy_fj for block in space.blocks]
    multipliers = MultiplierEnergy(space, energies)

    def evaluator(cost: Any, budget: int | None = settings.budget) -> Evaluator:
        return Evaluator(oracle, cost, budget=budget, state=_state(context))

    def problem(cost: Any) -> Problem:
        exact = cost(space.uniform(0)[None])[cost.objective]
        reference = (_USELESS, float(exact[0]))
        return Problem(
            space,
            evaluator(cost),
            reference,
            screening.scores,
            context.config.seed,
            screening,
        )

    words = f"searching with {settings.algorithm}"
    if predictor is None:
        with context.progress.task(words, estimate=10.0):
            given = problem(multipliers)
            # What a search must beat: one block everywhere, as far as the budget reaches.
            with suppress(OutOfBudgetError):
                given.evaluator.evaluate(uniforms(space))
            result = run_search(settings.algorithm, given)
        result = replace(result, front=with_predictions(result.front, given))
        truth = _truth(space, given.evaluator, evaluator(multipliers, None), _ENUMERATED)
        return result, Candidates(np.empty(0), np.empty(0)), truth
    shapes = _shapes(context.config)
    designs = DesignCost(
        space,
        list(shapes),
        _predicting(context, space, change, shapes, predictor),
        _FIGURES[settings.objective],
        energies,
    )
    with context.progress.task(words, estimate=30.0) as task:
        given = problem(designs if settings.algorithm == "hawx" else multipliers)
        result, candidates = search_designs(
            settings.algorithm, given, designs, list(shapes), progress=task.update
        )
    truth = _truth(space, given.evaluator, evaluator(designs, None), _FORETOLD)
    return result, candidates, truth


def _state(context: Context) -> Path:
    """Where evaluations are kept, as long as the program computes them in the same way."""
    mark = code_hash("hawx_hw.compensation.per_filter", "hawx_hw.search.oracle")[:16]
    path = context.scratch / f"evaluations-{mark}.npz"
    for old in context.scratch.glob("evaluations*.npz"):
        if old != path:
            old.unlink()
    return path


def _truth(space: Space, searched: Evaluator, unlimited: Evaluator, most: int) -> np.ndarray | None:
    """The true front ``(n, 2)``, where every assignment was run at some time and they are few."""
    import numpy as np

    from hawx_hw.search.front import pareto

    if space.size > most or searched.known < space.size:
        return None
    points = unlimited.evaluate(space.vectors(np.arange(space.size)))
    found: np.ndarray = points[pareto(points)]
    return found


def _screening(
    context: Context, space: Space, change: Compensated, seen: Split, graph: Graph
) -> Screening:
    """Scores of the images that were profiled, and runs of some of them."""
    import numpy as np

    from hawx_hw.scores.profile import load_profile
    from hawx_hw.search.oracle import EmulatedOracle
    from hawx_hw.search.scores import ImageScores
    from hawx_hw.search.screening import Screening

    told = json.loads((context.folder / "profile.json").read_text("utf-8"))["profile"]
    rows, weights = np.array(told["rows"]), np.array(told["weights"])
    scores = ImageScores(load_profile(context.folder / "scores.npz"), space, weights)

    def oracle(some: np.ndarray) -> Oracle:
        mine = rows[some]
        return EmulatedOracle(space, graph, seen.images[mine], seen.labels[mine], change=change)

    return Screening(oracle, scores, trust=_TRUST)


def _predicting(
    context: Context,
    space: Space,
    change: Compensated,
    shapes: Mapping[Shape, Config],
    predictor: DesignPredictor,
) -> Any:
    def planned_on(vector: np.ndarray, shape: Shape) -> Plan:
        accelerator = shapes[shape].accelerator
        architecture = architecture_of(accelerator)
        return architecture.plan(change(vector), accelerator, space.assignment(vector))

    refused: list[UserError] = []
    for shape in shapes:
        try:
            planned_on(space.uniform(0), shape)
        except UserError as error:
            refused.append(error)
    if len(refused) == len(shapes):
        # Not even exact blocks: the accelerator is to be changed, and no mixture of blocks.
        raise refused[0]

    def predict(vector: np.ndarray, shape: Shape) -> dict[str, float] | None:
        try:
            planned = planned_on(vector, shape)
        except UserError:
            # Memories may be limited: another shape may still hold the network.
            return None
        prediction = predictor(planned)
        return {
            "energy_nj": prediction.energy_pj.value / 1000,
            "power_mw": prediction.power_uw.value / 1000,
            "area_um2": prediction.area.value,
            "latency_us": prediction.latency_us,
            "longest_path_ns": prediction.longest_path_ns.value,
            "cycles": prediction.cycles,
        }

    return predict


def _shapes(config: Config) -> dict[Shape, Config]:
    """The config of each shape of the array."""
    return {
        (variant.rows, variant.columns): config.model_copy(update={"accelerator": variant})  # type: ignore[attr-defined]
        for variant in config.variants()
    }


def _predictor(
    context: Context, technology: Technology, blocks: tuple[Block, ...]
) -> DesignPredictor:
    from hawx_hw.prediction.designs import DesignPredictor
    from hawx_hw.synthesis import default_store

    accelerator = context.config.accelerator
    with blame("technology"), context.progress.task("measuring the blocks", estimate=20.0):
        return DesignPredictor(
            architecture_of(accelerator),
            technology,
            blocks,
            implementation=accelerator.block_implementation,
            clock_mhz=accelerator.clock_mhz,
            jobs=os.cpu_count() or 1,
            store=default_store(),
        )


def _block_table(technology: Technology, blocks: tuple[Block, ...]) -> BlockTable:
    from hawx_hw.characterization.block_table import BlockTable
    from hawx_hw.synthesis import default_store

    return BlockTable().completed(
        blocks, technology, jobs=os.cpu_count() or 1, store=default_store()
    )


def _tested(result: SearchResult, held_out: Any, progress: Any) -> SearchResult:
    """With what each point is worth on images that no search looked at."""
    import numpy as np

    every = (*result.front, *result.uniform)
    vectors, which = np.unique(
        np.array([found.vector for found in every]), axis=0, return_inverse=True
    )
    accuracies = held_out(vectors, progress) / held_out.images
    tested = [
        replace(found, test_accuracy=float(accuracies[row]))
        for found, row in zip(every, which.reshape(-1).tolist(), strict=True)
    ]
    count = len(result.front)
    return replace(result, front=tuple(tested[:count]), uniform=tuple(tested[count:]))


def _files(config: Config, base: Path) -> dict[str, Path]:
    from hawx_hw.prediction.storage import predictor_files

    if config.search is None:
        return {}
    technology = load_technology(config, base)
    predictors = predictor_files(architecture_of(config.accelerator), technology.name)
    return {"technology": technology.liberty, **predictors}


def _check(config: Config, base: Path) -> None:
    from hawx_hw.blocks import by_name

    if config.search is None:
        return
    for accelerator in config.variants():
        architecture_of(accelerator).check(accelerator, base)
    exact = by_name("exact").digest
    if all(by_name(name, base).digest == exact for name in config.search.blocks):
        raise UserError(
            "There is no block beside the exact one to choose from",
            where="search.blocks",
            hint="Name others: see hawx blocks list.",
        )


STAGE = Stage(
    "search",
    _run,
    needs=("quantize", "profile"),
    settings=(
        "accelerator",
        "blocks.bias_correction",
        "blocks.weight_remapping",
        "network.calibration_images",
        "search.algorithm",
        "search.budget",
        "search.images",
        "search.objective",
        "search.variants",
        "seed",
        "technology",
    ),
    files=_files,
    tools=lambda config, base: {
        **versions("matplotlib", "numpy", "pymoo", "pyosys", "scikit-learn", "scipy", "torch"),
        **own_blocks(config, base),
    },
    check=_check,
    estimate=60.0,
)
