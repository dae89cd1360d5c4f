"""Front of the search, or the config's own blocks -> the design that is built.

Writes ``design.json``: the accelerator, the block of every weight, and the point of the front that
it is. It holds nothing else, no hash and no version: where a changed constraint picks the same
design again, nothing that was made of it is made anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hawx_hw.config.load import blame
from hawx_hw.design.design import DESIGN, SHAPE
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.stages.assign import own_blocks
from hawx_hw.pipeline.stages.quantize import GRAPH
from hawx_hw.util.files import write_json
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.config.search import SearchConfig

__all__ = ["STAGE"]

_SCHEMA = 1


def _run(context: Context) -> None:
    search = context.config.search
    accelerator = context.config.accelerator.model_dump(mode="json", include=set(SHAPE))
    if search is None:
        content = _given(context)
    else:
        content = _searched(context, search)
        accelerator |= content.pop("shape")
    write_json(context.output / DESIGN, {"schema": _SCHEMA, "accelerator": accelerator, **content})


def _given(context: Context) -> dict[str, Any]:
    from hawx_hw.assignment import assign, to_json
    from hawx_hw.graph.storage import load_graph

    graph = load_graph(context.folder / GRAPH)
    assignment = assign(graph, context.config.blocks, context.base)
    return {"index": None, "assignment": to_json(assignment)}


def _searched(context: Context, search: SearchConfig) -> dict[str, Any]:
    from hawx_hw.search.pick import by_constraints, by_index
    from hawx_hw.search.result import load_result

    result = load_result(context.folder / "search.json")
    if search.index is not None:
        with blame("search.index"):
            index = by_index(result, search.index)
    else:
        limits = search.constraints.model_dump(exclude={"accuracy_drop"}, exclude_none=True)
        with blame("search.constraints"):
            index = by_constraints(result, search.constraints.accuracy_drop, limits)
    found = result.front[index]
    return {"index": index, "shape": dict(found.shape), "assignment": dict(found.assignment)}


STAGE = Stage(
    "pick",
    _run,
    needs=("quantize", "search"),
    settings=(*(f"accelerator.{key}" for key in SHAPE), "blocks", "search"),
    tools=lambda config, base: {**versions("numpy"), **own_blocks(config, base)},
    estimate=2.0,
    sealed=True,
)
