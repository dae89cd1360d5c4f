"""The predictors of the config's technology, as stages read them."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.architectures.registry import architecture_of
from hawx_hw.pipeline.technology import load_technology

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.graph.graph import Graph
    from hawx_hw.prediction.choice_result import AcceleratorChoice
    from hawx_hw.prediction.designs import DesignPredictor
    from hawx_hw.technology import Technology

__all__ = ["choices", "predictor_inputs"]


def choices(config: Config, graph: Graph, technology: Technology) -> list[AcceleratorChoice]:
    """The complete accelerators: the config's own, then those that its search names, if it does.

    Parameters
    ----------
    config : Config
    graph : Graph
        The quantized network.
    technology : Technology
        The config's.

    Raises
    ------
    UserError
        No accelerator that the config allows can run the network.
    """
    from hawx_hw.prediction.choice import choose

    # Loaded once, where there is something to choose.
    predictor = functools.cache(lambda: _exact_predictor(config, technology))
    given = config.search.variants if config.search is not None else None
    accelerators = (config.accelerator, *(() if given is None else config.variants()))
    return [choose(graph, each, technology.memories, predictor) for each in accelerators]


def _exact_predictor(config: Config, technology: Technology) -> DesignPredictor:
    """The predictor of exact designs.

    It is of the technology's clock, gated: the Verilog depends on neither of the config's.
    """
    from hawx_hw.blocks.registry import by_name
    from hawx_hw.prediction.designs import DesignPredictor
    from hawx_hw.synthesis import default_store

    accelerator = config.accelerator
    return DesignPredictor(
        architecture_of(accelerator),
        technology,
        [by_name("exact")],
        implementation=accelerator.block_implementation,
        jobs=os.cpu_count() or 1,
        store=default_store(),
    )


def predictor_inputs(config: Config, base: Path) -> dict[str, Path]:
    """The files that a prediction is made from: those of the technology, and the predictors."""
    from hawx_hw.prediction.storage import predictor_files

    technology = load_technology(config, base)
    predictors = predictor_files(architecture_of(config.accelerator), technology.name)
    return {**technology.inputs, **predictors}
