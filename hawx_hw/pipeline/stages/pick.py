"""Front of the search, or the config's own blocks -> the design that is built.

Retrained designs stand beside those of the front. Writes ``design.json``: the accelerator, the
block of every weight, and the point of the front that it is. It holds nothing else, no hash and no
version: where a changed constraint picks the same design again, nothing that was made of it is made
anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hawx_hw.config.load import blame
from hawx_hw.pipeline.inputs import DESIGN, given_assignment, load_accelerators
from hawx_hw.pipeline.own_blocks import own_blocks
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.config.search import SearchConfig
    from hawx_hw.design.design import Design

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    search = context.config.search
    design = _given(context) if search is None else _searched(context, search)
    design.save(context.output / DESIGN, context.base)


def _given(context: Context) -> Design:
    from hawx_hw.design.design import Design

    return Design(load_accelerators(context)[0], given_assignment(context))


def _searched(context: Context, search: SearchConfig) -> Design:
    from hawx_hw.assignment import from_json
    from hawx_hw.design.design import Design
    from hawx_hw.retraining.result import RetrainResult
    from hawx_hw.search.pick import by_constraints, by_index
    from hawx_hw.search.retrained import load_candidates

    result = load_candidates(context.folder)
    if search.index is not None:
        with blame("search.index"):
            index = by_index(result, search.index)
        trained = RetrainResult.read(context.folder).designs
        index = next((each.number for each in trained if each.index == index), None) or index
    else:
        rules = search.constraints
        with blame("search.constraints"):
            index = by_constraints(result, rules.accuracy_drop, rules.limits, rules.confidence)
    point = result.designs[index]
    if point.accelerator is None:
        accelerator = load_accelerators(context)[0]
    else:
        accelerator = result.accelerators[point.accelerator]
    return Design(accelerator, from_json(dict(point.assignment), context.base), index)


STAGE = Stage(
    "pick",
    _run,
    needs=("quantize", "accelerator", "search", "retrain"),
    settings=("accelerator", "blocks", "compensation.weights", "search"),
    ignored=("accelerator.clock_mhz", "accelerator.clock_gating"),
    tools=lambda config, base: {**versions("numpy", "scipy"), **own_blocks(config, base)},
    estimate=2.0,
    sealed=True,
)
