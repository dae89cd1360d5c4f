"""Integer graph -> the hawx scores of the blocks that a search chooses from.

Writes ``scores.npz`` and ``profile.json``; without a search ``profile.json`` alone, which holds
that.
"""

from __future__ import annotations

from hawx_hw.pipeline.data import GRAPH, check_images, dataset_files, load_roles
from hawx_hw.pipeline.own_blocks import own_blocks
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.util.fingerprints import versions

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    from hawx_hw.scores.profiling import profile_network, save_profiling

    search, rules = context.config.search, context.config.compensation
    if search is None:
        # Without the hash of settings: no setting matters to what was not profiled.
        save_profiling(None, context.output)
        return
    with context.progress.task("loading torch", estimate=5.0):
        import hawx_hw.scores.measure  # noqa: F401  (what profile_network loads)
        from hawx_hw.blocks.registry import distinct_blocks
        from hawx_hw.graph.storage import load_graph
    with context.progress.task("scoring every filter under every block", estimate=10.0) as task:
        profiling = profile_network(
            load_graph(context.folder / GRAPH),
            distinct_blocks(("exact", *search.blocks), context.base),
            # Images that assignments are evaluated on: the scores predict which of them are lost.
            load_roles(context).proposing(search.images),
            count=search.profile_images,
            granularity=search.granularity,
            slices=search.slices,
            channel_parts=search.channel_parts,
            bias_correction=rules.bias,
            weights=rules.weights,
            progress=task.update,
        )
    save_profiling(profiling, context.output, context.header)


_COMPENSATION = ("bias", "weights")
_SEARCH = ("blocks", "channel_parts", "granularity", "images", "profile_images", "slices")

STAGE = Stage(
    "profile",
    _run,
    needs=("quantize",),
    settings=(
        "network.validation",
        *(f"compensation.{key}" for key in _COMPENSATION),
        *(f"search.{key}" for key in _SEARCH),
    ),
    files=lambda config, base: dataset_files(config, base) if config.search else {},
    tools=lambda config, base: {
        **versions("numpy", "pillow", "scikit-learn", "scipy", "torch"),
        **own_blocks(config, base),
    },
    check=lambda config, base: check_images(config, base, "search.images", "search.profile_images"),
    estimate=10.0,
)
