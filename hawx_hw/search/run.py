"""The search that a config describes, from its profile to the tested front."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.architectures.registry import architecture_of
from hawx_hw.blocks.registry import distinct_blocks
from hawx_hw.compensation.per_filter import Compensated
from hawx_hw.config.load import blame
from hawx_hw.datasets.roles import Roles
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Graph
from hawx_hw.scores.profiling import Profiling
from hawx_hw.search.accuracy import accuracy_curve, with_predictions
from hawx_hw.search.assignment_search import search_assignments
from hawx_hw.search.cost import Cost, MultiplierEnergy
from hawx_hw.search.design_cost import DesignCost
from hawx_hw.search.design_prediction import DesignPrediction
from hawx_hw.search.design_search import search_designs
from hawx_hw.search.evaluator import Evaluator, OutOfBudgetError
from hawx_hw.search.low_fidelity import LowFidelity
from hawx_hw.search.oracle import EmulatedOracle, ExpectingOracle
from hawx_hw.search.pareto import pareto
from hawx_hw.search.problem import Problem
from hawx_hw.search.proposals import uniforms
from hawx_hw.search.race import race
from hawx_hw.search.result import DesignPoint, ExhaustiveFront, SearchResult
from hawx_hw.search.scores import ImageScores
from hawx_hw.search.search_space import search_space
from hawx_hw.search.selection import selected_front
from hawx_hw.search.tuning import SearchTuning
from hawx_hw.util.code import code_hash

if TYPE_CHECKING:
    from hawx_hw.architectures.config import AcceleratorConfig
    from hawx_hw.config.models import Config
    from hawx_hw.config.search import SearchConfig
    from hawx_hw.prediction.designs import DesignPredictor
    from hawx_hw.technology import Technology
    from hawx_hw.util.progress import Progress, ProgressDisplay

__all__ = ["SearchRun"]

#: Objectives of the config, by the metrics of designs.
_METRICS = {
    "energy": "energy_nj",
    "power": "power_mw",
    "area": "area_um2",
    "latency": "latency_us",
}


class SearchRun:
    """A search of a config.

    Parameters
    ----------
    config : Config
        With a search.
    base : Path
        The folder that the config's relative paths start from.
    graph : Graph
        The quantized network.
    roles : Roles
        Images to search with, to select with, and for test.
    profiling : Profiling
        Of the search's images.
    scratch : Path
        A folder that lasts between runs: evaluations are cached there. An interrupted search
        continues, and one with another budget or algorithm uses them again.
    progress : ProgressDisplay
    tuning : SearchTuning
    accelerators : sequence of AcceleratorConfig or None
        Those that may be built; None: those of the config, as they are.

    Raises
    ------
    UserError
        A block does not support the codes that would occur; or an exhaustive search of too many
        assignments.
    """

    def __init__(
        self,
        config: Config,
        base: Path,
        graph: Graph,
        roles: Roles,
        profiling: Profiling,
        scratch: Path,
        progress: ProgressDisplay,
        tuning: SearchTuning | None = None,
        *,
        accelerators: Sequence[AcceleratorConfig] | None = None,
    ):
        if config.search is None:
            raise ValueError("config must have a search")
        self._config, self._base = config, base
        self._settings: SearchConfig = config.search
        self._graph, self._roles = graph, roles
        self._profiling = profiling
        self._scratch, self._progress = scratch, progress
        self._tuning = tuning or SearchTuning()
        self._accelerators = tuple(accelerators or config.variants())
        self._images = roles.proposing(config.search.images)
        blocks = distinct_blocks(("exact", *config.search.blocks), base)
        self._space = search_space(graph, blocks, config.search, profiling.profile)
        self._check_size()
        with progress.task("compensating for the blocks", estimate=5.0):
            count = config.network.calibration_images
            self._change = Compensated(
                graph,
                self._space,
                graph.codes(roles.proposing(count).images),
                bias_correction=config.compensation.bias,
                weights=config.compensation.weights,
            )
        self._oracle = self._emulated(self._images.images, self._images.labels)

    def __call__(self) -> SearchResult:
        """Search, select the front, and test it.

        Raises
        ------
        UserError
            No accelerator can run the network, or there are no predictors of the technology.
        """
        result = self._searched()
        select = self._roles.selecting(self._settings.select_images)
        if len(select):
            result = self._raced(result)
            with self._progress.task("running the front on new images", estimate=5.0) as task:
                oracle = self._emulated(select.images, select.labels)
                result = selected_front(result, oracle, task.update)
        with self._progress.task("testing the front", estimate=5.0) as task:
            result = self._tested(result, task.update)
        return replace(result, granularity=self._settings.granularity)

    def _raced(self, result: SearchResult) -> SearchResult:
        """Candidates that stood a comparison on images for learning that nothing has used."""
        fresh = self._roles.fresh(self._settings.images, self._config.network.calibration_images)
        with self._progress.task("comparing candidates on more images", estimate=5.0) as task:
            return race(
                result,
                fresh,
                lambda some: self._emulated(some.images, some.labels),
                self._tuning,
                task.update,
            )

    def _check_size(self) -> None:
        size = self._space.size
        if self._settings.algorithm == "exhaustive" and size > self._tuning.exhaustible:
            raise UserError(
                f"There are {float(size):.2g} assignments, more than can be run",
                where="search.algorithm",
                hint="Search by layer and with fewer blocks, or with another algorithm.",
            )

    def _searched(self) -> SearchResult:
        from hawx_hw.technology import load

        with blame("technology"):
            technology = load(self._config.technology, base=self._base)
        if self._settings.objective == "multiplier_energy":
            return self._searched_assignments(self._multipliers(self._energies(technology)))
        predictor = self._predictor(technology)
        how = self._config.accelerator.block_implementation
        energies = [predictor.blocks.chosen(block, how).energy_fj for block in self._space.blocks]
        result = self._searched_designs(predictor, energies)
        return replace(result, memory_model=technology.memory_model)

    def _searched_assignments(self, cost: MultiplierEnergy) -> SearchResult:
        algorithm = self._settings.algorithm
        with self._progress.task(f"searching with {algorithm}", estimate=10.0):
            problem = self._problem(cost)
            # What a search must beat: one block everywhere, as far as the budget reaches.
            with suppress(OutOfBudgetError):
                problem.evaluator.evaluate(uniforms(self._space))
            result = search_assignments(algorithm, problem)
        return replace(
            result,
            front=with_predictions(result.front, problem),
            behind=with_predictions(result.behind, problem),
            accuracy_curve=accuracy_curve(problem),
            exhaustive=self._exhaustive(problem.evaluator, cost, self._tuning.drawn_assignments),
        )

    def _searched_designs(self, predictor: DesignPredictor, energies: list[float]) -> SearchResult:
        algorithm, accelerators = self._settings.algorithm, self._accelerators
        designs = DesignCost(
            self._space,
            len(accelerators),
            DesignPrediction(self._space, self._change, accelerators, predictor, self._base),
            _METRICS[self._settings.objective],
            energies,
        )
        with self._progress.task(f"searching with {algorithm}", estimate=30.0) as task:
            problem = self._problem(designs if algorithm == "hawx" else self._multipliers(energies))
            result = search_designs(algorithm, problem, designs, accelerators, progress=task.update)
        known = self._exhaustive(problem.evaluator, designs, self._tuning.drawn_designs)
        return replace(result, exhaustive=known)

    def _problem(self, cost: Cost) -> Problem:
        exact = cost(self._space.uniform(0)[None])
        reference = (self._tuning.reference_drop, float(exact[cost.objective][0]))
        low_fidelity = self._low_fidelity()
        return Problem(
            space=self._space,
            evaluator=self._evaluator(cost, self._settings.budget),
            reference=reference,
            scores=low_fidelity.scores,
            seed=self._config.seed,
            low_fidelity=low_fidelity,
            tuning=self._tuning,
        )

    def _low_fidelity(self) -> LowFidelity:
        """Evaluations on some of the images that were profiled."""
        indices = self._profiling.indices
        scores = ImageScores(
            self._profiling.profile,
            self._space,
            self._profiling.weights,
            sharpness=self._tuning.sharpness,
        )

        def oracle(some: np.ndarray) -> ExpectingOracle:
            own = indices[some]
            return self._emulated(self._images.images[own], self._images.labels[own])

        return LowFidelity(
            oracle,
            scores,
            prior_images=self._tuning.low_fidelity_prior_images,
            tuning=self._tuning,
        )

    def _evaluator(self, cost: Cost, budget: int | None) -> Evaluator:
        return Evaluator(self._oracle, cost, budget=budget, state=self._state())

    def _state(self) -> Path:
        """Where evaluations are cached, as long as the program computes them in the same way."""
        mark = code_hash("hawx_hw.compensation.per_filter", "hawx_hw.search.oracle")[:16]
        path = self._scratch / f"evaluations-{mark}.npz"
        for old in self._scratch.glob("evaluations*.npz"):
            if old != path:
                old.unlink()
        return path

    def _exhaustive(self, searched: Evaluator, cost: Cost, most: int) -> ExhaustiveFront | None:
        """The front of all assignments, where they are few and every one was evaluated."""
        space = self._space
        if space.size > most or searched.cached < space.size:
            return None
        points = self._evaluator(cost, None).evaluate(space.vectors(np.arange(space.size)))
        front = points[pareto(points)]
        drops, objectives = front.T
        return ExhaustiveFront(
            space.size,
            tuple(round(drop, 4) for drop in drops.tolist()),
            tuple(float(f"{value:.6g}") for value in objectives.tolist()),
        )

    def _tested(self, result: SearchResult, progress: Progress) -> SearchResult:
        """The result with accuracies on images that decide nothing."""
        test = self._roles.test
        oracle = self._emulated(test.images, test.labels)
        points = (*result.designs, *result.uniform)
        vectors = np.unique(np.array([point.vector for point in points]), axis=0)
        counts = oracle(vectors, progress).tolist()
        right = dict(zip(map(tuple, vectors.tolist()), counts, strict=True))

        def tested(some: tuple[DesignPoint, ...]) -> tuple[DesignPoint, ...]:
            return tuple(
                replace(point, test_accuracy=right[point.vector] / oracle.images) for point in some
            )

        return replace(
            result,
            front=tested(result.front),
            behind=tested(result.behind),
            uniform=tested(result.uniform),
            test_images=oracle.images,
            exact_test_accuracy=oracle.exact / oracle.images,
        )

    def _emulated(self, images: np.ndarray, labels: np.ndarray) -> EmulatedOracle:
        return EmulatedOracle(self._space, self._graph, images, labels, change=self._change)

    def _multipliers(self, energies: list[float]) -> MultiplierEnergy:
        return MultiplierEnergy(self._space, energies)

    def _energies(self, technology: Technology) -> list[float]:
        """Energies in fJ of one multiplication by each block; no predictors are needed."""
        from hawx_hw.characterization.block_table import BlockTable
        from hawx_hw.synthesis import default_store

        blocks, how = self._space.blocks, self._config.accelerator.block_implementation
        table = BlockTable().completed(
            blocks, technology, jobs=os.cpu_count() or 1, store=default_store()
        )
        return [table.chosen(block, how).energy_fj for block in blocks]

    def _predictor(self, technology: Technology) -> DesignPredictor:
        from hawx_hw.prediction.designs import DesignPredictor
        from hawx_hw.synthesis import default_store

        accelerator = self._config.accelerator
        with blame("technology"), self._progress.task("measuring the blocks", estimate=20.0):
            return DesignPredictor(
                architecture_of(accelerator),
                technology,
                self._space.blocks,
                implementation=accelerator.block_implementation,
                clock_mhz=accelerator.clock_mhz,
                clock_gating=accelerator.clock_gating,
                jobs=os.cpu_count() or 1,
                store=default_store(),
            )
