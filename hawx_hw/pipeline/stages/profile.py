"""Integer graph -> the hawx scores of the blocks that a search chooses from.

Writes ``scores.npz`` and ``profile.json``; without a search ``profile.json`` alone, which says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hawx_hw.pipeline.data import GRAPH, load_dataset
from hawx_hw.pipeline.own_blocks import own_blocks
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.util.files import write_json
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.blocks import Block
    from hawx_hw.graph.graph import Graph

__all__ = ["STAGE", "kernel_slices", "search_blocks"]


def search_blocks(context: Context) -> list[Block]:
    """The exact block and those of the search, each table once."""
    from hawx_hw.blocks import by_name

    search = context.config.search
    assert search is not None
    distinct: dict[str, Block] = {}
    for name in ("exact", *search.blocks):
        block = by_name(name, context.base)
        distinct.setdefault(block.digest, block)
    return list(distinct.values())


def kernel_slices(graph: Graph, granularity: str) -> dict[str, np.ndarray]:
    """The kernel rows of convolutions, where these are units."""
    import numpy as np

    from hawx_hw.graph.graph import Conv2d

    slices = {}
    if granularity == "kernel":
        for node in graph.nodes:
            if isinstance(node, Conv2d):
                shape = node.weight.shape[1:]
                rows = np.arange(shape[1])[:, None]
                slices[node.name] = np.ascontiguousarray(np.broadcast_to(rows, shape))
    return slices


def _run(context: Context) -> None:
    search = context.config.search
    if search is None:
        # Without the hash of settings: no setting matters to what was not profiled.
        write_json(context.output / "profile.json", {"profile": None})
        return
    dataset = load_dataset(context)
    with context.progress.task("loading torch", estimate=5.0):
        from hawx_hw.datasets.dataset import evenly_spaced
        from hawx_hw.graph import fast
        from hawx_hw.graph.storage import load_graph
        from hawx_hw.quantize import codes
        from hawx_hw.scores.measure import measure
        from hawx_hw.scores.profile import save_profile
        from hawx_hw.search.screening import telling_images
    graph = load_graph(context.folder / GRAPH)
    # Images that assignments are run on: which of them an assignment loses is then foreseen too.
    seen = evenly_spaced(dataset.train, search.images)
    found = fast.run(graph, codes(seen.images)).reshape(len(seen), -1)
    rows, weights = telling_images(found, search.profile_images)
    rules = context.config.blocks
    with context.progress.task("scoring every filter under every block", estimate=10.0) as task:
        profile = measure(
            graph,
            search_blocks(context),
            codes(seen.images[rows]),
            seen.labels[rows],
            slices=kernel_slices(graph, search.granularity),
            bias_correction=rules.bias_correction,
            weight_remapping=rules.weight_remapping,
            progress=task.update,
        )
    save_profile(profile, context.output / "scores.npz")
    content = {
        "blocks": list(profile.blocks),
        "images": len(rows),
        # Of the search's images, and for how many each stands.
        "rows": rows.tolist(),
        "weights": weights.tolist(),
        "layers": list(profile.layers),
        "units": profile.units,
    }
    context.write_json("profile.json", {"profile": content})


STAGE = Stage(
    "profile",
    _run,
    needs=("quantize",),
    settings=(
        "blocks.bias_correction",
        "blocks.weight_remapping",
        "search.blocks",
        "search.granularity",
        "search.images",
        "search.profile_images",
    ),
    tools=lambda config, base: {**versions("numpy", "scipy", "torch"), **own_blocks(config, base)},
    estimate=10.0,
)
