"""A profile that is measured once: stored under the hash of all that it depends on."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from hawx_hw.blocks.block import Block
from hawx_hw.config.compensation import WeightChoice
from hawx_hw.datasets.dataset import Split
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.storage import graph_digest
from hawx_hw.scores.measure import measure
from hawx_hw.scores.profile import Profile, load_profile, save_profile

__all__ = ["stored_profile"]


def stored_profile(
    graph: Graph,
    blocks: Sequence[Block],
    seen: Split,
    folder: Path,
    *,
    weights: WeightChoice,
    threads: int | None = None,
) -> Profile:
    """The profile of some blocks, activations rounded for them, filters whole.

    Parameters
    ----------
    graph : Graph
    blocks : sequence of Block
    seen : Split
        The images that it is measured on.
    folder : Path
        Where it is stored; made where there is none.
    weights : str
    threads : int or None
        See :func:`~hawx_hw.scores.measure.measure`.
    """
    parts = (graph_digest(graph), seen.digest, weights, *(block.digest for block in blocks))
    path = folder / f"profile-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:16]}.npz"
    if path.is_file():
        return load_profile(path)
    start = time.process_time()
    codes = graph.codes(seen.images)
    profile = measure(
        graph, blocks, codes, seen.labels, weights=weights, activation_rounding=True,
        threads=threads,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    save_profile(profile, path)
    seconds = time.process_time() - start
    print(
        f"profile of {len(blocks)} blocks on {len(seen)} images: {seconds:.0f} s of the processor",
        file=sys.stderr,
        flush=True,
    )
    return profile
